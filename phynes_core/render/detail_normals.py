"""Normals with the detail that the offset map holds between the vertices of the mesh.

The mesh carries the offset l at its vertices and interpolates it linearly in between; the interpolated vertex normals
follow that. What is left, d = l - lin, is displacement that the mesh does not have. Moving a surface along its normal
by a small d turns the normal to n - grad d, with grad the gradient on the surface: bump mapping (Blinn 1978) by a map
that knows metres.

Where offsets are vectors in the T-pose's axes, carried by a blend B, the detail is e = B (d - lin d): the surface's
tangents s_u, s_v become s_u + e_u, s_v + e_v, which is what A = I + E does to them, with E = e_u T^u + e_v T^v (T^u,
T^v the gradients of u and v on the face). Their cross product is n times the cofactors of A: exact for any e over a
flat face, and n - grad d where e = d n.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.kernels.registry import DETAIL_NORMALS, REFERENCE
from phynes_core.kernels.surface_interfaces import SlopeFrames

# Most that detail may tilt a normal, as a tangent: 45 degrees. Steeper slopes between two vertices 15 mm apart are not
# cloth or skin but texels that training hardly saw.
MAX_SLOPE = 1.0
LEAST_STRETCH = 0.1  # of an area that vectors squeeze; less is nearly a fold: there the first order in E is taken
_SMALLEST_AREA = 1e-10  # m^2, of a face (usually 1e-4); below it there is no direction to speak of


@dataclass(frozen=True)
class FaceFrames:
    """What turns a slope over the UV square into one over the displaced faces. Rows of several meshes may be joined."""

    duals: Tensor  # [F, 2, 3] gradients of u and of v on the face, world, 1 / metre
    linear: Tensor  # [F, 3] gradient on the face of the linearly interpolated vertex offsets, world, unitless; of
    #                 vectors [F, 3, 3]: a row for each of their components
    blend: Tensor | None = None  # [F, 3, 3] what carries vectors from the T-pose's axes to the world's


def face_frames(
    vertices: Tensor,  # [V, 3] world, displaced
    faces: Tensor,  # [F, 3]
    corner_uv: Tensor,  # [F, 3, 2]
    offsets: Tensor,  # [V] metres: what the vertices were moved by; or vectors [V, 3] in the T-pose's axes
    blend: Tensor | None = None,  # [V, 3, 3] of vectors: what carried them to the world
) -> FaceFrames:
    """Gradients of u, v and the interpolated offset, which are constant over a face. Differentiable; 0 without area."""
    check_tensor("corner_uv", corner_uv, [faces.shape[0], 3, 2])
    if blend is None:
        check_tensor("offsets", offsets, [vertices.shape[0]])
    else:
        check_tensor("offsets", offsets, [vertices.shape[0], 3])
        check_tensor("blend", blend, [vertices.shape[0], 3, 3])
    corners = vertices[faces]
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = torch.linalg.cross(along, across)
    square = normal.square().sum(-1, keepdim=True)  # of twice the area
    has_area = square > (2.0 * _SMALLEST_AREA) ** 2
    normal = torch.where(has_area, normal / square.clamp(min=(2.0 * _SMALLEST_AREA) ** 2), 0.0)
    # the gradient of what rises by a along the first edge and b along the second: (a across x n + b n x along) / |n|^2
    first, second = torch.linalg.cross(across, normal), torch.linalg.cross(normal, along)
    values = torch.cat([corner_uv, offsets[faces].flatten(2) if blend is not None else offsets[faces][:, :, None]], -1)
    rise = values[:, 1:] - values[:, :1]  # [F, 2 edges, (u, v, l)], l of one or three components
    gradients = rise[:, 0, :, None] * first[:, None] + rise[:, 1, :, None] * second[:, None]  # [F, (u, v, l), 3]
    if blend is None:
        return FaceFrames(gradients[:, :2], gradients[:, 2])
    return FaceFrames(gradients[:, :2], gradients[:, 2:], blend[faces].mean(1))


def detail_stretch(
    gradient: Tensor,  # [P, 3, 2] d of vectors / d(u, v), metres
    face_index: Tensor,  # [P] int64, rows of `frames`
    frames: SlopeFrames,  # of vectors
) -> Tensor:  # [P, 3, 3] unitless, world
    """E = B (d_u T^u + d_v T^v - grad lin): how far the detail moves what lies a step away on the face. Differentiable.

    That B differs within a face, too, is left out: it is of second order in the size of a face.
    """
    assert frames.blend is not None
    stretch = gradient @ frames.duals[face_index] - frames.linear[face_index]
    return frames.blend[face_index] @ stretch


def detail_slope(
    gradient: Tensor,  # [P, 2] d l / d(u, v) of the offset map, metres
    face_index: Tensor,  # [P] int64, rows of `frames`
    frames: SlopeFrames,
) -> Tensor:  # [P, 3] unitless, world, in the face's plane
    """g = l_u T^u + l_v T^v - grad lin: how the detail rises over the face. Differentiable."""
    duals = frames.duals[face_index]
    return gradient[:, :1] * duals[:, 0] + gradient[:, 1:] * duals[:, 1] - frames.linear[face_index]


def detail_normals(
    normal: Tensor,  # [P, 3] unit, world, interpolated from the vertices
    gradient: Tensor,  # [P, 2] d l / d(u, v) of the offset map, metres; of vectors [P, 3, 2]
    face_index: Tensor,  # [P] int64, rows of `frames`
    frames: FaceFrames,
    backend: str = "auto",  # that shades
) -> Tensor:  # [P, 3] unit, world
    """n' = normalize(n - g), g = l_u T^u + l_v T^v - grad lin, |g| at most MAX_SLOPE. Differentiable.

    T^u and T^v are the face's dual tangents. Where the map has no detail beyond the vertices, `normal` itself.
    Of vectors n - g is A^-T n, with A = I + E of `detail_stretch`.
    """
    check_tensor("normal", normal, ["P", 3])
    check_tensor("gradient", gradient, [normal.shape[0], 2] if frames.blend is None else [normal.shape[0], 3, 2])
    check_tensor("face_index", face_index, [normal.shape[0]])
    parts = (normal, gradient, frames.duals, frames.linear)
    if any(part.requires_grad or part.dtype != torch.float32 for part in parts):
        backend = REFERENCE
    run = DETAIL_NORMALS.implementation(backend, normal.device.type)
    return run(normal, gradient, face_index, frames, MAX_SLOPE, LEAST_STRETCH)


def detail_normals_reference(
    normal: Tensor, gradient: Tensor, face_index: Tensor, frames: SlopeFrames, most_slope: float, least_stretch: float
) -> Tensor:
    """The specification of the interface DetailNormals."""
    if frames.blend is None:
        slope = detail_slope(gradient, face_index, frames)
    else:
        slope = _tilt(normal, detail_stretch(gradient, face_index, frames), least_stretch)
    steepness = slope.square().sum(-1, keepdim=True).clamp(min=1e-20).sqrt()
    slope = slope * (most_slope / steepness).clamp(max=1.0)
    tilted = torch.nn.functional.normalize(normal - slope, dim=-1)
    return torch.where((slope == 0.0).all(-1, keepdim=True), normal, tilted)  # not even a rounding


def _tilt(normal: Tensor, stretch: Tensor, least_stretch: float) -> Tensor:  # [P, 3] unit, [P, 3, 3] -> [P, 3]
    """n - A^-T n, A = I + E: what the normal loses where the surface is moved so. In the plane that E acts on."""
    a, b, c = (torch.eye(3, dtype=stretch.dtype, device=stretch.device) + stretch).unbind(-1)  # columns of A
    cross = torch.linalg.cross(b, c)
    area = (a * cross).sum(-1, keepdim=True)
    cofactors = (
        cross * normal[:, :1] + torch.linalg.cross(c, a) * normal[:, 1:2] + torch.linalg.cross(a, b) * normal[:, 2:]
    )
    first_order = (stretch.mT @ normal[..., None])[..., 0]
    return torch.where(area < least_stretch, first_order, normal - cofactors / area.clamp(min=least_stretch))
