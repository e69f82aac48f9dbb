"""Weights around the body, and the way back to the T-pose."""

import numpy as np
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import pose_joints
from phynes_core.template.rest_shape import OFF_M, RestShape, diffuse, skinned


def test_diffused_weights_are_harmonic():
    """Along an insulated tube between two held ends the solution is linear."""
    weights = np.zeros((12, 3, 3, 2), np.float32)
    weights[0, ..., 0] = weights[-1, ..., 1] = 1.0
    held = np.zeros((12, 3, 3), bool)
    held[[0, -1]] = True
    found = diffuse(weights, held, 800)
    line = np.linspace(1.0, 0.0, 12)[:, None, None]
    assert abs(found[..., 0] - line).max() < 1e-4
    assert abs(found.sum(-1) - 1.0).max() < 1e-4


def test_points_of_the_skin_move_with_it_and_come_back():
    body = load_bundled_body()
    rest = RestShape(body, torch.zeros(10))
    bound = rest.bound(rest.vertices)
    assert abs(bound.distance).max() < 1e-5
    assert abs(bound.weights - body.weights.numpy()).max() < 1e-3  # vertices lie on several faces
    assert abs(bound.rest - body.v_template.numpy()).max() < 2e-3
    again = skinned(bound.rest, bound.weights, rest.transforms)
    assert abs(again - rest.vertices).max() < 1e-5


def test_between_the_legs_both_legs_count():
    body = load_bundled_body()
    rest = RestShape(body, torch.zeros(10))
    knees = rest.vertices[body.weights.numpy()[:, [4, 5]].max(1) > 0.9]
    between = np.array([[0.0, knees[:, 1].max(), knees[:, 2].mean()]], np.float32)
    bound = rest.bound(between)
    left, right = bound.weights[0, [1, 4, 7]].sum(), bound.weights[0, [2, 5, 8]].sum()
    assert bound.blend[0] == 1.0 and min(left, right) > 0.3
    assert abs(bound.weights.sum() - 1.0) < 1e-5


def test_what_hangs_off_the_legs_follows_the_thighs_down_to_its_hem():
    body = load_bundled_body()
    rest = RestShape(body, torch.zeros(10))
    hanging = rest.hanging(0.4)
    joints = pose_joints(body, rest.pose).positions.numpy()
    knee, ankle = joints[4], joints[7]
    behind = np.array([0.0, 0.0, -0.16])
    points = np.stack([knee + behind, 0.3 * knee + 0.7 * ankle + behind, knee + [0.0, 0.0, 0.06]]).astype(np.float32)
    before, after = rest.bound(points), hanging.bound(points)
    assert before.distance[:2].min() > OFF_M[1] + 0.02 > 0.02 > before.distance[2]
    assert before.weights[0, 4] > 0.2 and after.weights[0, [4, 5, 7, 8]].sum() < 1e-6
    assert abs(after.weights[0, 1] - before.weights[0, [1, 4, 7]].sum()) < 1e-5
    assert (after.weights[1:] == before.weights[1:]).all()  # below the hem, and trousers
    assert abs(after.weights.sum(1) - 1.0).max() < 1e-5
    assert abs(skinned(after.rest, after.weights, rest.transforms) - points).max() < 1e-5  # the same shape
