"""The Warp kernels on their CPU device: the same faces, bits and boxes as the CPU's own paths, and no noise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import trimesh

from phynes_core.conventions import latlong_directions
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cuda.warp_rays import RayMesh
from phynes_core.kernels.cuda.warp_visibility import visibility_bits
from phynes_core.render.camera import look_at, orbit_camera
from phynes_core.render.rasterize import rasterize
from phynes_core.render.visibility import OFFSET_M, Occluder

PROBES = latlong_directions(16, 32).reshape(-1, 3)


def bumpy_sphere(subdivisions=3):
    sphere = trimesh.creation.icosphere(subdivisions=subdivisions)
    bumps = 1 + 0.15 * torch.rand(len(sphere.vertices), 1, generator=torch.Generator().manual_seed(0))
    return torch.tensor(sphere.vertices).float() * bumps, torch.tensor(sphere.faces)


def bits_of(mesh, points, normals, num_meant):
    bits = torch.full((len(points), 16), -1, dtype=torch.int32)
    visibility_bits(mesh, points, normals, PROBES, OFFSET_M, torch.tensor([num_meant], dtype=torch.int32), bits)
    return bits


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 200.0])
def test_rays_see_the_faces_that_the_rasterizer_draws(azimuth):
    """On a body at 256 x 256, 1 of 9,461 covered pixels differs. Depth here within 3.4e-5, at grazing faces."""
    vertices, faces = bumpy_sphere()
    camera = orbit_camera(torch.zeros(3), azimuth, 15.0, 5.0, 320, 240)
    drawn, cast = (rasterize(vertices, faces, camera, backend) for backend in ("numba", "warp"))
    same = drawn.face_index == cast.face_index
    covered = drawn.face_index >= 0
    assert covered.sum() > 20000
    assert (~same).sum() <= 1e-3 * covered.sum()
    torch.testing.assert_close(cast.barycentric[same], drawn.barycentric[same], atol=1e-3, rtol=0)
    torch.testing.assert_close(cast.depth[same], drawn.depth[same], atol=1e-4, rtol=0)


def test_rays_are_cut_at_the_near_plane_as_faces_are():
    """From inside the mesh, with faces on every side of the camera's plane."""
    vertices, faces = bumpy_sphere()
    camera = look_at(torch.tensor([0.0, 0.0, 1.005]), torch.tensor([0.4, 0.1, 0.9]), 64, 64, fov_deg=90)
    drawn, cast = (rasterize(vertices, faces, camera, backend) for backend in ("numba", "warp"))
    same = drawn.face_index == cast.face_index
    assert (~same).sum() <= 4
    torch.testing.assert_close(cast.depth[same], drawn.depth[same], atol=1e-5, rtol=1e-4)


def test_an_empty_mesh_shows_nothing():
    camera = orbit_camera(torch.zeros(3), 0.0, 0.0, 5.0, 8, 8)
    seen = rasterize(torch.zeros(3, 3), torch.zeros(0, 3, dtype=torch.int64), camera, "warp")
    assert (seen.face_index == -1).all() and not seen.depth.any()


def test_a_refitted_tree_answers_as_a_new_one():
    """A mesh that is squashed and moved far; the tree keeps the shape that it had before."""
    vertices, faces = bumpy_sphere(2)
    moved = vertices * torch.tensor([0.3, 1.0, 1.5]) + torch.tensor([5.0, 0.0, -2.0])
    normals = vertex_normals(moved, faces)
    refitted = RayMesh(vertices, faces)
    refitted.refit(moved)
    new = bits_of(RayMesh(moved, faces), moved, normals, len(moved))
    assert torch.equal(bits_of(refitted, moved, normals, len(moved)), new)
    assert new.any() and not torch.equal(new, bits_of(RayMesh(vertices, faces), moved, normals, len(moved)))


def test_rows_beyond_the_count_stay_closed():
    vertices, faces = bumpy_sphere(2)
    normals = vertex_normals(vertices, faces)
    mesh = RayMesh(vertices, faces)
    part = bits_of(mesh, vertices, normals, 50)
    assert torch.equal(part[:50], bits_of(mesh, vertices, normals, len(vertices))[:50])
    assert part[:50].any() and not part[50:].any()


def test_bits_of_many_points_equal_the_default_paths():
    """Measured: none of 330,000 bits differs; a ray that grazes an edge to the last bit may fall to either side."""
    vertices, faces = bumpy_sphere()
    vertices = torch.cat([vertices, 0.7 * vertices + torch.tensor([1.5, 0.4, 0.2])])
    faces = torch.cat([faces, faces + len(vertices) // 2])
    normals = vertex_normals(vertices, faces)
    fast, other = (Occluder(vertices, faces, name).point_bits(vertices, normals, PROBES) for name in ("warp", "auto"))
    differing = sum(int(word).bit_count() for word in (fast ^ other).flatten().numpy().view("uint32"))
    assert differing <= 3


def test_single_rays_end_at_their_reach():
    vertices, faces = bumpy_sphere(1)
    occluder = Occluder(vertices, faces, "warp")
    origin, toward = torch.tensor([[0.0, 0.0, 4.0]]), torch.tensor([[0.0, 0.0, -1.0]])
    assert occluder.is_blocked(origin, toward).all()
    assert occluder.is_blocked(origin, 4 * toward, 1.0).all()
    assert not occluder.is_blocked(origin, toward, 2.0).any()


def test_kernels_are_kept_in_the_user_folder_and_nothing_is_printed(tmp_path):
    program = (
        "import torch; from phynes_core.geometry.closest_point import closest_point; "
        "closest_point(torch.eye(3), torch.tensor([[0, 1, 2]]), torch.zeros(1, 3), 'warp')"
    )
    environment = {key: value for key, value in os.environ.items() if key != "WARP_CACHE_PATH"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ran.stdout == ""
    assert list((tmp_path / "phynes-viewer" / "warp").rglob("*warp_rays*"))
