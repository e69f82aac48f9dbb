"""Closest points on a triangle mesh, and signed heights over it. Not differentiable."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.kernels.registry import CLOSEST_POINT

_PAIRS = 1 << 20  # point-face pairs per step of the reference


@dataclass(frozen=True)
class ClosestPoint:
    """The closest point on the mesh, one row a point."""

    face_index: Tensor  # [N] int64
    barycentric: Tensor  # [N, 3] in [0, 1]
    distance: Tensor  # [N] metres, >= 0

    def interpolate(self, values: Tensor, faces: Tensor) -> Tensor:  # [V, C], [F, 3] -> [N, C]
        """Vertex values at the closest points."""
        return (values[faces[self.face_index].long()] * self.barycentric[..., None]).sum(1)


def closest_point(
    vertices: Tensor,  # [V, 3] metres
    faces: Tensor,  # [F, 3] any integer type
    points: Tensor,  # [N, 3] metres
    backend: str = "auto",  # or "numba", "warp", "reference"
) -> ClosestPoint:
    """The nearest point of the mesh; which face of several that share it is not specified."""
    check_tensor("vertices", vertices, ["V", 3])
    check_tensor("faces", faces, ["F", 3])
    check_tensor("points", points, ["N", 3])
    if faces.shape[0] == 0:
        raise ValueError("faces: expected at least one face, got none")
    run = CLOSEST_POINT.implementation(backend, vertices.device.type)
    return ClosestPoint(*run(vertices, faces, points))


def closest_point_reference(vertices: Tensor, faces: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The specification of the interface ClosestPoints, in float64: every face's interior, edges and corners."""
    corners = vertices.detach().double()[faces.long()]  # [F, 3, 3]
    chunk = max(1, _PAIRS // faces.shape[0])
    face_index, barycentric, distance = [], [], []
    for first in range(0, points.shape[0], chunk):
        weights, squared = _closest_on_faces(corners, points[first : first + chunk].detach().double())
        best, face = squared.min(1)
        face_index.append(face)
        barycentric.append(weights[torch.arange(len(face), device=face.device), face].float())
        distance.append(best.sqrt().float())
    if not face_index:
        face_index = torch.zeros(0, dtype=torch.int64, device=points.device)
        return face_index, points.new_zeros(0, 3), points.new_zeros(0)
    return torch.cat(face_index), torch.cat(barycentric), torch.cat(distance)


def _closest_on_faces(corners: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:  # -> [N, F, 3], [N, F]
    """Barycentric coordinates and squared distance of each face's closest point: of four candidates, the best."""
    candidates = [_on_plane(corners, points)]
    candidates += [_on_edge(corners, points, edge) for edge in range(3)]
    weights = torch.stack(candidates)  # [4, N, F, 3]
    foot = (weights[..., None] * corners).sum(-2)
    squared = (points[:, None] - foot).square().sum(-1)
    squared = torch.where((weights >= 0).all(-1) & squared.isfinite(), squared, torch.inf)
    best, which = squared.min(0)
    return weights.gather(0, which[None, ..., None].expand(1, -1, -1, 3))[0], best


def _on_plane(
    corners: Tensor, points: Tensor
) -> Tensor:  # [F, 3, 3], [N, 3] -> [N, F, 3], outside of [0, 1] if outside
    a, b, c = corners.unbind(1)
    ab, ac, ap = b - a, c - a, points[:, None] - a
    normal = torch.linalg.cross(ab, ac)
    squared_area = normal.square().sum(-1)
    weight_b = (torch.linalg.cross(ap, ac.expand_as(ap)) * normal).sum(-1) / squared_area
    weight_c = (torch.linalg.cross(ab.expand_as(ap), ap) * normal).sum(-1) / squared_area
    return torch.stack([1 - weight_b - weight_c, weight_b, weight_c], -1)


def _on_edge(corners: Tensor, points: Tensor, edge: int) -> Tensor:  # [F, 3, 3], [N, 3] -> [N, F, 3]
    start, end = corners[:, edge], corners[:, (edge + 1) % 3]
    along = end - start
    share = ((points[:, None] - start) * along).sum(-1) / along.square().sum(-1).clamp(min=1e-30)
    share = share.clamp(0.0, 1.0)
    weights = torch.zeros(*share.shape, 3, dtype=share.dtype, device=share.device)
    weights[..., edge] = 1 - share
    weights[..., (edge + 1) % 3] = share
    return weights


def signed_height(
    vertices: Tensor,  # [V, 3] metres
    faces: Tensor,  # [F, 3] any integer type
    vertex_normals: Tensor,  # [V, 3] unit
    points: Tensor,  # [N, 3] metres
    backend: str = "auto",  # or "numba", "warp", "reference"
) -> tuple[Tensor, ClosestPoint]:  # [N] metres
    """The paper's h: distance with the sign of n . (p - c); n interpolates the vertex normals at the closest point c.

    Interpolated normals give the correct sign near edges and corners, where a face's own normal may not.
    """
    check_tensor("vertex_normals", vertex_normals, [vertices.shape[0], 3])
    closest = closest_point(vertices, faces, points, backend)
    away = points - closest.interpolate(vertices, faces)
    facing = (closest.interpolate(vertex_normals, faces) * away).sum(-1)
    return torch.where(facing >= 0, closest.distance, -closest.distance), closest
