"""A body's UV atlas: vertices, charts and faces of texel coordinates, steps inside a chart, and unwrapping."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, cached_per_body
from phynes_core.checks import check_tensor

_UNWRAP_RESOLUTION = 1024  # texels across the square for which the padding below is meant
_UNWRAP_PADDING = 6  # texels between charts: 3 cells of the finest hash level (1024) on either side never mix
_TEXELS_PER_STEP = 500_000
CHART_RESOLUTION = 1024  # texels a side; the finest level of the hash grids
STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # texels along u and v


def corner_uv(body: BodyModel) -> Tensor:  # [F, 3, 2]
    """Texel coordinate of each corner of each face."""
    return body.uv[body.uv_faces]


@cached_per_body
def uv_to_vertex(body: BodyModel) -> Tensor:  # [U] int64; shared: do not write into it
    """Which vertex each uv entry belongs to."""
    vertex = torch.zeros(body.uv.shape[0], dtype=torch.int64, device=body.uv.device)
    vertex[body.uv_faces.reshape(-1)] = body.faces.reshape(-1)
    return vertex


@cached_per_body
def _copies_per_vertex(body: BodyModel) -> Tensor:  # [V, 1]
    ones = torch.ones(body.uv.shape[0], 1, device=body.uv.device)
    count = torch.zeros(body.num_vertices, 1, device=body.uv.device).index_add_(0, uv_to_vertex(body), ones)
    return count.clamp_(min=1.0)


def average_over_seams(body: BodyModel, values: Tensor) -> Tensor:  # [U, C] -> [V, C]
    """Mean over each vertex's uv entries: copies that differ along a seam would open the mesh. Differentiable."""
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
        lowered = lowered[lowered]  # a label is an entry of the same chart: take that entry's label
        if torch.equal(lowered, label):
            break
        label = lowered
    of_face = label[corners[:, 0]].numpy()
    _, first, compact = np.unique(of_face, return_index=True, return_inverse=True)
    return torch.from_numpy(np.argsort(np.argsort(first))[compact.reshape(-1)]).to(body.faces.device)


def chart_image(body: BodyModel, resolution: int) -> Tensor:  # [R, R] int32, row 0 is v = 1; -1 outside any chart
    """The chart at each texel's center, edges included. Slow (0.2 s at 1024): keep the result."""
    face = face_image(body, resolution).long()
    return torch.where(face >= 0, face_charts(body).cpu()[face.clamp(min=0)], -1).int()


def face_image(body: BodyModel, resolution: int) -> Tensor:  # [R, R] int32, row 0 is v = 1; -1 outside any chart
    """The face at each texel's center, edges included. As slow as `chart_image`."""
    if resolution < 1:
        raise ValueError(f"resolution: expected at least 1, got {resolution}")
    corners = corner_uv(body).cpu().double().numpy() * resolution - 0.5  # texel centers at whole numbers
    edges = _edge_functions(corners)
    first = np.clip(np.ceil(corners.min(1) - 1e-9), 0, resolution).astype(np.int64)  # [F, 2] column, row (v up)
    last = np.clip(np.floor(corners.max(1) + 1e-9) + 1, 0, resolution).astype(np.int64)
    width, height = np.maximum(last - first, 0).T
    image = np.full((resolution, resolution), -1, np.int32)
    ends = np.cumsum(width * height)
    start = 0
    while start < len(ends):  # faces whose boxes hold at most _TEXELS_PER_STEP together, at least one face
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + _TEXELS_PER_STEP, side="right")))
        count = width[start:end] * height[start:end]
        face = np.repeat(np.arange(start, end), count)
        within = np.arange(len(face)) - np.repeat(ends[start:end] - count - before, count)
        row, column = np.divmod(within, width[face])
        column += first[face, 0]
        row += first[face, 1]
        covered = np.ones(len(face), bool)
        for a, b, c in edges:
            covered &= a[face] * column + b[face] * row + c[face] >= -1e-9
        image[resolution - 1 - row[covered], column[covered]] = face[covered]
        start = end
    return torch.from_numpy(image)


