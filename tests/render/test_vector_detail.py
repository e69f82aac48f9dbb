"""Normals under vector displacement: against finite differences of the displaced surface, in double precision."""

import math

import pytest
import torch
from torch import Tensor

from phynes_core.geometry.mesh import face_normals, vertex_normals
from phynes_core.render.detail_normals import detail_normals, face_frames

STEP = 1e-6  # of the differences, uv


def _grid(count: int) -> tuple[Tensor, Tensor]:
    """uv [V, 2] of a (count + 1)^2 grid over the unit square, and its faces [F, 3]."""
    side = torch.linspace(0, 1, count + 1, dtype=torch.float64)
    v, u = torch.meshgrid(side, side, indexing="ij")
    corner = (torch.arange(count)[:, None] * (count + 1) + torch.arange(count)).reshape(-1)
    low = torch.stack([corner, corner + 1, corner + count + 2], 1)
    high = torch.stack([corner, corner + count + 2, corner + count + 1], 1)
    return torch.stack([u, v], -1).reshape(-1, 2), torch.cat([low, high])


def _vectors(uv: Tensor) -> Tensor:  # [N, 2] -> [N, 3] metres, in the T-pose's axes
    """Waves in every direction, a few a face: some cm sideways, some mm up."""
    u, v = (2 * math.pi * uv).unbind(1)
    across = 0.012 * torch.sin(3 * u + 2 * v) + 0.01
    return torch.stack([across, 0.015 * torch.cos(2 * u - 3 * v), 0.004 * torch.sin(5 * v) * torch.cos(4 * u)], 1)


def _gradient(vectors, uv: Tensor) -> Tensor:  # [N, 2] -> [N, 3, 2]
    along = uv.clone().requires_grad_(True)
    rows = [torch.autograd.grad(vectors(along)[:, k].sum(), along)[0] for k in range(3)]
    return torch.stack(rows, 1)


def _numeric_normals(surface, uv: Tensor) -> Tensor:  # [N, 3] unit
    """s_u x s_v by central differences."""
    step_u, step_v = torch.tensor([[STEP, 0.0], [0.0, STEP]], dtype=torch.float64)
    along = surface(uv + step_u) - surface(uv - step_u)
    across = surface(uv + step_v) - surface(uv - step_v)
    return torch.nn.functional.normalize(torch.linalg.cross(along, across), dim=1)


def _samples(uv: Tensor, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A point in each face: barycentric [F, 3], its uv [F, 2], the face's number [F]."""
    weights = torch.rand(len(faces), 3, generator=torch.Generator().manual_seed(0)).double() + 0.1
    weights /= weights.sum(1, keepdim=True)
    return weights, (uv[faces] * weights[..., None]).sum(1), torch.arange(len(faces))


def _angle_deg(a: Tensor, b: Tensor) -> Tensor:
    return torch.rad2deg(torch.atan2(torch.linalg.cross(a, b).norm(dim=-1), (a * b).sum(-1)))


def test_normals_of_a_plane_under_vectors_are_exact():
    """x + B d over a slanted plane, B with a shear in it: exact, where the mesh is off by 10 degrees."""
    uv, faces = _grid(8)
    generator = torch.Generator().manual_seed(3)
    blend = torch.linalg.qr(torch.rand(3, 3, generator=generator).double())[0]
    blend = blend + 0.1 * torch.rand(3, 3, generator=generator).double()
    edges = torch.tensor([[0.5, 0.1, 0.2], [-0.1, 0.6, 0.1]], dtype=torch.float64)

    def surface(at: Tensor) -> Tensor:
        return at @ edges + _vectors(at) @ blend.T

    vertices = surface(uv)
    frames = face_frames(vertices, faces, uv[faces], _vectors(uv), blend.expand(len(uv), 3, 3))
    _, place, face = _samples(uv, faces)
    flat = face_normals(vertices, faces)
    expected = _numeric_normals(surface, place)
    found = detail_normals(flat, _gradient(_vectors, place), face, frames)
    is_steep = _angle_deg(flat, expected) > 40.0  # such tilts are held back
    assert _angle_deg(flat, expected).median() > 10.0 and is_steep.float().mean() < 0.1
    assert _angle_deg(found, expected)[~is_steep].max() < 1e-5


def test_normals_of_a_turning_cylinder_are_near():
    """B turns along the surface, normals are interpolated: off by less than half a degree, without detail by 7."""
    uv, faces = _grid(40)

    def turn(at: Tensor) -> Tensor:  # [N, 3, 3] about y
        angle = 0.6 * at[:, 0]
        zero, one = torch.zeros_like(angle), torch.ones_like(angle)
        rows = [angle.cos(), zero, angle.sin(), zero, one, zero, -angle.sin(), zero, angle.cos()]
        return torch.stack(rows, -1).view(-1, 3, 3)

    def fine(at: Tensor) -> Tensor:  # a period a cell, which the vertices miss
        u, v = (2 * math.pi * 40 * at).unbind(1)
        return torch.stack([1e-3 * torch.sin(u), 1e-3 * torch.sin(v), 4e-4 * (torch.sin(u) + torch.sin(v))], 1)

    def surface(at: Tensor) -> Tensor:
        angle = 2.0 * at[:, 0] - 1.0
        base = torch.stack([0.4 * angle.sin(), 0.8 * at[:, 1], 0.4 * angle.cos()], -1)
        return base + (turn(at) @ fine(at)[..., None])[..., 0]

    vertices = surface(uv)
    frames = face_frames(vertices, faces, uv[faces], fine(uv), turn(uv))
    weights, place, face = _samples(uv, faces)
    middle = (place > 0.05).all(1) & (place < 0.95).all(1)
    weights, place, face = weights[middle], place[middle], face[middle]
    smooth = (vertex_normals(vertices, faces)[faces[face]] * weights[..., None]).sum(1)
    smooth = torch.nn.functional.normalize(smooth, dim=1)
    expected = _numeric_normals(surface, place)
    expected = torch.where((expected * smooth).sum(1, keepdim=True) < 0, -expected, expected)
    found = detail_normals(smooth, _gradient(fine, place), face, frames)
    assert _angle_deg(smooth, expected).median() > 6.0
    assert _angle_deg(found, expected).median() < 0.5


def test_vectors_along_the_normal_tilt_as_lengths_do():
    """d = l n on a plane: the same normals as of the scalar l."""
    uv, faces = _grid(5)
    vertices = torch.cat([uv, torch.zeros(len(uv), 1, dtype=torch.float64)], 1)
    generator = torch.Generator().manual_seed(1)
    length = 0.01 * torch.rand(len(uv), generator=generator).double()
    slope = 0.2 * torch.rand(len(faces), 2, generator=generator).double()
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    turn = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)  # y to z
    vector = torch.stack([torch.zeros_like(length), length, torch.zeros_like(length)], 1)
    gradient = torch.zeros(len(faces), 3, 2, dtype=torch.float64)
    gradient[:, 1] = slope
    face, normal = torch.arange(len(faces)), up.expand(len(faces), 3)
    scalar = detail_normals(normal, slope, face, face_frames(vertices, faces, uv[faces], length))
    blend = turn.expand(len(uv), 3, 3)
    found = detail_normals(normal, gradient, face, face_frames(vertices, faces, uv[faces], vector, blend))
    torch.testing.assert_close(found, scalar, atol=1e-12, rtol=0)


