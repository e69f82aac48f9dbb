"""A whole neural map in one Triton kernel: encoding, layers, activations; nothing in between leaves the chip.

64 points and 4 warps: a layer is one matrix product of 64 x 64 numbers of 16 bits, summed in float32, in which its
activations are worked out, too. The weights of a map (36 kB in 16 bits) come out of the L1 cache after the first block.
Maps that give lengths keep float32 weights and three-pass tf32 products: normals are differences of their values.
"""

# pyright: reportGeneralTypeIssues=false
# Triton says by a class what it unrolls.

from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from phynes_core.kernels.cuda.triton_encoding import BLOCK, ColumnTable, counting, encode_tile, jit, load_points

HEAD_COLUMNS = 16  # of the last product: the fewest that tensor cores take
_NUM_WARPS = 4


@dataclass(frozen=True)
class PackedMap:
    """A map's parameters as the kernel reads them. The grid is the map's own; the layers are copies."""

    table: ColumnTable
    grid: Tensor  # [entries, F] float32
    weights: (
        Tensor  # [K W + (hidden - 1) W W + 16 W] float16 or float32: each layer [inputs, outputs], inputs padded to K
    )
    biases: Tensor  # [(hidden - 1) W + 16] float32; the first layer's holds the pose and comes with each query
    num_hidden: int
    width: int  # W, a power of two, at least 16
    num_channels: int
    is_relu: bool
    has_residual_output: bool
    has_sigmoid: bool
    output_scale: float
    output_offset: float

    @staticmethod
    def pack(
        table: ColumnTable,
        grid: Tensor,
        weights: list[Tensor],  # [outputs, inputs] each, as torch's layers have them, the head last
        biases: list[Tensor],  # [outputs] each, of all layers but the first
        dtype: torch.dtype,
        **rest: Any,
    ) -> "PackedMap":
        """Transposed, padded with zeros and joined."""
        first, *hidden, head = (weight.detach().T for weight in weights)
        first = torch.nn.functional.pad(first, (0, 0, 0, table.width - first.shape[0]))
        channels = head.shape[1]
        head = torch.nn.functional.pad(head, (0, HEAD_COLUMNS - channels))
        joined = torch.cat([part.reshape(-1) for part in (first, *hidden, head)]).to(dtype)
        last = torch.nn.functional.pad(biases[-1].detach(), (0, HEAD_COLUMNS - channels))
        all_biases = torch.cat([*(bias.detach() for bias in biases[:-1]), last]).float()
        return PackedMap(
            table, grid.detach(), joined, all_biases, len(weights) - 1, first.shape[1], channels, **rest
        )  # fmt: skip


@jit
def _activated(values, IS_RELU: tl.constexpr):
    if IS_RELU:
        return tl.maximum(values, 0.0)
    decay = tl.exp(tl.abs(values) * -100.0)  # softplus with maps/neural_map.py's beta
    return tl.maximum(values, 0.0) + tl.log(1.0 + decay) * 0.01


@counting
def _query(
    uv_ptr, grid_ptr, scale_ptr, level_ptr, weight_ptr, first_bias_ptr, bias_ptr, count_ptr, out_ptr, num_rows,
    output_scale, output_offset,
    FEATURES: tl.constexpr, K: tl.constexpr, WIDTH: tl.constexpr, HIDDEN: tl.constexpr, HEAD: tl.constexpr,
    CHANNELS: tl.constexpr, IS_RELU: tl.constexpr, HAS_RESIDUAL: tl.constexpr, HAS_SIGMOID: tl.constexpr,
    HAS_COUNT: tl.constexpr, PRECISION: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    if HAS_COUNT:
        num_rows = tl.minimum(num_rows, tl.load(count_ptr))
    start = tl.program_id(0) * BLOCK
    if start < num_rows:
        row = start + tl.arange(0, BLOCK)
        unit, column, channel = tl.arange(0, WIDTH), tl.arange(0, K), tl.arange(0, HEAD)
        u, v = load_points(uv_ptr, row, num_rows)
        encoded = encode_tile(u, v, grid_ptr, scale_ptr, level_ptr, FEATURES, K)
        weight = tl.load(weight_ptr + column[:, None] * WIDTH + unit[None, :])
        values = tl.dot(encoded.to(weight.dtype), weight, input_precision=PRECISION)
        first = _activated(values + tl.load(first_bias_ptr + unit)[None, :], IS_RELU)
        values = first
        for layer in tl.static_range(1, HIDDEN):
            at = weight_ptr + K * WIDTH + (layer - 1) * WIDTH * WIDTH
            weight = tl.load(at + unit[:, None] * WIDTH + unit[None, :])
            values = tl.dot(values.to(weight.dtype), weight, input_precision=PRECISION)
            values = _activated(values + tl.load(bias_ptr + (layer - 1) * WIDTH + unit)[None, :], IS_RELU)
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


def fused_map(
    uv: Tensor,  # [N, 2] float32
    count: Tensor | None,  # [1] int32, on the device: how many rows are meant; None: all
    packed: PackedMap,
    first_bias: Tensor,  # [W] float32, of the first layer with the pose in it
    out: Tensor,  # [N, channels] float32, written where meant
) -> None:
    """The map's values. Blocks beyond the count end at once; the host never waits."""
    if not uv.shape[0]:
        return
    _query[(triton.cdiv(uv.shape[0], BLOCK),)](
        uv.contiguous(), packed.grid, packed.table.scale, packed.table.level, packed.weights, first_bias.contiguous(),
        packed.biases, first_bias if count is None else count, out, uv.shape[0], packed.output_scale,
        packed.output_offset, packed.table.num_features, packed.table.width, packed.width, packed.num_hidden,
        HEAD_COLUMNS, packed.num_channels, packed.is_relu, packed.has_residual_output, packed.has_sigmoid,
        count is not None, "tf32x3" if packed.weights.dtype == torch.float32 else "tf32", BLOCK, num_warps=_NUM_WARPS,
    )  # fmt: skip
