"""Normals tilted by the slopes of an offset map, pixel by pixel: the same as render/detail_normals.py's torch."""

import math

import numpy as np
import torch
from numba import float32
from torch import Tensor

from phynes_core.kernels.cpu.compiler import parallel, prange, serial
from phynes_core.kernels.surface_interfaces import SlopeFrames

_ROWS = 1 << 11  # pixels that a thread takes at once
_ONE, _LEAST_SQUARE, _LEAST_NORM = float32(1), float32(1e-20), float32(1e-12)


def detail_normals(
    normal: Tensor, gradient: Tensor, face_index: Tensor, frames: SlopeFrames, most_slope: float, least_stretch: float
) -> Tensor:
    """The interface DetailNormals."""
    tilted = np.empty((len(normal), 3), np.float32)
    columns = normal, gradient, face_index, frames.duals, frames.linear
    normals, slopes, faces, duals, linear = (column.contiguous().numpy() for column in columns)
    most, least = np.float32(most_slope), np.float32(least_stretch)
    if frames.blend is None:
        _tilt_by_lengths(normals, slopes, faces, duals, linear, most, tilted)
    else:
        blend = frames.blend.contiguous().numpy()
        _tilt_by_vectors(normals, slopes, faces, duals, linear, blend, most, least, tilted)
    return torch.from_numpy(tilted)


@serial
def _tilt(normal, x, y, z, most_slope, tilted):
    """normalize(n - g), |g| at most `most_slope`; n itself where g is 0."""
    if x == 0 and y == 0 and z == 0:
        tilted[0], tilted[1], tilted[2] = normal[0], normal[1], normal[2]
        return
    scale = min(most_slope / math.sqrt(max(x * x + y * y + z * z, _LEAST_SQUARE)), _ONE)
    x, y, z = normal[0] - scale * x, normal[1] - scale * y, normal[2] - scale * z
    inverse = _ONE / max(math.sqrt(x * x + y * y + z * z), _LEAST_NORM)
    tilted[0], tilted[1], tilted[2] = x * inverse, y * inverse, z * inverse


@parallel
def _tilt_by_lengths(normal, gradient, face_index, duals, linear, most_slope, tilted):
    for chunk in prange((len(normal) + _ROWS - 1) // _ROWS):
        for i in range(chunk * _ROWS, min(len(normal), (chunk + 1) * _ROWS)):
            face, along, across = face_index[i], gradient[i, 0], gradient[i, 1]
            x = along * duals[face, 0, 0] + across * duals[face, 1, 0] - linear[face, 0]
            y = along * duals[face, 0, 1] + across * duals[face, 1, 1] - linear[face, 1]
            z = along * duals[face, 0, 2] + across * duals[face, 1, 2] - linear[face, 2]
            _tilt(normal[i], x, y, z, most_slope, tilted[i])


@parallel
def _tilt_by_vectors(normal, gradient, face_index, duals, linear, blend, most_slope, least_stretch, tilted):
    for chunk in prange((len(normal) + _ROWS - 1) // _ROWS):
        moved, stretch = np.empty((3, 3), np.float32), np.empty((3, 3), np.float32)
        for i in range(chunk * _ROWS, min(len(normal), (chunk + 1) * _ROWS)):
            face = face_index[i]
            for row in range(3):
                for axis in range(3):
                    moved[row, axis] = (
                        gradient[i, row, 0] * duals[face, 0, axis]
                        + gradient[i, row, 1] * duals[face, 1, axis]
                        - linear[face, row, axis]
                    )
            for row in range(3):
                for axis in range(3):
                    stretch[row, axis] = (
                        blend[face, row, 0] * moved[0, axis]
                        + blend[face, row, 1] * moved[1, axis]
                        + blend[face, row, 2] * moved[2, axis]
                    )
            x, y, z = _lost(normal[i], stretch, least_stretch)
            _tilt(normal[i], x, y, z, most_slope, tilted[i])


@serial
def _cross(a_x, a_y, a_z, b_x, b_y, b_z):
    return a_y * b_z - a_z * b_y, a_z * b_x - a_x * b_z, a_x * b_y - a_y * b_x


@serial
def _lost(normal, stretch, least_stretch):
    """n - A^-T n, A = I + E: what the normal loses where the surface is moved so."""
    n_x, n_y, n_z = normal[0], normal[1], normal[2]
    a_x, a_y, a_z = _ONE + stretch[0, 0], stretch[1, 0], stretch[2, 0]
    b_x, b_y, b_z = stretch[0, 1], _ONE + stretch[1, 1], stretch[2, 1]
    c_x, c_y, c_z = stretch[0, 2], stretch[1, 2], _ONE + stretch[2, 2]
    p_x, p_y, p_z = _cross(b_x, b_y, b_z, c_x, c_y, c_z)
    area = a_x * p_x + a_y * p_y + a_z * p_z
    if area < least_stretch:
        return (
            stretch[0, 0] * n_x + stretch[1, 0] * n_y + stretch[2, 0] * n_z,
            stretch[0, 1] * n_x + stretch[1, 1] * n_y + stretch[2, 1] * n_z,
            stretch[0, 2] * n_x + stretch[1, 2] * n_y + stretch[2, 2] * n_z,
        )
    q_x, q_y, q_z = _cross(c_x, c_y, c_z, a_x, a_y, a_z)
    r_x, r_y, r_z = _cross(a_x, a_y, a_z, b_x, b_y, b_z)
    return (
        n_x - (p_x * n_x + q_x * n_y + r_x * n_z) / area,
        n_y - (p_y * n_x + q_y * n_y + r_y * n_z) / area,
        n_z - (p_z * n_x + q_z * n_y + r_z * n_z) / area,
    )
