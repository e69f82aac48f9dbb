"""Captures without a test camera keep some frames for evaluation, in every layout; one frame alone is trained on."""

import shutil
from pathlib import Path

import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.data.held_out import held_out_note, hold_frames_out, judging_cameras
from phynes_core.data.native.reader import load_capture
from phynes_core.data.native.writer import save_body_parameters, save_cameras, save_view
from phynes_core.data.open_capture import open_capture
from phynes_core.data.public.options import CaptureOptions, FrameRange
from phynes_core.evaluation.options import held_out_views
from phynes_core.render.camera import orbit_camera
from phynes_core.training.frames import load_training_frames
from tests.data.public_layouts import BODY, write_zju

SIZE = 16


def write_native(root: Path, frames: int, novel: int = 0, cameras: dict[str, str] | None = None) -> Path:
    """A square person in every picture of `cameras` (name: split); the last `novel` frames are of novel motion."""
    splits = cameras or {"00": "train"}
    target = torch.tensor([0.0, 0.0, 0.0])
    save_cameras(root, {n: orbit_camera(target, 90.0 * int(n), 5.0, 4.0, SIZE, SIZE) for n in splits}, splits)
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), torch.zeros(10))
    kinds = {k: "train" if k < frames - novel else "novel_pose" for k in range(frames)}
    save_body_parameters(root, dict.fromkeys(range(frames), rest), kinds, "bundled")
    coverage = torch.zeros(SIZE, SIZE)
    coverage[3:13, 5:11] = 1.0
    for name in splits:
        for frame in range(frames):
            save_view(root, name, frame, 0.5 * coverage[..., None].expand(-1, -1, 3), coverage)
    return root


@pytest.mark.parametrize(
    ("frames", "expected"),
    [(2, [1]), (5, [2]), (9, [4]), (10, [5]), (15, [5]), (16, [5, 15]), (30, [5, 15, 25]), (60, [*range(5, 60, 10)])],
)
def test_a_tenth_of_the_frames_is_held_out(tmp_path, frames, expected):
    capture = open_capture(write_native(tmp_path / "one", frames))
    assert [frame for frame in capture.frames if capture.frame_split[frame] == "novel_pose"] == expected
    assert [(view.split, view.camera, view.frame) for view in held_out_views(capture, None, 0)] == [
        ("novel_pose", "00", frame) for frame in expected
    ]
    note = held_out_note(capture)
    assert note.startswith("no test camera") and f"({', '.join(map(str, expected))})" in note


def test_training_leaves_them_out(tmp_path):
    capture = open_capture(write_native(tmp_path / "two", 12, cameras={"00": "train", "01": "train"}))
    frames = load_training_frames(capture, load_bundled_body(), ring_px=2)
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert [view.camera_name for view in frames[0].views] == ["00", "01"]
    assert {(view.camera, view.frame) for view in held_out_views(capture, None, 0)} == {("00", 5), ("01", 5)}


def test_test_cameras_with_pictures_judge_alone(tmp_path):
    """And novel frames that training cameras saw, too, stay out of both the training and the comparison."""
    root = write_native(tmp_path / "three", 12, novel=2, cameras={"00": "train", "01": "test"})
    capture = load_capture(root)
    assert hold_frames_out(capture) is capture
    assert held_out_note(capture) == ""
    assert judging_cameras(capture, "train") == judging_cameras(capture, "novel_pose") == ["01"]
    assert [frame.number for frame in load_training_frames(capture, load_bundled_body(), ring_px=2)] == [*range(10)]
    assert {view.camera for view in held_out_views(capture, None, 0)} == {"01"}


def test_a_test_camera_without_pictures_is_none(tmp_path):
    root = write_native(tmp_path / "four", 12, cameras={"00": "train", "01": "test"})
    shutil.rmtree(root / "images" / "01")
    assert [view.frame for view in held_out_views(open_capture(root), None, 0)] == [5]


def test_frames_that_were_marked_already_are_enough(tmp_path):
    root = write_native(tmp_path / "five", 12, novel=2)
    capture = open_capture(root)
    assert [frame for frame in capture.frames if capture.frame_split[frame] == "train"] == [*range(10)]
    assert [view.frame for view in held_out_views(capture, None, 0)] == [10, 11]


def test_a_single_frame_is_trained_on_and_nothing_is_compared(tmp_path):
    capture = open_capture(write_native(tmp_path / "six", 1))
    assert capture.frame_split == {0: "train"}
    assert list(held_out_views(capture, None, 0)) == []
    assert "the avatar is not evaluated" in held_out_note(capture)


def test_a_public_layout_holds_frames_out_as_well(tmp_path):
    write_zju(tmp_path / "recording", num_frames=3, num_cameras=2, size=32)
    capture = open_capture(tmp_path / "recording", CaptureOptions(train_views=(0, 1)), BODY)
    assert capture.camera_split == {"00": "train", "01": "train"}
    assert capture.frame_split == {0: "train", 1: "novel_pose", 2: "train"}
    assert [frame.number for frame in load_training_frames(capture, BODY, ring_px=2)] == [0, 2]
    assert {(view.camera, view.frame) for view in held_out_views(capture, None, 0)} == {("00", 1), ("01", 1)}


def test_public_test_views_of_which_none_has_pictures_are_no_error(tmp_path):
    write_zju(tmp_path / "CoreView_377", num_frames=3, num_cameras=4, size=32)
    for camera in ("Camera_B3", "Camera_B4"):
        shutil.rmtree(tmp_path / "CoreView_377" / camera)
    asked = CaptureOptions(train_views=(0, 1), test_views=(2, 3), ratio=1.0)
    capture = open_capture(tmp_path / "CoreView_377", asked, BODY)
    assert capture.camera_split == {"00": "train", "01": "train"}
    assert capture.frame_split == {0: "train", 1: "novel_pose", 2: "train"}


def test_public_training_cameras_show_novel_motion_where_they_saw_it(tmp_path):
    write_zju(tmp_path / "CoreView_377", num_frames=4, num_cameras=3, size=64)
    (tmp_path / "CoreView_377" / "Camera_B1" / "000003.jpg").unlink()
    (tmp_path / "CoreView_377" / "mask_cihp" / "Camera_B2" / "000003.png").unlink()
    options = CaptureOptions(
        train_views=(0, 1), ratio=1.0, evaluate_every=1, frames=FrameRange(0, 2), novel_frames=FrameRange(2, 2)
    )
    capture = open_capture(tmp_path / "CoreView_377", options, BODY)
    assert [capture.has_image("00", frame) for frame in range(4)] == [True, True, True, False]
    assert [capture.has_image("01", frame) for frame in range(4)] == [True, True, True, False]
    assert [frame.number for frame in load_training_frames(capture, BODY, ring_px=2)] == [0, 1]
    assert {view.camera for view in held_out_views(capture, None, 0)} == {"02"}
