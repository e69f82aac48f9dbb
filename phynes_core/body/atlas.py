"""The UV square of a body: the vertex and chart of a texel coordinate, and unwrapping of bodies without one."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel
from phynes_core.checks import check_tensor

_UNWRAP_RESOLUTION = 1024  # texels across the square for which the padding below is meant
_UNWRAP_PADDING = 6  # texels between charts: 3 cells of the finest hash level (1024) on either side never mix
_PIXELS_AT_ONCE = 2_000_000


def corner_uv(body: BodyModel) -> Tensor:  # [F, 3, 2]
    """Texel coordinate of each corner of each face."""
    return body.uv[body.uv_faces]


@lru_cache(maxsize=8)
def uv_to_vertex(body: BodyModel) -> Tensor:  # [U] int64; shared: do not write into it
    """Which vertex each uv entry belongs to."""
    vertex = torch.zeros(body.uv.shape[0], dtype=torch.int64, device=body.uv.device)
    vertex[body.uv_faces.reshape(-1)] = body.faces.reshape(-1)
    return vertex


@lru_cache(maxsize=8)
def _copies_per_vertex(body: BodyModel) -> Tensor:  # [V, 1]
    ones = torch.ones(body.uv.shape[0], 1, device=body.uv.device)
    count = torch.zeros(body.num_vertices, 1, device=body.uv.device).index_add_(0, uv_to_vertex(body), ones)
    return count.clamp_(min=1.0)


def average_over_seams(body: BodyModel, values: Tensor) -> Tensor:  # [U, C] -> [V, C]
    """Mean over each vertex's uv entries: copies that disagree along a seam would tear the mesh. Differentiable."""
    check_tensor("values", values, (body.uv.shape[0], "C"))
    summed = torch.zeros(body.num_vertices, values.shape[1], dtype=values.dtype, device=values.device)
    return summed.index_add(0, uv_to_vertex(body), values) / _copies_per_vertex(body).to(values)


def face_charts(body: BodyModel) -> Tensor:  # [F] int64, charts numbered from 0 in the order of their first face
    """The chart (island of the UV square) of each face: faces that share a uv entry share a chart."""
    corners = body.uv_faces.cpu()
    label = torch.arange(body.uv.shape[0])
    while True:
        smallest = label[corners].amin(1)  # [F]
        lowered = label.scatter_reduce(0, corners.reshape(-1), smallest.repeat_interleave(3), "amin")
        lowered = lowered[lowered]  # a label is an entry of the same chart: jump to that one's label
        if torch.equal(lowered, label):
            break
        label = lowered
    of_face = label[corners[:, 0]].numpy()
    _, first, compact = np.unique(of_face, return_index=True, return_inverse=True)
    return torch.from_numpy(np.argsort(np.argsort(first))[compact.reshape(-1)]).to(body.faces.device)


def chart_image(body: BodyModel, resolution: int) -> Tensor:  # [R, R] int32, row 0 is v = 1; -1 outside any chart
    """The chart at each texel's centre. Slow (0.2 to 1 s at 1024): keep the result."""
    if resolution < 1:
        raise ValueError(f"resolution: expected at least 1, got {resolution}")
    corners = corner_uv(body).cpu().double().numpy() * resolution - 0.5  # texel centres at whole numbers
    chart = face_charts(body).cpu().numpy().astype(np.int32)
    first = np.clip(np.ceil(corners.min(1) - 1e-9), 0, resolution).astype(np.int64)  # [F, 2] column, row (v up)
    last = np.clip(np.floor(corners.max(1) + 1e-9) + 1, 0, resolution).astype(np.int64)
    size = np.maximum(last - first, 0)
    image = np.full((resolution, resolution), -1, np.int32)
    count = size.prod(1)
    start = 0
    while start < len(count):  # faces whose boxes hold at most _PIXELS_AT_ONCE texels together, at least one face
        end = max(start + 1, start + int(np.searchsorted(np.cumsum(count[start:]), _PIXELS_AT_ONCE, side="right")))
        face = np.repeat(np.arange(start, end), count[start:end])
        within = np.arange(len(face)) - np.repeat(np.cumsum(count[start:end]) - count[start:end], count[start:end])
        width = np.maximum(size[face, 0], 1)
        column, row = first[face, 0] + within % width, first[face, 1] + within // width
        covered = _inside(corners[face], np.stack([column, row], -1).astype(np.float64))
        image[resolution - 1 - row[covered], column[covered]] = chart[face[covered]]
        start = end
    return torch.from_numpy(image)


def _inside(triangle: np.ndarray, point: np.ndarray) -> np.ndarray:  # [N, 3, 2], [N, 2] -> [N] bool, edges included
    edge = np.roll(triangle, -1, axis=1) - triangle
    away = point[:, None] - triangle
    side = edge[..., 0] * away[..., 1] - edge[..., 1] * away[..., 0]
    return (side >= -1e-9).all(1) | (side <= 1e-9).all(1)


def unwrap(vertices: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:  # [V, 3], [F, 3] -> uv [U, 2], uv_faces [F, 3]
    """Cut a mesh into charts and pack them with room between (xatlas). Deterministic; seconds for a body."""
    import xatlas

    check_tensor("vertices", vertices, ("V", 3))
    check_tensor("faces", faces, ("F", 3))
    atlas = xatlas.Atlas()
    atlas.add_mesh(vertices.detach().cpu().float().numpy(), faces.cpu().numpy().astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.padding, packing.resolution, packing.bilinear = _UNWRAP_PADDING, _UNWRAP_RESOLUTION, True
    charting = xatlas.ChartOptions()
    charting.max_iterations = 4  # fewer, rounder charts; each seam is a place where a map can disagree with itself
    atlas.generate(chart_options=charting, pack_options=packing)
    _, uv_faces, uv = atlas[0]
    return torch.from_numpy(np.asarray(uv, np.float32)), torch.from_numpy(np.asarray(uv_faces, np.int64))
