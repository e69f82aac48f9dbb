"""A mesh bound to the body: it moves as it should, and holds nothing of the body."""

import numpy as np
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import pose_body
from phynes_core.body.template import template_body
from phynes_core.template.binding import bind, spread, weight_shares
from phynes_core.template.meshing import PersonMesh
from phynes_core.template.rest_shape import RestShape


def test_a_bound_mesh_is_itself_in_the_carving_pose():
    """The body grown by 5 cm, of which the left hand is the body's own."""
    body = load_bundled_body()
    betas = torch.zeros(10)
    betas[:2] = torch.tensor([1.0, -0.5])
    rest = RestShape(body, betas)
    is_hand = body.weights.numpy()[:, [20, 22]].sum(1) > 0.9
    grown = rest.vertices + 0.05 * rest.normals * ~is_hand[:, None]
    corner = np.zeros((body.num_vertices, 2), np.int64)  # a face with each vertex, and which of its corners that is
    for k in range(3):
        corner[rest.faces[:, k]] = np.stack([np.arange(body.num_faces), np.full(body.num_faces, k)], -1)
    own = np.where(is_hand, corner[:, 0], -1)
    mesh = PersonMesh(grown, rest.faces, own, np.eye(3)[corner[:, 1]] * is_hand[:, None], (), 0)
    template = bind(rest, mesh)
    made = template_body(template, body)
    plain = torch.zeros_like(made.posedirs)
    found = pose_body(type(made)(**{**made.__dict__, "posedirs": plain}), rest.pose).vertices.numpy()
    apart = np.linalg.norm(found - grown, axis=1)
    assert apart[is_hand].max() < 1e-5
    assert np.percentile(apart, 99) < 2e-3 and apart.max() < 0.02  # weights are mixed of few vertices
    assert torch.equal(made.weights[is_hand], body.weights[is_hand])
    assert float(template.offset[is_hand].abs().max()) == 0.0


def test_shares_give_the_weights_that_are_wanted():
    weights = load_bundled_body().weights.numpy()
    generator = np.random.default_rng(0)
    legs = np.nonzero(weights[:, [1, 2, 4, 5]].sum(1) > 0.9)[0]
    mixed = generator.choice(legs, (50, 3))
    wanted = weights[mixed].mean(1)
    corners = generator.choice(legs, (50, 3))
    vertex, share = weight_shares(weights, corners, np.full((50, 3), 1 / 3), wanted, np.ones(50))
    found = (share[..., None] * weights[vertex]).sum(1)
    assert abs(share.sum(1) - 1.0).max() < 1e-6 and share.min() >= 0.0
    assert abs(found - wanted).max() < 5e-3  # measured 1e-3


def test_where_nothing_is_diffused_shares_are_the_place():
    weights = np.eye(4, dtype=np.float32)
    vertex, share = weight_shares(weights, np.array([[2, 0, 1]]), np.array([[0.5, 0.3, 0.2]]), weights[:1], np.zeros(1))
    assert vertex[0, :3].tolist() == [2, 0, 1]
    assert np.allclose(share[0], [0.5, 0.3, 0.2, 0, 0, 0, 0, 0])


def test_spread_rows_hold_the_extremes():
    line = np.linspace(0.0, 1.0, 11)[:, None] * np.array([[1.0, -1.0]]) + np.array([[0.0, 1.0]])
    assert set(spread(line, 3).tolist()) == {0, 5, 10}
