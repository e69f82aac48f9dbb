"""Multiresolution hash encoding of (u, v) in Triton, and its gradient; the reference is maps/encodings.py.

A tile holds points by encoded columns (level times feature), so that a warp writes whole rows and the fused maps
(triton_maps.py) can hand the tile to their first layer. 64 points by 32 columns and 4 warps keep 16 values of a tile in
each thread. Gathers dominate: the lanes of a warp read as many cache lines as there are levels, out of the L2 cache,
which holds a whole grid. The gradient is scattered with atomic adds, whose order, and so the last bits, may change.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl
from torch import Tensor

from phynes_core.kernels.surface_interfaces import HashLevels

# Triton's language only looks like Python, so type checkers see no types in it.
jit: Any = triton.jit
# counts change from frame to frame: a kernel compiled for one serves all
counting: Any = triton.jit(do_not_specialize=["num_rows"])

BLOCK = 64  # points of a program
_NUM_WARPS = 4
_SMALLEST_TILE = 16  # columns; the fewest that a matrix product takes


@dataclass(frozen=True)
class ColumnTable:
    """What the kernels read of each encoded column; rows are padded with columns that read entry 0 of the grid."""

    scale: Tensor  # [K] float32, cells a side of the column's level
    level: Tensor  # [4, K] int32: vertices a side, element of the grid where it starts, entries, whether it is hashed
    num_features: int
    num_columns: int  # L * F, at most K, which is a power of two
    prime: int  # of the hash, as int32

    @property
    def width(self) -> int:
        """K."""
        return self.scale.shape[0]


@functools.lru_cache(maxsize=128)  # of a few hundred bytes each
def column_table(levels: HashLevels, num_features: int, device: torch.device) -> ColumnTable:
    """The levels as the kernels read them, kept on the device."""
    num_columns = len(levels.scale) * num_features
    padded = max(_SMALLEST_TILE, triton.next_power_of_2(num_columns))
    level, feature = np.divmod(np.arange(num_columns), num_features)
    rows = np.zeros((4, padded), np.int32)
    rows[2] = 1
    rows[:, :num_columns] = [
        levels.resolution[level], levels.offset[level] * num_features + feature, np.diff(levels.offset)[level],
        levels.is_hashed[level],
    ]  # fmt: skip
    scales = np.zeros(padded, np.float32)
    scales[:num_columns] = levels.scale[level]
    prime = int(np.uint32(levels.prime).astype(np.int32))
    return ColumnTable(
        torch.from_numpy(scales).to(device), torch.from_numpy(rows).to(device), num_features, num_columns, prime
    )


@jit
def _entry(x, y, resolution, num_entries, is_hashed, PRIME: tl.constexpr):
    """Which entry of its level holds a grid vertex. Vertices beyond the border get some entry of the level."""
    dense = x + y * resolution
    dense = tl.where(dense >= num_entries, dense - num_entries, dense)  # the last row's neighbors wrap
    dense = tl.minimum(tl.maximum(dense, 0), num_entries - 1)
    return tl.where(is_hashed != 0, (x ^ (y * PRIME)) & (num_entries - 1), dense)


@jit
def corners(u, v, scale_ptr, level_ptr, FEATURES: tl.constexpr, K: tl.constexpr, PRIME: tl.constexpr):
    """Elements of the grid at the four corners of each point's cell, and their weights: eight tiles [BLOCK, K]."""
    column = tl.arange(0, K)[None, :]
    scale = tl.load(scale_ptr + column)
    resolution = tl.load(level_ptr + column)
    start = tl.load(level_ptr + K + column)
    num_entries = tl.load(level_ptr + 2 * K + column)
    is_hashed = tl.load(level_ptr + 3 * K + column)
    x, y = u[:, None] * scale + 0.5, v[:, None] * scale + 0.5
    cell_x, cell_y = tl.floor(x), tl.floor(y)
    share_x, share_y = x - cell_x, y - cell_y
    i, j = cell_x.to(tl.int32), cell_y.to(tl.int32)
    at_00 = start + FEATURES * _entry(i, j, resolution, num_entries, is_hashed, PRIME)
    at_10 = start + FEATURES * _entry(i + 1, j, resolution, num_entries, is_hashed, PRIME)
    at_01 = start + FEATURES * _entry(i, j + 1, resolution, num_entries, is_hashed, PRIME)
    at_11 = start + FEATURES * _entry(i + 1, j + 1, resolution, num_entries, is_hashed, PRIME)
    w_11 = share_x * share_y
    w_10, w_01 = share_x - w_11, share_y - w_11
    return at_00, at_10, at_01, at_11, 1.0 - share_x - w_01, w_10, w_01, w_11


