"""Joint angles on top of a pose: axes, order, and what they move."""

import pytest
import torch

from app.model.joints import REST_ANGLES
from app.rendering.posing import edited_pose, turn_matrices
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.motion.files import load_motion
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.io.shipped_files import bundled_motions

LEFT_ELBOW, LEFT_SHOULDER, LEFT_WRIST = 18, 16, 20


def with_joint(joint, angles):
    return (*REST_ANGLES[:joint], angles, *REST_ANGLES[joint + 1 :])


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture(scope="module")
def walk():
    return load_motion(bundled_motions()["walk"]).pose_at(0.4)


def test_without_edits_the_pose_is_the_same_object(walk):
    assert edited_pose(walk, REST_ANGLES) is walk


def test_one_angle_in_the_rest_pose_is_that_axis_angle():
    pose = edited_pose(Pose.rest(), with_joint(LEFT_ELBOW, (0.0, -40.0, 0.0)))
    expected = torch.zeros(23, 3)
    expected[LEFT_ELBOW - 1, 1] = -torch.pi * 40 / 180
    assert torch.allclose(pose.body_pose, expected, atol=1e-5)


def test_an_edit_moves_only_the_joints_below_it(body, walk):
    before = pose_body(body, walk).joints
    after = pose_body(body, edited_pose(walk, with_joint(LEFT_SHOULDER, (0.0, 0.0, 30.0)))).joints
    moved = (after - before).norm(dim=1) > 1e-3
    assert set(torch.nonzero(moved).flatten().tolist()) == {LEFT_ELBOW, LEFT_WRIST, 22}
    # limbs keep their length
    lengths = [float((joints[LEFT_ELBOW] - joints[LEFT_SHOULDER]).norm()) for joints in (before, after)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-4)


def test_the_root_turns_about_the_vertical_of_the_world(body, walk):
    before = pose_body(body, walk).joints
    after = pose_body(body, edited_pose(walk, with_joint(0, (0.0, 90.0, 0.0)))).joints
    offsets = before - before[0]
    turned = torch.stack([offsets[:, 2], offsets[:, 1], -offsets[:, 0]], -1)  # +Z goes to +X
    assert torch.allclose(after - after[0], turned, atol=1e-4)


def test_turns_are_about_z_then_y_then_x():
    turn = turn_matrices(torch.tensor([[90.0, 0.0, 90.0]]))[0]
    assert torch.allclose(turn @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)


def test_edits_compose_with_the_clip(walk):
    angles = torch.tensor([10.0, 20.0, -30.0])
    pose = edited_pose(walk, with_joint(LEFT_ELBOW, tuple(angles.tolist())))
    joint = LEFT_ELBOW - 1
    expected = axis_angle_to_matrix(walk.body_pose[joint]) @ turn_matrices(angles[None])[0]
    assert torch.allclose(axis_angle_to_matrix(pose.body_pose[joint]), expected, atol=1e-5)
