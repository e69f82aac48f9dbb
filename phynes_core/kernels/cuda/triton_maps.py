"""A whole neural map in one Triton kernel: encoding, layers, activations; nothing in between leaves the chip.

64 points and 4 warps: a layer is one matrix product of 64 x 64 numbers of 16 bits, summed in float32; the activations
are computed in float32. The weights of a map (36 kB in 16 bits) come out of the L1 cache after the first block.
Maps that give lengths keep float32 weights and three-pass tf32 products: normals are differences of their values.
"""

# pyright: reportGeneralTypeIssues=false
# Triton says by a class what it unrolls.

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from phynes_core.kernels.cuda.triton_encoding import (
    BLOCK,
    ColumnTable,
    column_table,
    counting,
    encode_tile,
    jit,
    load_points,
)
from phynes_core.kernels.surface_interfaces import HashLevels, MapLayers

WIDTHS = (16, 32, 64, 128)  # of hidden layers that a block holds whole; the tensor cores' multiples
HEAD_COLUMNS = 16  # of the last product: the fewest that tensor cores take
_NUM_WARPS = 4


@dataclass(frozen=True)
class PackedMap:
    """A map's parameters as the kernel reads them. The grid is the map's own; the layers are copies."""

    table: ColumnTable
    grid: Tensor  # [entries, F] float32
    weights: Tensor  # [K W + (hidden - 1) W W + 16 W] float16 or float32: each layer [inputs, outputs], padded to K
    biases: Tensor  # [(hidden - 1) W + 16] float32; the first layer's holds the pose and comes with each query
    num_hidden: int
    width: int  # W, a power of two, at least 16
    num_channels: int


def packed_map(grid: Tensor, levels: HashLevels, layers: MapLayers) -> PackedMap:
    """The parameters as the kernel reads them, kept until any of them changes."""
    parameters = [grid, *layers.weights, *layers.biases]
    key = tuple((parameter.data_ptr(), parameter._version) for parameter in parameters)
    kept = _packed.get(grid)
    if kept is None or kept[0] != key:
        kept = _packed[grid] = key, _pack(grid.detach(), column_table(levels, grid.shape[1], grid.device), layers)
    return kept[1]


_packed: WeakTensorKeyDictionary = WeakTensorKeyDictionary()  # grid -> its map, with what it was packed from


def _pack(grid: Tensor, table: ColumnTable, layers: MapLayers) -> PackedMap:
    """Weights transposed, padded with zeros and joined."""
    # colors bear 16 bits; lengths are compared with their neighbors, a millimetre away
    dtype = torch.float16 if layers.has_sigmoid else torch.float32
    first, *hidden, head = (weight.detach().T for weight in layers.weights)
    first = torch.nn.functional.pad(first, (0, 0, 0, table.width - first.shape[0]))
    channels = head.shape[1]
    head = torch.nn.functional.pad(head, (0, HEAD_COLUMNS - channels))
    joined = torch.cat([part.reshape(-1) for part in (first, *hidden, head)]).to(dtype)
    last = torch.nn.functional.pad(layers.biases[-1].detach(), (0, HEAD_COLUMNS - channels))
    biases = torch.cat([*(bias.detach() for bias in layers.biases[:-1]), last]).float()
    return PackedMap(table, grid, joined, biases, len(layers.weights) - 1, first.shape[1], channels)


@jit
def _activated(values, IS_RELU: tl.constexpr, BETA: tl.constexpr):
    if IS_RELU:
        return tl.maximum(values, 0.0)
    decay = tl.exp(tl.abs(values) * -BETA)
    return tl.maximum(values, 0.0) + tl.log(1.0 + decay) * (1.0 / BETA)


