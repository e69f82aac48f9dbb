"""Multiresolution hash encoding of (u, v), entry for entry as tiny-cuda-nn lays it out, and its gradient.

phynes_core/maps/encodings.py computes the levels and holds the torch reference.
"""

import numpy as np
import torch
from numba import float32, int32, uint32
from torch import Tensor

from phynes_core.kernels.cpu.compiler import inlined, parallel, prange
from phynes_core.kernels.surface_interfaces import HashLevels

_CHUNK = 1024  # points that one thread takes through all levels, so that a level's grid stays in cache
_ONE = int32(1)


@inlined
def hashed_entry(x, y, num_entries, prime):  # int32 vertex of the level's grid; num_entries is a power of two
    """Which of a hashed level's entries holds a grid vertex."""
    return (x ^ int32(uint32(y) * prime)) & (num_entries - _ONE)


@inlined
def _corner_entries(x, y, resolution, num_entries, is_hashed, prime):
    """Entries of the four corners of a cell: its own vertex, the next in x, the next in y, both."""
    if is_hashed:
        entry_00, entry_10 = hashed_entry(x, y, num_entries, prime), hashed_entry(x + _ONE, y, num_entries, prime)
        entry_01 = hashed_entry(x, y + _ONE, num_entries, prime)
        entry_11 = hashed_entry(x + _ONE, y + _ONE, num_entries, prime)
    else:
        entry_00 = x + y * resolution
        entry_10, entry_01, entry_11 = entry_00 + _ONE, entry_00 + resolution, entry_00 + resolution + _ONE
        if entry_00 < int32(0) or entry_11 >= num_entries:  # past the border: wraps as unsigned numbers do
            entry_00 = int32(uint32(entry_00) % uint32(num_entries))
            entry_10 = int32(uint32(entry_10) % uint32(num_entries))
            entry_01 = int32(uint32(entry_01) % uint32(num_entries))
            entry_11 = int32(uint32(entry_11) % uint32(num_entries))
    # unsigned: numba then omits the test for negative indices at every access
    return uint32(entry_00), uint32(entry_10), uint32(entry_01), uint32(entry_11)


# `features` is a tuple with one item for each feature: its length is known when the kernel is compiled, so the loops
# over features unroll, which halves the time.


@parallel
def _encode(uv, grid, scale, resolution, offset, is_hashed, prime, features, encoded):
    num_points = uv.shape[0]
    for chunk in prange((num_points + _CHUNK - 1) // _CHUNK):
        first, end = chunk * _CHUNK, min(num_points, (chunk + 1) * _CHUNK)
        for level in range(scale.shape[0]):
            values = grid[offset[level] : offset[level + 1]]
            num_entries, side = int32(values.shape[0]), int32(resolution[level])
            level_scale, hashed, column = scale[level], is_hashed[level], level * len(features)
            for i in range(first, end):
                x, y = uv[i, 0] * level_scale + float32(0.5), uv[i, 1] * level_scale + float32(0.5)
                cell_x, cell_y = np.floor(x), np.floor(y)
                share_x, share_y = x - cell_x, y - cell_y
                e00, e10, e01, e11 = _corner_entries(int32(cell_x), int32(cell_y), side, num_entries, hashed, prime)
                w11 = share_x * share_y
                w10, w01 = share_x - w11, share_y - w11
                w00 = float32(1) - share_x - w01
                for k in range(len(features)):
                    encoded[i, column + k] = (
                        w00 * values[e00, k] + w10 * values[e10, k] + w01 * values[e01, k] + w11 * values[e11, k]
                    )


@parallel
def _encode_backward(uv, grad_encoded, scale, resolution, offset, is_hashed, prime, features, grad_grid):
    num_points = uv.shape[0]
    for level in prange(scale.shape[0]):  # levels share no entry
        gradients = grad_grid[offset[level] : offset[level + 1]]
        gradients[:] = float32(0)
        num_entries, side = int32(gradients.shape[0]), int32(resolution[level])
        level_scale, hashed, column = scale[level], is_hashed[level], level * len(features)
        for i in range(num_points):
            x, y = uv[i, 0] * level_scale + float32(0.5), uv[i, 1] * level_scale + float32(0.5)
            cell_x, cell_y = np.floor(x), np.floor(y)
            share_x, share_y = x - cell_x, y - cell_y
            e00, e10, e01, e11 = _corner_entries(int32(cell_x), int32(cell_y), side, num_entries, hashed, prime)
            w11 = share_x * share_y
            w10, w01 = share_x - w11, share_y - w11
            w00 = float32(1) - share_x - w01
            for k in range(len(features)):
                gradient = grad_encoded[i, column + k]
                gradients[e00, k] += w00 * gradient
                gradients[e10, k] += w10 * gradient
                gradients[e01, k] += w01 * gradient
                gradients[e11, k] += w11 * gradient


def encode(uv: Tensor, grid: Tensor, levels: HashLevels) -> Tensor:
    """The interface Encode."""
    return _Encode.apply(uv, grid, levels)


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, uv: Tensor, grid: Tensor, levels: HashLevels) -> Tensor:
        ctx.uv, ctx.levels, ctx.num_entries = uv.detach().contiguous().numpy(), levels, grid.shape[0]
        return torch.from_numpy(encode_forward(ctx.uv, grid.detach().contiguous().numpy(), levels))

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[None, Tensor, None]:
        gradient = gradients[0].contiguous().numpy()
        return None, torch.from_numpy(encode_backward(ctx.uv, gradient, ctx.levels, ctx.num_entries)), None


def encode_forward(
    uv: np.ndarray,  # [N, 2]
    grid: np.ndarray,  # [entries, F] all levels, coarse to fine
    levels: HashLevels,
) -> np.ndarray:  # [N, L * F]
    """Bilinear features of every level, side by side."""
    uv, grid = np.ascontiguousarray(uv, np.float32), np.ascontiguousarray(grid, np.float32)
    features = (0,) * grid.shape[1]
    encoded = np.empty((len(uv), len(levels.scale) * len(features)), np.float32)
    _encode(uv, grid, *_level_arrays(levels), features, encoded)
    return encoded


def encode_backward(
    uv: np.ndarray,  # [N, 2]
    grad_encoded: np.ndarray,  # [N, L * F]
    levels: HashLevels,
    num_entries: int,
) -> np.ndarray:  # [entries, F]
    """Gradient of `encode_forward` with respect to the grid."""
    uv, grad_encoded = np.ascontiguousarray(uv, np.float32), np.ascontiguousarray(grad_encoded, np.float32)
    features = (0,) * (grad_encoded.shape[1] // len(levels.scale))
    grad_grid = np.empty((num_entries, len(features)), np.float32)
    _encode_backward(uv, grad_encoded, *_level_arrays(levels), features, grad_grid)
    return grad_grid


def _level_arrays(levels: HashLevels):
    return (
        np.ascontiguousarray(levels.scale, np.float32),
        np.ascontiguousarray(levels.resolution, np.uint32),
        np.ascontiguousarray(levels.offset, np.int64),
        np.ascontiguousarray(levels.is_hashed, np.bool_),
        np.uint32(levels.prime),
    )
