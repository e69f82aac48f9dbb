"""Captures with missing or inconsistent files: an error of one line that names the file."""

import json
import shutil

import numpy as np
import pytest

from phynes_core.io.image_files import write_png
from tests.app.small_capture import make_capture


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("no folder", ["expected a capture folder"]),
        ("no cameras", ["cameras.json"]),
        ("camera without a matrix", ["cameras.json", "camera 01", "T_cam_world"]),
        ("no image", ["images", "01", "000001.png"]),
        ("no mask", ["masks", "00", "000000.png"]),
        ("image of another size", ["images", "16"]),
        ("pose of the wrong shape", ["body.npz", "body_pose", "69"]),
        ("betas of the wrong shape", ["body.npz", "betas"]),
        ("pose with NaN", ["body.npz", "transl"]),
        ("no body parameters", ["body.npz"]),
    ],
)
def test_a_bad_capture_names_the_file_that_is_wrong(refuse, tmp_path, damage, expected):
    root = make_capture(tmp_path / "capture")
    body = dict(np.load(root / "body.npz")) if damage else {}
    if damage == "no folder":
        shutil.rmtree(root)
    elif damage == "no cameras":
        (root / "cameras.json").unlink()
    elif damage == "camera without a matrix":
        content = json.loads((root / "cameras.json").read_text())
        del content["cameras"]["01"]["T_cam_world"]
        (root / "cameras.json").write_text(json.dumps(content))
    elif damage == "no image":
        (root / "images/01/000001.png").unlink()
    elif damage == "no mask":
        (root / "masks/00/000000.png").unlink()
    elif damage == "image of another size":
        write_png(root / "images/00/000000.png", np.zeros((8, 16, 3), np.uint8))
    elif damage == "pose of the wrong shape":
        np.savez(root / "body.npz", **{**body, "body_pose": np.zeros((2, 66), np.float32)})
    elif damage == "betas of the wrong shape":
        np.savez(root / "body.npz", **{**body, "betas": np.zeros((2, 10), np.float32)})
    elif damage == "pose with NaN":
        np.savez(root / "body.npz", **{**body, "transl": np.full((2, 3), np.nan, np.float32)})
    else:
        (root / "body.npz").unlink()
    runs = tmp_path / "runs"
    line = refuse("train", "--data", root, "--out", tmp_path / "new.ckpt", "--run-folder", runs)
    assert all(part in line for part in expected), line
