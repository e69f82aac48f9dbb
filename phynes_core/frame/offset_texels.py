"""Slopes of the offset maps from textures that belong to one pose and are filled where they are read.

Neighboring pixels, and pictures from other sides, read the same texels: a map is asked once for each, not four times a
pixel. Where a picture would need more texels than that, as of a figure far away, its pixels ask the map.
"""

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.atlas import corner_uv, open_bits
from phynes_core.body.texels import texel_centers
from phynes_core.maps.encodings import HashEncoding
from phynes_core.maps.texels import missing_texels, texel_differences

# For each cell of the map's finest level, a side: radiance is then at least 51 dB alike over josh's pixels, 45 with one
# and 61 with four, whose texels outnumber the queries that they save while a pose moves. Highlights of glossy clothes
# show slopes more sharply: ada's satin and patent leather are 44 dB alike with two, 51 with three.
TEXELS_PER_CELL, GLOSSY_TEXELS_PER_CELL = 2, 3
GLOSSY, GLOSSY_SHARE = 0.4, 0.1  # clothes are glossy if more than this share of the corners is less rough than that
CORNERS = 2048  # that are asked at most
MOST_SIDE = 1024  # 4 MB a channel
QUERIES_PER_PIXEL = 4  # of Avatar.offset_gradient


class OffsetTexels:
    """Values of one avatar's offset map for one pose vector."""

    def __init__(self, avatar: Avatar, vector: Tensor, side: int) -> None:  # [72]; as `texel_side` says
        self._avatar, self._vector, self._side = avatar, vector, side
        self._values: Tensor | None = None  # [R, R, C] metres, NaN where the map was not asked

    @torch.no_grad()
    def gradient(self, uv: Tensor, vector: Tensor) -> Tensor:  # [P, 2], [72] -> as Avatar.offset_gradient
        """d l / d(u, v), metres, for the pose vector of these texels."""
        slopes = self._slopes(uv) if self._side else None
        if slopes is None:
            return self._avatar.offset_gradient(uv, vector)
        return slopes[:, 0] if slopes.shape[1] == 1 else slopes

    def _slopes(self, uv: Tensor) -> Tensor | None:  # [P, C, 2]
        """From the texels, of which more are filled where it needs them; None where they would be too many."""
        steps = open_bits(self._avatar.body)
        if self._values is None:
            channels = self._avatar.offset.config.output_channels
            self._values = torch.full((self._side, self._side, channels), torch.nan)
            return texel_differences(self._values, uv, steps) if self._fill(uv, steps, len(uv)) else None
        slopes = texel_differences(self._values, uv, steps)
        if slopes.sum().isnan():  # some may read texels that are not filled
            rows = torch.nonzero(slopes.isnan().any(-1).any(-1))[:, 0]
            if not self._fill(uv[rows], steps, len(uv)):
                return None
            slopes[rows] = texel_differences(self._values, uv[rows], steps)
        return slopes

    def _fill(self, uv: Tensor, steps: Tensor, num_pixels: int) -> bool:
        """Ask the map for the texels that these points read; False, and nothing is asked, where they are too many."""
        assert self._values is not None
        missing = missing_texels(self._values, uv, steps)
        if len(missing) > QUERIES_PER_PIXEL * num_pixels:
            return False
        values = self._avatar.offset(texel_centers(missing, self._side), self._vector)
        self._values.view(-1, values.shape[1])[missing] = values
        return True


def texel_side(avatar: Avatar) -> int:
    """Texels a side that show an avatar's slopes; 0: its map is finer than a texture may be."""
    encoding = avatar.offset.encoding
    if not isinstance(encoding, HashEncoding):
        return 0
    per_cell = GLOSSY_TEXELS_PER_CELL if _is_glossy(avatar) else TEXELS_PER_CELL
    wanted = max(2, per_cell * encoding.config.finest_resolution)
    return wanted if wanted <= MOST_SIDE else 0


@torch.no_grad()
def _is_glossy(avatar: Avatar) -> bool:
    """In the pose of frozen materials."""
    uv = corner_uv(avatar.body).reshape(-1, 2)
    some = uv[:: max(1, len(uv) // CORNERS)].contiguous()
    roughness = avatar.query_roughness(some, avatar.training_poses[0])
    return bool((roughness < GLOSSY).float().mean() > GLOSSY_SHARE)


def texel_sides(avatars: tuple[Avatar, ...]) -> tuple[int, ...]:
    """Of each avatar."""
    return tuple(map(texel_side, avatars))


def blank_texels(
    avatars: tuple[Avatar, ...], vectors: tuple[Tensor, ...], sides: tuple[int, ...]
) -> tuple[OffsetTexels, ...]:
    """Of each avatar for its pose vector [72], nothing filled."""
    return tuple(map(OffsetTexels, avatars, vectors, sides))
