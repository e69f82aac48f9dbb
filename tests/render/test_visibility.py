"""Packed visibility: closed forms, every backend against brute force, subsets of directions bit for bit."""

import pytest
import torch
import trimesh

from phynes_core.conventions import latlong_directions
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.registry import available
from phynes_core.render.visibility import Occluder, pack_bits, unpack_bits, visibility_at

BACKENDS = ["embree", "numba", "warp", "reference"]
PROBES = latlong_directions(16, 32).reshape(-1, 3)


def sphere(subdivisions=2):
    shape = trimesh.creation.icosphere(subdivisions=subdivisions)
    return torch.tensor(shape.vertices).float(), torch.tensor(shape.faces)


def two_spheres():
    """Two that shade each other: vertices [84, 3], faces [160, 3], normals."""
    vertices, faces = sphere(1)
    vertices = torch.cat([vertices, 0.7 * vertices + torch.tensor([1.6, 0.5, 0.2])])
    faces = torch.cat([faces, faces + 42])
    return vertices, faces, vertex_normals(vertices, faces)


def test_all_backends_run_here():
    assert set(available("visibility")) == set(BACKENDS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_convex_body_sees_exactly_the_directions_before_its_surface(backend):
    """A sphere: V = [n.l > 0]; over the 512 probes half of them."""
    vertices, faces = sphere(1)
    is_open = unpack_bits(Occluder(vertices, faces, backend).point_bits(vertices, vertices, PROBES), 512)
    cosine = vertices @ PROBES.T
    # the true normal of the polyhedron at a vertex differs from the sphere's for grazing rays within a face's tilt
    decided = cosine.abs() > 0.35
    assert (is_open == (cosine > 0))[decided].all()
    assert not is_open[cosine <= 0].any()
    assert is_open.float().mean() == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wall_hides_exactly_the_half_space_behind_it(backend):
    """Floor points before a huge wall at x = 1: open exactly where the direction leaves it or rises over its top."""
    wall = torch.tensor([[1.0, -500.0, -500.0], [1.0, -500.0, 500.0], [1.0, 3.0, 500.0], [1.0, 3.0, -500.0]])
    points = torch.stack([torch.linspace(-2, 0.5, 7), torch.zeros(7), torch.zeros(7)], -1)
    up = torch.tensor([0.0, 1.0, 0.0]).expand(7, 3)
    occluder = Occluder(wall, torch.tensor([[0, 1, 2], [0, 2, 3]]), backend)
    is_open = unpack_bits(occluder.point_bits(points, up, PROBES), 512)
    x, y, z = PROBES.T
    reach = (1 - points[:, :1]) / x.clamp(min=1e-9)  # ray length to the wall's plane
    over = (x <= 0) | (reach * y > 3 - 0.002) | ((reach * z).abs() > 500)
    assert (is_open == ((y > 0) & over)).all()


@pytest.mark.parametrize("backend", ["embree", "numba", "warp"])
def test_fast_backends_equal_brute_force(backend):
    """Measured: no bit differs. A ray that grazes an edge to the last bit may fall to either side."""
    vertices, faces, normals = two_spheres()
    fast, slow = (
        unpack_bits(Occluder(vertices, faces, name).point_bits(vertices, normals, PROBES), 512)
        for name in (backend, "reference")
    )
    shaded = ((normals @ PROBES.T) > 0) & ~slow
    assert shaded.sum() > 500
    assert (fast != slow).sum() <= 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_slices_of_the_directions_give_the_bits_of_the_whole(backend):
    vertices, faces, normals = two_spheres()
    occluder, points, normals = Occluder(vertices, faces, backend), vertices[::4], normals[::4].contiguous()
    whole = occluder.point_bits(points, normals, PROBES)
    slices = [occluder.point_bits(points, normals, PROBES[start : start + 64]) for start in range(0, 512, 64)]
    assert torch.equal(torch.cat(slices, 1), whole)


def test_moving_the_mesh_moves_its_shadow():
    vertices, faces, normals = two_spheres()
    light = torch.tensor([[1.0, 0.3, 0.1]]) / torch.tensor([[1.0, 0.3, 0.1]]).norm()
    before = Occluder(vertices, faces).point_bits(vertices[:42], normals[:42], light)
    apart = vertices + torch.cat([torch.zeros(42, 3), torch.tensor([[0.0, 20.0, 0.0]]).expand(42, 3)])
    after = Occluder(apart, faces).point_bits(vertices[:42], normals[:42], light)
    facing = (normals[:42] @ light.T) > 0.2
    assert (after == 1)[facing].all()
    assert (before != after).any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_rays_are_blocked_from_both_sides_of_a_face(backend):
    vertices = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    occluder = Occluder(vertices, torch.tensor([[0, 1, 2]]), backend)
    origins = torch.tensor([[0.2, 0.2, 1.0], [0.2, 0.2, -1.0], [0.2, 0.2, 1.0], [0.9, 0.9, 1.0]])
    directions = torch.tensor([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    assert occluder.is_blocked(origins, directions).tolist() == [True, True, False, False]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_segment_is_blocked_only_by_what_lies_between_its_ends(backend):
    vertices = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    occluder = Occluder(vertices, torch.tensor([[0, 1, 2]]), backend)
    origins = torch.tensor([[0.2, 0.2, 1.0]]).expand(3, 3)
    ends = torch.tensor([[0.2, 0.2, 0.5], [0.2, 0.2, -0.5], [0.9, 0.9, -1.0]])
    assert occluder.is_blocked(origins, ends - origins, reach=1.0).tolist() == [False, True, False]


@pytest.mark.parametrize("num_directions", [1, 31, 32, 33, 512])
def test_packing_and_unpacking_are_inverse(num_directions):
    is_open = torch.rand(20, num_directions, generator=torch.Generator().manual_seed(0)) > 0.5
    bits = pack_bits(is_open)
    assert bits.shape == (20, (num_directions + 31) // 32) and bits.dtype == torch.int32
    assert torch.equal(unpack_bits(bits, num_directions), is_open)


def test_bits_interpolate_between_the_corners_of_a_face():
    bits = pack_bits(torch.tensor([[True, False, True], [True, True, False], [True, False, False]]))
    weights = torch.tensor([[0.5, 0.25, 0.25]])
    found = visibility_at(bits, torch.tensor([[0, 1, 2]]), weights, 3)
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.25, 0.5]]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_points_give_no_rows(backend):
    vertices, faces = sphere(0)
    occluder = Occluder(vertices, faces, backend)
    assert occluder.point_bits(torch.zeros(0, 3), torch.zeros(0, 3), PROBES).shape == (0, 16)
    assert occluder.is_blocked(torch.zeros(0, 3), torch.zeros(0, 3)).shape == (0,)
