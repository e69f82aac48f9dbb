"""The rasterizer: watertight, exact at the near plane, equal to its twin and to plain ray casting."""

import pytest
import torch
import trimesh

from phynes_core.render.camera import Camera, look_at, orbit_camera
from phynes_core.render.rasterize import NEAR_M, SNAP, Fragments, rasterize, rasterize_reference

BACKENDS = ["numba", "reference"]


def pixel_camera(size):
    """Looks along +Z; world (x, y) at z = 1 lands on pixel position (x, y)."""
    return Camera(torch.eye(3), torch.eye(4), size, size)


def flat(points):
    """World points at z = 1 from pixel positions."""
    return torch.tensor([[x, y, 1.0] for x, y in points])


def bumpy_sphere():
    sphere = trimesh.creation.icosphere(subdivisions=3)
    bumps = 1 + 0.15 * torch.rand(len(sphere.vertices), 1, generator=torch.Generator().manual_seed(0))
    return torch.tensor(sphere.vertices).float() * bumps, torch.tensor(sphere.faces)


def cast_rays(vertices, faces, camera):
    """Nearest face, barycentric coordinates and depth of each pixel's ray, by Moller and Trumbore in float64."""
    origins, directions = (rays.double().reshape(-1, 1, 3) for rays in camera.pixel_rays())
    a, b, c = vertices.double()[faces].unbind(1)
    p = torch.linalg.cross(directions.expand(-1, len(a), -1), (c - a).expand(len(directions), -1, -1))
    scale = 1 / ((b - a) * p).sum(-1)
    weight_b = ((origins - a) * p).sum(-1) * scale
    q = torch.linalg.cross(origins - a, (b - a).expand(len(directions), -1, -1))
    weight_c = (directions * q).sum(-1) * scale
    distance = ((c - a) * q).sum(-1) * scale
    hit = (weight_b >= 0) & (weight_c >= 0) & (weight_b + weight_c <= 1) & (distance > 0)
    nearest, face = torch.where(hit, distance, torch.inf).min(1)
    rows = torch.arange(len(face))
    weights = torch.stack([1 - weight_b - weight_c, weight_b, weight_c], -1)[rows, face]
    position = origins[:, 0] + nearest[:, None] * directions[:, 0]
    depth = camera.to_camera(position.float())[:, 2]
    shape = (camera.height, camera.width)
    face = torch.where(nearest.isfinite(), face, -1)
    return face.view(shape), weights.float().view(*shape, 3), depth.view(shape)


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 200.0])
def test_the_fast_path_equals_the_reference(azimuth):
    """Measured: bit for bit."""
    vertices, faces = bumpy_sphere()
    camera = orbit_camera(torch.zeros(3), azimuth, 15.0, 5.0, 120, 90)
    fast, slow = (rasterize(vertices, faces, camera, backend) for backend in BACKENDS)
    assert (fast.face_index >= 0).float().mean() > 0.3
    assert (fast.face_index != slow.face_index).sum() == 0
    torch.testing.assert_close(fast.barycentric, slow.barycentric, atol=1e-6, rtol=0)
    torch.testing.assert_close(fast.depth, slow.depth, atol=1e-6, rtol=0)


def test_pixels_see_what_a_ray_through_their_center_meets():
    """Measured: every face the same (corners snap to 6e-5 px), weights within 3.1e-5, depth 4.3e-6."""
    vertices, faces = bumpy_sphere()
    camera = orbit_camera(torch.zeros(3), 30.0, -20.0, 5.0, 60, 45)
    found = rasterize(vertices, faces, camera)
    face, weights, depth = cast_rays(vertices, faces, camera)
    same = found.face_index == face
    assert (~same).sum() <= 3
    torch.testing.assert_close(found.barycentric[same & (face >= 0)], weights[same & (face >= 0)], atol=2e-4, rtol=0)
    torch.testing.assert_close(found.depth[same & (face >= 0)], depth[same & (face >= 0)], atol=1e-4, rtol=0)


