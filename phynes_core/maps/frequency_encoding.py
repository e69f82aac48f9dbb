"""Frequency encoding of (u, v): sines and cosines in octaves, the plain input that the hash grid replaces.

NeRF's positional encoding; ten octaves are what the paper's predecessors use (FORMATS section 5).
"""

import math

import torch
from torch import Tensor, nn

from phynes_core.checks import check_tensor


class FrequencyEncoding(nn.Module):
    """(u, v) -> u, v and sin, cos of 2^k pi u, 2^k pi v for k = 0 .. num_octaves - 1. Has no parameters."""

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
