"""Clips play at their own rate, start at the origin and touch the ground."""

import math

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.motion.files import load_motion
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.errors import MotionError
from phynes_core.io.shipped_files import bundled_motions


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture
def arrays():
    return {
        "global_orient": np.array([[0, 0, 0], [0, 1.0, 0], [0, 2.0, 0]], np.float32),
        "body_pose": np.zeros((3, 23, 3), np.float32),
        "transl": np.array([[0, 0, 0], [1.0, 0, 0], [3.0, 0, 0]], np.float32),
        "fps": np.float32(10),
    }


@pytest.fixture
def write_clip(tmp_path, arrays):
    def write(**changes):
        np.savez(tmp_path / "clip.npz", **{k: v for k, v in (arrays | changes).items() if v is not None})
        return tmp_path / "clip.npz"

    return write


def test_sixteen_clips_ship():
    names = set(bundled_motions())
    assert len(names) == 16
    assert {"walk", "run", "dance_a", "dance_b", "jump", "punch", "kick", "spin"} <= names


@pytest.mark.parametrize("name", sorted(bundled_motions()))
def test_a_bundled_clip_stands_on_the_ground_at_the_origin(body, name):
    clip = load_motion(bundled_motions()[name])
    assert clip.fps == 30
    assert clip.duration_s > 0.7
    lowest = [float(pose_body(body, clip.pose(frame)).vertices[:, 1].min()) for frame in range(0, clip.num_frames, 4)]
    assert min(lowest) > -1e-4
    assert min(lowest) < 0.05  # the very lowest frame may lie between those looked at
    start = pose_body(body, clip.pose(0)).joints[0]
    assert float(start[[0, 2]].norm()) < 1e-4
    assert float(clip.transl.diff(dim=0).norm(dim=-1).max()) < 0.25  # metres in 1/30 s
    assert float(clip.body_pose.diff(dim=0).norm(dim=-1).max()) < 2.0  # rad: what the maps see does not flip either


def test_the_lowest_frame_touches_the_ground(body):
    clip = load_motion(bundled_motions()["walk"])
    lowest = min(float(pose_body(body, clip.pose(frame)).vertices[:, 1].min()) for frame in range(clip.num_frames))
    assert lowest == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("name", ["walk", "run", "jump", "dance_a", "dance_b", "punch", "kick", "crawl"])
def test_a_bundled_clip_starts_facing_ahead(name):
    turn = axis_angle_to_matrix(load_motion(bundled_motions()[name]).global_orient[0])
    ahead = turn[:, 1] if name == "crawl" else turn[:, 2]
    assert abs(math.degrees(math.atan2(float(ahead[0]), float(ahead[2])))) < 31


def test_walking_moves_ahead():
    clip = load_motion(bundled_motions()["walk"])
    travel = clip.transl[-1] - clip.transl[0]
    assert float(travel[2]) > 1.0
    assert abs(float(travel[0])) < 0.1


def test_the_turn_is_one_turn_on_the_spot_with_feet_that_stand_still(body):
    clip = load_motion(bundled_motions()["turn"])
    ahead = axis_angle_to_matrix(clip.global_orient)[:, :, 2]
    heading = torch.atan2(ahead[:, 0], ahead[:, 2])
    steps = torch.rad2deg(torch.remainder(heading.diff() + math.pi, 2 * math.pi) - math.pi)
    assert steps.min() > 0.5 and float(steps.sum()) == pytest.approx(360 * 179 / 180, abs=3)
    posed = [pose_body(body, clip.pose(frame)) for frame in range(clip.num_frames)]
    joints = torch.stack([one.joints for one in posed])
    assert joints[:, 0, [0, 2]].abs().max() < 0.08
    for ankle in (7, 8):
        place = joints[:, ankle]
        stands = place[:, 1] < place[:, 1].min() + 1e-4
        both = stands[1:] & stands[:-1]
        assert 0.4 < float(both.float().mean()) < 0.6
        assert place.diff(dim=0)[both].norm(dim=-1).max() < 1e-5
    assert torch.stack([joints[:, 7, 1], joints[:, 8, 1]]).amin(0).max() < joints[:, 7, 1].min() + 1e-4  # one stands
    for wrist in (20, 21):
        assert (joints[:, wrist] - joints[:, 0])[:, [0, 2]].norm(dim=-1).min() > 0.3  # arms away from the body


