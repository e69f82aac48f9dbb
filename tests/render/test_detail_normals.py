"""Normals with detail: against the analytic normals of displaced planes and spheres."""

import math

import pytest
import torch
from torch import Tensor

from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.detail_normals import MAX_SLOPE, FaceFrames, detail_normals, face_frames


def _grid(count: int) -> tuple[Tensor, Tensor]:
    """uv [V, 2] of a (count + 1)^2 grid over the unit square, and its faces [F, 3]."""
    v, u = torch.meshgrid(torch.linspace(0, 1, count + 1), torch.linspace(0, 1, count + 1), indexing="ij")
    corner = (torch.arange(count)[:, None] * (count + 1) + torch.arange(count)).reshape(-1)
    low = torch.stack([corner, corner + 1, corner + count + 2], 1)
    high = torch.stack([corner, corner + count + 2, corner + count + 1], 1)
    return torch.stack([u, v], -1).reshape(-1, 2), torch.cat([low, high])


def _samples(uv: Tensor, faces: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """A point in each face: barycentric [F, 3], its uv [F, 2], the face's number [F]."""
    weights = torch.rand(len(faces), 3, generator=generator) + 0.05
    weights /= weights.sum(1, keepdim=True)
    return weights, (uv[faces] * weights[..., None]).sum(1), torch.arange(len(faces))


def _angle_deg(a: Tensor, b: Tensor) -> Tensor:
    return torch.rad2deg(torch.linalg.cross(a, b).norm(dim=-1).asin())


def test_a_wave_that_the_vertices_miss_tilts_the_normals_of_a_plane():
    """One period a cell, zero at every vertex: the mesh is flat, all of the wave is detail, and the normal is exact."""
    uv, faces = _grid(6)
    size, height, waves = torch.tensor([0.3, 0.6]), 2e-3, 6
    vertices = torch.cat([uv * size, torch.zeros(len(uv), 1)], 1)  # u along x, v along y, 0.3 m x 0.6 m
    frames = face_frames(vertices, faces, uv[faces], torch.zeros(len(uv)))
    _, place, face = _samples(uv, faces, torch.Generator().manual_seed(0))
    phase = 2 * math.pi * waves * place
    slope_uv = 2 * math.pi * waves * height * torch.stack([phase[:, 0].cos(), -phase[:, 1].sin()], 1)
    slope = slope_uv / size  # of l = height (sin(2 pi 6 u) + cos(2 pi 6 v)) over metres
    expected = torch.nn.functional.normalize(torch.cat([-slope, torch.ones(len(place), 1)], 1), dim=1)
    up = torch.tensor([0.0, 0.0, 1.0]).expand(len(place), 3)
    assert _angle_deg(up, expected).max() > 10
    torch.testing.assert_close(detail_normals(up, slope_uv, face, frames), expected, atol=1e-6, rtol=0)


def test_the_normals_of_a_wavy_sphere_come_out_of_a_coarse_mesh():
    """0.3 mm of a wave a cell on a sphere of 10 cm: the vertices' normals miss it by 12 degrees, tilted ones by 0.1."""
    uv, faces = _grid(24)

    def offset(at: Tensor) -> Tensor:
        phase = 2 * math.pi * 24 * at
        return 3e-4 * (torch.sin(phase[:, 0]) + torch.sin(phase[:, 1]))

    def surface(at: Tensor) -> Tensor:  # a patch away from the poles, where uv is degenerate
        turn, lift = (at[:, 0] - 0.5) * math.pi, (at[:, 1] - 0.5) * 0.5 * math.pi
        outward = torch.stack([lift.cos() * turn.sin(), lift.sin(), lift.cos() * turn.cos()], -1)
        return (0.1 + offset(at))[:, None] * outward

    vertices = surface(uv)
    frames = face_frames(vertices, faces, uv[faces], offset(uv))
    weights, place, face = _samples(uv, faces, torch.Generator().manual_seed(1))
    middle = (place > 0.1).all(1) & (place < 0.9).all(1)  # a vertex on the patch's rim has half a normal
    weights, place, face = weights[middle], place[middle].requires_grad_(True), face[middle]
    (gradient,) = torch.autograd.grad(offset(place).sum(), place)
    tangents = torch.autograd.functional.jacobian(lambda at: surface(at).sum(0), place, vectorize=True)  # [3, N, 2]
    expected = torch.nn.functional.normalize(torch.linalg.cross(tangents[..., 0].T, tangents[..., 1].T), dim=1)
    smooth = (vertex_normals(vertices, faces)[faces[face]] * weights[..., None]).sum(1)
    smooth = torch.nn.functional.normalize(smooth, dim=1)
    error = _angle_deg(detail_normals(smooth, gradient, face, frames), expected)
    missed = _angle_deg(smooth, expected)
    assert missed.median() > 10
    assert error.median() < 0.3 and error.max() < 1.0


def test_no_detail_returns_the_interpolated_normal_exactly():
    """A map that is linear between the vertices, or constant, changes no bit."""
    uv, faces = _grid(3)
    vertices = torch.cat([uv, 0.1 * uv[:, :1]], 1)
    normal = torch.nn.functional.normalize(torch.rand(len(faces), 3), dim=1)
    frames = face_frames(vertices, faces, uv[faces], torch.full((len(uv),), 0.02))
    face = torch.arange(len(faces))
    assert torch.equal(detail_normals(normal, torch.zeros(len(faces), 2), face, frames), normal)
    sloped = face_frames(vertices, faces, uv[faces], 0.3 * uv[:, 0] - 0.2 * uv[:, 1])
    gradient = torch.tensor([0.3, -0.2]).expand(len(faces), 2)
    torch.testing.assert_close(detail_normals(normal, gradient, face, sloped), normal, atol=1e-6, rtol=0)


def test_detail_never_tilts_beyond_its_limit_and_bad_faces_do_nothing():
    """An absurd slope turns the normal 45 degrees; a face without area leaves it."""
    uv, faces = _grid(1)
    vertices = torch.cat([uv, torch.zeros(4, 1)], 1)
    up = torch.tensor([[0.0, 0.0, 1.0]])
    frames = face_frames(vertices, faces, uv[faces], torch.zeros(4))
    tilted = detail_normals(up, torch.tensor([[1e6, 0.0]]), torch.tensor([0]), frames)
    assert _angle_deg(tilted, up).item() == pytest.approx(math.degrees(math.atan(MAX_SLOPE)), abs=1e-3)
    flat = face_frames(torch.zeros(4, 3), faces, uv[faces], torch.rand(4))
    assert torch.equal(detail_normals(up, torch.tensor([[5.0, 3.0]]), torch.tensor([1]), flat), up)


def test_gradients_reach_slopes_offsets_and_vertices():
    """Autograd against finite differences, in double precision."""
    generator = torch.Generator().manual_seed(2)
    uv, faces = _grid(2)
    uv = uv.double()
    vertices = torch.cat([uv, 0.1 * torch.rand(len(uv), 1, generator=generator).double()], 1).requires_grad_(True)
    offsets = (0.05 * torch.rand(len(uv), generator=generator)).double().requires_grad_(True)
    gradient = (0.3 * torch.rand(len(faces), 2, generator=generator)).double().requires_grad_(True)
    normal = torch.nn.functional.normalize(torch.rand(len(faces), 3, generator=generator).double(), dim=1)

    def tilted(vertices: Tensor, offsets: Tensor, gradient: Tensor) -> Tensor:
        frames = face_frames(vertices, faces, uv[faces], offsets)
        return detail_normals(normal, gradient, torch.arange(len(faces)), frames)

    assert torch.autograd.gradcheck(tilted, (vertices, offsets, gradient))


@pytest.mark.parametrize("is_vector", [False, True])
def test_the_kernel_equals_the_specification(is_vector):
    """Slopes far over MAX_SLOPE, areas that vectors squeeze, and none at all. Measured: 4e-7, of vectors 3e-6."""
    torch.manual_seed(0)
    count, faces = 4000, 300
    normal = torch.nn.functional.normalize(torch.randn(count, 3), dim=-1)
    face = torch.randint(0, faces, (count,))
    duals = torch.randn(faces, 2, 3) * torch.logspace(-2, 1, faces)[:, None, None]
    shape = (3,) if is_vector else ()
    linear, gradient = 0.3 * torch.randn(faces, *shape, 3), torch.randn(count, *shape, 2) * 0.3
    linear[:9], gradient[face < 9] = 0.0, 0.0
    blend = torch.linalg.qr(torch.randn(faces, 3, 3))[0] if is_vector else None
    frames = FaceFrames(duals, linear, blend)
    found = detail_normals(normal, gradient, face, frames)
    expected = detail_normals(normal, gradient, face, frames, "reference")
    assert (face < 9).any() and torch.equal(found[face < 9], normal[face < 9])
    error = (found - expected).abs().amax(-1)
    assert error.median() < 1e-6 and error.quantile(0.999) < 1e-4  # where the area is about to fold, little decides
    assert not torch.equal(found, normal)
