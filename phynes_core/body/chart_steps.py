"""Small steps on the UV square that stay in the chart they start from: what lies beyond its edge is another place."""

from functools import lru_cache

import torch
from torch import Tensor

from phynes_core.body.atlas import chart_image
from phynes_core.body.model import BodyModel

CHART_RESOLUTION = 1024  # texels a side; the finest level of the hash grids


def step_within_chart(
    body: BodyModel,
    uv: Tensor,  # [N, 2] on the surface
    step: Tensor,  # [N, 2] or [2], uv
) -> Tensor:  # [N, 2]
    """`uv + step`; where that would leave the chart, `uv` itself. Not differentiable in where it leaves."""
    inside, around = _charts(body)
    moved = uv + step
    stays = (moved >= 0.0).all(-1) & (moved <= 1.0).all(-1)
    stays &= _at(inside, moved) == _at(around, uv)
    return torch.where(stays[:, None], moved, uv)


@lru_cache(maxsize=8)
def _charts(body: BodyModel) -> tuple[Tensor, Tensor]:  # [R, R] int32, row 0 is v = 1; -1 = no chart
    """The chart of each texel whose center lies in one, and the same grown by a texel for places on a chart's rim."""
    inside = chart_image(body, CHART_RESOLUTION).to(body.uv.device)
    around = inside.clone()
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        around = torch.where(around < 0, inside.roll(shift, (0, 1)), around)
    return inside, around


def _at(image: Tensor, uv: Tensor) -> Tensor:
    size = image.shape[0]
    column = (uv[:, 0] * size).long().clamp(0, size - 1)
    row = ((1.0 - uv[:, 1]) * size).long().clamp(0, size - 1)
    return image[row, column]