def test_pose_at_interpolates_and_loops(write_clip):
    clip = load_motion(write_clip())
    assert (clip.num_frames, clip.duration_s) == (3, pytest.approx(0.2))
    middle = clip.pose_at(0.05)
    assert middle.global_orient.tolist() == pytest.approx([0, 0.5, 0], abs=1e-6)
    assert middle.transl.tolist() == pytest.approx([0.5, 0, 0])
    assert clip.pose_at(0.15).transl.tolist() == pytest.approx([2, 0, 0], abs=1e-5)
    assert clip.pose_at(0.25).transl.tolist() == pytest.approx([0.5, 0, 0], abs=1e-4)
    assert clip.pose_at(-0.05).transl.tolist() == pytest.approx([2, 0, 0], abs=1e-4)
    assert clip.pose_at(0.25, loop=False).transl.tolist() == [3, 0, 0]
    assert clip.pose_at(-1.0, loop=False).transl.tolist() == [0, 0, 0]


def test_pose_at_a_frame_is_that_frame():
    clip = load_motion(bundled_motions()["dance_b"])
    for frame in (0, 7, clip.num_frames - 1):
        torch.testing.assert_close(
            clip.pose_at(frame / 30, loop=False).body_pose, clip.pose(frame).body_pose, atol=1e-3, rtol=0
        )


def test_betas_come_from_the_caller_the_clip_or_are_zero(write_clip):
    assert load_motion(write_clip()).pose(0).betas.tolist() == [0] * 10
    clip = load_motion(write_clip(betas=np.arange(16.0)))
    assert clip.pose(0).betas.tolist() == list(range(10))
    assert clip.pose_at(0.05, betas=torch.ones(3)).betas.tolist() == [1, 1, 1]


def test_a_single_frame_is_a_clip(write_clip, arrays):
    one = {key: value[:1] for key, value in arrays.items() if key != "fps"}
    clip = load_motion(write_clip(**one))
    assert clip.duration_s == 0
    assert clip.pose_at(5.0).transl.tolist() == [0, 0, 0]


def test_flat_body_pose_is_accepted(write_clip, arrays):
    clip = load_motion(write_clip(body_pose=arrays["body_pose"].reshape(3, 69)))
    assert isinstance(clip, MotionClip)
    assert isinstance(clip.pose(0), Pose)
    assert clip.body_pose.shape == (3, 23, 3)


DEFECTS = {
    "missing key": ({"transl": None}, "missing transl"),
    "wrong shape": ({"body_pose": np.zeros((3, 21, 3))}, "body_pose: expected numbers [3, 23, 3]"),
    "wrong flat shape": ({"body_pose": np.zeros((3, 63))}, "body_pose: expected numbers [3, 69]"),
    "too few rows": ({"transl": np.zeros((2, 3))}, "transl: expected numbers [3, 3]"),
    "NaN": ({"transl": np.full((3, 3), np.nan)}, "transl: expected finite"),
    "zero rate": ({"fps": np.float32(0)}, "fps: expected"),
    "no frames": ({"global_orient": np.zeros((0, 3))}, "global_orient: expected numbers"),
    "objects": ({"transl": np.array([{}])}, "arrays of numbers or texts, got objects"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_in_one_line(write_clip, defect):
    changes, message = DEFECTS[defect]
    with pytest.raises(MotionError) as caught:
        load_motion(write_clip(**changes))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(MotionError, match=r"missing\.npz.*walk"):
        load_motion(tmp_path / "missing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(MotionError, match=r"text\.npz"):
        load_motion(tmp_path / "text.npz")


def test_frames_outside_are_refused(write_clip):
    with pytest.raises(ValueError, match=r"frame: expected 0\.\.2"):
        load_motion(write_clip()).pose(3)
