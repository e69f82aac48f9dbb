"""Texels and the faces they show."""

import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.texels import TEXELS, barycentric_at, face_of_uv, surface_texels, texel_centers
from tests.small_body import small_body


def test_a_texel_lies_where_its_weights_say():
    body = small_body()
    texels = surface_texels(body)
    corners = body.uv[body.uv_faces[texels.face]]
    there = (corners * texels.barycentric[..., None]).sum(1)
    apart = (there - texel_centers(texels.index)).norm(dim=-1) * TEXELS
    is_inside = (texels.barycentric >= 0).all(1)
    assert is_inside.float().mean() > 0.9
    assert apart[is_inside].max() < 1e-2
    assert apart.max() < 3.0  # on the rim, of slivers whose weights are limited
    assert torch.allclose(texels.barycentric.sum(1), torch.ones(len(apart)), atol=1e-5)


def test_texels_are_ordered_by_face_and_found_again():
    body = small_body()
    texels = surface_texels(body)
    for face in (0, 7, body.num_faces - 1):
        rows = slice(int(texels.first[face]), int(texels.first[face + 1]))
        assert (texels.face[rows] == face).all()
    assert int(texels.first[-1]) == len(texels.index)
    assert torch.equal(face_of_uv(body, texel_centers(texels.index)), texels.face)


def test_every_corner_of_every_face_has_its_own_weight():
    body = small_body()
    faces = torch.arange(body.num_faces)
    for corner in range(3):
        weights = barycentric_at(body, faces, body.uv[body.uv_faces[:, corner]])
        assert torch.allclose(weights, torch.eye(3)[corner].expand_as(weights), atol=1e-4)


def test_weights_beyond_a_sliver_stay_near_it():
    """Texels of the rim lie many widths beyond some faces; weights that sum to 0 would mean the world's origin."""
    for body in (small_body(), load_bundled_body()):
        texels = surface_texels(body)
        assert (texels.barycentric.sum(1) - 1.0).abs().max() < 1e-5
        assert texels.barycentric.min() > -1.2 and texels.barycentric.max() < 1.9
    far = body.uv[body.uv_faces[:200, 0]] + 0.3
    weights = barycentric_at(body, torch.arange(200), far)
    assert (weights.sum(1) - 1.0).abs().max() < 1e-5 and weights.abs().max() < 1.9
