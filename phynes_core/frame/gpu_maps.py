"""Neural maps as the GPU's passes read them: shared/neural_map.wgsl takes those that training makes by default.

shared/wide_map.wgsl takes all others that a checkpoint may hold: waves instead of a grid, more features a level, wider
layers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from phynes_core.conventions import POSE_DIM
from phynes_core.frame.gpu_arrays import array_of
from phynes_core.maps.encodings import HashEncoding
from phynes_core.maps.neural_map import SOFTPLUS_BETA, NeuralMap

_WIDTH = 64  # units of a layer, features of a grid: what 32 points have in a workgroup's memory
_CHANNELS = 4
_WIDE_VECTORS = 1024  # of four points each, in a workgroup's memory
_WIDE_THREADS = 256
_MOST_SUMS = 4  # vectors that a thread computes


def is_narrow(neural_map: NeuralMap) -> bool:
    """Whether shared/neural_map.wgsl takes this map, which is faster."""
    config, encoding = neural_map.config, neural_map.encoding
    return (
        isinstance(encoding, HashEncoding)
        and encoding.config.num_features == 2
        and encoding.output_width <= _WIDTH
        and config.hidden_width <= _WIDTH
        and config.pose_dim in (0, POSE_DIM)
    )


def points_at_once(neural_map: NeuralMap) -> int:
    """How many a workgroup of shared/wide_map.wgsl takes."""
    width = neural_map.config.hidden_width
    features_a_thread = -(-width // _WIDE_THREADS)
    fitting = _WIDE_VECTORS // max(width, neural_map.encoding.output_width)
    return 4 * min(fitting, _MOST_SUMS // features_a_thread)


def map_constants(neural_map: NeuralMap) -> dict[str, str]:
    """The constants of `map_constants` or `wide_constants` in frame.json, as WGSL writes them."""
    config, encoding = neural_map.config, neural_map.encoding
    constants = {
        "INPUTS": f"{encoding.output_width}u",
        "HIDDEN": f"{len(list(neural_map.hidden))}u",
        "IS_RELU": str(config.activation == "relu").lower(),
        "HAS_RESIDUAL": str(config.residual_output).lower(),
        "HAS_SIGMOID": str(config.output == "sigmoid").lower(),
        "SOFTPLUS_BETA": repr(float(SOFTPLUS_BETA)),
        "OUTPUT_SCALE": repr(float(config.output_scale)),
        "OUTPUT_OFFSET": repr(float(config.output_offset)),
    }
    grid = encoding.config if isinstance(encoding, HashEncoding) else None
    if grid is not None and is_narrow(neural_map):
        return constants | {"LEVELS": f"{grid.num_levels}u"}
    return constants | {
        "WIDTH": f"{config.hidden_width}u",
        "QUADS": f"{points_at_once(neural_map) // 4}u",
        "FEATURES": f"{1 if grid is None else grid.num_features}u",
        "OCTAVES": f"{config.frequency_octaves}u",
        "CHANNELS": "1u" if config.output_channels == 1 else f"{_CHANNELS}u",
    }


def map_values(neural_map: NeuralMap) -> dict[str, Any]:
    """Numbers of the map's runs, by the ends of their names in frame.json."""
    return {
        "inputs": neural_map.config.pose_dim,
        "operations": map_operations(neural_map),
        "width": neural_map.config.hidden_width,
        "points": points_at_once(neural_map),
        "is_wide": not is_narrow(neural_map),
    }


def map_operations(neural_map: NeuralMap) -> int:
    """Floating-point operations of one query, counted from its shape."""
    hidden, inputs = len(list(neural_map.hidden)), neural_map.encoding.output_width
    width = _WIDTH if is_narrow(neural_map) else neural_map.config.hidden_width
    products = inputs * width + (hidden - 1) * width**2 + width * _CHANNELS
    return 2 * products + 6 * hidden * width + 13 * inputs


def map_arrays(neural_map: NeuralMap) -> dict[str, Callable[[], np.ndarray]]:
    """What makes each of the map's buffers."""
    return {
        "layers": lambda: map_layers(neural_map),
        "grid": lambda: map_grid(neural_map),
        "levels": lambda: map_levels(neural_map),
        "pose_layer": lambda: map_pose_layer(neural_map),
    }


def map_layers(neural_map: NeuralMap) -> np.ndarray:  # float32
    """Weights and biases in the order of the map's WGSL; of narrow maps padded with zeros to 64 units."""
    width = _padded_width(neural_map)
    parts = []
    for number, layer in enumerate(neural_map.hidden):
        weight, bias = array_of(layer.weight), array_of(layer.bias)
        rows = weight.shape[1] if number == 0 else width
        padded = np.zeros((rows, width), np.float32)
        padded[: weight.shape[1], : weight.shape[0]] = weight.T
        parts.append(padded.ravel())
        if number:
            parts.append(np.pad(bias, (0, width - len(bias))))
    weight, bias = array_of(neural_map.head.weight), array_of(neural_map.head.bias)
    head = np.zeros((width + 1, _CHANNELS), np.float32)
    head[: weight.shape[1], : weight.shape[0]] = weight.T
    head[width, : len(bias)] = bias
    return np.concatenate([*parts, head.ravel()])


def map_pose_layer(neural_map: NeuralMap) -> np.ndarray:  # float32
    """Biases of the first layer, then the weights of the pose, unit by unit."""
    width, bias = _padded_width(neural_map), array_of(neural_map.hidden[0].bias)
    weights = np.zeros((width, neural_map.config.pose_dim), np.float32)
    if neural_map.pose is not None:
        weights[: len(bias)] = array_of(neural_map.pose.weight)
    return np.concatenate([np.pad(bias, (0, width - len(bias))), weights.ravel()])


def map_grid(neural_map: NeuralMap) -> np.ndarray:  # [entries, features] float32; of narrow maps uint32
    """The entries of all levels; none of a map of waves.

    Of narrow maps their bits: a word an entry where halves hold them exactly, as those of a checkpoint, else two.
    """
    encoding = neural_map.encoding
    if not isinstance(encoding, HashEncoding):
        return np.zeros((0, 1), np.float32)
    values = array_of(encoding.grid)
    if not is_narrow(neural_map):
        return values
    halves = _halves(values)
    return (values if halves is None else halves).view(np.uint32)


def map_levels(neural_map: NeuralMap) -> np.ndarray:  # [L, 4] uint32; of narrow maps [L + 1, 4]
    """Scale (bits of a float), vertices a side or 0 where hashed, first entry, entries; none of a map of waves.

    The last row of a narrow map begins with 1 where its grid holds halves.
    """
    if not isinstance(neural_map.encoding, HashEncoding):
        return np.zeros((0, 4), np.uint32)
    levels = neural_map.encoding.table
    side = np.where(levels.is_hashed, 0, levels.resolution)
    columns = levels.scale.view(np.uint32), side, levels.offset[:-1], np.diff(levels.offset)
    rows = np.stack(columns, 1).astype(np.uint32)
    if not is_narrow(neural_map):
        return rows
    has_halves = _halves(array_of(neural_map.encoding.grid)) is not None
    return np.concatenate([rows, np.array([[has_halves, 0, 0, 0]], np.uint32)])


def _halves(values: np.ndarray) -> np.ndarray | None:  # float32 -> float16
    """The same values in half precision; None where they are not the same. A GPU may take the smallest, 6e-5, for 0."""
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    return np.ascontiguousarray(halves) if np.array_equal(halves, values) else None


def _padded_width(neural_map: NeuralMap) -> int:
    return _WIDTH if is_narrow(neural_map) else neural_map.config.hidden_width
