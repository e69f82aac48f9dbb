"""Structural similarity, at one scale and at five."""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.evaluation.metrics.masks import bounding_rectangle

WINDOW = 11  # pixels; Wang et al. 2004, like the next three
SIGMA = 1.5
C1 = 0.01**2
C2 = 0.03**2
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik 2003, finest first
SMALLEST_MULTISCALE = WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)  # pixels a side: the window fits the coarsest scale


def ssim(image: Tensor, truth: Tensor) -> float:  # [H, W, C] in [0, 1]
    """Structural similarity with an 11-pixel Gaussian window, mean over the positions where the window fits."""
    _check_size(image, truth, WINDOW)
    return _means(image.double(), truth.double())[0]


def ms_ssim(image: Tensor, truth: Tensor) -> float:  # [H, W, C] in [0, 1]
    """Multi-scale structural similarity: contrast and structure at five scales, luminance at the coarsest.

    Channels are pooled before the powers are taken; negative correlations count as zero. Needs 176 pixels a side.
    """
    _check_size(image, truth, SMALLEST_MULTISCALE)
    x, y = image.double(), truth.double()
    product = 1.0
    for scale, weight in enumerate(SCALE_WEIGHTS):
        similarity, structure = _means(x, y)
        is_coarsest = scale == len(SCALE_WEIGHTS) - 1
        product *= max(similarity if is_coarsest else structure, 0.0) ** weight
        x, y = _halved(x), _halved(y)
    return product


def _check_size(image: Tensor, truth: Tensor, smallest: int) -> None:
    check_tensor("truth", truth, list(image.shape))
    if min(image.shape[:2]) < smallest:
        raise ValueError(f"image: expected at least {smallest} x {smallest} pixels, got {list(image.shape[:2])}")


def _halved(image: Tensor) -> Tensor:  # [H, W, C] -> [H // 2, W // 2, C]
    height, width = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1).mean((1, 3))


def _means(x: Tensor, y: Tensor) -> tuple[float, float]:  # [H, W, C] twice
    """Mean similarity, and mean of contrast times structure alone, where the window fits.

    A window that is black in both pictures scores exactly 1: only the rest is computed.
    """
    height, width, channels = x.shape
    rows, columns = bounding_rectangle(((x != 0) | (y != 0)).any(-1))
    rows, columns = (
        slice(max(span.start - WINDOW + 1, 0), min(span.stop + WINDOW - 1, size))
        for span, size in ((rows, height), (columns, width))
    )
    similarity, structure = _terms(x[rows, columns].permute(2, 0, 1), y[rows, columns].permute(2, 0, 1))
    total = channels * (height - WINDOW + 1) * (width - WINDOW + 1)
    black = total - structure.numel()
    return float((similarity.sum() + black) / total), float((structure.sum() + black) / total)


def _terms(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:  # [C, H, W] twice, float64
    """Similarity, and contrast times structure, where the window fits."""
    down, across = _window_matrix(x.shape[1]), _window_matrix(x.shape[2]).T

    def mean(values: Tensor) -> Tensor:
        return down @ values @ across

    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x.square(), mean(y * y) - mean_y.square()
    covariance = mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    structure = (2 * covariance + C2) / (variance_x + variance_y + C2)
    return luminance * structure, structure


def _window_matrix(size: int) -> Tensor:  # [size - 10, size]
    """Row i holds the window at offset i: a matrix product is several times faster than a float64 convolution."""
    offset = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    window = torch.exp(-0.5 * (offset / SIGMA).square())
    matrix = torch.zeros(size - WINDOW + 1, size, dtype=torch.float64)
    for diagonal, weight in enumerate((window / window.sum()).tolist()):
        matrix.diagonal(diagonal).fill_(weight)
    return matrix
