"""Which share of each pixel a mesh covers, counted only where its outline passes; else as render/coverage.py's torch.

A pixel is covered in part only where an edge passes through it that faces meet from one side alone. Such an edge joins
two vertices that have faces of either side, seen from the front and from behind, or one that the mesh's border passes.
Edge functions are those of rasterize.py on the grid of subsamples, so that the same subsamples are covered. All of it
takes less time than threads would need to begin.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numba import uint64
from torch import Tensor

from phynes_core.kernels.cpu.compiler import exact_inner, exact_serial
from phynes_core.kernels.cpu.rasterize import shortfall, weights_at
from phynes_core.kernels.mesh_interfaces import CoveredPixels, PixelImages

_BLOCK = 8  # pixels a side, of which faces look first whether an outline passes
_MOST_SUBSAMPLES = 8  # a side: a bit each of 64
_FRONT, _BACK, _BORDER = 1, 2, 4
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(31))


def cover_pixels(
    faces: Tensor, homogeneous: Tensor, centers: Tensor, order: Tensor, near_m: float, snap: float,
    fine: Callable[[], PixelImages],
) -> CoveredPixels | None:  # fmt: skip
    """The interface CoverPixels."""
    subsamples = math.isqrt(len(order))
    if subsamples > _MOST_SUBSAMPLES or bool((homogeneous[:, 2] < near_m).any()):
        return None
    triangles, center_faces = np.ascontiguousarray(faces.numpy(), np.int32), centers.contiguous().numpy()
    samples = np.ascontiguousarray(homogeneous.numpy() * np.array([subsamples, subsamples, 1], np.float32))
    screen = np.empty((len(samples), 3), np.float64)
    sides = _sides_of_vertices(samples, triangles, snap, screen)
    height, width = center_faces.shape
    is_outline = np.zeros((height, width), np.bool_)
    _mark_outlines(screen, triangles, sides, subsamples, is_outline)
    outline = np.flatnonzero(is_outline)
    slot = np.empty((height, width), np.int32)  # in `outline`, of a pixel there
    slot.reshape(-1)[outline] = np.arange(len(outline), dtype=np.int32)
    blocks = np.zeros((height // _BLOCK + 1, width // _BLOCK + 1), np.bool_)
    blocks[outline // width // _BLOCK, outline % width // _BLOCK] = True
    is_drawn = np.empty(len(triangles), np.bool_)
    _find_faces(screen, triangles, subsamples, width, height, blocks, is_drawn)
    drawn, half_step = triangles[is_drawn], 0.5 / snap**2
    bits, chosen = np.zeros(len(outline), np.uint64), np.full(len(outline), -1, np.int8)
    share, nearest = np.empty(len(outline), np.float32), np.zeros(len(outline), np.float32)
    gained, at = np.full(len(outline), -1, np.int32), (subsamples, half_step, is_outline, slot)
    _cover(screen, drawn, *at, bits)
    _count(center_faces.reshape(-1)[outline], order.numpy(), bits, share, chosen)
    _take_nearest(screen, drawn, *at, chosen, nearest, gained)
    coverage = (centers >= 0).float()
    coverage.view(-1)[torch.from_numpy(outline)] = torch.from_numpy(share)
    has_gained = gained >= 0
    pixel, of_drawn = outline[has_gained], gained[has_gained]
    weights, depth = np.empty((len(pixel), 3), np.float32), np.empty(len(pixel), np.float32)
    _place(samples, drawn, pixel, of_drawn, chosen[has_gained], width, subsamples, weights, depth)
    face = np.flatnonzero(is_drawn).astype(np.int32)[of_drawn]
    made = torch.from_numpy
    return coverage, made(pixel), made(face), made(weights), made(depth)


@exact_inner
def _mixed(vertex):
    """A number of a vertex, so different from others that sums of them tell sets apart."""
    mixed = (uint64(vertex) + uint64(1)) * _MIX[0]
    return (mixed ^ (mixed >> _MIX[2])) * _MIX[1]


@exact_serial
def _sides_of_vertices(homogeneous, faces, snap, screen):
    """Fill screen [V, 3] as rasterize.py does; for each vertex _FRONT and _BACK of its faces, and _BORDER.

    Around a vertex inside a closed mesh, each neighbor ends one face and begins the next: what begins and what ends
    is the same.
    """
    for vertex in range(len(homogeneous)):
        inverse = 1.0 / np.float64(homogeneous[vertex, 2])
        screen[vertex, 0] = math.floor(homogeneous[vertex, 0] * inverse * snap + 0.5) / snap
        screen[vertex, 1] = math.floor(homogeneous[vertex, 1] * inverse * snap + 0.5) / snap
        screen[vertex, 2] = inverse
    sides, around = np.zeros(len(screen), np.uint8), np.zeros(len(screen), np.uint64)
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        area = _area(screen, a, b, c)
        side = _FRONT if area > 0.0 else _BACK if area < 0.0 else _FRONT | _BACK
        sides[a] |= side
        sides[b] |= side
        sides[c] |= side
        of_a, of_b, of_c = _mixed(a), _mixed(b), _mixed(c)
        around[a] += of_c - of_b
        around[b] += of_a - of_c
        around[c] += of_b - of_a
    for vertex in range(len(screen)):
        if around[vertex] != uint64(0):
            sides[vertex] |= _BORDER
    return sides


@exact_inner
def _area(screen, a, b, c):
    """Twice the area of a face on the grid."""
    return (screen[b, 0] - screen[a, 0]) * (screen[c, 1] - screen[a, 1]) - (screen[b, 1] - screen[a, 1]) * (
        screen[c, 0] - screen[a, 0]
    )


@exact_serial
def _mark_outlines(screen, faces, sides, subsamples, is_outline):
    """Pixels that edges pass which may lie on an outline, and those beside their ends."""
    height, width = is_outline.shape
    for face in range(len(faces)):
        for corner in range(3):
            a, b = faces[face, corner], faces[face, (corner + 1) % 3]
            if (sides[a] & _BORDER or sides[a] & 3 == 3) and (sides[b] & _BORDER or sides[b] & 3 == 3):
                a_x, a_y = screen[a, 0] / subsamples, screen[a, 1] / subsamples
                b_x, b_y = screen[b, 0] / subsamples, screen[b, 1] / subsamples
                low, high = min(a_y, b_y), max(a_y, b_y)
                if high < 0.0 or low > height:
                    continue
                slope = (b_x - a_x) / (b_y - a_y) if a_y != b_y else 0.0
                for row in range(max(math.floor(low - 0.01), 0), min(math.floor(high + 0.01), height - 1) + 1):
                    first, last = a_x, b_x
                    if a_y != b_y:  # what lies within the row, and a little more
                        first = a_x + slope * (min(max(row - 0.01, low), high) - a_y)
                        last = a_x + slope * (min(max(row + 1.01, low), high) - a_y)
                    left = max(math.floor(min(max(min(first, last) - 0.01, -1.0), width + 1.0)), 0)
                    right = min(math.floor(min(max(max(first, last) + 0.01, -1.0), width + 1.0)), width - 1)
                    for column in range(left, right + 1):
                        is_outline[row, column] = True


@exact_inner
def _pixels(screen, a, b, c, axis, subsamples, size):
    """First and last pixel along an axis of the subsamples inside a face's bounds."""
    low = min(screen[a, axis], screen[b, axis], screen[c, axis]) - 0.5
    high = max(screen[a, axis], screen[b, axis], screen[c, axis]) - 0.5
    first = math.ceil(min(max(low, 0.0), float(subsamples * size)))
    return first // subsamples, math.floor(min(max(high, -1.0), subsamples * size - 1.0)) // subsamples


