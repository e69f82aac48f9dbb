"""The one reflectance model: Lambert plus a Cook-Torrance lobe (paper, Eq. 3).

f = albedo / pi + D F G / (4 n.l n.v), with GGX D (alpha = roughness^2), Schlick F, separable Smith-GGX G.
Diffuse and specular are simply added (kd = ks = 1), as the paper's baselines do.
"""

import math

import torch
from torch import Tensor

from phynes_core.conventions import MIN_COSINE, MIN_ROUGHNESS


def ndf(cos_half: Tensor, alpha: Tensor) -> Tensor:
    """GGX distribution of half vectors, per steradian. `cos_half` = n.h."""
    squared = alpha * alpha
    denominator = cos_half * cos_half * (squared - 1.0) + 1.0
    return squared / (math.pi * denominator * denominator)


def masking(cosine: Tensor, alpha: Tensor) -> Tensor:
    """Smith's G1 for GGX, one side: the share of facets seen from a direction with this cosine to the normal."""
    squared = alpha * alpha
    return 2.0 * cosine / (cosine + (squared + (1.0 - squared) * cosine * cosine).sqrt())


def fresnel(cos_view_half: Tensor, f0: float) -> Tensor:
    """Schlick's approximation. `cos_view_half` = v.h."""
    return f0 + (1.0 - f0) * (1.0 - cos_view_half).clamp(min=0.0) ** 5


def widened_roughness(
    roughness: Tensor,  # [...] in (0, 1]
    half_variance: float,  # of the half vector's direction, rad^2 along each of the two axes
) -> Tensor:  # [...]
    """The roughness of a lobe that is seen through normals or light of that spread: alpha'^2 = alpha^2 + 2 variance.

    To GGX what the sum of two independent tilts is to a Gaussian of slopes, whose alpha^2 is twice the variance (Olano
    and Baker 2010, "LEAN mapping"; Tokuyoshi and Kaplanyan 2019, "Improved geometric specular antialiasing").
    """
    return roughness if half_variance == 0.0 else (roughness**4 + 2.0 * half_variance) ** 0.25


def specular(
    cos_light: Tensor,  # n.l, > 0
    cos_view: Tensor,  # n.v, > 0
    cos_light_view: Tensor,  # l.v
    roughness: Tensor,  # clamped to MIN_ROUGHNESS
    f0: float,
) -> Tensor:
    """D F G / (4 n.l n.v); all cosines broadcast together. Depends on directions only through these three."""
    alpha = roughness.clamp(min=MIN_ROUGHNESS).square()
    inverse_length = (2.0 + 2.0 * cos_light_view).clamp(min=1e-8).rsqrt()
    cos_half = ((cos_light + cos_view) * inverse_length).clamp(0.0, 1.0)
    cos_view_half = ((1.0 + cos_light_view) * inverse_length).clamp(0.0, 1.0)
    distribution = ndf(cos_half, alpha) * fresnel(cos_view_half, f0)
    return distribution * masking(cos_light, alpha) * masking(cos_view, alpha) / (4.0 * cos_light * cos_view)


def bend_toward_eye(
    normal: Tensor,  # [P, 3] unit
    wo: Tensor,  # [P, 3] unit, surface -> eye
) -> Tensor:  # [P, 3] unit
    """n' = n + (max(|n.wo|, MIN_COSINE) - n.wo) wo: a normal that leans away from the eye is mirrored toward it.

    Interpolated and detailed normals lean away near silhouettes, where no reflectance model is defined. Taking |n.v|
    for n.v there is common (Lagarde and de Rousiers 2014, "Moving Frostbite to Physically Based Rendering"; Unity's
    standard shader), but leaves n.h of a vector that is no half vector. Mirroring the normal itself gives that n.v, and
    n.l and n.h that belong to it: what leans away by some angle shines like what leans toward the eye by as much.
    Normals with n.wo >= MIN_COSINE stay as they are, bit for bit; continuous at the horizon; differentiable; n.wo is
    at least MIN_COSINE, so that nothing is left to clamp. Unit to 1e-6: a shift by 2 |n.wo| mirrors, and one by
    MIN_COSINE lengthens by half its square.
    """
    cosine = (normal * wo).sum(-1, keepdim=True)
    return torch.addcmul(normal, cosine.abs().clamp(min=MIN_COSINE) - cosine, wo)


def cook_torrance(
    wi: Tensor,  # [..., 3] unit, surface -> light
    wo: Tensor,  # [..., 3] unit, surface -> eye
    normal: Tensor,  # [..., 3] unit
    albedo: Tensor,  # [..., 3] linear
    roughness: Tensor,  # [...] in (0, 1]
    f0: float,
) -> Tensor:  # [..., 3] per steradian
    """f(wi, wo). Zero where the light or the eye is behind the surface."""
    cos_light, cos_view = (normal * wi).sum(-1), (normal * wo).sum(-1)
    lit = (cos_light > 0) & (cos_view > 0)
    lobe = specular(cos_light.clamp(min=MIN_COSINE), cos_view.clamp(min=MIN_COSINE), (wi * wo).sum(-1), roughness, f0)
    return (albedo / math.pi + lobe[..., None]) * lit[..., None]