@jit
def encode_tile(u, v, grid_ptr, scale_ptr, level_ptr, FEATURES: tl.constexpr, K: tl.constexpr, PRIME: tl.constexpr):
    """Bilinear features [BLOCK, K] float32 of points u, v [BLOCK]; padding columns hold values without meaning."""
    at_00, at_10, at_01, at_11, w_00, w_10, w_01, w_11 = corners(u, v, scale_ptr, level_ptr, FEATURES, K, PRIME)
    values = w_00 * tl.load(grid_ptr + at_00).to(tl.float32) + w_10 * tl.load(grid_ptr + at_10).to(tl.float32)
    values += w_01 * tl.load(grid_ptr + at_01).to(tl.float32) + w_11 * tl.load(grid_ptr + at_11).to(tl.float32)
    return values


@jit
def load_points(uv_ptr, row, num_rows):
    """u, v [BLOCK] of some rows; 0 beyond the last."""
    u = tl.load(uv_ptr + 2 * row, mask=row < num_rows, other=0.0)
    v = tl.load(uv_ptr + 2 * row + 1, mask=row < num_rows, other=0.0)
    return u, v


@counting
def _encode(
    uv_ptr, grid_ptr, scale_ptr, level_ptr, encoded_ptr, num_rows,
    FEATURES: tl.constexpr, COLUMNS: tl.constexpr, K: tl.constexpr, PRIME: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    row, column = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, K)
    u, v = load_points(uv_ptr, row, num_rows)
    values = encode_tile(u, v, grid_ptr, scale_ptr, level_ptr, FEATURES, K, PRIME)
    inside = (row < num_rows)[:, None] & (column < COLUMNS)[None, :]
    tl.store(encoded_ptr + row[:, None] * COLUMNS + column[None, :], values, mask=inside)


@counting
def _encode_backward(
    uv_ptr, gradient_ptr, scale_ptr, level_ptr, grid_gradient_ptr, num_rows,
    FEATURES: tl.constexpr, COLUMNS: tl.constexpr, K: tl.constexpr, PRIME: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    row, column = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, K)
    u, v = load_points(uv_ptr, row, num_rows)
    at_00, at_10, at_01, at_11, w_00, w_10, w_01, w_11 = corners(u, v, scale_ptr, level_ptr, FEATURES, K, PRIME)
    inside = (row < num_rows)[:, None] & (column < COLUMNS)[None, :]
    gradient = tl.load(gradient_ptr + row[:, None] * COLUMNS + column[None, :], mask=inside, other=0.0)
    tl.atomic_add(grid_gradient_ptr + at_00, w_00 * gradient, mask=inside, sem="relaxed")
    tl.atomic_add(grid_gradient_ptr + at_10, w_10 * gradient, mask=inside, sem="relaxed")
    tl.atomic_add(grid_gradient_ptr + at_01, w_01 * gradient, mask=inside, sem="relaxed")
    tl.atomic_add(grid_gradient_ptr + at_11, w_11 * gradient, mask=inside, sem="relaxed")


def encode(uv: Tensor, grid: Tensor, levels: HashLevels) -> Tensor:
    """The interface Encode."""
    return _Encode.apply(uv, grid, column_table(levels, grid.shape[1], uv.device))


class _Encode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, uv: Tensor, grid: Tensor, table: ColumnTable) -> Tensor:
        ctx.uv, ctx.table, ctx.num_entries = uv.detach(), table, grid.shape[0]
        return encode_forward(ctx.uv, grid.detach(), table)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[None, Tensor, None]:
        return None, encode_backward(ctx.uv, gradients[0], ctx.table, ctx.num_entries), None


def encode_forward(uv: Tensor, grid: Tensor, table: ColumnTable) -> Tensor:  # [N, L * F] float32
    """Bilinear features of every level, side by side."""
    uv, grid = uv.contiguous(), grid.contiguous()
    encoded = torch.empty(uv.shape[0], table.num_columns, device=uv.device)
    if uv.shape[0]:
        _encode[(triton.cdiv(uv.shape[0], BLOCK),)](
            uv, grid, table.scale, table.level, encoded, uv.shape[0],
            table.num_features, table.num_columns, table.width, table.prime, BLOCK, num_warps=_NUM_WARPS,
        )  # fmt: skip
    return encoded


def encode_backward(uv: Tensor, gradient: Tensor, table: ColumnTable, num_entries: int) -> Tensor:  # [entries, F]
    """Gradient of `encode_forward` with respect to the grid, from that of its values [N, L * F]."""
    uv, gradient = uv.contiguous(), gradient.float().contiguous()
    grid_gradient = torch.zeros(num_entries, table.num_features, device=uv.device)
    if uv.shape[0]:
        _encode_backward[(triton.cdiv(uv.shape[0], BLOCK),)](
            uv, gradient, table.scale, table.level, grid_gradient, uv.shape[0],
            table.num_features, table.num_columns, table.width, table.prime, BLOCK, num_warps=_NUM_WARPS,
        )  # fmt: skip
    return grid_gradient
