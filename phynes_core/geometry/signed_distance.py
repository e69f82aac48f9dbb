"""Signed height over a mesh: the paper's h, positive where the surface's normal points."""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.geometry.closest_point import ClosestPoint, closest_point


def signed_height(
    vertices: Tensor,  # [V, 3] metres
    faces: Tensor,  # [F, 3] any integer type
    vertex_normals: Tensor,  # [V, 3] unit
    points: Tensor,  # [N, 3] metres
    backend: str = "auto",  # or "numba", "reference"
) -> tuple[Tensor, ClosestPoint]:  # [N] metres
    """Distance to the mesh, with the sign of n . (p - c): n interpolates the vertex normals at the closest point c.

    Interpolated normals keep the sign right beside edges and corners, where a face's own normal can point astray.
    """
    check_tensor("vertex_normals", vertex_normals, [vertices.shape[0], 3])
    closest = closest_point(vertices, faces, points, backend)
    away = points - closest.interpolate(vertices, faces)
    facing = (closest.interpolate(vertex_normals, faces) * away).sum(-1)
    return torch.where(facing >= 0, closest.distance, -closest.distance), closest
