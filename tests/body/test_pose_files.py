"""Held poses in files: read as they were written, refused in one line, and made poses of a person."""

import json

import numpy as np
import pytest
import torch

from phynes_core.body.motion.pose_files import SavedPose, read_pose, write_pose
from phynes_core.errors import MotionError
from phynes_core.io.shipped_files import bundled_poses

BENT = tuple((0.01 * joint, -0.03 * joint, 0.02 * joint) for joint in range(24))


def test_a_pose_is_read_as_it_was_written(tmp_path):
    write_pose(tmp_path / "a.json", SavedPose("Grüße", BENT))
    read = read_pose(tmp_path / "a.json")
    assert read.name == "Grüße" and np.allclose(read.rotations, BENT, atol=1e-6)


def test_joints_that_a_file_leaves_out_do_not_turn(tmp_path):
    path = tmp_path / "nod.json"
    path.write_text(json.dumps({"format": "phynes pose 1", "axis_angle_rad": {"head": [1, 0.5, 0]}}))
    read = read_pose(path)
    assert read.name == "nod" and read.rotations[15] == (1.0, 0.5, 0.0)
    assert not np.any(np.delete(np.array(read.rotations), 15, 0))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"format": "other"}, "format"),
        ({"axis_angle_rad": [1, 2]}, "axis_angle_rad"),
        ({"axis_angle_rad": None}, "axis_angle_rad"),
        ({"axis_angle_rad": {"tail": [0, 0, 0]}}, "tail"),
        ({"axis_angle_rad": {"head": [0, float("nan"), 0]}}, "head"),
        ({"axis_angle_rad": {"head": [0, "1", 0]}}, "head"),
        ({"axis_angle_rad": {"head": [0, True, 0]}}, "head"),
        ({"axis_angle_rad": {"head": [0, 0]}}, "head"),
        ({"axis_angle_rad": {"head": [0, 0, 100.5]}}, "head"),
        ({"name": 7}, "name"),
        ({"names": "x"}, "names"),
    ],
)
def test_an_invalid_pose_is_refused_in_one_line(tmp_path, change, message):
    path = tmp_path / "pose.json"
    write_pose(path, SavedPose("x", BENT))
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(MotionError, match=message) as error:
        read_pose(path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)


def test_a_saved_pose_is_the_pose_of_a_person():
    betas = torch.linspace(-1.0, 1.0, 10)
    pose = SavedPose("x", BENT).pose(betas)
    assert torch.equal(pose.global_orient, torch.tensor(BENT[0])) and torch.equal(
        pose.body_pose, torch.tensor(BENT[1:])
    )
    assert not pose.transl.any() and pose.betas is betas


def test_poses_that_ship_are_read_by_name():
    poses = {name: read_pose(path) for name, path in bundled_poses().items()}
    assert {"relaxed", "sitting", "wave"} <= set(poses)
    assert all(np.any(pose.rotations) for pose in poses.values())
