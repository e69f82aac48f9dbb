"""Normals with the detail that the offset map holds between the vertices of the mesh.

The mesh carries the offset l at its vertices and interpolates it linearly in between; the interpolated vertex normals
follow that. What is left, d = l - lin, is displacement that the mesh does not have. Moving a surface along its normal
by a small d turns the normal to n - grad d, with grad the gradient on the surface: bump mapping (Blinn 1978) by a map
that knows metres.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.checks import check_tensor

# Most that detail may tilt a normal, as a tangent: 45 degrees. Steeper slopes between two vertices 15 mm apart are not
# cloth or skin but texels that training hardly saw.
MAX_SLOPE = 1.0
_SMALLEST_AREA = 1e-10  # m^2, of a face (usually 1e-4); below it there is no direction to speak of


@dataclass(frozen=True)
class FaceFrames:
    """What turns a slope over the UV square into one over the displaced faces. Rows of several meshes may be joined."""

    duals: Tensor  # [F, 2, 3] gradients of u and of v on the face, world, 1 / metre
    linear: Tensor  # [F, 3] gradient on the face of the linearly interpolated vertex offsets, world, unitless


def face_frames(
    vertices: Tensor,  # [V, 3] world, displaced
    faces: Tensor,  # [F, 3]
    corner_uv: Tensor,  # [F, 3, 2]
    offsets: Tensor,  # [V] metres: what the vertices were moved by
) -> FaceFrames:
    """Gradients of u, v and the interpolated offset, which are constant over a face. Differentiable; 0 without area."""
    check_tensor("corner_uv", corner_uv, [faces.shape[0], 3, 2])
    check_tensor("offsets", offsets, [vertices.shape[0]])
    corners = vertices[faces]
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = torch.linalg.cross(along, across)
    square = normal.square().sum(-1, keepdim=True)  # of twice the area
    has_area = square > (2.0 * _SMALLEST_AREA) ** 2
    normal = torch.where(has_area, normal / square.clamp(min=(2.0 * _SMALLEST_AREA) ** 2), 0.0)
    # the gradient of what rises by a along the first edge and b along the second: (a across x n + b n x along) / |n|^2
    first, second = torch.linalg.cross(across, normal), torch.linalg.cross(normal, along)
    values = torch.cat([corner_uv, offsets[faces][:, :, None]], -1)  # [F, 3 corners, (u, v, l)]
    rise = values[:, 1:] - values[:, :1]  # [F, 2 edges, 3]
    gradients = rise[:, 0, :, None] * first[:, None] + rise[:, 1, :, None] * second[:, None]  # [F, (u, v, l), 3]
    return FaceFrames(gradients[:, :2], gradients[:, 2])


def detail_slope(
    gradient: Tensor,  # [P, 2] d l / d(u, v) of the offset map, metres
    face_index: Tensor,  # [P] int64, rows of `frames`
    frames: FaceFrames,
) -> Tensor:  # [P, 3] unitless, world, in the face's plane
    """g = l_u T^u + l_v T^v - grad lin: how the detail rises over the face. Differentiable."""
    duals = frames.duals[face_index]
    return gradient[:, :1] * duals[:, 0] + gradient[:, 1:] * duals[:, 1] - frames.linear[face_index]


def detail_normals(
    normal: Tensor,  # [P, 3] unit, world, interpolated from the vertices
    gradient: Tensor,  # [P, 2] d l / d(u, v) of the offset map, metres
    face_index: Tensor,  # [P] int64, rows of `frames`
    frames: FaceFrames,
) -> Tensor:  # [P, 3] unit, world
    """n' = normalize(n - g), g = l_u T^u + l_v T^v - grad lin, |g| at most MAX_SLOPE. Differentiable.

    T^u and T^v are the face's dual tangents. Where the map has no detail beyond the vertices, `normal` itself.
    """
    check_tensor("normal", normal, ["P", 3])
    check_tensor("gradient", gradient, [normal.shape[0], 2])
    check_tensor("face_index", face_index, [normal.shape[0]])
    slope = detail_slope(gradient, face_index, frames)
    steepness = slope.square().sum(-1, keepdim=True).clamp(min=1e-20).sqrt()
    slope = slope * (MAX_SLOPE / steepness).clamp(max=1.0)
    tilted = torch.nn.functional.normalize(normal - slope, dim=-1)
    return torch.where((slope == 0.0).all(-1, keepdim=True), normal, tilted)  # not even a rounding
