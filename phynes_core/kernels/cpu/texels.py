"""Reading textures over the UV square: bilinear values, the texels that differences read, and the differences.

Row 0 is v = 1 and texel centers lie at whole numbers; look-ups beyond the outermost centers read these. Steps of
differences are in the order of body/atlas.py's STEPS: left, right, down, up.
"""

import numpy as np
import torch
from numba import float32, int64
from torch import Tensor

from phynes_core.kernels.cpu.compiler import parallel, prange, serial  # first: it configures numba

_ROWS = 1 << 11  # points that a thread takes at once
_UNIT, _ZERO = float32(1.0 / 65535.0), float32(32768.0)  # of maps/texels.py's codes


def read_texels(image: Tensor, uv: Tensor) -> Tensor:
    """The interface ReadTexels."""
    values = np.empty((len(uv), image.shape[2]), np.float32)
    _read(image.numpy(), _points(uv), values, (0,) * image.shape[2])
    return torch.from_numpy(values)


def missing_texels(values: Tensor, uv: Tensor, open_bits: Tensor) -> Tensor:
    """The interface MissingTexels."""
    side = len(values)
    marks = np.zeros(side * side, np.bool_)
    _mark(_points(uv), open_bits.numpy(), side, marks)
    marks &= np.isnan(values[..., 0].numpy()).reshape(-1)
    return torch.from_numpy(np.flatnonzero(marks))


def texel_differences(values: Tensor, uv: Tensor, open_bits: Tensor) -> Tensor:
    """The interface TexelDifferences."""
    slopes = np.empty((len(uv), values.shape[2], 2), np.float32)
    _differences(values.numpy(), _points(uv), open_bits.numpy(), slopes)
    return torch.from_numpy(slopes)


def _points(uv: Tensor) -> np.ndarray:
    return np.ascontiguousarray(uv.numpy(), np.float32)


@parallel
def _read(image, uv, values, each_channel):  # a tuple's length is known when this is compiled, so loops unroll
    side, channels = image.shape[0], len(each_channel)
    flat = image.reshape(-1)
    for chunk in prange((len(uv) + _ROWS - 1) // _ROWS):
        for point in range(chunk * _ROWS, min(len(uv), (chunk + 1) * _ROWS)):
            top, down = _place(float32(1) - uv[point, 1], side)
            left, across = _place(uv[point, 0], side)
            upper = (top * side + left) * channels
            lower = upper + side * channels
            for k in range(len(each_channel)):
                first, second = float32(flat[upper + k]), float32(flat[lower + k])
                first += across * (float32(flat[upper + channels + k]) - first)
                second += across * (float32(flat[lower + channels + k]) - second)
                values[point, k] = (first + down * (second - first) + _ZERO) * _UNIT


@serial
def _place(share, side):
    """The first of two neighboring texels and the share of the second."""
    place = min(max(share * float32(side) - float32(0.5), float32(0)), float32(side - 1))
    first = min(int64(np.floor(place)), side - 2)
    return first, place - float32(first)


@serial
def _reach(uv, point, open_bits):
    """How far the point may step to the left, right, down and up: a cell of the table or 0."""
    side = open_bits.shape[0]
    column = min(max(int64(uv[point, 0] * float32(side)), 0), side - 1)
    row = min(max(int64((float32(1) - uv[point, 1]) * float32(side)), 0), side - 1)
    bits, cell = open_bits[row, column], float32(1) / float32(side)
    return (
        cell if bits & 1 else float32(0), cell if bits & 2 else float32(0), cell if bits & 4 else float32(0),
        cell if bits & 8 else float32(0),
    )  # fmt: skip


@parallel
def _mark(uv, open_bits, side, marks):
    for chunk in prange((len(uv) + _ROWS - 1) // _ROWS):
        for point in range(chunk * _ROWS, min(len(uv), (chunk + 1) * _ROWS)):
            u, v = uv[point, 0], uv[point, 1]
            to_left, to_right, below, above = _reach(uv, point, open_bits)
            first, last = _place(u - to_left, side)[0], _place(u + to_right, side)[0] + 1
            for row in range(_place(float32(1) - (v + above), side)[0], _place(float32(1) - (v - below), side)[0] + 2):
                for column in range(first, last + 1):
                    marks[row * side + column] = True


@serial
def _value(values, u, v, channel):
    side = values.shape[0]
    top, down = _place(float32(1) - v, side)
    left, across = _place(u, side)
    upper = values[top, left, channel]
    upper += across * (values[top, left + 1, channel] - upper)
    lower = values[top + 1, left, channel]
    lower += across * (values[top + 1, left + 1, channel] - lower)
    return upper + down * (lower - upper)


@parallel
def _differences(values, uv, open_bits, slopes):
    cell = float32(1) / float32(open_bits.shape[0])
    for chunk in prange((len(uv) + _ROWS - 1) // _ROWS):
        for point in range(chunk * _ROWS, min(len(uv), (chunk + 1) * _ROWS)):
            u, v = uv[point, 0], uv[point, 1]
            to_left, to_right, below, above = _reach(uv, point, open_bits)
            for k in range(values.shape[2]):
                along = _value(values, u + to_right, v, k) - _value(values, u - to_left, v, k)
                up = _value(values, u, v + above, k) - _value(values, u, v - below, k)
                slopes[point, k, 0] = along / max(to_left + to_right, cell)
                slopes[point, k, 1] = up / max(below + above, cell)
