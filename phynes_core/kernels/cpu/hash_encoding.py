"""Multiresolution hash encoding of (u, v), entry for entry as tiny-cuda-nn lays it out, and its gradient.

The tables that describe the levels are computed once by phynes_core/maps/hash_encoding.py.
"""

import numpy as np
from numba import float32, int32, uint32

from phynes_core.kernels.cpu.compiler import parallel, prange, serial

_PRIME = uint32(2654435761)  # of the second coordinate; the first one's is 1
_CHUNK = 1024  # points that one thread takes through all levels, so that a level's grid stays in cache
_ONE = float32(1)


@serial
def entry_index(
    x,  # uint32 vertex of the level's grid
    y,  # uint32
    resolution,  # uint32 vertices a side
    num_entries,  # uint32; a power of two when hashed
    is_hashed,
):
    """Which of a level's entries holds a grid vertex."""
    if is_hashed:
        return (x ^ (y * _PRIME)) & (num_entries - uint32(1))
    index = x + y * resolution
    return index if index < num_entries else index % num_entries


@serial
def _cell(position, scale):
    """Cell of a coordinate and the share of its far side; negative coordinates wrap as unsigned ones."""
    scaled = position * scale + float32(0.5)
    floor = np.floor(scaled)
    return uint32(int32(floor)), scaled - floor


@serial
def _corners(u, v, scale, resolution, num_entries, is_hashed):
    """Entries and weights of the four corners around a point."""
    x, share_x = _cell(u, scale)
    y, share_y = _cell(v, scale)
    next_x, next_y = uint32(x + uint32(1)), uint32(y + uint32(1))
    entry_00 = entry_index(x, y, resolution, num_entries, is_hashed)
    entry_10 = entry_index(next_x, y, resolution, num_entries, is_hashed)
    entry_01 = entry_index(x, next_y, resolution, num_entries, is_hashed)
    entry_11 = entry_index(next_x, next_y, resolution, num_entries, is_hashed)
    weight_11 = share_x * share_y
    weight_10 = share_x - weight_11
    weight_01 = share_y - weight_11
    weight_00 = _ONE - share_x - weight_01
    return entry_00, entry_10, entry_01, entry_11, weight_00, weight_10, weight_01, weight_11


@parallel
def _encode(uv, grid, scale, resolution, offset, is_hashed, encoded):
    num_points, num_features = uv.shape[0], grid.shape[1]
    for chunk in prange((num_points + _CHUNK - 1) // _CHUNK):
        first, end = chunk * _CHUNK, min(num_points, (chunk + 1) * _CHUNK)
        for level in range(scale.shape[0]):
            level_scale, level_resolution, hashed = scale[level], resolution[level], is_hashed[level]
            values = grid[offset[level] : offset[level + 1]]
            num_entries = uint32(values.shape[0])
            column = level * num_features
            for i in range(first, end):
                e00, e10, e01, e11, w00, w10, w01, w11 = _corners(
                    uv[i, 0], uv[i, 1], level_scale, level_resolution, num_entries, hashed
                )
                for k in range(num_features):
                    encoded[i, column + k] = (
                        w00 * values[e00, k] + w10 * values[e10, k] + w01 * values[e01, k] + w11 * values[e11, k]
                    )


@parallel
def _encode_backward(uv, grad_encoded, scale, resolution, offset, is_hashed, grad_grid):
    num_points, num_features = uv.shape[0], grad_grid.shape[1]
    for level in prange(scale.shape[0]):  # levels share no entry
        level_scale, level_resolution, hashed = scale[level], resolution[level], is_hashed[level]
        gradients = grad_grid[offset[level] : offset[level + 1]]
        gradients[:] = float32(0)
        num_entries = uint32(gradients.shape[0])
        column = level * num_features
        for i in range(num_points):
            e00, e10, e01, e11, w00, w10, w01, w11 = _corners(
                uv[i, 0], uv[i, 1], level_scale, level_resolution, num_entries, hashed
            )
            for k in range(num_features):
                gradient = grad_encoded[i, column + k]
                gradients[e00, k] += w00 * gradient
                gradients[e10, k] += w10 * gradient
                gradients[e01, k] += w01 * gradient
                gradients[e11, k] += w11 * gradient


def encode(
    uv: np.ndarray,  # [N, 2]
    grid: np.ndarray,  # [entries, F] all levels, coarse to fine
    scale: np.ndarray,  # [L] float32 cells a side
    resolution: np.ndarray,  # [L] uint32 vertices a side
    offset: np.ndarray,  # [L + 1] int64 first entry of each level
    is_hashed: np.ndarray,  # [L] bool
) -> np.ndarray:  # [N, L * F]
    """Bilinear features of every level, side by side."""
    uv, grid = np.ascontiguousarray(uv, np.float32), np.ascontiguousarray(grid, np.float32)
    encoded = np.empty((len(uv), len(scale) * grid.shape[1]), np.float32)
    _encode(uv, grid, *_level_arrays(scale, resolution, offset, is_hashed), encoded)
    return encoded


def encode_backward(
    uv: np.ndarray,  # [N, 2]
    grad_encoded: np.ndarray,  # [N, L * F]
    scale: np.ndarray,  # [L] float32
    resolution: np.ndarray,  # [L] uint32
    offset: np.ndarray,  # [L + 1] int64
    is_hashed: np.ndarray,  # [L] bool
    num_entries: int,
) -> np.ndarray:  # [entries, F]
    """Gradient of `encode` with respect to the grid."""
    uv, grad_encoded = np.ascontiguousarray(uv, np.float32), np.ascontiguousarray(grad_encoded, np.float32)
    grad_grid = np.empty((num_entries, grad_encoded.shape[1] // len(scale)), np.float32)
    _encode_backward(uv, grad_encoded, *_level_arrays(scale, resolution, offset, is_hashed), grad_grid)
    return grad_grid


def _level_arrays(scale, resolution, offset, is_hashed):
    return (
        np.ascontiguousarray(scale, np.float32),
        np.ascontiguousarray(resolution, np.uint32),
        np.ascontiguousarray(offset, np.int64),
        np.ascontiguousarray(is_hashed, np.bool_),
    )
