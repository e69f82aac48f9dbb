"""Antialiased silhouettes: how much of each pixel the mesh covers, and where to shade pixels covered in part.

Coverage counts 4 x 4 subsamples, in moving views 2 x 2. A pixel is shaded once, at its center; where the center misses
the mesh, at the covered subsample next to it. So edges cost a rasterization and a few percent more shaded pixels, not
sixteen times all. Edges inside the outline (an arm before the body) stay as they are. Nothing here is differentiable.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import NEAR_M, Fragments, rasterize

SUBSAMPLES = 4  # a side: coverage in steps of 1/16, half a step of an 8-bit picture's middle gray
_TILE = 512  # pixels a side of what is drawn at once: 2048 x 2048 subsamples at most


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
    is_near = _overlaps(vertices, faces, camera)
    for top in range(0, camera.height, _TILE):
        for left in range(0, camera.width, _TILE):
            tile = camera.cropped(left, top, min(_TILE, camera.width - left), min(_TILE, camera.height - top))
            if not is_near(left, top, tile.width, tile.height):
                continue
            window = slice(top, top + tile.height), slice(left, left + tile.width)
            fine_camera = tile.resized(tile.width * subsamples, tile.height * subsamples)
            fine = rasterize(vertices, faces, fine_camera, backend)
            covered = fine.face_index >= 0
            parts = [covered[i::subsamples, j::subsamples] for i in range(subsamples) for j in range(subsamples)]
            count = sum(parts[1:], parts[0].to(torch.uint8))  # [h, w]; cheaper than the mean over an axis of 16
            has_center = fragments.face_index[window] >= 0
            coverage[window] = (count.float() / subsamples**2).clamp(min=has_center.float() / subsamples**2)
            rows, columns = torch.nonzero((count > 0) & ~has_center, as_tuple=True)
            order = _from_center(subsamples).to(covered.device)
            inside = covered[
                rows[:, None] * subsamples + order // subsamples, columns[:, None] * subsamples + order % subsamples
            ]
            chosen = order[inside.int().argmax(-1)]  # the first of equals
            fine_row = rows * subsamples + chosen // subsamples
            fine_column = columns * subsamples + chosen % subsamples
            for whole, source in (
                (face_index, fine.face_index), (barycentric, fine.barycentric), (depth, fine.depth),
            ):  # fmt: skip
                whole[top + rows, left + columns] = source[fine_row, fine_column]
    return Fragments(face_index, barycentric, depth), coverage


def _overlaps(vertices: Tensor, faces: Tensor, camera: Camera) -> Callable[[int, int, int, int], bool]:
    """Whether any face may be seen in a rectangle: left, top, width, height in pixels."""
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
