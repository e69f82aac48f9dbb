"""Geometry of the covered pixels, packed: everything that shading reads of a surface.

A FixedGBuffer has a row for every pixel there could be, the covered ones first, and their count on the device: nothing
about it waits for the device, so that a CUDA graph can hold it. Rows beyond the count hold what pixel 0 would.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.kernels.mesh_interfaces import GBufferColumns, PixelImages
from phynes_core.kernels.registry import INTERPOLATE_COVERED, REFERENCE
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import Fragments


@dataclass(frozen=True)
class GBuffer:
    """One row for each of the P covered pixels, in image order."""

    pixel: Tensor  # [P] int64, row * width + column
    face_index: Tensor  # [P] int64
    barycentric: Tensor  # [P, 3]
    position: Tensor  # [P, 3] world, metres
    normal: Tensor  # [P, 3] unit, world, interpolated from the vertices
    uv: Tensor  # [P, 2]
    wo: Tensor  # [P, 3] unit, surface -> eye, world
    depth: Tensor  # [P] camera z, metres
    corners: Tensor  # [P, 3] int32, vertices of the face
    width: int
    height: int

    @property
    def num_pixels(self) -> int:
        """How many pixels the surface covers."""
        return self.pixel.shape[0]

    def scatter(self, values: Tensor, background: float = 0.0) -> Tensor:  # [P] or [P, C] -> [H, W, C]
        """An image with `values` on the covered pixels and `background` elsewhere."""
        columns = values[:, None] if values.dim() == 1 else values
        image = torch.full(
            (self.height * self.width, columns.shape[1]), background, dtype=values.dtype, device=values.device
        )
        image.index_copy_(0, self.pixel, columns)
        return image.view(self.height, self.width, columns.shape[1])


def build_gbuffer(
    fragments: Fragments,
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    vertex_normals: Tensor,  # [V, 3] unit, world
    corner_uv: Tensor,  # [F, 3, 2] per face corner, so that no pixel mixes two charts
    camera: Camera,
    backend: str = "auto",  # of the rasterizer
) -> GBuffer:
    """Interpolate position, normal and uv over the pixels that `fragments` covers."""
    height, width = fragments.face_index.shape
    if vertices.requires_grad or vertex_normals.requires_grad:
        backend = REFERENCE
    run = INTERPOLATE_COVERED.implementation(backend, vertices.device.type)
    return GBuffer(*run(fragments, vertices, faces, vertex_normals, corner_uv, camera.center), width, height)


def interpolate_covered_reference(
    fragments: PixelImages,
    vertices: Tensor,
    faces: Tensor,
    vertex_normals: Tensor,
    corner_uv: Tensor,
    center: Tensor,
) -> GBufferColumns:
    """The specification of the interface InterpolateCovered; differentiable in vertices and normals."""
    pixel = torch.nonzero(fragments.face_index.reshape(-1) >= 0).squeeze(1)
    return pixel, *build_rows(fragments, pixel, vertices, faces, vertex_normals, corner_uv, center)


def build_rows(
    fragments: PixelImages,
    pixel: Tensor,  # [P] int64; those that are not covered give rows of face 0
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    vertex_normals: Tensor,  # [V, 3] unit, world
    corner_uv: Tensor,  # [F, 3, 2]
    center: Tensor,  # [3] world, of the camera
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The gbuffer's columns from face_index to corners, at these pixels."""
    face_index = fragments.face_index.reshape(-1)[pixel].long().clamp(min=0)
    barycentric = fragments.barycentric.reshape(-1, 3)[pixel]
    corners = faces[face_index]
    position = _interpolate(vertices, corners, barycentric)
    normal = torch.nn.functional.normalize(_interpolate(vertex_normals, corners, barycentric), dim=-1)
    uv = (corner_uv[face_index] * barycentric[:, :, None]).sum(1)
    wo = torch.nn.functional.normalize(center.to(position.device) - position, dim=-1)
    depth = fragments.depth.reshape(-1)[pixel]
    return face_index, barycentric, position, normal, uv, wo, depth, corners.int()


def _interpolate(values: Tensor, corners: Tensor, barycentric: Tensor) -> Tensor:  # [V, C], [P, 3], [P, 3] -> [P, C]
    return (values[corners] * barycentric[:, :, None]).sum(1)


@dataclass(frozen=True)
class FixedGBuffer(GBuffer):
    """As the gbuffer, in the same order, with spare rows behind."""

    count: Tensor  # [1] int32, how many rows are covered pixels
    row: Tensor  # [H * W] int64, of each covered pixel; 0 elsewhere
    covered: Tensor  # [H * W, 1] bool

    def scatter(self, values: Tensor, background: float = 0.0) -> Tensor:  # [P] or [P, C] -> [H, W, C]
        """An image with `values` on the covered pixels and `background` elsewhere."""
        image = values.reshape(self.num_pixels, -1)[self.row]
        return torch.where(self.covered, image, background).view(self.height, self.width, -1)


def build_fixed_gbuffer(
    fragments: Fragments,
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    vertex_normals: Tensor,  # [V, 3] unit, world
    corner_uv: Tensor,  # [F, 3, 2]
    center: Tensor,  # [3] world, of the camera, on the device
) -> FixedGBuffer:
    """As build_gbuffer, for every pixel."""
    height, width = fragments.face_index.shape
    covered = fragments.face_index.reshape(-1) >= 0
    index = torch.cumsum(covered, 0) - 1
    count = (index[-1:] + 1).int()
    capacity = height * width
    pixel = torch.zeros(capacity + 1, dtype=torch.int64, device=covered.device)
    slots = torch.where(covered, index, capacity)  # pixels that are not covered share a last slot, which is cut off
    pixel = pixel.scatter_(0, slots, torch.arange(capacity, device=covered.device))[:capacity]
    rows = build_rows(fragments, pixel, vertices, faces, vertex_normals, corner_uv, center)
    return FixedGBuffer(pixel, *rows, width, height, count, index.clamp(min=0), covered[:, None])
