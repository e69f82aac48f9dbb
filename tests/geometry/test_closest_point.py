"""Closest points: closed forms on a triangle and a cube, and the fast path against brute force."""

import pytest
import torch
import trimesh

from phynes_core.geometry.closest_point import closest_point, signed_height
from phynes_core.geometry.mesh import vertex_normals

BACKENDS = ["numba", "warp", "reference"]
TRIANGLE = torch.tensor([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
FACE = torch.tensor([[0, 1, 2]])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("point", "foot"),
    [
        ((0.5, 0.5, 1.0), (0.5, 0.5, 0.0)),  # over the inside
        ((-1.0, -1.0, 0.5), (0.0, 0.0, 0.0)),  # corner a
        ((3.0, -0.5, 0.0), (2.0, 0.0, 0.0)),  # corner b
        ((-0.2, 4.0, 1.0), (0.0, 2.0, 0.0)),  # corner c
        ((1.0, -1.0, 0.0), (1.0, 0.0, 0.0)),  # edge ab
        ((-1.0, 1.5, 2.0), (0.0, 1.5, 0.0)),  # edge ac
        ((2.0, 2.0, -1.0), (1.0, 1.0, 0.0)),  # edge bc
    ],
)
def test_every_region_around_a_triangle(backend, point, foot):
    found = closest_point(TRIANGLE, FACE, torch.tensor([point]), backend)
    torch.testing.assert_close(found.interpolate(TRIANGLE, FACE), torch.tensor([foot]))
    torch.testing.assert_close(found.distance, (torch.tensor([point]) - torch.tensor([foot])).norm(dim=-1))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_distance_to_a_cube_is_that_of_its_closed_form(backend):
    """Outside: the length of what sticks out of [-1, 1]^3; inside: the gap to the nearest wall. Measured: 1.2e-7."""
    cube = trimesh.creation.box((2, 2, 2))
    vertices, faces = torch.tensor(cube.vertices).float(), torch.tensor(cube.faces)
    points = torch.rand(500, 3, generator=torch.Generator().manual_seed(0)) * 4 - 2
    outside = (points.abs() - 1).clamp(min=0).norm(dim=-1)
    inside = (1 - points.abs()).amin(-1).clamp(min=0)
    found = closest_point(vertices, faces, points, backend)
    torch.testing.assert_close(found.distance, outside + inside, atol=2e-6, rtol=0)


@pytest.mark.parametrize("backend", ["numba", "warp"])
def test_the_fast_path_equals_brute_force(backend):
    """Measured: distances within 2.4e-7."""
    sphere = trimesh.creation.icosphere(subdivisions=2)
    vertices, faces = torch.tensor(sphere.vertices).float() * torch.tensor([0.3, 0.9, 0.2]), torch.tensor(sphere.faces)
    points = torch.randn(1000, 3, generator=torch.Generator().manual_seed(0))
    fast, slow = (closest_point(vertices, faces, points, name) for name in (backend, "reference"))
    torch.testing.assert_close(fast.distance, slow.distance, atol=2e-6, rtol=0)
    feet = [found.interpolate(vertices, faces) for found in (fast, slow)]
    assert ((feet[0] - feet[1]).norm(dim=-1) < 1e-4).float().mean() > 0.99  # two feet may be equally far


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_points_give_no_rows(backend):
    found = closest_point(TRIANGLE, FACE, torch.zeros(0, 3), backend)
    assert found.face_index.shape == (0,) and found.barycentric.shape == (0, 3) and found.distance.shape == (0,)


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match=r"points: expected shape \[N, 3\]"):
        closest_point(TRIANGLE, FACE, torch.zeros(3))
    with pytest.raises(ValueError, match="at least one face"):
        closest_point(TRIANGLE, torch.zeros(0, 3, dtype=torch.int64), torch.zeros(1, 3))


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