def test_the_background_holds_zeros():
    found = rasterize(flat([(2, 2), (6, 2), (2, 6)]), torch.tensor([[0, 1, 2]]), pixel_camera(10))
    background = found.face_index < 0
    assert background.sum() > 50
    assert not found.barycentric[background].any() and not found.depth[background].any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_locate_the_pixel_center_in_perspective(backend):
    vertices, faces = bumpy_sphere()
    camera = orbit_camera(torch.zeros(3), 10.0, 5.0, 3.5, 64, 64)
    found = rasterize(vertices, faces, camera, backend)
    row, column = torch.nonzero(found.face_index >= 0, as_tuple=True)
    corners = vertices[faces[found.face_index[row, column].long()]]
    seen = camera.project((corners * found.barycentric[row, column][..., None]).sum(1))
    torch.testing.assert_close(seen[:, 0], column + 0.5, atol=2e-3, rtol=0)
    torch.testing.assert_close(seen[:, 1], row + 0.5, atol=2e-3, rtol=0)
    torch.testing.assert_close(seen[:, 2], found.depth[row, column], atol=1e-4, rtol=0)
    assert (found.barycentric >= 0).all() and (found.barycentric <= 1).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_triangles_cover_each_pixel_of_a_square_exactly_once(backend):
    """Edges and diagonal run right through pixel centers; both windings of each triangle."""
    corners = flat([(1.5, 1.5), (8.5, 1.5), (8.5, 8.5), (1.5, 8.5)])
    expected = torch.zeros(10, 10, dtype=torch.bool)
    expected[1:8, 1:8] = True  # top-left rule: left and top edges belong, right and bottom ones do not
    for first in ([0, 1, 2], [2, 1, 0]):
        for second in ([0, 2, 3], [3, 2, 0]):
            each = [
                rasterize(corners, torch.tensor([face]), pixel_camera(10), backend).face_index >= 0
                for face in (first, second)
            ]
            assert not (each[0] & each[1]).any(), "a pixel belongs to both"
            assert ((each[0] | each[1]) == expected).all(), "a hole, or a pixel outside"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fan_of_slivers_leaves_no_hole_and_no_pixel_twice(backend):
    """120 triangles around one point, most thinner than a pixel: drawn one by one, every pixel is counted once."""
    generator = torch.Generator().manual_seed(0)
    angle = torch.rand(120, generator=generator).sort().values * 2 * torch.pi
    rim = torch.stack([20 + 60 * angle.cos(), 20 + 60 * angle.sin(), torch.ones(120)], -1)
    vertices = torch.cat([torch.tensor([[20.37, 19.91, 1.0]]), rim])
    index = torch.arange(120)
    faces = torch.stack([torch.zeros(120, dtype=torch.int64), 1 + index, 1 + (index + 1) % 120], -1)
    count = torch.zeros(40, 40)
    for face in faces:
        count += rasterize(vertices, face[None], pixel_camera(40), backend).face_index >= 0
    assert (count == 1).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_closed_mesh_has_no_hole(backend):
    """A sphere around the camera: every pixel of every view meets it."""
    sphere = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = torch.tensor(sphere.vertices).float(), torch.tensor(sphere.faces)
    for azimuth in (0.0, 51.0, 180.0):
        camera = orbit_camera(torch.zeros(3), azimuth, 25.0, 0.3, 48, 48, fov_deg=80)
        found = rasterize(vertices, faces, camera, backend)
        assert (found.face_index >= 0).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_floor_through_the_camera_plane_is_cut_and_not_folded(backend):
    """One huge face under the camera, two corners behind it: exactly the pixels below the horizon see it."""
    floor = torch.tensor([[-50.0, 0.0, 60.0], [50.0, 0.0, 60.0], [0.0, 0.0, -90.0]])
    camera = look_at(torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.0, 1.0, -1.0]), 40, 40, fov_deg=60)
    found = rasterize(floor, torch.tensor([[0, 1, 2]]), camera, backend)
    face, weights, depth = cast_rays(floor, torch.tensor([[0, 1, 2]]), camera)
    assert (found.face_index == face).all()
    assert 600 < (face == 0).sum() < 800
    assert not (found.face_index[:20] >= 0).any()
    torch.testing.assert_close(found.depth[face == 0], depth[face == 0], atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(found.barycentric[face == 0], weights[face == 0], atol=1e-5, rtol=0)


def test_inside_a_mesh_both_paths_agree():
    """Faces cross the near plane on every side. Measured: bit for bit."""
    vertices, faces = bumpy_sphere()
    camera = look_at(torch.tensor([0.0, 0.0, 1.005]), torch.tensor([0.4, 0.1, 0.9]), 64, 64, fov_deg=90)
    homogeneous = camera.to_camera(vertices) @ camera.intrinsics.T
    crossing = (homogeneous[faces][..., 2] < 0.01).any(1) & (homogeneous[faces][..., 2] >= 0.01).any(1)
    assert crossing.any()
    fast = rasterize(vertices, faces, camera, "numba")
    slow = Fragments(*rasterize_reference(vertices, faces, homogeneous, camera, near_m=NEAR_M, snap=SNAP))
    assert (fast.face_index == slow.face_index).all()
    torch.testing.assert_close(fast.depth, slow.depth)


def test_nothing_behind_the_camera_is_drawn():
    camera = look_at(torch.zeros(3), torch.tensor([0.0, 0.0, -1.0]), 16, 16)
    behind = torch.tensor([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [0.0, 1.0, 1.0]])
    assert (rasterize(behind, torch.tensor([[0, 1, 2]]), camera).face_index == -1).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_at_equal_depth_the_lower_face_index_wins(backend):
    corners = flat([(0, 0), (10, 0), (0, 10)])
    found = rasterize(corners, torch.tensor([[0, 1, 2], [1, 2, 0], [2, 1, 0]]), pixel_camera(10), backend)
    assert set(found.face_index.unique().tolist()) == {-1, 0}


def test_an_image_smaller_than_a_band_and_an_empty_mesh():
    corners = flat([(0, 0), (10, 0), (0, 10)])
    found = rasterize(corners, torch.tensor([[0, 1, 2]]), Camera(torch.eye(3), torch.eye(4), 7, 3))
    assert found.face_index.shape == (3, 7) and (found.face_index == 0).all()
    assert (rasterize(corners, torch.zeros(0, 3, dtype=torch.int64), pixel_camera(5)).face_index == -1).all()


def test_vertices_that_are_not_finite_are_refused():
    corners = flat([(0, 0), (10, 0), (0, float("nan"))])
    with pytest.raises(ValueError, match="vertices: expected finite"):
        rasterize(corners, torch.tensor([[0, 1, 2]]), pixel_camera(5))
