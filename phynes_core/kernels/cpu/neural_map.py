"""A whole neural map at many points: hash encoding and all layers, for panels of points that stay in the cache.

Features and activations lie feature by feature, the points of a panel side by side: [features, PANEL].
"""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

import numpy as np
import torch
from numba import float32, int32, uint32
from torch import Tensor

from phynes_core.kernels.cpu.compiler import exact_inner, exact_parallel, inner, prange  # first: it configures numba
from phynes_core.kernels.cpu.vector_tiles import (
    PANEL,
    ROWS,
    linear_tile,
    relu_tile,
    sigmoid_tile,
    softplus_constants,
    softplus_gradient_panel,
    softplus_panel,
    softplus_tile,
)
from phynes_core.kernels.surface_interfaces import HashLevels, MapLayers

_CHUNK = 16  # panels that a thread encodes before the layers, so that a level's grid stays in the cache
_SOFTPLUS_CHUNK = 64  # panels of a plain softplus that a thread takes at once
_ONE = int32(1)


def query(
    uv: Tensor, grid: Tensor, levels: HashLevels, first_bias: Tensor, layers: MapLayers, count: Tensor | None
) -> Tensor:
    """The interface QueryMap; computes all rows."""
    layer_biases = [first_bias, *layers.biases]
    outputs = np.empty((len(uv), len(layer_biases[-1])), np.float32)
    weights, biases = _packed([w.numpy() for w in layers.weights], [b.numpy() for b in layer_biases])
    features = (0,) * grid.shape[1]
    _query(
        np.ascontiguousarray(uv.numpy(), np.float32), np.ascontiguousarray(grid.numpy(), np.float32), levels.scale,
        levels.resolution, levels.offset, levels.is_hashed, np.uint32(levels.prime), features, weights, biases,
        len(layers.weights) - 1, _padded(len(first_bias)), layers.is_relu, softplus_constants(layers.softplus_beta),
        layers.has_residual_output, layers.has_sigmoid, outputs,
    )  # fmt: skip
    return layers.output_offset + layers.output_scale * torch.from_numpy(outputs)


