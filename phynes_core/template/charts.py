"""Cut a template into charts (xatlas) and pack them densely into the uv square.

The surface is cut at neck, shoulders, wrists, hips and ankles first, where clothes mostly end or have seams; where
colors are known, along the strongest borders of color close by (`phynes_core/template/segments.py`). Charts are
drawn into a grid of cells and laid down one after the other, each turned by quarters in its smallest box, as low as it
fits; the scale is the largest at which all fit in one of several orders. Between two charts so much room stays free
that the maps' finest cells never mix them.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
import torch
from scipy.ndimage import binary_dilation
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from phynes_core.kernels.cpu.compiler import serial
from phynes_core.template.segments import along_borders, segments

CELLS = 512  # a side of the square
GAP_CELLS = 3  # between charts: 6 texels, 3 cells of the finest hash level on either side
LEAST_FILL, MOST_FILL = 0.02, 0.95  # of the square by charts: between them the densest packing lies
SCALES = 10  # bisections
ANGLES = 45  # of a quarter turn, for the smallest box


@dataclass(frozen=True, eq=False)
class _Chart:
    """A flat piece of the surface."""

    faces: np.ndarray  # [F] of the mesh
    entries: np.ndarray  # [U] of its uv entries
    points: np.ndarray  # [U, 2] metres, from 0 on, in its smallest box
    corners: np.ndarray  # [F, 3] of `points`


def chart(
    vertices: Tensor,  # [V, 3] metres
    faces: Tensor,  # [F, 3]
    weights: np.ndarray,  # [V, 24] of skinning
    colors: np.ndarray | None = None,  # [V, 3] in [0, 1], NaN where unknown
) -> tuple[Tensor, Tensor]:  # uv [U, 2], uv_faces [F, 3]
    """Cut and pack. Deterministic; lengths in all charts have one scale."""
    triangles, points = faces.numpy(), vertices.double().numpy()
    segment = segments(weights, triangles)
    if colors is not None:
        segment = along_borders(points, triangles, segment, colors)
    uv, uv_faces = _cut(vertices, triangles, segment)
    pieces = _pieces(points, triangles, uv, uv_faces)
    return torch.from_numpy(packed(pieces, len(uv))), torch.from_numpy(uv_faces)


def _cut(vertices: Tensor, faces: np.ndarray, segment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The charts of xatlas, in any place and scale: uv [U, 2], uv_faces [F, 3] int64."""
    import xatlas

    points = vertices.double()
    points = (points * (1000.0 / (points.amax(0) - points.amin(0)).max().clamp(min=1e-9))).float().numpy()
    atlas = xatlas.Atlas()  # scaled up, because it gives no uv to triangles smaller than 1e-7
    members = [np.nonzero(segment == each)[0] for each in np.unique(segment)]
    for some in members:
        used, corners = np.unique(faces[some], return_inverse=True)
        atlas.add_mesh(points[used], corners.reshape(-1, 3).astype(np.uint32))
    charting = xatlas.ChartOptions()
    charting.max_iterations, charting.normal_deviation_weight = 4, 1.0  # fewer, rounder charts
    atlas.generate(chart_options=charting)
    uv_faces, parts, count = np.empty(faces.shape, np.int64), [], 0
    for k, some in enumerate(members):
        _, corners, uv = atlas[k]
        uv_faces[some] = corners.astype(np.int64) + count
        parts.append(np.asarray(uv, np.float64))
        count += len(uv)
    return np.concatenate(parts) * (atlas.width, atlas.height), uv_faces


def _pieces(points: np.ndarray, faces: np.ndarray, uv: np.ndarray, uv_faces: np.ndarray) -> list[_Chart]:
    """The charts, each as large as its part of the surface."""
    sides = points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]]
    area = 0.5 * np.linalg.norm(np.cross(*sides), axis=1)
    found = []
    for members in _connected(uv_faces):
        entries, corners = np.unique(uv_faces[members], return_inverse=True)
        corners = corners.reshape(-1, 3)
        flat = uv[entries]
        scale = np.sqrt(area[members].sum() / max(_areas(flat, corners).sum(), 1e-30))
        found.append(_Chart(members, entries, _boxed(flat * scale), corners))
    return found


def _connected(uv_faces: np.ndarray) -> list[np.ndarray]:
    """The faces of each chart."""
    ends = np.concatenate([uv_faces[:, [0, 1]], uv_faces[:, [1, 2]]])
    size = int(uv_faces.max()) + 1
    _, piece = connected_components(sparse.csr_matrix((np.ones(len(ends)), ends.T), (size, size)), False)
    of_face = piece[uv_faces[:, 0]]
    order = np.argsort(of_face, kind="stable")
    return np.split(order, np.nonzero(np.diff(of_face[order]))[0] + 1)


def _areas(points: np.ndarray, corners: np.ndarray) -> np.ndarray:  # [U, 2], [F, 3] -> [F]
    a, b, c = (points[corners[:, k]] for k in range(3))
    along, across = b - a, c - a
    return 0.5 * np.abs(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0])


def _boxed(points: np.ndarray) -> np.ndarray:  # [U, 2] -> [U, 2]
    """Turned so that the box around them is smallest and lies from 0 on."""
    angles = np.arange(ANGLES) * (0.5 * np.pi / ANGLES)
    turned = [points @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) for a in angles]
    best = turned[int(np.argmin([np.prod(np.ptp(each, axis=0)) for each in turned]))]
    return best - best.min(0)


