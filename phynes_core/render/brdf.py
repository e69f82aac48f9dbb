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
    """Normals with n.wo >= MIN_COSINE as they are, bit for bit; others turned toward the eye until n.wo = MIN_COSINE.

    Interpolated and detailed normals lean away from the eye near silhouettes, where no reflectance model is defined.
    The normal is shifted along the direction to the eye, as Unity's standard shader does for a negative n.v
    (UnityStandardBRDF.cginc, UNITY_HANDLE_CORRECTLY_NEGATIVE_NDOTV), and is made unit again, which there is left out:
    n' = c wo + sqrt(1 - c^2) t, with c = MIN_COSINE and t the unit part of n across wo. It keeps the side to which the
    normal leans and is continuous where n.wo = c. Only a normal straight away from the eye has no side: it becomes wo.
    Differentiable.
    """
    cosine = (normal * wo).sum(-1, keepdim=True)
    turned = cosine < MIN_COSINE
    if normal.device.type != "cpu":  # no row is picked out: nothing may wait for a device
        return torch.where(turned, _at_least_cosine(normal, wo, cosine), normal)
    rows = torch.nonzero(turned.squeeze(-1)).squeeze(1)
    if not len(rows):
        return normal
    return normal.index_put((rows,), _at_least_cosine(normal[rows], wo[rows], cosine[rows]))


def _at_least_cosine(normal: Tensor, wo: Tensor, cosine: Tensor) -> Tensor:  # [P, 3], [P, 3], [P, 1] -> [P, 3]
    across = normal - cosine * wo
    squared = across.square().sum(-1, keepdim=True)
    has_side = squared > 1e-12
    across = across * (math.sqrt(1.0 - MIN_COSINE**2) / squared.clamp(min=1e-12).sqrt())
    return torch.where(has_side, across + MIN_COSINE * wo, wo)


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
