"""Shadow rays of a mesh that folds into itself start outside of it: closed forms, backends, and toes."""

import pytest
import torch
import trimesh

from phynes_core.body.atlas import corner_uv
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.conventions import latlong_directions
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import look_at
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.lamps import AreaLamp, shade_area_lamp
from phynes_core.render.rasterize import rasterize
from phynes_core.render.ray_starts import OFFSET_M, SKIN_M, gaps, vertex_starts
from phynes_core.render.shade import Surface
from phynes_core.render.visibility import Occluder, unpack_bits, visibility_at

BACKENDS = ["embree", "numba", "warp", "reference"]
PROBES = latlong_directions(16, 32).reshape(-1, 3)
UP, DOWN = torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([[0.0, -1.0, 0.0]])


def overlapping_spheres():
    """Two that reach 20 cm into each other: vertices [324, 3], faces, normals, and which vertices lie inside."""
    shape = trimesh.creation.icosphere(subdivisions=2)
    one = torch.tensor(shape.vertices).float()
    away = torch.tensor([1.8, 0.07, 0.03])
    vertices, faces = torch.cat([one, one + away]), torch.tensor(shape.faces)
    faces = torch.cat([faces, faces + len(one)])
    is_inside = torch.cat([(one - away).norm(dim=-1) < 0.97, (one + away).norm(dim=-1) < 0.97])  # of the polyhedra
    return vertices, faces, vertex_normals(vertices, faces), is_inside


def slit(height: float):
    """A floor at y = 0 and a closed slab that begins so far above it, 2 m wide and deep."""
    slab = trimesh.creation.box(extents=(2.0, 0.5, 2.0))
    floor = trimesh.creation.box(extents=(2.0, 0.5, 2.0))
    slab.apply_translation((0.0, 0.25 + height, 0.0))
    floor.apply_translation((0.0, -0.25, 0.0))
    both = trimesh.util.concatenate([floor, slab])
    return torch.tensor(both.vertices).float(), torch.tensor(both.faces)


@pytest.mark.parametrize("backend", BACKENDS)
def test_vertices_inside_the_mesh_take_the_rays_of_the_nearest_neighbor_outside(backend):
    vertices, faces, normals, is_inside = overlapping_spheres()
    starts = vertex_starts(vertices, faces, normals, Occluder(vertices, faces, backend).nearest_hits)
    assert 8 < is_inside.sum() < 60
    moved = (starts.points != vertices).any(-1)
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = torch.cat([edges, edges.flip(1)])
    for row in torch.nonzero(is_inside).squeeze(1):
        outside = edges[edges[:, 0] == row, 1]
        outside = outside[~is_inside[outside]]
        assert bool(moved[row]) == bool(len(outside))
        if len(outside):
            nearest = (vertices[outside] - vertices[row]).norm(dim=-1).argmin()
            assert torch.equal(starts.points[row], vertices[outside[nearest]])
            assert torch.equal(starts.normals[row], normals[outside[nearest]])
    assert not moved[~is_inside].any() and (starts.offset_m == OFFSET_M).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_bits_of_the_vertices_differ_from_those_of_the_points_inside_alone(backend):
    vertices, faces, normals, is_inside = overlapping_spheres()
    occluder = Occluder(vertices, faces, backend)
    ours, plain = occluder.vertex_bits(normals, PROBES), occluder.point_bits(vertices, normals, PROBES)
    assert torch.equal(ours[~is_inside], plain[~is_inside])
    assert not plain[is_inside].any()  # buried: every ray is blocked
    assert (unpack_bits(ours[is_inside], 512).sum(1) > 50).float().mean() > 0.7
    some = torch.tensor([3, 200, 17])
    assert torch.equal(occluder.vertex_bits(normals, PROBES, some), ours[some])