@counting
def _query(
    uv_ptr, grid_ptr, scale_ptr, level_ptr, weight_ptr, first_bias_ptr, bias_ptr, count_ptr, out_ptr, num_rows,
    output_scale, output_offset,
    FEATURES: tl.constexpr, K: tl.constexpr, WIDTH: tl.constexpr, HIDDEN: tl.constexpr, HEAD: tl.constexpr,
    CHANNELS: tl.constexpr, IS_RELU: tl.constexpr, BETA: tl.constexpr, HAS_RESIDUAL: tl.constexpr,
    HAS_SIGMOID: tl.constexpr, HAS_COUNT: tl.constexpr, PRECISION: tl.constexpr, PRIME: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    if HAS_COUNT:
        num_rows = tl.minimum(num_rows, tl.load(count_ptr))
    start = tl.program_id(0) * BLOCK
    if start < num_rows:
        row = start + tl.arange(0, BLOCK)
        unit, column, channel = tl.arange(0, WIDTH), tl.arange(0, K), tl.arange(0, HEAD)
        u, v = load_points(uv_ptr, row, num_rows)
        encoded = encode_tile(u, v, grid_ptr, scale_ptr, level_ptr, FEATURES, K, PRIME)
        weight = tl.load(weight_ptr + column[:, None] * WIDTH + unit[None, :])
        values = tl.dot(encoded.to(weight.dtype), weight, input_precision=PRECISION)
        first = _activated(values + tl.load(first_bias_ptr + unit)[None, :], IS_RELU, BETA)
        values = first
        for layer in tl.static_range(1, HIDDEN):
            at = weight_ptr + K * WIDTH + (layer - 1) * WIDTH * WIDTH
            weight = tl.load(at + unit[:, None] * WIDTH + unit[None, :])
            values = tl.dot(values.to(weight.dtype), weight, input_precision=PRECISION)
            values = _activated(values + tl.load(bias_ptr + (layer - 1) * WIDTH + unit)[None, :], IS_RELU, BETA)
        if HAS_RESIDUAL:
            values += first
        at = weight_ptr + K * WIDTH + (HIDDEN - 1) * WIDTH * WIDTH
        weight = tl.load(at + unit[:, None] * HEAD + channel[None, :])
        values = tl.dot(values.to(weight.dtype), weight, input_precision=PRECISION)
        values += tl.load(bias_ptr + (HIDDEN - 1) * WIDTH + channel)[None, :]
        if HAS_SIGMOID:
            values = 1.0 / (1.0 + tl.exp(-values))
        values = output_offset + output_scale * values
        inside = (row < num_rows)[:, None] & (channel < CHANNELS)[None, :]
        tl.store(out_ptr + row[:, None] * CHANNELS + channel[None, :], values, mask=inside)


def query(
    uv: Tensor, grid: Tensor, levels: HashLevels, first_bias: Tensor, layers: MapLayers, count: Tensor | None
) -> Tensor | None:
    """The interface QueryMap. Blocks beyond the count end at once; the host never waits."""
    if first_bias.shape[0] not in WIDTHS:
        return None
    packed = packed_map(grid, levels, layers)
    shape = uv.shape[0], packed.num_channels
    values = torch.empty(shape, device=uv.device) if count is None else torch.zeros(shape, device=uv.device)
    if not uv.shape[0]:
        return values
    table, precision = packed.table, "tf32x3" if packed.weights.dtype == torch.float32 else "tf32"
    _query[(triton.cdiv(uv.shape[0], BLOCK),)](
        uv.contiguous(), packed.grid, table.scale, table.level, packed.weights, first_bias.contiguous(), packed.biases,
        first_bias if count is None else count, values, uv.shape[0], layers.output_scale, layers.output_offset,
        table.num_features, table.width, packed.width, packed.num_hidden, HEAD_COLUMNS, packed.num_channels,
        layers.is_relu, layers.softplus_beta, layers.has_residual_output, layers.has_sigmoid, count is not None,
        precision, table.prime, BLOCK, num_warps=_NUM_WARPS,
    )  # fmt: skip
    return values