def packed(pieces: list[_Chart], num_entries: int) -> np.ndarray:  # [U, 2] float32 in [0, 1]
    """All charts in the square, as large as they fit in the best of a few orders."""
    sizes = np.stack([piece.points.max(0) for piece in pieces])  # [N, 2]
    best, order, fill = None, np.arange(len(pieces)), LEAST_FILL
    for size in (sizes.max(1), sizes.sum(1), sizes.prod(1)):  # longest, widest around, largest box first
        candidate = np.argsort(-size, kind="stable")
        placed, reached = _largest([pieces[k] for k in candidate], fill)
        if placed is not None:
            best, order, fill = placed, candidate, reached
    if best is None:
        raise ValueError(f"charts: expected {len(pieces)} that fit the square, got too long ones")
    uv = np.zeros((num_entries, 2), np.float32)
    for k, points in zip(order, best, strict=True):
        uv[pieces[k].entries] = points / CELLS
    return uv.clip(0.0, 1.0)


def _largest(pieces: list[_Chart], least: float) -> tuple[list[np.ndarray] | None, float]:
    """Where points lie, in cells, and the share of the square that is filled: more than the least, by bisection."""
    area = sum(float(_areas(piece.points, piece.corners).sum()) for piece in pieces)
    low, high, best = least, MOST_FILL, None
    for _ in range(SCALES):
        fill = 0.5 * (low + high)
        placed = _placed(pieces, CELLS * np.sqrt(fill / area))
        if placed is None:
            high = fill
        else:
            low, best = fill, placed
    return best, low


def _placed(pieces: list[_Chart], scale: float) -> list[np.ndarray] | None:  # cells
    """Where each chart's points come to lie at a scale in cells a metre; None where the square is too small."""
    taken = np.zeros((CELLS, CELLS), np.bool_)
    free_until = np.full((CELLS, CELLS), CELLS, np.int32)
    found = []
    for piece in pieces:
        best, best_top = None, CELLS + 1
        for quarter in range(4):
            turned = _turned(piece.points * scale, quarter)
            size = np.floor(turned.max(0)).astype(int) + 1
            if size.max() >= CELLS:
                return None
            mask = np.zeros((size[1], size[0]), np.bool_)
            draw(turned[piece.corners], mask)
            spans = _spans(mask, GAP_CELLS)
            x, y = lowest_place(free_until, spans, int(size[0]), min(best_top - 1, CELLS) - int(size[1]))
            if x >= 0:
                best, best_top = (turned, mask, x, y), y + size[1]
        if best is None:
            return None
        turned, mask, x, y = best
        taken[y : y + len(mask), x : x + mask.shape[1]] |= mask
        next_taken(taken[y : y + len(mask)], free_until[y : y + len(mask)])
        found.append(turned + (x, y))
    return found


def _turned(points: np.ndarray, quarter: int) -> np.ndarray:  # [U, 2] from 0 on, likewise
    for _ in range(quarter):
        points = np.stack([points[:, 1].max() - points[:, 1], points[:, 0]], 1)
    return points


def _spans(mask: np.ndarray, gap: int) -> np.ndarray:  # [h, w] -> [S, 3] row, first and end column
    """What must be free around a chart, widest runs of cells first: they are in the way soonest."""
    around = binary_dilation(np.pad(mask, gap), np.ones((2 * gap + 1, 2 * gap + 1), bool))
    steps = np.diff(np.pad(around, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, first = np.nonzero(steps > 0)
    end = np.nonzero(steps < 0)[1]
    order = np.argsort(first - end, kind="stable")
    return np.stack([rows, first, end], 1)[order] - (gap, gap, gap)


@serial
def draw(corners, mask):
    """Set the cells that triangles [F, 3, 2] touch, and some beside them."""
    height, width = mask.shape
    for f in range(corners.shape[0]):
        a, b, c = corners[f, 0], corners[f, 1], corners[f, 2]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        turn = 1.0 if area >= 0 else -1.0
        low_x = max(int(np.floor(min(a[0], b[0], c[0]))), 0)
        high_x = min(int(np.floor(max(a[0], b[0], c[0]))), width - 1)
        low_y = max(int(np.floor(min(a[1], b[1], c[1]))), 0)
        high_y = min(int(np.floor(max(a[1], b[1], c[1]))), height - 1)
        for y in range(low_y, high_y + 1):
            for x in range(low_x, high_x + 1):
                inside = True
                for k in range(3):
                    p, q = corners[f, k], corners[f, (k + 1) % 3]
                    across_x, across_y = turn * (p[1] - q[1]), turn * (q[0] - p[0])
                    slack = 0.5 * (abs(across_x) + abs(across_y))
                    if across_x * (x + 0.5 - p[0]) + across_y * (y + 0.5 - p[1]) < -slack:
                        inside = False
                        break
                if inside:
                    mask[y, x] = True


@serial
def next_taken(taken, found):
    """In `found`, the first taken column from each cell on, the width where there is none."""
    height, width = taken.shape
    for y in range(height):
        following = width
        for x in range(width - 1, -1, -1):
            if taken[y, x]:
                following = x
            found[y, x] = following


@serial
def lowest_place(free_until, spans, wide, most):
    """The lowest place, leftmost there, up to row `most`, where all spans are free; (-1, -1) where there is none."""
    height, width = free_until.shape
    for y in range(most + 1):
        x = 0
        while x + wide <= width:
            shift = 0
            for s in range(spans.shape[0]):
                row = y + spans[s, 0]
                if row < 0 or row >= height:
                    continue
                begin, end = max(x + spans[s, 1], 0), min(x + spans[s, 2], width)
                if begin < end and free_until[row, begin] < end:
                    shift = free_until[row, begin] + 1 - spans[s, 1] - x
                    break
            if shift == 0:
                return x, y
            x += max(shift, 1)
    return -1, -1