def _padded(count: int) -> int:
    return -(-count // ROWS) * ROWS


def _packed(layer_weights: list[np.ndarray], layer_biases: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All weights and all biases, one layer after the other, filled up with zeros to whole tiles.

    Packed anew for every query, so that it can never be stale: some ten microseconds.
    """
    weights, biases, inputs = [], [], layer_weights[0].shape[1]
    for weight, bias in zip(layer_weights, layer_biases, strict=True):
        outputs = _padded(len(bias))
        if outputs != len(bias) or inputs != weight.shape[1]:
            weight = np.pad(weight, ((0, outputs - len(bias)), (0, inputs - weight.shape[1])))
            bias = np.pad(bias, (0, outputs - len(bias)))
        weights.append(weight.ravel())
        biases.append(bias)
        inputs = outputs
    return np.concatenate(weights, dtype=np.float32), np.concatenate(biases, dtype=np.float32)


@exact_parallel
def _query(
    uv, grid, scale, resolution, offset, is_hashed, prime, features, weights, biases, num_hidden, width, is_relu,
    constants, has_residual_output, has_sigmoid, outputs,
):  # fmt: skip
    points = _CHUNK * PANEL
    for chunk in prange((len(uv) + points - 1) // points):
        _query_chunk(
            uv[chunk * points : (chunk + 1) * points], grid, scale, resolution, offset, is_hashed, prime, features,
            weights, biases, num_hidden, width, is_relu, constants, has_residual_output, has_sigmoid,
            outputs[chunk * points : (chunk + 1) * points],
        )  # fmt: skip


@exact_inner
def _query_chunk(
    uv, grid, scale, resolution, offset, is_hashed, prime, features, weights, biases, num_hidden, width, is_relu,
    constants, has_residual_output, has_sigmoid, outputs,
):  # fmt: skip
    num_points, channels, inputs = outputs.shape[0], outputs.shape[1], len(scale) * len(features)
    num_panels, head_rows = (num_points + PANEL - 1) // PANEL, (channels + ROWS - 1) // ROWS * ROWS
    encoded = np.empty(num_panels * inputs * PANEL, np.float32)
    encode_panels(
        uv, grid, scale, resolution, offset, is_hashed, prime, features, encoded.reshape(num_panels, inputs, PANEL)
    )  # fmt: skip
    first = np.empty(width * PANEL, np.float32)
    even, odd = np.empty(width * PANEL, np.float32), np.empty(width * PANEL, np.float32)
    head, start = np.empty(head_rows * PANEL, np.float32), 0 * num_points
    for panel in range(num_panels):
        _layer(encoded, panel * inputs * PANEL, inputs, weights, start, biases, start, width, is_relu, constants, first)
        last, weight_at = first, width * inputs
        for layer in range(1, num_hidden):
            target = odd if layer % 2 else even
            _layer(
                last, start, width, weights, weight_at, biases, layer * width, width, is_relu, constants, target
            )  # fmt: skip
            last, weight_at = target, weight_at + width * width
        if has_residual_output:
            for i in range(width * PANEL):
                even[i] = last[i] + first[i]
            last = even
        for row in range(0, head_rows, ROWS):
            if has_sigmoid:
                sigmoid_tile(
                    last, 0, weights, weight_at + row * width, biases, num_hidden * width + row, head, row * PANEL,
                    width,
                )  # fmt: skip
            else:
                linear_tile(
                    last, 0, weights, weight_at + row * width, biases, num_hidden * width + row, head, row * PANEL,
                    width,
                )  # fmt: skip
        for i in range(panel * PANEL, min(num_points, (panel + 1) * PANEL)):
            for channel in range(channels):
                outputs[i, channel] = head[channel * PANEL + i - panel * PANEL]


@exact_inner
def _layer(source, source_at, depth, weights, weight_at, biases, bias_at, width, is_relu, constants, target):
    for row in range(0, width, ROWS):
        if is_relu:
            relu_tile(
                source, source_at, weights, weight_at + row * depth, biases, bias_at + row, target, row * PANEL, depth
            )
        else:
            softplus_tile(
                source, source_at, weights, weight_at + row * depth, biases, bias_at + row, target, row * PANEL, depth,
                constants,
            )  # fmt: skip


@inner
def encode_panels(uv, grid, scale, resolution, offset, is_hashed, prime, features, encoded):
    """Bilinear features of every level (maps/encodings.py), into [panels, L F, PANEL]; the last panel repeats."""
    u, v = np.empty(PANEL, np.float32), np.empty(PANEL, np.float32)
    entries = np.empty((4, PANEL), np.int32)
    for level in range(len(scale)):
        values = grid[offset[level] : offset[level + 1]]
        for panel in range(encoded.shape[0]):
            place_panel(uv, panel, scale[level], u, v)
            if is_hashed[level]:
                hashed_corners(u, v, int32(values.shape[0]), prime, entries)
            else:
                dense_corners(u, v, int32(values.shape[0]), int32(resolution[level]), entries)
            _interpolate(u, v, values, entries, features, level * len(features), encoded[panel])


@inner
def place_panel(uv, panel, scale, u, v):
    """Where the points of a panel lie in a level's grid, in its cells; the last point fills the last panel."""
    for i in range(PANEL):
        point = min(panel * PANEL + i, uv.shape[0] - 1)
        u[i] = uv[point, 0] * scale + float32(0.5)
        v[i] = uv[point, 1] * scale + float32(0.5)


@inner
def hashed_corners(u, v, num_entries, prime, entries):
    """Entries of the cells' corners: own vertex, the next in u, the next in v, both. num_entries is a power of two."""
    mask = num_entries - _ONE
    for i in range(PANEL):
        x, near = int32(np.floor(u[i])), int32(uint32(int32(np.floor(v[i]))) * prime)
        far = int32(uint32(near) + prime)
        entries[0, i], entries[1, i] = (x ^ near) & mask, ((x + _ONE) ^ near) & mask
        entries[2, i], entries[3, i] = (x ^ far) & mask, ((x + _ONE) ^ far) & mask


@inner
def dense_corners(u, v, num_entries, side, entries):
    """The same of a level that holds every vertex."""
    overrun = int32(0)  # negative as soon as one corner lies past the border: those wrap as unsigned numbers do
    for i in range(PANEL):
        entry = int32(np.floor(u[i])) + int32(np.floor(v[i])) * side
        entries[0, i], entries[1, i] = entry, entry + _ONE
        entries[2, i], entries[3, i] = entry + side, entry + side + _ONE
        overrun |= entry | (num_entries - entry - side - int32(2))
    if overrun < 0:
        for corner in range(4):
            for i in range(PANEL):
                entries[corner, i] = int32(uint32(entries[corner, i]) % uint32(num_entries))


@inner
def _interpolate(u, v, values, entries, features, column, target):
    for i in range(PANEL):
        share_u, share_v = u[i] - np.floor(u[i]), v[i] - np.floor(v[i])
        w11 = share_u * share_v
        w10, w01 = share_u - w11, share_v - w11
        w00 = float32(1) - share_u - w01
        e00, e10 = uint32(entries[0, i]), uint32(entries[1, i])  # unsigned: no test for negative indices
        e01, e11 = uint32(entries[2, i]), uint32(entries[3, i])
        for k in range(len(features)):  # a tuple's length is known when this is compiled, so it unrolls
            target[column + k, i] = (
                w00 * values[e00, k] + w10 * values[e10, k] + w01 * values[e01, k] + w11 * values[e11, k]
            )


def softplus(values: Tensor, beta: float) -> Tensor:
    """The interface Softplus: a quarter of torch's time, and the result is all that the gradient needs."""
    return _Softplus.apply(values, beta)


class _Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor, beta: float) -> Tensor:
        array = values.detach().contiguous().numpy()
        result = np.empty(array.shape, np.float32)
        _forward(array.reshape(-1), result.reshape(-1), softplus_constants(beta))
        ctx.beta = beta
        ctx.save_for_backward(kept := torch.from_numpy(result))
        return kept

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None]:
        (result,) = ctx.saved_tensors
        target = np.empty(result.shape, np.float32)
        gradient = gradients[0].contiguous().numpy()
        _backward(result.numpy().reshape(-1), gradient.reshape(-1), target.reshape(-1), softplus_constants(ctx.beta))
        return torch.from_numpy(target), None


