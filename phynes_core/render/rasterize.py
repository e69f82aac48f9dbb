"""Which face each pixel sees, and where on it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.kernels.backends import resolve
from phynes_core.render.camera import Camera

NEAR_M = 0.01  # nothing nearer to the camera's plane is drawn
REFERENCE_CHUNK = 4096  # pixels that are tested against every face at once


@dataclass(frozen=True)
class Fragments:
    """The nearest face of each pixel. Not differentiable."""

    face_index: Tensor  # [H, W] int32, -1 = background
    barycentric: Tensor  # [H, W, 3] perspective correct, 0 on the background
    depth: Tensor  # [H, W] camera z in metres, 0 on the background


def rasterize(
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    camera: Camera,
    backend: str = "auto",  # or "numba", "reference"
) -> Fragments:
    """Sample each pixel's centre. Faces are drawn from both sides, those that cross the near plane in part."""
    check_tensor("vertices", vertices, ["V", 3])
    check_tensor("faces", faces, ["F", 3])
    with torch.no_grad():
        if resolve("rasterize", backend, vertices.device.type) == "numba":
            from phynes_core.kernels.cpu.rasterize import rasterize as rasterize_numba

            homogeneous = camera.to_camera(vertices) @ camera.intrinsics.T
            images = rasterize_numba(homogeneous.numpy(), faces.numpy(), camera.width, camera.height)
            return Fragments(*(torch.from_numpy(image) for image in images))
        return rasterize_reference(vertices, faces, camera)


def rasterize_reference(vertices: Tensor, faces: Tensor, camera: Camera) -> Fragments:
    """The specification: every pixel's ray against every face, in float64."""
    corners = camera.to_camera(vertices).double()[faces]  # [F, 3, 3] camera frame
    normal = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    plane = (normal * corners[:, 0]).sum(-1)  # n.p of the face's plane
    # edge k's normal through the camera's centre: the sign of ray.(a x b) says on which side of the edge it passes
    edges = torch.linalg.cross(corners[:, [1, 2, 0]], corners[:, [2, 0, 1]])
    y, x = torch.meshgrid(torch.arange(camera.height) + 0.5, torch.arange(camera.width) + 0.5, indexing="ij")
    rays = torch.stack([x, y, torch.ones_like(x)], -1).reshape(-1, 3).double()
    rays = rays @ torch.linalg.inv(camera.intrinsics.double()).T  # z = 1: the ray parameter is the depth
    parts = [_nearest_faces(chunk, edges, normal, plane) for chunk in rays.split(REFERENCE_CHUNK)]
    face_index, barycentric, depth = (torch.cat(column) for column in zip(*parts, strict=True))
    size = (camera.height, camera.width)
    return Fragments(face_index.view(size), barycentric.float().view(*size, 3), depth.float().view(size))


def _nearest_faces(
    rays: Tensor,  # [R, 3] camera frame, z = 1
    edges: Tensor,  # [F, 3, 3]
    normal: Tensor,  # [F, 3]
    plane: Tensor,  # [F]
) -> tuple[Tensor, Tensor, Tensor]:  # face index [R] int32, barycentric [R, 3], depth [R]
    inside = torch.einsum("rk,fck->rfc", rays, edges)
    total = inside.sum(-1)
    hit = ((inside >= 0).all(-1) | (inside <= 0).all(-1)) & (total != 0)
    depth = plane / (rays @ normal.T)
    depth = torch.where(hit & (depth >= NEAR_M), depth, torch.inf)
    nearest, face = depth.min(-1)
    covered = nearest.isfinite()
    weights = inside.gather(1, face[:, None, None].expand(-1, 1, 3))[:, 0]
    weights = weights / weights.sum(-1, keepdim=True)
    return (
        torch.where(covered, face, -1).int(),
        torch.where(covered[:, None], weights, 0.0),
        torch.where(covered, nearest, 0.0),
    )
