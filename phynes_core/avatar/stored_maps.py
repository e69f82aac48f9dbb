"""The four maps of an avatar as a checkpoint's tensors and settings, and everything that makes a stranger's map safe.

Sizes follow from the settings by arithmetic and are compared with the stored shapes before a map is made. The values
that a map can give are bounded: its numbers' products stay finite, and colors and roughness lie where shading expects.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from phynes_core.conventions import MIN_ROUGHNESS, POSE_DIM
from phynes_core.errors import CheckpointError
from phynes_core.maps.encodings import HashEncoding, HashEncodingConfig, level_table
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig

MAP_CHANNELS = {"offset": (1, 3), "texture": (3,), "albedo": (3,), "roughness": (1,)}  # that each may have
LARGEST_VALUE = 1e30  # between layers, for any pose; squares of float32 are finite up to 1e19, sums up to 3e38
LARGEST_ANGLE = 1e6  # rad, of a pose vector; what motions may hold
LARGEST_SCALE = 100.0  # of the offset map's output
_RANGES = {"texture": (0.0, 1.0), "albedo": (0.0, 1.0), "roughness": (MIN_ROUGHNESS, 1.0)}
_LIMITS = {
    "num_levels": 32, "num_features": 8, "log2_entries": 24, "base_resolution": 1024, "finest_resolution": 65535,
    "num_layers": 32, "hidden_width": 1024, "output_channels": 16,
}  # fmt: skip
_ROUNDING = 1e-6  # of a range whose ends were computed

Take = Callable[[str, tuple[int | None, ...]], Tensor]  # the tensor of a name, of this shape; float32 and finite


def map_tensors(network: NeuralMap) -> dict[str, Tensor]:
    """The tensors of a map by name: grid, mlp.0.weight, mlp.0.bias and so on."""
    first = network.hidden[0].weight
    if network.pose is not None:
        first = torch.cat([first, network.pose.weight], 1)
    layers = [(first, network.hidden[0].bias)]
    layers += [(layer.weight, layer.bias) for layer in [*network.hidden[1:], network.head]]
    tensors = {"grid": network.encoding.grid.detach().half()} if isinstance(network.encoding, HashEncoding) else {}
    for number, (weight, bias) in enumerate(layers):
        tensors |= {f"mlp.{number}.weight": weight.detach(), f"mlp.{number}.bias": bias.detach()}
    return tensors


def load_map(path: Path, name: str, settings: object, take: Take) -> NeuralMap:
    """One map of a checkpoint; raises CheckpointError, which names the field."""
    try:
        config = _config(name, settings)
    except (TypeError, ValueError) as cause:
        raise CheckpointError(f"{path}: metadata field 'maps.{name}': {cause}; train it again") from cause
    stored = {key: take(f"{name}.{key}", shape) for key, shape in _shapes(config).items()}
    largest = _largest_value(config, stored)
    if not largest <= LARGEST_VALUE:
        raise CheckpointError(
            f"{path}: tensors {name}.*: expected weights whose products stay below {LARGEST_VALUE:g}, "
            f"got {largest:.3g}; train it again"
        )
    network = NeuralMap(config)
    _fill(network, stored)
    return network


def _config(name: str, settings: object) -> NeuralMapConfig:
    """The settings of a map; TypeError or ValueError for others than those of an avatar."""
    if not isinstance(settings, dict):
        raise ValueError(f"expected a config, got {settings!r:.40}")
    encoding = settings.get("encoding", {})
    if not isinstance(encoding, dict):
        raise ValueError(f"encoding: expected a config, got {encoding!r:.40}")
    _check_types(HashEncodingConfig, encoding)
    _check_types(NeuralMapConfig, settings)
    grid = HashEncodingConfig(**encoding)
    config = NeuralMapConfig(**{**settings, "encoding": grid})
    numbers = {**dataclasses.asdict(grid), **dataclasses.asdict(config)}
    for key, limit in _LIMITS.items():
        if not 1 <= numbers[key] <= limit:
            raise ValueError(f"{key}: expected an integer in [1, {limit}], got {numbers[key]}")
    if config.pose_dim not in (0, POSE_DIM):
        raise ValueError(f"pose_dim: expected 0 or {POSE_DIM}, got {config.pose_dim}")
    if config.output_channels not in MAP_CHANNELS[name]:
        expected = " or ".join(map(str, MAP_CHANNELS[name]))
        raise ValueError(f"output_channels: expected {expected}, got {config.output_channels}")
    _check_range(name, config)
    return config


def _check_types(kind: type, settings: Mapping[str, Any]) -> None:
    """Each setting has the type of its field, which also rules out true for 1 and texts of any length."""
    types = {field.name: field.type for field in dataclasses.fields(kind)}
    for key, value in settings.items():
        if key not in types:
            raise ValueError(f"{key[:40]}: unknown setting")
        wanted = types[key]
        fits = type(value) is wanted or (wanted is float and type(value) is int)
        fits = fits and (wanted not in (int, float) or math.isfinite(value))
        if not fits and wanted in (int, float, bool, str):
            raise ValueError(f"{key}: expected {wanted.__name__}, got {value!r:.40}")


def _check_range(name: str, config: NeuralMapConfig) -> None:
    low, high = config.output_offset, config.output_offset + config.output_scale
    if name not in _RANGES:
        if not max(abs(config.output_offset), abs(config.output_scale)) <= LARGEST_SCALE:
            raise ValueError(f"output_scale: expected at most {LARGEST_SCALE:g}, got {config.output_scale:g}")
        return
    least, most = _RANGES[name]
    if config.output != "sigmoid" or not least - _ROUNDING <= min(low, high) <= max(low, high) <= most + _ROUNDING:
        raise ValueError(
            f"output: expected a sigmoid from {least:g} to {most:g}, got {config.output} {low:g} to {high:g}"
        )


def _shapes(config: NeuralMapConfig) -> dict[str, tuple[int, ...]]:
    """The shapes of `map_tensors`, without making them."""
    shapes: dict[str, tuple[int, ...]] = {}
    if config.frequency_octaves:
        inputs = 2 + 4 * config.frequency_octaves
    else:
        inputs = config.encoding.output_width
        shapes["grid"] = (int(level_table(config.encoding).offset[-1]), config.encoding.num_features)
    num_hidden = config.num_layers if config.residual_output else config.num_layers - 1
    sizes = [inputs + config.pose_dim] + [config.hidden_width] * num_hidden + [config.output_channels]
    for number, (before, after) in enumerate(pairwise(sizes)):
        shapes |= {f"mlp.{number}.weight": (after, before), f"mlp.{number}.bias": (after,)}
    return shapes


def _largest_value(config: NeuralMapConfig, stored: Mapping[str, Tensor]) -> float:
    """A bound of every value between the layers, for any uv and any pose whose angles are below LARGEST_ANGLE."""
    grid = stored.get("grid")
    reach = torch.ones(stored["mlp.0.weight"].shape[1], dtype=torch.float64)
    reach[: len(reach) - config.pose_dim] = 1.0 if grid is None else float(grid.abs().max())
    reach[len(reach) - config.pose_dim :] = LARGEST_ANGLE
    first, largest = 0.0, float(reach.max())
    num_layers = len(stored) // 2  # weight and bias of each, and perhaps the grid
    for number in range(num_layers):
        weight, bias = stored[f"mlp.{number}.weight"].double().abs(), stored[f"mlp.{number}.bias"].double().abs()
        if config.residual_output and number == num_layers - 1:
            reach = reach + first
        value = float((weight @ reach + bias).max()) + math.log(2.0)  # softplus lies at most so far above a ReLU
        largest = max(largest, value)
        first = first or value
        reach = torch.full((weight.shape[0],), value, dtype=torch.float64)
    return largest


@torch.no_grad()
def _fill(network: NeuralMap, stored: Mapping[str, Tensor]) -> None:
    if isinstance(network.encoding, HashEncoding):
        network.encoding.grid.copy_(stored["grid"])
    split = network.hidden[0].weight.shape[1]
    network.hidden[0].weight.copy_(stored["mlp.0.weight"][:, :split])
    if network.pose is not None:
        network.pose.weight.copy_(stored["mlp.0.weight"][:, split:])
    network.hidden[0].bias.copy_(stored["mlp.0.bias"])
    for number, layer in enumerate([*network.hidden[1:], network.head], start=1):
        layer.weight.copy_(stored[f"mlp.{number}.weight"])
        layer.bias.copy_(stored[f"mlp.{number}.bias"])
