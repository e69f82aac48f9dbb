"""FLIP: how much two pictures differ when they are flipped between on a screen (Andersson et al. 2020, LDR).

0: equal, 1: the largest difference. Both pictures are filtered by the eye's contrast sensitivity, then compared in
color (HyAB distance of Hunt-adjusted L*a*b*) and in edges and points; a difference in features amplifies that in color.
"""

import math

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import srgb_to_linear
from phynes_core.evaluation.metrics.masks import bounding_rectangle

PIXELS_PER_DEGREE = 67.0  # the paper's: a 0.7 m wide screen of 3840 pixels seen from 0.7 m
# contrast sensitivity of luminance, red-green and blue-yellow: sums of a sqrt(pi / b) exp(-pi^2 d^2 / b), d in degrees
_CSF = (((1.0, 0.0047),), ((1.0, 0.0053),), ((34.1, 0.04), (13.5, 0.025)))
_COLOR_POWER, _FEATURE_POWER = 0.7, 0.5
_KNEE_IN, _KNEE_OUT = 0.4, 0.95  # the largest 60 % of color errors share the last 5 % of the scale
_FEATURE_WIDTH_DEG = 0.082  # of edges and points
_TO_XYZ = (
    (10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794),
    (2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897),
    (1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382),
)  # exact fractions of the sRGB primaries under D65


def flip_map(
    image: Tensor,  # [H, W, 3] sRGB in [0, 1]
    truth: Tensor,  # [H, W, 3] likewise
    pixels_per_degree: float = PIXELS_PER_DEGREE,
) -> Tensor:  # [H, W] in [0, 1]
    """The difference at each pixel."""
    check_tensor("image", image, ["H", "W", 3])
    check_tensor("truth", truth, list(image.shape))
    rows, columns = _nonblack_part(image, truth, pixels_per_degree)
    error = torch.zeros(image.shape[:2])
    error[rows, columns] = _flip(image[rows, columns], truth[rows, columns], pixels_per_degree)
    return error


def _nonblack_part(image: Tensor, truth: Tensor, pixels_per_degree: float) -> tuple[slice, slice]:
    """The pixels within a filter's reach of any that is not black; the error elsewhere is 0."""
    reach = max(_csf_radius(pixels_per_degree), _feature_radius(pixels_per_degree))
    spans = bounding_rectangle(((image != 0) | (truth != 0)).any(-1))
    sizes = image.shape[:2]
    rows, columns = (
        slice(max(span.start - reach, 0), min(span.stop + reach, size)) for span, size in zip(spans, sizes, strict=True)
    )
    return rows, columns


def _csf_radius(pixels_per_degree: float) -> int:
    widest = max(b for gaussians in _CSF for _, b in gaussians)
    return math.ceil(3.0 * math.sqrt(widest / (2.0 * math.pi**2)) * pixels_per_degree)


def _feature_radius(pixels_per_degree: float) -> int:
    return math.ceil(3.0 * 0.5 * _FEATURE_WIDTH_DEG * pixels_per_degree)


def _flip(image: Tensor, truth: Tensor, pixels_per_degree: float) -> Tensor:  # [H, W, 3] twice -> [H, W]
    ours, theirs = (_to_opponent(srgb_to_linear(side.float().clamp(0.0, 1.0))) for side in (image, truth))
    color = _color_difference(
        _contrast_filtered(ours, pixels_per_degree), _contrast_filtered(theirs, pixels_per_degree)
    )
    luminance, true_luminance = ((side[..., 0] + 16.0) / 116.0 for side in (ours, theirs))
    feature = _feature_difference(luminance, true_luminance, pixels_per_degree)
    return color ** (1.0 - feature)


def _white() -> Tensor:  # [3]
    return torch.tensor(_TO_XYZ).sum(1)


def _to_xyz(linear: Tensor) -> Tensor:  # [..., 3]
    return linear @ torch.tensor(_TO_XYZ).T


def _to_opponent(linear: Tensor) -> Tensor:  # [..., 3] linear RGB -> Y Cx Cz
    x, y, z = (_to_xyz(linear) / _white()).unbind(-1)
    return torch.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], -1)


def _from_opponent(opponent: Tensor) -> Tensor:  # [..., 3] -> linear RGB
    y = (opponent[..., 0] + 16.0) / 116.0
    x, z = y + opponent[..., 1] / 500.0, y - opponent[..., 2] / 200.0
    to_rgb = torch.linalg.inv(torch.tensor(_TO_XYZ))
    return (torch.stack([x, y, z], -1) * _white()) @ to_rgb.T


