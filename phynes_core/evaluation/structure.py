"""Structural similarity, at one scale and at five."""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor

WINDOW = 11  # pixels; Wang et al. 2004, like the next three
SIGMA = 1.5
C1 = 0.01**2
C2 = 0.03**2
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik 2003, finest first
SMALLEST_MULTISCALE = WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)  # pixels a side: the window fits the coarsest scale


def ssim(image: Tensor, truth: Tensor) -> float:  # [H, W, C] in [0, 1]
    """Structural similarity with an 11-pixel Gaussian window, mean over the places where the window fits."""
    _check_size(image, truth, WINDOW)
    luminance, structure = _terms(_planes(image), _planes(truth))
    return float((luminance * structure).mean())


def ms_ssim(image: Tensor, truth: Tensor) -> float:  # [H, W, C] in [0, 1]
    """Multi-scale structural similarity: contrast and structure at five scales, luminance at the coarsest.

    Channels are pooled before the powers are taken; negative correlations count as zero. Needs 176 pixels a side.
    """
    _check_size(image, truth, SMALLEST_MULTISCALE)
    x, y = _planes(image), _planes(truth)
    product = 1.0
    for scale, weight in enumerate(SCALE_WEIGHTS):
        luminance, structure = _terms(x, y)
        is_coarsest = scale == len(SCALE_WEIGHTS) - 1
        term = luminance * structure if is_coarsest else structure
        product *= max(float(term.mean()), 0.0) ** weight
        x, y = torch.nn.functional.avg_pool2d(x, 2), torch.nn.functional.avg_pool2d(y, 2)
    return product


def _check_size(image: Tensor, truth: Tensor, smallest: int) -> None:
    check_tensor("truth", truth, list(image.shape))
    if min(image.shape[:2]) < smallest:
        raise ValueError(f"image: expected at least {smallest} x {smallest} pixels, got {list(image.shape[:2])}")


def _planes(image: Tensor) -> Tensor:  # [H, W, C] -> [C, 1, H, W] float64
    return image.double().permute(2, 0, 1)[:, None]


def _terms(
    x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:  # [C, 1, H, W] twice -> the two factors where the window fits
    offset = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    window = torch.exp(-0.5 * (offset / SIGMA).square())
    window = (window / window.sum()).view(1, 1, -1, 1)

    def mean(values: Tensor) -> Tensor:
        rows = torch.nn.functional.conv2d(values, window)
        return torch.nn.functional.conv2d(rows, window.transpose(2, 3))

    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x.square(), mean(y * y) - mean_y.square()
    covariance = mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    structure = (2 * covariance + C2) / (variance_x + variance_y + C2)
    return luminance, structure
