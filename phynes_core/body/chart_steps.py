"""Steps of one texel on the UV square that stay in their chart: what lies beyond its edge is another place."""

from functools import lru_cache

import torch
from torch import Tensor

from phynes_core.body.atlas import chart_image
from phynes_core.body.model import BodyModel
from phynes_core.body.remembered import with_the_body

CHART_RESOLUTION = 1024  # texels a side; the finest level of the hash grids
STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # texels along u and v


def open_steps(body: BodyModel, uv: Tensor) -> Tensor:  # [N, 2] on the surface -> [N, 4] bool
    """Whether each of STEPS from there ends in a texel whose center lies in the same chart. Not differentiable."""
    column = (uv[:, 0] * CHART_RESOLUTION).long().clamp(0, CHART_RESOLUTION - 1)
    row = ((1.0 - uv[:, 1]) * CHART_RESOLUTION).long().clamp(0, CHART_RESOLUTION - 1)
    bits = _open_bits(body)[row, column]
    return (bits[:, None] >> torch.arange(4, dtype=torch.uint8, device=uv.device)) & 1 == 1


@lru_cache(maxsize=8)
def step_table(dtype: torch.dtype, device: torch.device) -> Tensor:  # [4, 2]
    """STEPS there: sent once, because a recorded CUDA graph cannot wait for the host."""
    return torch.tensor(STEPS, dtype=dtype, device=device)


@with_the_body
def _open_bits(body: BodyModel) -> Tensor:  # [R, R] uint8, row 0 is v = 1; bit i: STEPS[i] stays
    """One byte a texel, so that the table stays in the cache while pixels ask it."""
    inside = torch.nn.functional.pad(chart_image(body, CHART_RESOLUTION), (1, 1, 1, 1), value=-1)
    around = inside  # a place on a chart's rim may fall into a texel whose center lies outside
    for shift in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        around = torch.where(around < 0, inside.roll(shift, (0, 1)), around)
    bits = torch.zeros(inside.shape, dtype=torch.uint8)
    for bit, (right, up) in enumerate(STEPS):
        ends_in = inside.roll((up, -right), (0, 1))
        bits |= ((ends_in == around) & (around >= 0)).to(torch.uint8) << bit
    return bits[1:-1, 1:-1].contiguous().to(body.uv.device)