@exact_serial
def _find_faces(screen, faces, subsamples, width, height, blocks, is_drawn):
    """Those that reach into a block of pixels with an outline."""
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        left, right = _pixels(screen, a, b, c, 0, subsamples, width)
        top, bottom = _pixels(screen, a, b, c, 1, subsamples, height)
        is_drawn[face] = False
        if left <= right and top <= bottom:
            for row in range(top // _BLOCK, bottom // _BLOCK + 1):
                for column in range(left // _BLOCK, right // _BLOCK + 1):
                    is_drawn[face] |= blocks[row, column]


@exact_inner
def _edges(screen, faces, face, half_step):
    """Corners in the order that makes the face's area positive, edge steps and what edges must exceed."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    area = _area(screen, a, b, c)
    if area < 0.0:
        b, c, area = c, b, -area
    a_dx, a_dy = screen[c, 0] - screen[b, 0], screen[c, 1] - screen[b, 1]
    b_dx, b_dy = screen[a, 0] - screen[c, 0], screen[a, 1] - screen[c, 1]
    c_dx, c_dy = screen[b, 0] - screen[a, 0], screen[b, 1] - screen[a, 1]
    shorts = shortfall(a_dx, a_dy, half_step), shortfall(b_dx, b_dy, half_step), shortfall(c_dx, c_dy, half_step)
    return a, b, c, area, a_dx, a_dy, b_dx, b_dy, c_dx, c_dy, shorts


@exact_serial
def _cover(screen, faces, subsamples, half_step, is_outline, slot, bits):
    """Set the bits of the subsamples that faces cover."""
    height, width = is_outline.shape
    full = ~uint64(0) >> uint64(64 - subsamples * subsamples)
    for face in range(len(faces)):
        first, last = _pixels(screen, faces[face, 0], faces[face, 1], faces[face, 2], 1, subsamples, height)
        if first > last:
            continue
        a, b, c, area, a_dx, a_dy, b_dx, b_dy, c_dx, c_dy, shorts = _edges(screen, faces, face, half_step)
        if area == 0.0:
            continue
        left, right = _pixels(screen, a, b, c, 0, subsamples, width)
        for row in range(first, last + 1):
            for column in range(left, right + 1):
                if not is_outline[row, column] or bits[slot[row, column]] == full:
                    continue
                covered = uint64(0)
                for i in range(subsamples):
                    y = subsamples * row + i + 0.5
                    for j in range(subsamples):
                        x = subsamples * column + j + 0.5
                        if (
                            a_dx * (y - screen[b, 1]) - a_dy * (x - screen[b, 0]) - shorts[0] >= 0.0
                            and b_dx * (y - screen[c, 1]) - b_dy * (x - screen[c, 0]) - shorts[1] >= 0.0
                            and c_dx * (y - screen[a, 1]) - c_dy * (x - screen[a, 0]) - shorts[2] >= 0.0
                        ):
                            covered |= uint64(1) << uint64(i * subsamples + j)
                bits[slot[row, column]] |= covered


@exact_serial
def _count(centers, order, bits, share, chosen):
    """Share of each outlined pixel; where its center is open, the covered subsample that comes first in `order`."""
    for i in range(len(bits)):
        count, first = 0, -1
        for place in range(len(order)):
            if (bits[i] >> uint64(order[place])) & uint64(1):
                count += 1
                if first < 0:
                    first = order[place]
        has_center = centers[i] >= 0
        share[i] = np.float32(max(count, 1 if has_center else 0)) / np.float32(len(order))
        if not has_center:
            chosen[i] = first


@exact_serial
def _take_nearest(screen, faces, subsamples, half_step, is_outline, slot, chosen, nearest, gained):
    """The nearest face at each chosen subsample."""
    height, width = is_outline.shape
    for face in range(len(faces)):
        first, last = _pixels(screen, faces[face, 0], faces[face, 1], faces[face, 2], 1, subsamples, height)
        if first > last:
            continue
        a, b, c, area, a_dx, a_dy, b_dx, b_dy, c_dx, c_dy, shorts = _edges(screen, faces, face, half_step)
        if area == 0.0:
            continue
        scale = 1.0 / area
        left, right = _pixels(screen, a, b, c, 0, subsamples, width)
        for row in range(first, last + 1):
            for column in range(left, right + 1):
                if not is_outline[row, column] or chosen[slot[row, column]] < 0:
                    continue
                i = slot[row, column]
                y = subsamples * row + chosen[i] // subsamples + 0.5
                x = subsamples * column + chosen[i] % subsamples + 0.5
                edge_a = a_dx * (y - screen[b, 1]) - a_dy * (x - screen[b, 0]) - shorts[0]
                edge_b = b_dx * (y - screen[c, 1]) - b_dy * (x - screen[c, 0]) - shorts[1]
                edge_c = c_dx * (y - screen[a, 1]) - c_dy * (x - screen[a, 0]) - shorts[2]
                if edge_a >= 0.0 and edge_b >= 0.0 and edge_c >= 0.0:
                    inverse = np.float32(
                        (edge_a * screen[a, 2] + edge_b * screen[b, 2] + edge_c * screen[c, 2]) * scale
                    )
                    if inverse > nearest[i]:
                        nearest[i], gained[i] = inverse, face


@exact_serial
def _place(homogeneous, faces, pixel, face, sample, width, subsamples, weights, depth):
    """Barycentric coordinates and depth at the subsamples that pixels gained."""
    for i in range(len(pixel)):
        row, column = pixel[i] // width, pixel[i] % width
        x = subsamples * column + sample[i] % subsamples + 0.5
        y = subsamples * row + sample[i] // subsamples + 0.5
        a, b, c = faces[face[i], 0], faces[face[i], 1], faces[face[i], 2]
        weight_a, weight_b, weight_c, inverse = weights_at(homogeneous, a, b, c, x, y)
        if inverse <= 0.0:  # a sliver that only snapping gave an area
            weight_a, inverse = 1.0, 1.0 / homogeneous[a, 2]
        weight_a, weight_b, weight_c = max(weight_a, 0.0), max(weight_b, 0.0), max(weight_c, 0.0)
        scale = 1.0 / (weight_a + weight_b + weight_c)
        weights[i, 0], weights[i, 1], weights[i, 2] = weight_a * scale, weight_b * scale, weight_c * scale
        depth[i] = 1.0 / inverse
