"""Textures over the UV square that answer for maps: how numbers are coded, read, and differenced.

A map is one continuous function over the whole square. A texture holds its values at texel centers, also where no
chart lies, so that a bilinear look-up between two charts reads the map itself on either side: nothing of another chart
is mixed in, and no border needs padding. Differences step inside a chart only, as those of the maps do.
"""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.kernels.registry import MISSING_TEXELS, READ_TEXELS, TEXEL_DIFFERENCES
from phynes_core.maps.material_edit import look_up

CODES = 65535  # steps of 16 bits between 0 and 1: dark cloth has no bands, as it has in 8


def coded(values: Tensor) -> Tensor:  # in [0, 1] -> int16
    """16 bits that `read_texels` understands: torch knows no unsigned ones."""
    return ((values * CODES).round() - (CODES + 1) // 2).to(torch.int16)


def read_texels(
    image: Tensor,  # [R, R, C] int16, coded; row 0 is v = 1
    uv: Tensor,  # [P, 2]
    backend: str = "auto",
) -> Tensor:  # [P, C] in [0, 1]
    """Bilinear between texel centers. Not differentiable."""
    check_tensor("uv", uv, ["P", 2])
    return READ_TEXELS.implementation(backend)(image, uv)


def read_texels_reference(image: Tensor, uv: Tensor) -> Tensor:
    """The specification of the interface ReadTexels."""
    return (look_up(image, uv) + (CODES + 1) // 2) / CODES


def missing_texels(
    values: Tensor,  # [R, R, C] float32; NaN: not filled
    uv: Tensor,  # [P, 2]
    open_bits: Tensor,  # [B, B] uint8: body/atlas.py
    backend: str = "auto",
) -> Tensor:  # [M] int64, row * R + column, ascending
    """Of the texels that `texel_differences` reads at these points, and maybe some beside them, those not filled."""
    check_tensor("uv", uv, ["P", 2])
    return MISSING_TEXELS.implementation(backend)(values, uv, open_bits)


def missing_texels_reference(values: Tensor, uv: Tensor, open_bits: Tensor) -> Tensor:
    """The specification of the interface MissingTexels."""
    side, lengths = len(values), _lengths(uv, open_bits)
    low, high = uv - lengths[:, 0::2], uv + lengths[:, 1::2]
    columns = _first(low[:, 0], side), _first(high[:, 0], side) + 1
    rows = _first(1.0 - high[:, 1], side), _first(1.0 - low[:, 1], side) + 1
    wanted = torch.zeros(side, side, dtype=torch.bool)
    for left, right, top, bottom in torch.stack([*columns, *rows], -1).tolist():
        wanted[top : bottom + 1, left : right + 1] = True
    return torch.nonzero((wanted & values[..., 0].isnan()).view(-1))[:, 0]


def texel_differences(
    values: Tensor,  # [R, R, C] float32
    uv: Tensor,  # [P, 2]
    open_bits: Tensor,  # [B, B] uint8: body/atlas.py
    backend: str = "auto",
) -> Tensor:  # [P, C, 2]
    """d values / d(u, v) as Avatar.offset_gradient takes it: over 1 / B to either side, where the chart goes on.

    NaN where a texel that it reads is.
    """
    check_tensor("uv", uv, ["P", 2])
    return TEXEL_DIFFERENCES.implementation(backend)(values, uv, open_bits)


def texel_differences_reference(values: Tensor, uv: Tensor, open_bits: Tensor) -> Tensor:
    """The specification of the interface TexelDifferences."""
    left, right, down, up = _lengths(uv, open_bits).unbind(1)
    along, across = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    rise = look_up(values, uv + right[:, None] * along) - look_up(values, uv - left[:, None] * along)
    climb = look_up(values, uv + up[:, None] * across) - look_up(values, uv - down[:, None] * across)
    cell = 1.0 / len(open_bits)
    return torch.stack(
        [rise / (left + right).clamp(min=cell)[:, None], climb / (down + up).clamp(min=cell)[:, None]], -1
    )


def _lengths(uv: Tensor, open_bits: Tensor) -> Tensor:  # [P, 2] -> [P, 4] to the left, right, down and up
    side = len(open_bits)
    column = (uv[:, 0] * side).long().clamp(0, side - 1)
    row = ((1.0 - uv[:, 1]) * side).long().clamp(0, side - 1)
    is_open = (open_bits[row, column][:, None] >> torch.arange(4, dtype=torch.uint8)) & 1
    return is_open.float() / side


def _first(share: Tensor, side: int) -> Tensor:  # [P] -> [P] int64, the first of two neighboring texels
    return (share * side - 0.5).clamp(0.0, side - 1.0).long().clamp(max=side - 2)