@pytest.mark.parametrize("backend", ["embree", "numba", "warp"])
def test_fast_backends_find_the_hits_of_the_reference(backend):
    vertices, faces, _, _ = overlapping_spheres()
    generator = torch.Generator().manual_seed(0)
    origins, directions = (torch.randn(500, 3, generator=generator) for _ in range(2))
    for reach in (float("inf"), 0.7):
        (fast, face), (slow, true_face) = (
            Occluder(vertices, faces, name).nearest_hits(origins, directions, reach) for name in (backend, "reference")
        )
        assert 20 < (true_face >= 0).sum() < 480
        assert torch.equal(face, true_face) and face.dtype == torch.int64
        torch.testing.assert_close(fast, slow, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rays_in_a_slit_narrower_than_their_offset_start_in_its_middle(backend):
    """From 1 mm under a slab, one direction along the slit is open and one into the slab is not."""
    vertices, faces = slit(1e-3)
    occluder = Occluder(vertices, faces, backend)
    point, far = torch.tensor([[0.9, 0.0, 0.0]]), torch.tensor([[1.0, 1e-4, 0.0], [0.0, 1.0, 0.0]])
    assert gaps(point, UP, occluder.nearest_hits).item() == pytest.approx(1e-3, rel=1e-3)
    assert unpack_bits(occluder.point_bits(point, UP, far), 2).tolist() == [[True, False]]
    below = torch.tensor([[0.9, 1e-3, 0.0]])
    assert unpack_bits(occluder.point_bits(below, DOWN, far * torch.tensor([1.0, -1.0, 1.0])), 2)[0, 0]
    starts = vertex_starts(vertices, faces, vertex_normals(vertices, faces), occluder.nearest_hits)
    assert (starts.offset_m <= OFFSET_M).all() and torch.equal(starts.points, vertices)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_wider_slit_changes_nothing(backend):
    vertices, faces = slit(3e-3)
    occluder = Occluder(vertices, faces, backend)
    points = torch.tensor([[0.9, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert torch.isinf(gaps(points, UP.expand(2, 3), occluder.nearest_hits)).all()
    # 2 mm over the floor the slab begins 1 mm higher, so a direction that rises 1 mm in 10 cm just leaves it
    steep = torch.tensor([[1.0, 0.02, 0.0], [1.0, 0.005, 0.0]])
    assert unpack_bits(occluder.point_bits(points, UP.expand(2, 3), steep), 2).tolist() == [
        [False, True],
        [False, False],
    ]


@pytest.mark.parametrize("backend", ["embree", "numba", "reference"])
def test_a_lamp_shines_into_a_slit_as_well(backend):
    vertices, faces = slit(1e-3)
    point = torch.tensor([[0.9, 0.0, 0.0]])
    surface = Surface(UP, UP, torch.ones(1, 3), torch.ones(1), 0.0)
    lamp = AreaLamp((3.0, 5e-4, 0.0), radius_m=0.0)
    shading = shade_area_lamp(surface, point, UP, lamp, Occluder(vertices, faces, backend), 1, backend="auto")
    torch.testing.assert_close(shading.irradiance, shading.irradiance_open)
    assert shading.irradiance.min() > 0


def test_what_is_seen_of_toes_that_overlap_gets_the_light_that_reaches_it():
    """Against a ray from each pixel, started on the face that is seen: buried bits are 0.18 off (dark), ours 0.10."""
    body = load_bundled_body()
    bare, faces = pose_body(body, Pose.rest()).vertices, body.faces
    vertices = bare + 0.006 * vertex_normals(bare, faces)  # as much cloth on the toes
    normals = vertex_normals(vertices, faces)
    left = vertices[(vertices[:, 1] < vertices[:, 1].min() + 0.1) & (vertices[:, 0] > 0)]
    foot = torch.stack([left[:, 0].mean(), left[:, 1].min() + 0.05, left[:, 2].max() - 0.05])
    camera = look_at(foot + torch.tensor([0.0, 0.53, 0.85]), foot, 128, 128, 12.0)
    seen = build_gbuffer(rasterize(vertices, faces, camera), vertices, faces, normals, corner_uv(body), camera)
    occluder, directions = Occluder(vertices, faces), PROBES[::4]
    starts = vertex_starts(vertices, faces, normals, occluder.nearest_hits)
    is_moved = (starts.points != vertices).any(-1)
    rows = torch.nonzero(is_moved[seen.corners.long()].any(1)).squeeze(1)
    assert len(rows) > 400
    corners, normal = faces[seen.face_index[rows]], seen.normal[rows]
    across = torch.linalg.cross(
        vertices[corners[:, 1]] - vertices[corners[:, 0]], vertices[corners[:, 2]] - vertices[corners[:, 0]]
    )
    facing = torch.nn.functional.normalize(across * (across * seen.wo[rows]).sum(-1, keepdim=True).sign(), dim=-1)
    cosine = (normal @ directions.T).clamp(min=0.0)
    row, column = torch.nonzero(cosine > 0, as_tuple=True)
    is_open = torch.zeros_like(cosine)
    origins = seen.position[rows] + SKIN_M * facing
    is_open[row, column] = (~occluder.is_blocked(origins[row], directions[column])).float()

    def share(visibility: torch.Tensor) -> torch.Tensor:
        return (visibility * cosine).sum(1) / cosine.sum(1)

    def interpolated(bits: torch.Tensor) -> torch.Tensor:
        return share(visibility_at(bits, seen.corners[rows].long(), seen.barycentric[rows], len(directions)))

    true = share(is_open)
    ours = interpolated(occluder.vertex_bits(normals, directions)) - true
    buried = interpolated(occluder.point_bits(vertices, normals, directions)) - true
    assert buried.abs().mean() > 0.15 and buried.mean() < -0.1
    assert ours.abs().mean() < 0.12 and ours.mean().abs() < 0.04
