"""A whole neural map with its gradients: encoding, layers and back, for panels of points that stay in the cache.

Features and activations lie feature by feature, the points of a panel side by side: [features, PANEL]. A chunk of
panels is a thread's, forward and backward; what it adds to the gradient of the layers has a row of its own, and rows
are summed in their order, so that results do not depend on the number of threads.
"""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.kernels.cpu.compiler import exact_inner, exact_parallel, prange  # first: it configures numba
from phynes_core.kernels.cpu.map_backward import CHUNK, is_of_one, last_activation, map_backward, scatter_to_grid
from phynes_core.kernels.cpu.neural_map import encode_panels
from phynes_core.kernels.cpu.vector_tiles import (
    PANEL,
    ROWS,
    linear_tile,
    relu_rows_tile,
    relu_tile,
    sigmoid_tile,
    softplus_constants,
    softplus_rows_tile,
    softplus_tile,
)
from phynes_core.kernels.surface_interfaces import HashLevels, MapLayers


@dataclass(frozen=True)
class _Shape:
    """Sizes, filled up to whole tiles."""

    points: int
    inputs: int
    width: int
    hidden: int  # layers
    head: int  # rows

    @property
    def panels(self) -> int:
        return -(-self.points // PANEL)

    def weights(self) -> list[tuple[int, int]]:  # outputs, inputs of each layer
        return [(self.width, self.inputs), *[(self.width, self.width)] * (self.hidden - 1), (self.head, self.width)]


def train_query(
    uv: Tensor, index: Tensor | None, grid: Tensor, levels: HashLevels, first_biases: Tensor, layers: MapLayers
) -> Tensor:
    """The interface TrainMap."""
    values = _TrainQuery.apply(uv, index, grid, levels, first_biases, layers, *layers.weights, *layers.biases)
    return layers.output_offset + layers.output_scale * values


class _TrainQuery(torch.autograd.Function):
    @staticmethod
    def forward(ctx, uv, index, grid, levels, first_biases, layers, *parameters) -> Tensor:
        weights, biases = parameters[: len(layers.weights)], parameters[len(layers.weights) :]
        shape = _Shape(
            len(uv), _padded(grid.shape[1] * len(levels.scale)), _padded(first_biases.shape[1]), len(weights) - 1,
            _padded(len(biases[-1])),
        )  # fmt: skip
        places = np.ascontiguousarray(uv.detach().numpy(), np.float32)
        slots = np.zeros(len(uv), np.int32) if index is None else index.numpy().astype(np.int32)
        first = _filled(first_biases, len(first_biases), shape.width)
        packed = [_filled(weight, *size) for weight, size in zip(weights, shape.weights(), strict=True)]
        starts = [_filled(bias[None], 1, len(weight)) for bias, weight in zip(biases, packed[1:], strict=True)]
        encoded = np.zeros((shape.panels, shape.inputs, PANEL), np.float32)
        hidden = np.empty((shape.panels, shape.hidden, shape.width, PANEL), np.float32)
        outputs = np.empty((len(uv), len(biases[-1])), np.float32)
        _forward(
            places, slots, np.ascontiguousarray(grid.detach().numpy()), *_table(levels), (0,) * grid.shape[1], first,
            _joined(packed), _joined(starts), layers.is_relu, softplus_constants(layers.softplus_beta),
            layers.has_residual_output, layers.has_sigmoid, encoded, hidden, outputs,
        )  # fmt: skip
        ctx.shape, ctx.levels, ctx.layers, ctx.packed, ctx.num_entries = shape, levels, layers, packed, len(grid)
        ctx.features, ctx.first_shape = grid.shape[1], first_biases.shape
        ctx.sizes = [weight.shape for weight in weights], [len(bias) for bias in biases]
        ctx.arrays = places, slots, encoded, hidden, outputs
        return torch.from_numpy(outputs)

    @staticmethod
    def backward(ctx, *gradients: Tensor):
        shape, layers, (places, slots, encoded, hidden, outputs) = ctx.shape, ctx.layers, ctx.arrays
        needs_grid, needs_layers = ctx.needs_input_grad[2], any(ctx.needs_input_grad[6:])
        needs_first = ctx.needs_input_grad[4]
        count, width = ctx.first_shape
        num_chunks = -(-shape.panels // CHUNK)
        ends = np.cumsum([0, *(a * b for a, b in shape.weights())])
        added = np.zeros((num_chunks, ends[-1] if needs_layers else 0), np.float32)
        added_biases = np.zeros((num_chunks, (shape.hidden - 1) * shape.width + shape.head), np.float32)
        added_first = np.zeros((num_chunks, count, shape.width), np.float32)
        grad_encoded = np.empty_like(encoded) if needs_grid else np.empty((0, 0, 0), np.float32)
        transposed = _joined([np.ascontiguousarray(weight.T) for weight in ctx.packed])
        map_backward(
            np.ascontiguousarray(gradients[0].numpy(), np.float32), outputs, slots, encoded, hidden, transposed,
            layers.is_relu, softplus_constants(layers.softplus_beta), layers.has_residual_output, layers.has_sigmoid,
            added, added_biases, added_first, grad_encoded,
        )  # fmt: skip
        grad_grid = None
        if needs_grid:
            grad_grid = np.empty((ctx.num_entries, ctx.features), np.float32)
            scatter_to_grid(places, grad_encoded, *_table(ctx.levels), (0,) * ctx.features, grad_grid)
            grad_grid = torch.from_numpy(grad_grid)
        grad_first = torch.from_numpy(added_first.sum(0)[:, :width].copy()) if needs_first else None
        if not needs_layers:
            return None, None, grad_grid, None, grad_first, None, *[None] * (2 * shape.hidden + 1)
        sums, bias_sums, bias_at = added.sum(0), added_biases.sum(0), 0
        grads = []
        for size, start, (rows, columns) in zip(ctx.sizes[0], ends[:-1], shape.weights(), strict=True):
            whole = sums[start : start + rows * columns].reshape(rows, columns)
            grads.append(torch.from_numpy(whole[: size[0], : size[1]].copy()))
        for size, (rows, _) in zip(ctx.sizes[1], shape.weights()[1:], strict=True):
            grads.append(torch.from_numpy(bias_sums[bias_at : bias_at + size].copy()))
            bias_at += rows
        return None, None, grad_grid, None, grad_first, None, *grads


def _padded(count: int) -> int:
    return -(-count // ROWS) * ROWS


def _filled(values: Tensor, rows: int, columns: int) -> np.ndarray:  # [rows, columns], zeros where there are none
    array = values.detach().numpy()
    if array.shape == (rows, columns):
        return np.ascontiguousarray(array, np.float32)
    filled = np.zeros((rows, columns), np.float32)
    filled[: array.shape[0], : array.shape[1]] = array
    return filled


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays])


def _table(levels: HashLevels):
    return levels.scale, levels.resolution, levels.offset, levels.is_hashed, np.uint32(levels.prime)


@exact_parallel
def _forward(
    uv, index, grid, scale, resolution, offset, is_hashed, prime, features, first, weights, biases, is_relu, constants,
    has_residual_output, has_sigmoid, encoded, hidden, outputs,
):  # fmt: skip
    num_panels = encoded.shape[0]
    for chunk in prange((num_panels + CHUNK - 1) // CHUNK):
        begin, end = chunk * CHUNK, min(num_panels, (chunk + 1) * CHUNK)
        encode_panels(
            uv[begin * PANEL : end * PANEL], grid, scale, resolution, offset, is_hashed, prime, features,
            encoded[begin:end],
        )  # fmt: skip
        for panel in range(begin, end):
            _forward_panel(
                index, first, weights, biases, is_relu, constants, has_residual_output, has_sigmoid, panel, encoded,
                hidden, outputs,
            )  # fmt: skip


@exact_inner
def _forward_panel(
    index, first, weights, biases, is_relu, constants, has_residual_output, has_sigmoid, panel, encoded, hidden, outputs
):
    inputs, (num_hidden, width), (count, channels) = encoded.shape[1], hidden.shape[1:3], outputs.shape
    source, target = encoded.reshape(-1), hidden.reshape(-1)
    start, bias_at = np.empty(width * PANEL, np.float32), 0 * count
    _fill_start(index, first, panel * PANEL, start)
    source_at, at, weight_at = panel * inputs * PANEL, panel * num_hidden * width * PANEL, width * inputs
    for row in range(0, width, ROWS):
        if is_relu:
            relu_rows_tile(
                source, source_at, weights, row * inputs, start, row * PANEL, target, at + row * PANEL, inputs
            )  # fmt: skip
        else:
            softplus_rows_tile(
                source, source_at, weights, row * inputs, start, row * PANEL, target, at + row * PANEL, inputs,
                constants,
            )  # fmt: skip
    for _ in range(1, num_hidden):
        above = at + width * PANEL
        for row in range(0, width, ROWS):
            if is_relu:
                relu_tile(
                    target, at, weights, weight_at + row * width, biases, bias_at + row, target, above + row * PANEL,
                    width,
                )  # fmt: skip
            else:
                softplus_tile(
                    target, at, weights, weight_at + row * width, biases, bias_at + row, target, above + row * PANEL,
                    width, constants,
                )  # fmt: skip
        at, weight_at, bias_at = above, weight_at + width * width, bias_at + width
    head, last = np.empty((channels + ROWS - 1) // ROWS * ROWS * PANEL, np.float32), start
    last_activation(target, panel * num_hidden * width * PANEL, at, has_residual_output, last)
    for row in range(0, len(head) // PANEL, ROWS):
        if has_sigmoid:
            sigmoid_tile(
                last, 0, weights, weight_at + row * width, biases, bias_at + row, head, row * PANEL, width
            )  # fmt: skip
        else:
            linear_tile(last, 0, weights, weight_at + row * width, biases, bias_at + row, head, row * PANEL, width)
    for i in range(panel * PANEL, min(count, (panel + 1) * PANEL)):
        for channel in range(channels):
            outputs[i, channel] = head[channel * PANEL + i - panel * PANEL]


@exact_inner
def _fill_start(index, first, begin, start):
    """The first layer's biases of a panel's points, [width, PANEL]."""
    width, last = first.shape[1], len(index) - 1
    if is_of_one(index, begin):
        for row in range(width):
            start[row * PANEL : (row + 1) * PANEL] = first[index[begin], row]
        return
    for i in range(PANEL):
        slot = index[min(begin + i, last)]
        for row in range(width):
            start[row * PANEL + i] = first[slot, row]