@exact_parallel
def _forward(values, result, constants):
    whole = len(values) // PANEL
    for chunk in prange((whole + _SOFTPLUS_CHUNK - 1) // _SOFTPLUS_CHUNK):
        for panel in range(chunk * _SOFTPLUS_CHUNK, min(whole, (chunk + 1) * _SOFTPLUS_CHUNK)):
            softplus_panel(values, panel * PANEL, result, panel * PANEL, constants)
    rest = len(values) - whole * PANEL
    if rest:
        last, padded = np.zeros(PANEL, np.float32), np.zeros(PANEL, np.float32)
        last[:rest] = values[whole * PANEL :]
        softplus_panel(last, 0, padded, 0, constants)
        result[whole * PANEL :] = padded[:rest]


@exact_parallel
def _backward(result, gradient, target, constants):
    whole = len(result) // PANEL
    for chunk in prange((whole + _SOFTPLUS_CHUNK - 1) // _SOFTPLUS_CHUNK):
        for panel in range(chunk * _SOFTPLUS_CHUNK, min(whole, (chunk + 1) * _SOFTPLUS_CHUNK)):
            at = panel * PANEL
            softplus_gradient_panel(result, at, gradient, at, target, at, constants)
    rest = len(result) - whole * PANEL
    if rest:
        last, slope, padded = np.zeros(PANEL, np.float32), np.zeros(PANEL, np.float32), np.zeros(PANEL, np.float32)
        last[:rest], slope[:rest] = result[whole * PANEL :], gradient[whole * PANEL :]
        softplus_gradient_panel(last, 0, slope, 0, padded, 0, constants)
        target[whole * PANEL :] = padded[:rest]
