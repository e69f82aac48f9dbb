"""What a segmentation does to a mask: its edge wanders, and now and then a piece of the person is missing.

Mask noise of P pixels. The mask is looked up at places that are displaced by a smooth field along the image; each
component of the field has the standard deviation P, hence so has the displacement of the contour along its normal. Two
pixels d apart have the correlation exp(-d^2 / (2 L^2)), with L = 10 pixels, or 3 P where that is more, so that edges
do not fold. Every picture has a field of its own. One picture in twenty lacks a blob of radius 6 P whose middle lies on
the contour.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample, pad

CORRELATION_PX = 10.0
BLOB_SHARE = 0.05  # of the pictures
BLOB_RADII = 6.0  # of a blob, in units of the contour's standard deviation
_LEAST_RATIO = 3.0  # of the correlation to the displacement
_BLOB_WAVES = 4  # that make a blob's outline uneven
_UNEVEN = 0.12  # amplitude of each, as a share of the radius


@dataclass(frozen=True)
class Blob:
    """A piece that is missing in a mask."""

    x_px: float
    y_px: float
    radius_px: float


def smooth_field(
    height: int,
    width: int,
    channels: int,
    correlation_px: float,
    generator: np.random.Generator,
) -> Tensor:  # [channels, height, width] float32, standard deviation 1 over many fields
    """Gaussian noise whose correlation after d pixels is exp(-d^2 / (2 correlation_px^2)); opposite borders meet."""
    white = torch.from_numpy(generator.standard_normal((channels, height, width)))
    sigma = correlation_px / math.sqrt(2.0)
    rows, columns = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    gain = torch.exp(-2.0 * (math.pi * sigma) ** 2 * (rows[:, None] ** 2 + columns**2))
    whole = torch.exp(-4.0 * (math.pi * sigma) ** 2 * (rows[:, None] ** 2 + torch.fft.fftfreq(width) ** 2))
    field = torch.fft.irfft2(torch.fft.rfft2(white) * gain, s=(height, width))
    return (field / whole.mean().sqrt()).float()


def wobbled(
    mask: Tensor,  # [H, W] in [0, 1]
    displacement_px: float,
    generator: np.random.Generator,
) -> Tensor:  # [H, W]
    """The mask with a wandering edge."""
    height, width = mask.shape
    correlation = max(CORRELATION_PX, _LEAST_RATIO * displacement_px)
    field = smooth_field(height, width, 2, correlation, generator) * displacement_px
    rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    places = torch.stack([(columns + field[0]) / width, (rows + field[1]) / height], -1) * 2.0 - 1.0
    return grid_sample(mask[None, None], places[None], padding_mode="border", align_corners=False)[0, 0].clamp(0.0, 1.0)


def without_blob(
    mask: Tensor,  # [H, W] in [0, 1]
    displacement_px: float,
    generator: np.random.Generator,
) -> tuple[Tensor, Blob | None]:
    """The mask without a blob at its edge, and that blob; unchanged and None where the mask has no edge."""
    inside = mask > 0.5
    framed = pad(inside[None, None].float(), (1, 1, 1, 1), "replicate")[0, 0] > 0.5
    around = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    edge = (inside & ~around).nonzero()
    if not len(edge):
        return mask, None
    row, column = (float(value) + 0.5 for value in edge[int(generator.integers(len(edge)))])
    radius = BLOB_RADII * displacement_px
    rows, columns = torch.meshgrid(torch.arange(mask.shape[0]) + 0.5, torch.arange(mask.shape[1]) + 0.5, indexing="ij")
    angle = torch.atan2(rows - row, columns - column)
    outline = torch.ones_like(angle)
    for wave, (size, phase) in enumerate(generator.uniform(size=(_BLOB_WAVES, 2)), start=1):
        outline += _UNEVEN * (2.0 * size - 1.0) * torch.cos(wave * angle + 2.0 * math.pi * phase)
    distance = torch.hypot(rows - row, columns - column)
    missing = (radius * outline - distance + 0.5).clamp(0.0, 1.0)
    return mask * (1.0 - missing), Blob(column, row, radius)
