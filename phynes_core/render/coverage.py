"""Antialiased silhouettes: how much of each pixel the mesh covers, and where to shade pixels covered in part.

Coverage counts 4 x 4 subsamples, in moving views 2 x 2. A pixel is shaded once, at its center; where the center misses
the mesh, at the covered subsample next to it. So edges cost a few percent more shaded pixels, not sixteen times all.
Edges inside the outline (an arm before the body) stay as they are. Nothing here is differentiable.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from phynes_core.kernels.mesh_interfaces import CoveredPixels, PixelImages
from phynes_core.kernels.registry import COVER_PIXELS
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import NEAR_M, SNAP, Fragments, rasterize

SUBSAMPLES = 4  # a side: coverage in steps of 1/16, half a step of an 8-bit picture's middle gray
_TILE = 512  # pixels a side of what is covered at once: 2048 x 2048 subsamples at most


def antialiased_fragments(
    fragments: Fragments,  # of the pixels' centers
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    camera: Camera,
    backend: str = "auto",
    subsamples: int = SUBSAMPLES,  # a side of a pixel
) -> tuple[Fragments, Tensor]:  # and coverage [H, W] in [0, 1]
    """Fragments wherever a subsample is covered. A sliver that only a center hits counts as one subsample."""
    face_index, barycentric = fragments.face_index.clone(), fragments.barycentric.clone()
    depth, coverage = fragments.depth.clone(), torch.zeros_like(fragments.depth)
    order = _from_center(subsamples).to(vertices.device)
    cover = COVER_PIXELS.implementation(backend, vertices.device.type)
    is_near = _overlaps(vertices, faces, camera)
    for top in range(0, camera.height, _TILE):
        for left in range(0, camera.width, _TILE):
            tile = camera.cropped(left, top, min(_TILE, camera.width - left), min(_TILE, camera.height - top))
            if not is_near(left, top, tile.width, tile.height):
                continue
            window = slice(top, top + tile.height), slice(left, left + tile.width)

            def fine(tile: Camera = tile) -> Fragments:
                return rasterize(
                    vertices, faces, tile.resized(tile.width * subsamples, tile.height * subsamples), backend
                )

            homogeneous = tile.to_camera(vertices.detach()) @ tile.intrinsics.T.to(vertices.device)
            asked = faces, homogeneous, face_index[window], order, NEAR_M, SNAP, fine
            found = cover(*asked) or cover_pixels_reference(*asked)
            coverage[window], pixel, *gained = found
            rows, columns = top + pixel // tile.width, left + pixel % tile.width
            for whole, values in zip((face_index, barycentric, depth), gained, strict=True):
                whole[rows, columns] = values
    return Fragments(face_index, barycentric, depth), coverage


def cover_pixels_reference(
    faces: Tensor, homogeneous: Tensor, centers: Tensor, order: Tensor, near_m: float, snap: float,
    fine: Callable[[], PixelImages],
) -> CoveredPixels:  # fmt: skip
    """The specification of the interface CoverPixels: all subsamples are drawn."""
    width, subsamples, drawn = centers.shape[1], math.isqrt(len(order)), fine()
    covered = drawn.face_index >= 0
    parts = [covered[i::subsamples, j::subsamples] for i in range(subsamples) for j in range(subsamples)]
    count = sum(parts[1:], parts[0].to(torch.uint8))  # [H, W]; cheaper than the mean over an axis of 16
    has_center = centers >= 0
    coverage = (count.float() / subsamples**2).clamp(min=has_center.float() / subsamples**2)
    rows, columns = torch.nonzero((count > 0) & ~has_center, as_tuple=True)
    inside = covered[
        rows[:, None] * subsamples + order // subsamples, columns[:, None] * subsamples + order % subsamples
    ]
    chosen = order[inside.int().argmax(-1)]  # the first of equals
    place = rows * subsamples + chosen // subsamples, columns * subsamples + chosen % subsamples
    return (
        coverage, rows * width + columns, drawn.face_index[place], drawn.barycentric[place], drawn.depth[place]
    )  # fmt: skip


def _overlaps(vertices: Tensor, faces: Tensor, camera: Camera) -> Callable[[int, int, int, int], bool]:
    """Whether any face may be seen in a rectangle: left, top, width, height in pixels."""
    if max(camera.width, camera.height) <= _TILE:
        return lambda *rectangle: True
    x, y, z = camera.project(vertices).unbind(-1)
    corners = torch.stack([x, y], -1)[faces]  # [F, 3, 2]
    low, high = corners.amin(1) - 1.0, corners.amax(1) + 1.0  # a pixel of room for rounding
    is_anywhere = bool((z <= NEAR_M).any())  # what reaches behind the camera has no bounds

    def is_near(left: int, top: int, width: int, height: int) -> bool:
        first, last = low.new_tensor([left, top]), low.new_tensor([left + width, top + height])
        return is_anywhere or bool(((low <= last) & (high >= first)).all(-1).any())

    return is_near


def _from_center(subsamples: int) -> Tensor:  # [S * S] numbers of the subsamples, those in the pixel's middle first
    offset = (torch.arange(subsamples) + 0.5) / subsamples - 0.5
    return torch.argsort((offset[:, None] ** 2 + offset**2).reshape(-1), stable=True)
