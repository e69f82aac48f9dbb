"""A public dataset goes the whole way: the trainer's frames, a few steps, and evaluation on the held-out views."""

import json

import numpy as np

from app.cli import main
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import BUNDLED_BODY
from phynes_core.data.open_capture import open_capture
from phynes_core.data.public.options import CaptureOptions
from phynes_core.training.frames import load_training_frames
from tests.data.public_layouts import BODY, body_frame, body_vertices, to_our_world, write_zju

VIEWS = [
    "--train-views",
    "0,2",
    "--test-views",
    "1",
    "--frames",
    "0:2",
    "--novel-frames",
    "2:1",
    "--evaluate-every",
    "2",
]
FEW = ["--set", "stage1.steps=2", "--set", "stage1.rays=32", "--set", "stage2.steps=2", "--set", "stage2.pixels=32"]
FEW += ["--set", "stage2.albedo_from_texture_steps=1", "--set", "stage2.calm_steps=2"]


def test_the_trainer_takes_its_frames(tmp_path):
    write_zju(tmp_path / "CoreView_394", num_frames=2, size=64)
    options = CaptureOptions(train_views=(0, 2, 4), ratio=1.0)
    frames = load_training_frames(open_capture(tmp_path / "CoreView_394", options, BODY), BODY, ring_px=3)
    assert [frame.number for frame in frames] == [0, 1]
    assert [view.camera_name for view in frames[1].views] == ["00", "02", "04"]
    expected = to_our_world(body_vertices(body_frame(1, "-z")), "-z")
    np.testing.assert_allclose(frames[1].vertices, expected, atol=1e-5)
    view = frames[1].views[0]
    assert set(np.unique(view.coverage)) == {0, 255}
    person = np.count_nonzero(view.coverage)  # of its 64-pixel picture, segmentation leaves two pixels uncertain
    assert 0 < len(view.mask_pixels) < person < 0.5 * view.coverage.size


def test_train_and_evaluate_on_a_zju_folder(tmp_path, capsys):
    root, out = tmp_path / "CoreView_377", tmp_path / "someone.ckpt"
    write_zju(root, num_frames=3, num_cameras=3, size=128)
    smpl = ["--smpl", str(BUNDLED_BODY)]
    command = [
        "train",
        "--data",
        str(root),
        "--out",
        str(out),
        "--run-folder",
        str(tmp_path / "run"),
        *smpl,
        *VIEWS,
        *FEW,
    ]
    assert main(command) == 0
    avatar = load_checkpoint(out)
    assert avatar.record.provenance["frames"] == 2 and avatar.record.provenance["views"] == 2
    assert "--train-views 0,2 --test-views 1" in avatar.record.provenance["command"]
    assert {"novel_view.relit.psnr", "novel_pose.relit.psnr"} <= set(avatar.record.metrics)
    report = ["evaluate", "--avatar", str(out), "--data", str(root), "--out", str(tmp_path / "report"), *VIEWS]
    assert main(report) == 0
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert metrics["novel_view"]["texture"]["psnr"] > 10


def test_train_says_that_smpl_is_missing(tmp_path, capsys):
    write_zju(tmp_path / "CoreView_377", num_frames=1, num_cameras=2, size=32)
    assert main(["train", "--data", str(tmp_path / "CoreView_377"), "--out", str(tmp_path / "a.ckpt")]) == 2
    error = capsys.readouterr().err
    assert "name your file with --smpl" in error and error.count("\n") == 1
