"""A gbuffer of fixed capacity: a row for every pixel there could be, the covered ones first, their count on the device.

Nothing here waits for the device, so that a CUDA graph can hold it. Rows beyond the count hold what pixel 0 would.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.render.gbuffer import GBuffer, build_rows
from phynes_core.render.rasterize import Fragments


@dataclass(frozen=True)
class FixedGBuffer(GBuffer):
    """As the gbuffer, in the same order, with spare rows behind."""

    count: Tensor  # [1] int32, rows that are meant
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
    place = torch.cumsum(covered, 0) - 1
    count = (place[-1:] + 1).int()
    capacity = height * width
    pixel = torch.zeros(capacity + 1, dtype=torch.int64, device=covered.device)
    slots = torch.where(covered, place, capacity)  # what is not covered goes into a slot that is cut off
    pixel = pixel.scatter_(0, slots, torch.arange(capacity, device=covered.device))[:capacity]
    rows = build_rows(fragments, pixel, vertices, faces, vertex_normals, corner_uv, center)
    return FixedGBuffer(pixel, *rows, width, height, count, place.clamp(min=0), covered[:, None])
