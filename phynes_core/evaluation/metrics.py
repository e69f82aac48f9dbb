"""The numbers: image, normal and surface distances, and the alignment that albedo needs before it can be compared."""

import numpy as np
import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.geometry.closest_point import closest_point
from phynes_core.geometry.mesh import surface_samples

SSIM_WINDOW = 11  # pixels; Wang et al. 2004, like the next three
SSIM_SIGMA = 1.5
SSIM_C1 = 0.01**2
SSIM_C2 = 0.03**2
SMALLEST_MSE = 1e-10  # 100 dB: two equal images


def psnr(image: Tensor, truth: Tensor, mask: Tensor | None = None) -> float:  # [H, W, C] twice, [H, W] bool
    """10 log10(1 / MSE) in dB for values in [0, 1], over the whole image or the mask."""
    check_tensor("truth", truth, list(image.shape))
    squared = (image - truth).square()
    if mask is not None:
        check_tensor("mask", mask, list(image.shape[:2]), torch.bool)
        squared = squared[mask]
    if squared.numel() == 0:
        raise ValueError("mask: expected at least one pixel, got none")
    return float(-10.0 * np.log10(max(float(squared.double().mean()), SMALLEST_MSE)))


def ssim(image: Tensor, truth: Tensor) -> float:  # [H, W, C] in [0, 1]
    """Structural similarity with an 11-pixel Gaussian window, mean over the places where the window fits."""
    check_tensor("truth", truth, list(image.shape))
    if min(image.shape[:2]) < SSIM_WINDOW:
        raise ValueError(f"image: expected at least {SSIM_WINDOW} x {SSIM_WINDOW} pixels, got {list(image.shape[:2])}")
    offset = torch.arange(SSIM_WINDOW, dtype=torch.float64) - SSIM_WINDOW // 2
    window = torch.exp(-0.5 * (offset / SSIM_SIGMA).square())
    window = (window / window.sum()).view(1, 1, -1, 1)

    def mean(values: Tensor) -> Tensor:
        rows = torch.nn.functional.conv2d(values, window)
        return torch.nn.functional.conv2d(rows, window.transpose(2, 3))

    x, y = (side.double().permute(2, 0, 1)[:, None] for side in (image, truth))
    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x.square(), mean(y * y) - mean_y.square()
    covariance = mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + SSIM_C1) / (mean_x.square() + mean_y.square() + SSIM_C1)
    structure = (2 * covariance + SSIM_C2) / (variance_x + variance_y + SSIM_C2)
    return float((luminance * structure).mean())


def median_aligned(image: Tensor, truth: Tensor) -> Tensor:  # [H, W, C] linear
    """`image` times median(truth) / median(image), channel by channel, over the pixels where neither is black.

    Albedo and light share an unknown scale; this is Relightable Avatar's way to take it out (FORMATS section 3.2).
    """
    check_tensor("truth", truth, list(image.shape))
    both = (image.sum(-1) != 0) & (truth.sum(-1) != 0)
    if not bool(both.any()):
        return image
    ours, theirs = image[both].median(0).values, truth[both].median(0).values
    return image * torch.where(ours > 0, theirs / ours.clamp(min=1e-8), torch.ones_like(ours))


def eroded(coverage: Tensor) -> Tensor:  # [H, W] in [0, 1] -> [H, W] bool
    """The foreground: pixels that are mostly covered and whose eight neighbors are, too."""
    outside = (coverage < 0.5).float()[None, None]
    beyond = torch.nn.functional.pad(outside, (1, 1, 1, 1), value=1.0)  # what lies off the image is not the person
    return torch.nn.functional.max_pool2d(beyond, 3, stride=1)[0, 0] == 0


def normal_degrees(normal: Tensor, truth: Tensor, mask: Tensor) -> float:  # [H, W, 3] twice, [H, W] bool
    """Mean angle between unit normals over the mask."""
    ours = torch.nn.functional.normalize(normal[mask].double(), dim=-1)
    theirs = torch.nn.functional.normalize(truth[mask].double(), dim=-1)
    # atan2 of sine and cosine: acos loses half its digits near 0
    sine = torch.linalg.cross(ours, theirs).norm(dim=-1)
    return float(torch.rad2deg(torch.atan2(sine, (ours * theirs).sum(-1))).mean())


def rmse(values: Tensor, truth: Tensor, mask: Tensor) -> float:  # [H, W] twice, [H, W] bool
    """Root of the mean squared difference over the mask."""
    return float((values[mask].double() - truth[mask].double()).square().mean().sqrt())


def baked_shading(
    albedo: Tensor,  # [H, W, 3] ours, aligned
    true_albedo: Tensor,  # [H, W, 3]
    shading: Tensor,  # [H, W, 3] of the training light
    mask: Tensor,  # [H, W] bool
) -> float:
    """How much of the training light's shading the albedo explains: 0 none, 1 all of it.

    The slope of the line through log(albedo / true albedo) over log(shading).
    """
    images = (albedo, true_albedo, shading)
    ours, theirs, light = (image[mask].mean(-1).double().clamp(min=1e-3).log() for image in images)
    light = light - light.mean()
    error = (ours - theirs) - (ours - theirs).mean()
    return float((light * error).sum() / light.square().sum().clamp(min=1e-12))


def surface_distances(
    vertices: Tensor,  # [V, 3] metres
    faces: Tensor,  # [F, 3]
    true_vertices: Tensor,  # [Vt, 3] metres
    true_faces: Tensor,  # [Ft, 3]
    samples: int = 10_000,  # on either surface (FORMATS section 3.4: 10000 for P2S, 1000 for CD)
    seed: int = 0,
) -> tuple[float, float]:
    """P2S and CD in centimetres: mean distance from ours to the true surface, and the mean of both directions."""
    generator = torch.Generator().manual_seed(seed)

    def mean_distance(points: Tensor, onto_vertices: Tensor, onto_faces: Tensor) -> float:
        return float(closest_point(onto_vertices, onto_faces, points).distance.double().mean())

    ours = surface_samples(vertices, faces, samples, generator)
    theirs = surface_samples(true_vertices, true_faces, samples, generator)
    to_truth = mean_distance(ours, true_vertices, true_faces)
    from_truth = mean_distance(theirs, vertices, faces)
    return 100.0 * to_truth, 50.0 * (to_truth + from_truth)


def mean_of(values: list[float]) -> float | None:
    """Mean, or None of an empty list (JSON has no NaN)."""
    return float(np.mean(values)) if values else None