def _contrast_filtered(opponent: Tensor, pixels_per_degree: float) -> Tensor:  # [H, W, 3] -> the same, linear RGB
    """The picture filtered by contrast sensitivity."""
    radius = _csf_radius(pixels_per_degree)
    offset = torch.arange(-radius, radius + 1, dtype=torch.float64) / pixels_per_degree
    channels = []
    for channel, gaussians in zip(opponent.unbind(-1), _CSF, strict=True):
        total, weight = torch.zeros_like(channel), 0.0
        for a, b in gaussians:
            line = torch.exp(-(math.pi**2) * offset.square() / b)
            share = a * math.sqrt(math.pi / b) * float(line.sum()) ** 2  # of the two-dimensional kernel's sum
            total, weight = total + share * _filtered(channel, line / line.sum(), line / line.sum()), weight + share
        channels.append(total / weight)
    return _from_opponent(torch.stack(channels, -1)).clamp(0.0, 1.0)


def _filtered(image: Tensor, across: Tensor, down: Tensor) -> Tensor:  # [H, W], [K], [K] -> [H, W], the border repeated
    radius = len(across) // 2
    padded = torch.nn.functional.pad(image[None, None], (radius,) * 4, mode="replicate")
    rows = torch.nn.functional.conv2d(padded, across.to(image)[None, None, None])
    return torch.nn.functional.conv2d(rows, down.to(image)[None, None, :, None])[0, 0]


def _hunt_lab(linear: Tensor) -> Tensor:  # [..., 3] -> [..., 3]
    """L*a*b* whose chroma grows with lightness."""
    relative = _to_xyz(linear) / _white()
    delta = 6.0 / 29.0
    root, line = relative.clamp(min=delta**3) ** (1 / 3), relative / (3 * delta**2) + 4 / 29
    curve = torch.where(relative > delta**3, root, line)
    x, y, z = curve.unbind(-1)
    lightness = 116.0 * y - 16.0
    return torch.stack([lightness, 5.0 * (x - y) * lightness, 2.0 * (y - z) * lightness], -1)


def _hyab(ours: Tensor, theirs: Tensor) -> Tensor:  # [..., 3] twice -> [...]
    difference = ours - theirs
    return difference[..., 0].abs() + difference[..., 1:].norm(dim=-1)


def _color_difference(ours: Tensor, theirs: Tensor) -> Tensor:  # [H, W, 3] linear RGB -> [H, W] in [0, 1]
    green, blue = (_hunt_lab(torch.tensor(color)) for color in ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    largest = float(_hyab(green, blue)) ** _COLOR_POWER
    error = _hyab(_hunt_lab(ours), _hunt_lab(theirs)) ** _COLOR_POWER
    knee = _KNEE_IN * largest
    above = _KNEE_OUT + (error - knee) / (largest - knee) * (1.0 - _KNEE_OUT)
    return torch.where(error < knee, error * (_KNEE_OUT / knee), above).clamp(0.0, 1.0)


def _feature_difference(ours: Tensor, theirs: Tensor, pixels_per_degree: float) -> Tensor:  # [H, W] twice -> [H, W]
    sigma = 0.5 * _FEATURE_WIDTH_DEG * pixels_per_degree
    radius = _feature_radius(pixels_per_degree)
    x = torch.arange(-radius, radius + 1, dtype=torch.float64)
    gaussian = torch.exp(-x.square() / (2.0 * sigma**2))
    detectors = (-x * gaussian, (x.square() / sigma**2 - 1.0) * gaussian)  # edges, points

    def magnitude(luminance: Tensor, detector: Tensor) -> Tensor:
        # positive weights sum to 1 and negative ones to -1: the response to a full black-and-white step is 1
        positive, negative = detector.clamp(min=0.0), detector.clamp(max=0.0)
        scaled, smooth = positive / positive.sum() - negative / negative.sum(), gaussian / gaussian.sum()
        return torch.hypot(_filtered(luminance, scaled, smooth), _filtered(luminance, smooth, scaled))

    differences = [(magnitude(ours, detector) - magnitude(theirs, detector)).abs() for detector in detectors]
    return (torch.stack(differences).amax(0) / math.sqrt(2.0)).clamp(0.0, 1.0) ** _FEATURE_POWER