def widened(image: Tensor) -> Tensor:  # [R, R] integers, -1 outside
    """The image with each region grown by one texel to all eight sides, into texels that hold -1."""
    inside = _padded(image)
    around = inside
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        around = torch.where(around < 0, inside.roll(shift, (0, 1)), around)
    return around[1:-1, 1:-1].contiguous()


def _padded(image: Tensor) -> Tensor:  # [R, R] -> [R + 2, R + 2], -1 around
    return torch.nn.functional.pad(image, (1, 1, 1, 1), value=-1)


def _edge_functions(corners: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:  # [F, 3, 2]
    """a, b, c of each edge: a x + b y + c >= 0 on the triangle's side of it, whichever way the triangle turns."""
    x, y = corners[..., 0], corners[..., 1]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    turn = np.where(area < 0, -1.0, 1.0)
    edges = []
    for tail, head in ((0, 1), (1, 2), (2, 0)):
        a, b = turn * (y[:, tail] - y[:, head]), turn * (x[:, head] - x[:, tail])
        edges.append((a, b, -(a * x[:, tail] + b * y[:, tail])))
    return edges


def unwrap(vertices: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:  # [V, 3], [F, 3] -> uv [U, 2], uv_faces [F, 3]
    """Cut a mesh into charts and pack them with room between (xatlas). Deterministic; seconds for a body."""
    import xatlas

    check_tensor("vertices", vertices, ("V", 3))
    check_tensor("faces", faces, ("F", 3))
    points = vertices.detach().cpu().double()
    points = points * (1000.0 / (points.amax(0) - points.amin(0)).max().clamp(min=1e-9))
    atlas = xatlas.Atlas()  # scaled up, because it gives no uv to triangles smaller than 1e-7
    atlas.add_mesh(points.float().numpy(), faces.cpu().numpy().astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.padding, packing.resolution, packing.bilinear = _UNWRAP_PADDING, _UNWRAP_RESOLUTION, True
    charting = xatlas.ChartOptions()
    charting.max_iterations = 4  # fewer, rounder charts: across each seam the maps are discontinuous
    atlas.generate(chart_options=charting, pack_options=packing)
    _, uv_faces, uv = atlas[0]
    return torch.from_numpy(np.asarray(uv, np.float32)), torch.from_numpy(np.asarray(uv_faces, np.int64))


def used_share(uv: Tensor, uv_faces: Tensor) -> float:  # [U, 2], [F, 3]
    """The share of the UV square that faces cover."""
    a, b, c = uv[uv_faces].double().unbind(1)
    along, across = b - a, c - a
    return float(0.5 * (along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]).abs().sum())


def open_steps(body: BodyModel, uv: Tensor) -> Tensor:  # [N, 2] on the surface -> [N, 4] bool
    """Whether each of STEPS from there ends in a texel whose center lies in the same chart. Not differentiable."""
    column = (uv[:, 0] * CHART_RESOLUTION).long().clamp(0, CHART_RESOLUTION - 1)
    row = ((1.0 - uv[:, 1]) * CHART_RESOLUTION).long().clamp(0, CHART_RESOLUTION - 1)
    bits = open_bits(body)[row, column]
    return (bits[:, None] >> torch.arange(4, dtype=torch.uint8, device=uv.device)) & 1 == 1


@lru_cache(maxsize=8)
def step_table(dtype: torch.dtype, device: torch.device) -> Tensor:  # [4, 2]
    """STEPS on a device: copied once, because a recorded CUDA graph cannot copy from the host."""
    return torch.tensor(STEPS, dtype=dtype, device=device)


@cached_per_body
def open_bits(body: BodyModel) -> Tensor:  # [R, R] uint8, row 0 is v = 1; bit i: STEPS[i] stays in the chart
    """The table of `open_steps`: one byte a texel, so that it fits the cache. Shared: do not write into it."""
    charts = chart_image(body, CHART_RESOLUTION)
    around = _padded(widened(charts))  # a point at a chart's rim may lie in a texel whose center is outside
    inside = _padded(charts)
    bits = torch.zeros(inside.shape, dtype=torch.uint8)
    for bit, (right, up) in enumerate(STEPS):
        ends_in = inside.roll((up, -right), (0, 1))
        bits |= ((ends_in == around) & (around >= 0)).to(torch.uint8) << bit
    return bits[1:-1, 1:-1].contiguous().to(body.uv.device)
