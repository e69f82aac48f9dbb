"""Exchanges of skinning weights: what they keep, and a template that takes other weights without moving on average."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body, rest_to_posed
from phynes_core.body.template import template_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.template.carrying import PATCHES, at_rest, blended, exchanges, with_weights
from tests.body_template import body_as_template


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture(scope="module")
def template(body):
    """Cloth a centimetre off the skin between the knees and the chest, the skin itself elsewhere."""
    made = body_as_template()
    height = body.v_template[:, 1:2]
    is_cloth = (height > -0.7) & (height < 0.1)
    return replace(made, offset=0.01 * vertex_normals(body.v_template, body.faces) * is_cloth)


def poses() -> list[Pose]:
    """Steps to both sides."""
    made = []
    for angle in (-0.6, -0.2, 0.3, 0.5):
        body_pose = torch.zeros(23, 3)
        body_pose[0, 0], body_pose[1, 0], body_pose[3, 0] = angle, -angle, 0.5 * abs(angle)
        made.append(Pose(body_pose, torch.tensor([0.0, angle, 0.0]), torch.tensor([0.0, 0.0, angle]), torch.zeros(10)))
    return made


def test_exchanges_are_between_neighboring_joints_and_of_cloth_alone(body, template):
    standing = template_body(template, body)
    found = exchanges(standing)
    is_cloth = (template.offset.norm(dim=-1) > 0).numpy()
    assert found.patch.shape == (body.num_vertices, PATCHES)
    assert not found.patch[~is_cloth].any()
    np.testing.assert_allclose(found.patch[is_cloth].sum(1), 1.0, atol=1e-6)
    for _, giver, taker in found.of:
        assert taker == body.parents[giver] or giver == body.parents[taker]
    assert exchanges(template_body(body_as_template(), body)).of == ()


def test_an_exchange_moves_weight_and_loses_none(body, template):
    standing = template_body(template, body)
    found = exchanges(standing)
    jacobian = found.jacobian(standing.weights.double().numpy())
    moved = np.asarray(jacobian.sum(1)).reshape(-1, 24)
    np.testing.assert_allclose(moved.sum(1), 0.0, atol=1e-12)
    one = jacobian[:, [0]].toarray().reshape(-1, 24)
    _, giver, taker = found.of[0]
    assert one[:, taker].max() > 0.01
    assert one[:, giver].min() == -one[:, taker].max()


def test_posed_points_come_from_where_they_rest(body, template):
    standing, pose = template_body(template, body), poses()[0]
    transforms, weights = rest_to_posed(standing, pose).double().numpy(), standing.weights.numpy()
    posed = pose_body(standing, pose).vertices.double().numpy()
    np.testing.assert_allclose(blended(transforms, weights, at_rest(transforms, weights, posed)), posed, atol=1e-9)


def test_other_weights_leave_vertices_where_they_are_in_the_mean(body, template):
    standing = template_body(template, body)
    wanted = standing.weights.double().numpy().copy()
    cloth = np.nonzero((template.offset.norm(dim=-1) > 0).numpy())[0]
    given = 0.5 * wanted[cloth][:, [1, 2]]
    wanted[np.ix_(cloth, [1, 2])] -= given
    wanted[cloth, 0] += given.sum(1)
    made = with_weights(template, body, wanted, poses())
    moved = template_body(made, body)
    # measured: 0.002 in the mean: shares of eight vertices of the body
    assert np.abs(moved.weights.numpy() - wanted).mean() < 0.005
    skin = np.setdiff1d(np.arange(body.num_vertices), cloth)
    assert torch.equal(made.share[skin], template.share[skin])
    assert torch.equal(made.offset[skin], template.offset[skin])
    steps = [pose_body(moved, pose).vertices - pose_body(standing, pose).vertices for pose in poses()]
    own = [
        torch.linalg.solve(pose_body(moved, pose).blend, step[..., None])[..., 0]
        for pose, step in zip(poses(), steps, strict=True)
    ]
    length = torch.stack(steps).norm(dim=-1).mean(0)[cloth]
    left = torch.stack(own).mean(0).norm(dim=-1)[cloth]
    assert length.max() > 0.01
    assert left.mean() < 0.15 * length.mean()
