"""tiny-cuda-nn's grid encoding on our own parameters: the layout is the same, so nothing is copied or converted.

Its MLPs have no biases, so ours stay; only the encoding comes from there.
"""

import functools
import math

import numpy as np
import torch
from torch import Tensor

from phynes_core.errors import BackendError
from phynes_core.kernels.surface_interfaces import HashLevels

FEATURES = (1, 2, 4, 8)  # a level, that its kernels are compiled for
_STEPS = 64  # neighbors of the growth factor that are tried, each a rounding error of float32 away


def encode(uv: Tensor, grid: Tensor, levels: HashLevels) -> Tensor:
    """The interface Encode."""
    settings = encoding_settings(grid.shape[1], levels)
    return encode_with(_encoding(tuple(settings.items())), uv, grid)


def encode_with(encoding: torch.nn.Module, uv: Tensor, grid: Tensor) -> Tensor:  # [N, 2], [entries, F] -> [N, L * F]
    """Run one of its encodings with our grid in place of the parameters it was made with."""
    own = next(encoding.parameters()).numel()
    if own != grid.numel():
        raise BackendError(f"tinycudann's grid: expected {grid.numel()} parameters, as the avatar has, got {own}")
    return torch.func.functional_call(encoding, {"params": grid.reshape(-1)}, (uv,)).float()


def encoding_settings(num_features: int, levels: HashLevels) -> dict[str, str | int | float]:
    """What its documentation calls the encoding's configuration."""
    if num_features not in FEATURES:
        raise BackendError(f"tinycudann: expected one of {FEATURES} features a level, got {num_features}")
    resolution = tuple(levels.resolution.tolist())
    return {
        "otype": "Grid",
        "type": "Hash",
        "n_levels": len(resolution),
        "n_features_per_level": num_features,
        "log2_hashmap_size": levels.log2_entries,
        "base_resolution": levels.base_resolution,
        "per_level_scale": matching_scale(levels.per_level_scale, levels.base_resolution, resolution),
        "interpolation": "Linear",
    }


def matching_scale(per_level_scale: float, base_resolution: int, resolution: tuple[int, ...]) -> float:
    """The float32 nearest to our growth factor with which its arithmetic counts the same grid vertices.

    It rounds the factor to float32 before it takes the logarithm, we after: where a level ends exactly on a whole
    number, one vertex more would shift every level behind it.
    """
    below = above = np.float32(per_level_scale)
    for _ in range(_STEPS):
        for candidate in (below, above):
            if counted_vertices(candidate, base_resolution, len(resolution)) == resolution:
                return float(candidate)
        below, above = np.nextafter(below, np.float32(0)), np.nextafter(above, np.float32(np.inf))
    raise BackendError(f"tinycudann cannot hold levels of {', '.join(map(str, resolution))} vertices a side")


def counted_vertices(per_level_scale: np.float32, base_resolution: int, num_levels: int) -> tuple[int, ...]:
    """Grid vertices a side of each level in its own float32 arithmetic."""
    log2_scale = np.log2(np.float32(per_level_scale))
    scale = np.exp2(np.arange(num_levels, dtype=np.float32) * log2_scale) * np.float32(base_resolution) - np.float32(1)
    return tuple(math.ceil(value) + 1 for value in scale)


@functools.cache
def _encoding(settings: tuple[tuple[str, str | int | float], ...]) -> torch.nn.Module:
    import tinycudann

    return tinycudann.Encoding(2, dict(settings), dtype=torch.float32)
