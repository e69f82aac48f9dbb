"""Signed height: the paper's h has the sign of the side, also right beside edges and corners."""

import pytest
import torch
import trimesh

from phynes_core.geometry.mesh import vertex_normals
from phynes_core.geometry.signed_distance import signed_height


def mesh(shape):
    vertices, faces = torch.tensor(shape.vertices).float(), torch.tensor(shape.faces)
    return vertices, faces, vertex_normals(vertices, faces)


@pytest.mark.parametrize("backend", ["numba", "reference"])
def test_over_a_sphere_the_height_is_the_radius_less_one(backend):
    """Up to the chord of the faces: 642 vertices stay within 0.0044 of the sphere."""
    points = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    height, _ = signed_height(*mesh(trimesh.creation.icosphere(subdivisions=3)), points, backend)
    torch.testing.assert_close(height, points.norm(dim=-1) - 1, atol=0.01, rtol=0)


@pytest.mark.parametrize("backend", ["numba", "reference"])
def test_inside_and_outside_of_a_cube_keep_their_sign_at_edges_and_corners(backend):
    near = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.2], [1.0, 0.1, -0.3], [-1.0, 1.0, 0.0]])
    cube = mesh(trimesh.creation.box((2, 2, 2)))
    assert (signed_height(*cube, near * 1.01, backend)[0] > 0).all()
    assert (signed_height(*cube, near * 0.99, backend)[0] < 0).all()


def test_moving_along_the_normal_by_h_gives_height_h():
    """The paper's displacement v + l n has height l. A smooth body: measured within 4e-8."""
    vertices, faces, normals = mesh(trimesh.creation.icosphere(subdivisions=2))
    height = torch.linspace(-0.05, 0.05, len(vertices))
    found, closest = signed_height(vertices, faces, normals, vertices + height[:, None] * normals)
    torch.testing.assert_close(found[height >= 0], height[height >= 0], atol=1e-6, rtol=0)
    assert (found[height < 0] <= 0).all()
    assert closest.distance.shape == (len(vertices),)
