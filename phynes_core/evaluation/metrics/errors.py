"""Errors against ground truth: PSNR, RMSE, angles, shading baked into albedo, light, and distances of surfaces."""

import numpy as np
import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import latlong_directions, latlong_solid_angles
from phynes_core.geometry.closest_point import closest_point
from phynes_core.geometry.mesh import surface_samples

SMALLEST_MSE = 1e-10  # 100 dB: two equal images
ALIGNMENTS = {
    "median": "per image and channel, times median(truth) / median(ours) over the pixels where neither is black",
    "least-squares": "per image and channel, times <ours, truth> / <ours, ours> over the pixels where neither is black",
}


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


def normal_degrees(normal: Tensor, truth: Tensor, mask: Tensor) -> float:  # [H, W, 3] twice, [H, W] bool
    """Mean angle between unit normals over the mask."""
    return float(angle_degrees(normal[mask], truth[mask]).mean())


def angle_degrees(first: Tensor, second: Tensor) -> Tensor:  # [..., 3] twice, any length -> [...] float64
    """The angle between two vectors; atan2 of sine and cosine, because acos loses half its digits near 0."""
    first, second = first.double(), second.double()
    sine = torch.linalg.cross(first, second).norm(dim=-1)
    return torch.rad2deg(torch.atan2(sine, (first * second).sum(-1)))


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


def light_error(light: Tensor, truth: Tensor) -> tuple[Tensor, float]:  # [16, 32, 3] radiance twice
    """`light` times one factor per channel, and the relative RMSE of its irradiance that remains.

    A surface receives light through a cosine lobe, so irradiance over all directions is compared, not single cells.
    """
    check_tensor("truth", truth, list(light.shape))
    rows, columns = light.shape[:2]
    directions = latlong_directions(rows, columns).reshape(-1, 3).double()
    weight = latlong_solid_angles(rows, columns).reshape(-1).double()
    cosine = (directions @ directions.T).clamp(min=0.0) * weight
    ours, theirs = (cosine @ side.reshape(-1, 3).double() for side in (light, truth))
    over = weight[:, None]  # directions are weighted by solid angle
    factor = (over * ours * theirs).sum(0) / (over * ours.square()).sum(0).clamp(min=1e-12)
    error = (over * (factor * ours - theirs).square()).sum() / (over * theirs.square()).sum().clamp(min=1e-12)
    return light * factor.float(), float(error.sqrt())


def aligned(image: Tensor, truth: Tensor, kind: str = "median") -> Tensor:  # [H, W, C] linear
    """`image` times one factor per channel, from the pixels where neither is black.

    Albedo and light share an unknown factor per channel, which is removed before they are compared.

    The median is Relightable Avatar's way (FORMATS section 3.2), least squares NeRFactor's and IntrinsicAvatar's (3.3).
    """
    check_tensor("truth", truth, list(image.shape))
    if kind not in ALIGNMENTS:
        raise ValueError(f"alignment: expected one of {', '.join(ALIGNMENTS)}, got '{kind}'")
    both = (image.sum(-1) != 0) & (truth.sum(-1) != 0)
    if not bool(both.any()):
        return image
    ours, theirs = image[both].double(), truth[both].double()
    if kind == "median":
        numerator, denominator = theirs.median(0).values, ours.median(0).values
    else:
        numerator, denominator = (ours * theirs).sum(0), ours.square().sum(0)
    factor = torch.where(denominator > 0, numerator / denominator.clamp(min=1e-12), torch.ones_like(numerator))
    return image * factor.to(image)


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
