"""Encodings of (u, v): a multiresolution hash grid in tiny-cuda-nn's exact layout, and frequencies in octaves.

Mueller et al. 2022, Sec. 3; layout after tiny-cuda-nn's grid encoding (FORMATS of that library): level l has
scale_l = 2^(l log2 s) base - 1 and ceil(scale_l) + 1 grid vertices a side; positions are scale_l x + 0.5; a level that
does not fit its table is hashed with XOR of coordinates times (1, 2654435761). Parameters of a level are contiguous,
entry after entry, features innermost, so grids can be exchanged with tiny-cuda-nn.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from phynes_core.checks import check_tensor
from phynes_core.kernels.registry import HASH_ENCODING
from phynes_core.kernels.surface_interfaces import HashLevels

HASH_PRIME = 2654435761  # of the second coordinate; the first one's is 1 (tiny-cuda-nn's "CoherentPrime")
INITIAL_RANGE = 1e-4  # uniform in +- this, as in the paper's appendix


@dataclass(frozen=True)
class HashEncodingConfig:
    """Sizes of the grid. The defaults keep an avatar under 12 MB."""

    num_levels: int = 16
    num_features: int = 2  # a level
    log2_entries: int = 15  # most entries of a level
    base_resolution: int = 16
    finest_resolution: int = 1024

    @property
    def per_level_scale(self) -> float:
        """Growth of the resolution from a level to the next."""
        if self.num_levels == 1:
            return 1.0
        return math.exp(math.log(self.finest_resolution / self.base_resolution) / (self.num_levels - 1))

    @property
    def output_width(self) -> int:
        """Features that come out."""
        return self.num_levels * self.num_features


@functools.lru_cache(maxsize=32)
def level_table(config: HashEncodingConfig) -> HashLevels:
    """Resolutions and offsets, computed in float32 as tiny-cuda-nn does."""
    log2_scale = np.float32(math.log2(config.per_level_scale))
    level = np.arange(config.num_levels, dtype=np.float32)
    scale = np.exp2(level * log2_scale).astype(np.float32) * np.float32(config.base_resolution) - np.float32(1)
    resolution = np.ceil(scale).astype(np.int64) + 1
    dense = resolution**2
    entries = np.minimum((dense + 7) // 8 * 8, 1 << config.log2_entries)
    offset = np.concatenate([[0], np.cumsum(entries)]).astype(np.int64)
    return HashLevels(
        scale.astype(np.float32), resolution.astype(np.uint32), offset, entries < dense, HASH_PRIME,
        config.base_resolution, config.per_level_scale, config.log2_entries,
    )  # fmt: skip


class HashEncoding(nn.Module):
    """(u, v) -> features. Differentiable in the grid, not in (u, v)."""

    def __init__(self, config: HashEncodingConfig) -> None:
        super().__init__()
        self.config = config
        self.table = level_table(config)
        self.output_width = config.output_width
        num_entries = int(self.table.offset[-1])
        self.grid = nn.Parameter(torch.empty(num_entries, config.num_features).uniform_(-INITIAL_RANGE, INITIAL_RANGE))

    def forward(self, uv: Tensor, backend: str = "auto") -> Tensor:  # [N, 2] -> [N, L * F], levels in order
        """Bilinear interpolation in every level, concatenated from coarse to fine."""
        check_tensor("uv", uv, ["N", 2])
        run = HASH_ENCODING.implementation(backend, uv.device.type)
        return run(uv, self.grid, self.table)


def encode_reference(uv: Tensor, grid: Tensor, levels: HashLevels) -> Tensor:  # [N, 2], [entries, F] -> [N, L * F]
    """The specification of the interface Encode."""
    features = []
    for level in range(len(levels.scale)):
        first, last = int(levels.offset[level]), int(levels.offset[level + 1])
        position = uv * float(levels.scale[level]) + 0.5
        cell = position.floor()
        fraction = position - cell
        values = torch.zeros(uv.shape[0], grid.shape[1], dtype=grid.dtype, device=grid.device)
        for right, up in ((0, 0), (1, 0), (0, 1), (1, 1)):
            along_u = fraction[:, :1] if right else 1 - fraction[:, :1]
            along_v = fraction[:, 1:] if up else 1 - fraction[:, 1:]
            weight = along_u * along_v
            vertex = torch.stack([cell[:, 0] + right, cell[:, 1] + up], -1)
            index = _entry_index(vertex.long(), levels, level)
            values = values + weight * grid[first + index % (last - first)]
        features.append(values)
    return torch.cat(features, -1)


def _entry_index(vertex: Tensor, levels: HashLevels, level: int) -> Tensor:  # [N, 2] -> [N], before the modulo
    if levels.is_hashed[level]:
        return (vertex[:, 0] & 0xFFFFFFFF) ^ ((vertex[:, 1] * levels.prime) & 0xFFFFFFFF)
    return vertex[:, 0] + vertex[:, 1] * int(levels.resolution[level])


class FrequencyEncoding(nn.Module):
    """(u, v) -> u, v and sin, cos of 2^k pi u, 2^k pi v for k = 0 .. num_octaves - 1. Has no parameters.

    NeRF's positional encoding, which the hash grid replaces; the paper's predecessors use ten octaves.
    """

    def __init__(self, num_octaves: int) -> None:
        super().__init__()
        self.num_octaves = num_octaves

    @property
    def output_width(self) -> int:
        """Features that come out."""
        return 2 + 4 * self.num_octaves

    def forward(self, uv: Tensor, backend: str = "auto") -> Tensor:  # [N, 2] -> [N, 2 + 4 * num_octaves]
        """Octave after octave, sines before cosines. Torch on every device, whatever the backend."""
        check_tensor("uv", uv, ["N", 2])
        rates = math.pi * 2.0 ** torch.arange(self.num_octaves, dtype=uv.dtype, device=uv.device)
        angles = uv[:, None, :] * rates[:, None]  # [N, octaves, 2]
        waves = torch.cat([angles.sin(), angles.cos()], -1)
        return torch.cat([uv, waves.flatten(1)], -1)
