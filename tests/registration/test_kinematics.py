"""How points follow joints and shape, against float64 differences of the body, and turned poses in closed form."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel, Pose, pose_body, pose_joints
from phynes_core.registration.kinematics import (
    POSE_UNKNOWNS,
    joint_influence,
    point_motion,
    shape_motion,
    turned_pose,
)
from tests.small_body import small_body

ELBOW, WRIST, HAND = 18, 20, 22  # left


def in_float64(body: BodyModel) -> BodyModel:
    tensors = {entry.name: getattr(body, entry.name) for entry in dataclasses.fields(body)}
    return dataclasses.replace(
        body, **{n: t.double() for n, t in tensors.items() if isinstance(t, torch.Tensor) and t.is_floating_point()}
    )


def a_pose(dtype=torch.float32, size=0.4) -> Pose:
    generator = torch.Generator().manual_seed(1)
    parts = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((23, 3), (3,), (3,), (10,))]
    return Pose(*((size * part).to(dtype) for part in parts))


def turned_in_float64(body: BodyModel, pose: Pose, change: np.ndarray) -> Pose:
    """Each joint's world rotation W becomes exp(twist) W, its parent's being held while it turns."""
    world = pose_joints(body, pose).rotations.numpy()
    own = Rotation.from_rotvec(torch.cat([pose.global_orient[None], pose.body_pose]).numpy()).as_matrix()
    turned = []
    for joint in range(24):
        parent = world[body.parents[joint]] if joint else np.eye(3)
        twist = Rotation.from_rotvec(change[3 * joint : 3 * joint + 3]).as_matrix()
        turned.append(Rotation.from_matrix(parent.T @ twist @ parent @ own[joint]).as_rotvec())
    vectors = torch.from_numpy(np.stack(turned))
    return dataclasses.replace(
        pose, body_pose=vectors[1:], global_orient=vectors[0], transl=pose.transl + torch.from_numpy(change[-3:])
    )


def differences(body, pose, corners, barycentric, gradients, eps=1e-5):  # -> [R, 75]
    def heights(change):
        vertices = pose_body(body, turned_in_float64(body, pose, change)).vertices.numpy()
        points = (vertices[corners] * barycentric[..., None]).sum(1)
        return (points * gradients).sum(1)

    steps = eps * np.eye(POSE_UNKNOWNS)
    return np.stack([(heights(step) - heights(-step)) / (2 * eps) for step in steps], 1)


def motion_of(body, pose):
    """Random points on the posed surface with random gradients, how point_motion says they move, and how they do."""
    generator = np.random.default_rng(0)
    corners = body.faces.numpy()[generator.integers(0, body.num_faces, 60)]
    barycentric, gradients = generator.dirichlet(np.ones(3), 60), generator.normal(size=(60, 3))
    vertices = pose_body(body, pose).vertices.numpy()
    points = (vertices[corners] * barycentric[..., None]).sum(1)
    influence = (joint_influence(body)[corners] * barycentric[..., None]).sum(1)
    joints = pose_joints(body, pose).positions.numpy()
    return point_motion(gradients, points, influence, joints), differences(body, pose, corners, barycentric, gradients)


def test_rigid_parts_follow_their_joints_exactly():
    """Measured: 3e-8 of values up to 3, the rounding of float32."""
    found, true = motion_of(in_float64(small_body()), a_pose(torch.float64))
    assert np.abs(true).max() > 0.5
    np.testing.assert_allclose(found, true, atol=1e-6)


def test_skin_follows_its_joints_nearly():
    """Measured on the bundled body, joints turned by some 23 degrees: 0.6 % of all motion is told wrong, RMS."""
    found, true = motion_of(in_float64(load_bundled_body()), a_pose(torch.float64))
    assert np.sqrt(((found - true) ** 2).mean()) < 0.03 * np.sqrt((true**2).mean())
    np.testing.assert_allclose(found[:, -3:], true[:, -3:], atol=1e-6)  # the translation is exact


def test_shape_moves_vertices_as_the_body_says():
    """Vertices are linear in the betas: a difference over a whole unit is exact."""
    body, pose = load_bundled_body(), a_pose()
    moved = shape_motion(body, pose)
    exact, exact_pose = in_float64(body), a_pose(torch.float64)
    for beta in range(10):
        shifted = dataclasses.replace(exact_pose, betas=exact_pose.betas + torch.eye(10).double()[beta])
        true = (pose_body(exact, shifted).vertices - pose_body(exact, exact_pose).vertices).numpy()
        np.testing.assert_allclose(moved[..., beta], true, atol=2e-6)


def test_fewer_betas_than_the_body_has():
    pose = dataclasses.replace(a_pose(), betas=torch.tensor([0.3, -0.2]))
    assert shape_motion(load_bundled_body(), pose).shape == (6890, 3, 2)


def _change(joint=None, vector=(0.0, 0.0, 0.0), shift=(0.0, 0.0, 0.0)):
    change = np.zeros(POSE_UNKNOWNS)
    change[-3:] = shift
    if joint is not None:
        change[3 * joint : 3 * joint + 3] = vector
    return change


def test_no_change_is_the_same_pose():
    pose = a_pose()
    turned = turned_pose(load_bundled_body(), pose, _change())
    torch.testing.assert_close(turned.body_pose, pose.body_pose, atol=1e-6, rtol=0)
    torch.testing.assert_close(turned.global_orient, pose.global_orient, atol=1e-6, rtol=0)
    assert torch.equal(turned.transl, pose.transl) and torch.equal(turned.betas, pose.betas)


def test_the_root_turns_the_body_about_the_pelvis():
    body, pose = load_bundled_body(), a_pose()
    vector, shift = np.array([0.3, -0.5, 0.2]), np.array([0.1, 0.2, -0.3])
    turned = pose_body(body, turned_pose(body, pose, _change(0, vector, shift)))
    before = pose_body(body, pose)
    pelvis = before.joints[0].numpy()
    expected = (before.vertices.numpy() - pelvis) @ Rotation.from_rotvec(vector).as_matrix().T + pelvis + shift
    np.testing.assert_allclose(turned.vertices.numpy(), expected, atol=3e-6)


def test_a_joint_turns_what_hangs_on_it_about_a_world_axis():
    body, pose = load_bundled_body(), a_pose()
    vector = np.array([0.0, 0.4, 0.1])
    before, after = pose_joints(body, pose), pose_joints(body, turned_pose(body, pose, _change(ELBOW, vector)))
    turn = Rotation.from_rotvec(vector).as_matrix()
    for joint in (ELBOW, WRIST, HAND):
        np.testing.assert_allclose(after.rotations[joint].numpy(), turn @ before.rotations[joint].numpy(), atol=2e-6)
    elbow = before.positions[ELBOW].numpy()
    expected = (before.positions[HAND].numpy() - elbow) @ turn.T + elbow
    np.testing.assert_allclose(after.positions[HAND].numpy(), expected, atol=2e-6)
    others = [joint for joint in range(24) if joint not in (ELBOW, WRIST, HAND)]
    torch.testing.assert_close(after.rotations[others], before.rotations[others], atol=2e-6, rtol=0)


@pytest.mark.parametrize("angle", [3.0, 3.3, 5.0, 9.0])
def test_vectors_that_turn_by_more_than_pi_stay_near_what_they_were(angle):
    pose = Pose.rest()
    pose.body_pose[0] = angle * torch.tensor([0.6, 0.0, 0.8])
    pose.global_orient[1] = angle
    turned = turned_pose(load_bundled_body(), pose, _change(1, (0.01, 0.0, 0.0)))
    assert (turned.body_pose - pose.body_pose).abs().max() < math.radians(3.0)
    torch.testing.assert_close(turned.global_orient, pose.global_orient, atol=1e-5, rtol=0)