def test_no_detail_changes_no_bit_and_folds_stay_finite():
    uv, faces = _grid(3)
    vertices = torch.cat([uv, 0.1 * uv[:, :1]], 1)
    normal = face_normals(vertices, faces)
    face, blend = torch.arange(len(faces)), torch.eye(3, dtype=torch.float64).expand(len(uv), 3, 3)
    frames = face_frames(vertices, faces, uv[faces], torch.full((len(uv), 3), 0.02).double(), blend)
    assert torch.equal(detail_normals(normal, torch.zeros(len(faces), 3, 2).double(), face, frames), normal)
    folded = torch.tensor([[-2.0, 0.0], [0.0, 0.0], [0.5, 0.0]]).double().expand(len(faces), 3, 2)  # u runs backward
    tilted = detail_normals(normal, folded, face, frames)
    assert torch.isfinite(tilted).all() and (tilted * normal).sum(1).min() > 0.7


def test_gradients_reach_vectors_blends_and_vertices():
    generator = torch.Generator().manual_seed(2)
    uv, faces = _grid(1)

    def draw(*shape: int, scale: float) -> Tensor:
        return (scale * torch.rand(*shape, generator=generator)).double().requires_grad_(True)

    base = torch.cat([uv, torch.zeros(len(uv), 1).double()], 1)
    normal = torch.nn.functional.normalize(torch.rand(len(faces), 3, generator=generator).double(), dim=1)

    def tilted(moved: Tensor, vectors: Tensor, turned: Tensor, gradient: Tensor) -> Tensor:
        blend = torch.eye(3, dtype=torch.float64) + turned
        frames = face_frames(base + moved, faces, uv[faces], vectors, blend)
        return detail_normals(normal, gradient, torch.arange(len(faces)), frames)

    given = draw(4, 3, scale=0.1), draw(4, 3, scale=0.05), draw(4, 3, 3, scale=0.1), draw(2, 3, 2, scale=0.2)
    assert torch.autograd.gradcheck(tilted, given)


def test_offsets_and_blends_must_fit():
    uv, faces = _grid(1)
    vertices = torch.cat([uv, torch.zeros(4, 1).double()], 1)
    with pytest.raises(ValueError, match="offsets"):
        face_frames(vertices, faces, uv[faces], torch.zeros(4, 3).double())
    with pytest.raises(ValueError, match="offsets"):
        face_frames(vertices, faces, uv[faces], torch.zeros(4).double(), torch.zeros(4, 3, 3).double())
