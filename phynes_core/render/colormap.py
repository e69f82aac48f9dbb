"""Colors for numbers: equal steps of the number are equal steps of perceived lightness, from dark violet to yellow.

A path through OKLab (Ottosson 2020) with linear lightness. Its hue turns evenly, and its chroma stays inside sRGB, so
that nothing is clipped and a copy in gray still reads.
"""

import math
from functools import cache

import torch
from torch import Tensor

from phynes_core.conventions import linear_to_srgb

TABLE_SIZE = 256
LIGHTNESS = (0.22, 0.92)  # OKLab's L at 0 and at 1
HUE_DEG = (300.0, 105.0)
CHROMA = (0.108, -0.12, 0.18)  # polynomial in the number; below what sRGB holds along this path

# OKLab to the cube roots of cone responses, and those responses to linear sRGB (Ottosson 2020)
_CONES = ((1.0, 0.3963377774, 0.2158037573), (1.0, -0.1055613458, -0.0638541728), (1.0, -0.0894841775, -1.2914855480))
_SRGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


@cache
def color_table() -> Tensor:  # [256, 3] sRGB in [0, 1]
    """The colors of 0 to 1; the caller must not write into it."""
    share = torch.linspace(0.0, 1.0, TABLE_SIZE, dtype=torch.float64)
    lightness = LIGHTNESS[0] + (LIGHTNESS[1] - LIGHTNESS[0]) * share
    hue = (HUE_DEG[0] + (HUE_DEG[1] - HUE_DEG[0]) * share) * (math.pi / 180.0)
    chroma = CHROMA[0] + CHROMA[1] * share + CHROMA[2] * share**2
    lab = torch.stack([lightness, chroma * hue.cos(), chroma * hue.sin()], -1)
    linear = (lab @ torch.tensor(_CONES, dtype=torch.float64).T) ** 3 @ torch.tensor(_SRGB, dtype=torch.float64).T
    return linear_to_srgb(linear).float()


def colored(share: Tensor) -> Tensor:  # [...] in [0, 1], clipped -> [..., 3] sRGB
    """The color of each number, between the table's entries too, as a texture lookup gives it."""
    place = share.clamp(0.0, 1.0) * (TABLE_SIZE - 1)
    below = place.floor().long().clamp(max=TABLE_SIZE - 2)
    table = color_table()
    return torch.lerp(table[below], table[below + 1], (place - below)[..., None])
