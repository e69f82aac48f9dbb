"""Softplus forward and backward, for training: a quarter of torch's time, and the result is all that backward needs."""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

import numpy as np

from phynes_core.kernels.cpu.compiler import exact_parallel, prange  # first: it configures numba
from phynes_core.kernels.cpu.vector_tiles import PANEL, softplus_gradient_panel, softplus_panel

_CHUNK = 64  # panels that a thread takes at once


def softplus(values: np.ndarray) -> np.ndarray:  # any shape, float32, C-contiguous
    """log(1 + exp(beta x)) / beta with maps/neural_map.py's beta."""
    result = np.empty(values.shape, np.float32)
    _forward(values.reshape(-1), result.reshape(-1))
    return result


def softplus_backward(result: np.ndarray, gradient: np.ndarray) -> np.ndarray:  # both float32, C-contiguous
    """The gradient by what `softplus` turned into `result`."""
    target = np.empty(result.shape, np.float32)
    _backward(result.reshape(-1), gradient.reshape(-1), target.reshape(-1))
    return target


@exact_parallel
def _forward(values, result):
    whole = len(values) // PANEL
    for chunk in prange((whole + _CHUNK - 1) // _CHUNK):
        for panel in range(chunk * _CHUNK, min(whole, (chunk + 1) * _CHUNK)):
            softplus_panel(values, panel * PANEL, result, panel * PANEL)
    rest = len(values) - whole * PANEL
    if rest:
        last, padded = np.zeros(PANEL, np.float32), np.zeros(PANEL, np.float32)
        last[:rest] = values[whole * PANEL :]
        softplus_panel(last, 0, padded, 0)
        result[whole * PANEL :] = padded[:rest]


@exact_parallel
def _backward(result, gradient, target):
    whole = len(result) // PANEL
    for chunk in prange((whole + _CHUNK - 1) // _CHUNK):
        for panel in range(chunk * _CHUNK, min(whole, (chunk + 1) * _CHUNK)):
            at = panel * PANEL
            softplus_gradient_panel(result, at, gradient, at, target, at)
    rest = len(result) - whole * PANEL
    if rest:
        last, slope, padded = np.zeros(PANEL, np.float32), np.zeros(PANEL, np.float32), np.zeros(PANEL, np.float32)
        last[:rest], slope[:rest] = result[whole * PANEL :], gradient[whole * PANEL :]
        softplus_gradient_panel(last, 0, slope, 0, padded, 0)
        target[whole * PANEL :] = padded[:rest]
