"""Every usual mistake is recognized on a capture that has exactly that one, and none where there is none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from phynes_core.body.files import BUNDLED_BODY, load_body, load_bundled_body
from phynes_core.data.open_capture import open_capture
from phynes_core.data.public.options import CaptureOptions
from phynes_core.evaluation.inspection.hypotheses import axes_of
from phynes_core.evaluation.inspection.mistakes import try_mistakes
from phynes_core.io.shipped_files import ASSETS
from tests.data.public_layouts import write_zju
from tests.evaluation.moving_capture import FRAMES

FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])  # (x, y, z) -> (x, z, -y)
SIDES = [  # left joints and their partners, numbers of body_pose's rows
    (0, 1), (3, 4), (6, 7), (9, 10), (12, 13), (15, 16), (17, 18), (19, 20), (21, 22),
]  # fmt: skip
LIMB_BY_LIMB = (1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12, 15, 13, 16, 18, 20, 22, 14, 17, 19, 21, 23)


@pytest.fixture
def copy(moving_root, tmp_path):
    return Path(shutil.copytree(moving_root, tmp_path / "capture"))


def edit_cameras(root, change, names=None):
    content = json.loads((root / "cameras.json").read_text())
    for name, entry in content["cameras"].items():
        if names is None or name in names:
            change(entry)
    (root / "cameras.json").write_text(json.dumps(content))


def edit_matrix(root, change, names=None):
    edit_cameras(root, lambda entry: entry.update(T_cam_world=change(np.array(entry["T_cam_world"])).tolist()), names)


def edit_intrinsics(root, across, down, moves_middle=True, names=None):
    def change(entry):
        K = np.array(entry["intrinsics"])
        columns = slice(None) if moves_middle else slice(0, 2)
        K[0, columns] *= across
        K[1, columns] *= down
        entry["intrinsics"] = K.tolist()

    edit_cameras(root, change, names)


def edit_poses(root, **changes):
    arrays = dict(np.load(root / "body.npz"))
    for key, change in changes.items():
        arrays[key] = change(arrays[key]).astype(np.float32)
    np.savez(root / "body.npz", **arrays)


def edit_joints(root, change):
    edit_poses(root, body_pose=lambda rows: np.stack([change(row.reshape(23, 3)).reshape(69) for row in rows]))


def mirror_pictures(root, names=("00", "01", "02", "03")):
    for path in [path for name in names for path in root.glob(f"*/{name}/*.png")]:
        Image.fromarray(np.asarray(Image.open(path))[:, ::-1].copy()).save(path)


def renumber(root, shift, names):
    """Picture n of the copy is what was picture n + shift."""
    for folder in [root / kind / name for kind in ("images", "masks") for name in names]:
        whole = {frame: (folder / f"{frame:06d}.png").read_bytes() for frame in range(FRAMES)}
        for frame in range(FRAMES):
            (folder / f"{frame:06d}.png").write_bytes(whole[min(max(frame + shift, 0), FRAMES - 1)])


def scaled(factor):
    def change(matrix):
        matrix[:3, 3] *= factor
        return matrix

    return change


def exchanged(joints):
    made = joints.copy()
    for left, right in SIDES:
        made[left], made[right] = joints[right], joints[left]
    return made


def with_the_pelvis(root):
    """What comes of body_pose = poses[:69], where poses begins with the pelvis."""
    edit_joints(root, lambda joints: np.concatenate([np.zeros((1, 3)), joints[:-1]]))


MISTAKES = {
    "z up": (lambda root: edit_matrix(root, lambda T: T @ Z_UP), "the cameras' world had +z up"),
    "millimetres": (lambda root: edit_matrix(root, scaled(1000.0)), "translation was in millimetres"),
    "centimetres": (lambda root: edit_matrix(root, scaled(100.0)), "translation was in centimetres"),
    "body in millimetres": (
        lambda root: edit_poses(root, transl=lambda rows: 1000.0 * rows), "transl was in millimetres",
    ),
    "all in millimetres": (
        lambda root: (edit_matrix(root, scaled(1000.0)), edit_poses(root, transl=lambda rows: 1000.0 * rows)),
        "cameras and transl were in millimetres",
    ),
    "inverted": (lambda root: edit_matrix(root, np.linalg.inv), "T_cam_world was inverted"),
    "OpenGL": (lambda root: edit_matrix(root, lambda T: FLIP @ T), "y and z of the camera were flipped"),
    "OpenGL, camera to world": (
        lambda root: edit_matrix(root, lambda T: np.linalg.inv(T) @ FLIP), "inverted (camera to world), y and z",
    ),
    "resized": (lambda root: edit_intrinsics(root, 2.0, 2.0), "resized by 0.5 "),
    "squeezed": (lambda root: edit_intrinsics(root, 1.8, 1.25), "resized by 0.556 across and 0.8 down"),
    "focal length": (
        lambda root: edit_intrinsics(root, 0.75, 0.75, moves_middle=False), "focal length should be 1.33 times",
    ),
    "mirrored": (mirror_pictures, "pictures were mirrored"),
    "left and right": (lambda root: edit_joints(root, exchanged), "left and right joints were exchanged"),
    "limb by limb": (
        lambda root: edit_joints(root, lambda joints: joints[np.array(LIMB_BY_LIMB) - 1]),
        "joints were listed limb by limb",
    ),
    "pelvis first": (with_the_pelvis, "body_pose began with the pelvis"),
    "degrees": (lambda root: edit_joints(root, np.rad2deg), "rotations were in degrees"),
    "no global_orient": (
        lambda root: edit_poses(root, global_orient=np.zeros_like), "global_orient was missing",
    ),
}  # fmt: skip
OF_ONE_CAMERA = {
    "inverted": (lambda root: edit_matrix(root, np.linalg.inv, ["02"]), "T_cam_world was inverted"),
    "resized": (lambda root: edit_intrinsics(root, 1.5, 1.5, names=["02"]), "resized by 0.667"),
    "mirrored": (lambda root: mirror_pictures(root, ["02"]), "pictures were mirrored"),
    "one frame late": (lambda root: renumber(root, 1, ["02"]), "1 frame later"),
    "two frames early": (lambda root: renumber(root, -2, ["02"]), "2 frames earlier"),
}


def found_in(root):
    return try_mistakes(open_capture(root), load_bundled_body()).found


def test_none_is_found_where_there_is_none(moving_root):
    trial = try_mistakes(open_capture(moving_root), load_bundled_body())
    assert trial.found == [] and trial.given > 0.8 and len(trial.rows) > 40


def test_none_is_found_in_the_sample_capture():
    assert found_in(ASSETS / "captures" / "josh_256") == []


def test_none_is_found_in_a_public_layout(tmp_path):
    write_zju(tmp_path / "CoreView_394", num_frames=4, num_cameras=4, size=96)
    body = load_body(BUNDLED_BODY)
    capture = open_capture(tmp_path / "CoreView_394", CaptureOptions(train_views=(0, 1, 2, 3), ratio=1.0), body)
    trial = try_mistakes(capture, body)
    assert trial.found == [] and trial.given > 0.8


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_recognized(copy, mistake):
    make, says = MISTAKES[mistake]
    make(copy)
    found = found_in(copy)
    assert len(found) == 1 and says in found[0].hypothesis.name and found[0].cameras == ()
    assert found[0].fitted > found[0].given + 0.03 and found[0].hypothesis.remedy


@pytest.mark.parametrize("mistake", OF_ONE_CAMERA)
def test_a_mistake_of_one_camera_is_recognized(copy, mistake):
    make, says = OF_ONE_CAMERA[mistake]
    make(copy)
    found = found_in(copy)
    assert [one.cameras for one in found] == [("02",)] and says in found[0].hypothesis.name


@pytest.mark.parametrize(("shift", "says"), [(-2, "2 frames earlier"), (-1, "1 frame earlier"), (1, "1 frame later"),
                                             (2, "2 frames later")])  # fmt: skip
def test_frames_that_are_off_are_recognized(copy, shift, says):
    renumber(copy, shift, ["00", "01", "02", "03"])
    found = found_in(copy)
    assert len(found) == 1 and says in found[0].hypothesis.name and found[0].cameras == ()


def test_noise_of_the_fits_is_no_mistake(copy):
    generator = np.random.default_rng(3)
    edit_poses(
        copy,
        body_pose=lambda rows: rows + np.deg2rad(2.0) * generator.normal(size=rows.shape),
        global_orient=lambda rows: rows + np.deg2rad(2.0) * generator.normal(size=rows.shape),
        transl=lambda rows: rows + 0.01 * generator.normal(size=rows.shape),
    )
    assert found_in(copy) == []


def test_axes_are_named_by_what_becomes_of_them():
    import torch

    assert axes_of(torch.from_numpy(Z_UP[:3, :3])) == "x, z, -y"
