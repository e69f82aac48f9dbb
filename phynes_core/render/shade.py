"""Outgoing radiance under directional light with shadows (paper, Eq. 1 and 3).

Probes and lamp rays are one thing here: a direction, the irradiance it gives to a surface that faces it, and one bit
for each place that says whether it is open.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import MIN_ROUGHNESS
from phynes_core.kernels.registry import resolve
from phynes_core.render.brdf import MIN_COSINE, specular
from phynes_core.render.visibility import visibility_at

REFERENCE_CHUNK = 1024  # pixels whose [pixels, 512] terms stay in the cache


@dataclass(frozen=True)
class Surface:
    """What light meets, one row a pixel."""

    normal: Tensor  # [P, 3] unit, world
    wo: Tensor  # [P, 3] unit, surface -> eye, world
    albedo: Tensor  # [P, 3] linear
    roughness: Tensor  # [P] in (0, 1]
    f0: float


@dataclass(frozen=True)
class PackedVisibility:
    """Bits at R places and, for each pixel, the three places and weights to interpolate them with."""

    bits: Tensor  # [R, ceil(L / 32)] int32, bit i of word w is direction 32 w + i; 1 = open; not differentiated
    corners: Tensor  # [P, 3] int32 or int64, rows of `bits`
    barycentric: Tensor  # [P, 3]

    @staticmethod
    def per_pixel(bits: Tensor) -> "PackedVisibility":  # [P, ceil(L / 32)] int32
        """Every pixel has its own bits. Nothing comes from the host: CUDA graphs record it."""
        row = torch.arange(bits.shape[0], dtype=torch.int32, device=bits.device)
        weights = torch.zeros(1, 3, device=bits.device)
        weights[:, 0] = 1.0
        return PackedVisibility(bits, row[:, None].expand(-1, 3), weights.expand(bits.shape[0], 3))


@dataclass(frozen=True)
class DistantLights:
    """Lights of which only the direction matters: probes, or rays to lamps."""

    directions: Tensor  # [L, 3] unit, surface -> light, world
    power: Tensor  # [L, 3] irradiance on a facing surface
    visibility: PackedVisibility

    def joined(self, other: "DistantLights") -> "DistantLights":
        """Both at once, where they read bits at the same places and these fill whole words."""
        if self.visibility.corners is not other.visibility.corners:
            raise ValueError("visibility: expected bits at the same places, got others")
        if len(self.directions) % 32:
            raise ValueError(f"directions: expected whole words of 32, got {len(self.directions)}")
        bits = torch.cat([self.visibility.bits, other.visibility.bits], 1)
        directions, power = (
            torch.cat(pair) for pair in ((self.directions, other.directions), (self.power, other.power))
        )
        return DistantLights(directions, power, replace(self.visibility, bits=bits))


@dataclass(frozen=True)
class Shading:
    """Radiance and the irradiance that it comes from; sums over lights add."""

    radiance: Tensor  # [P, 3] linear RGB toward the eye
    irradiance: Tensor  # [P, 3] sum V (n.l) dE: what arrives
    irradiance_open: Tensor  # [P, 3] sum (n.l) dE: what would arrive without shadows; 0 where nobody asked for it

    @staticmethod
    def none(num_pixels: int, device: torch.device | None = None) -> "Shading":
        """No light at all."""
        return Shading(*(torch.zeros(num_pixels, 3, device=device) for _ in range(3)))

    def __add__(self, other: "Shading") -> "Shading":
        return Shading(
            self.radiance + other.radiance,
            self.irradiance + other.irradiance,
            self.irradiance_open + other.irradiance_open,
        )


def shade(
    surface: Surface,
    directions: Tensor,  # [L, 3] unit, surface -> light, world
    power: Tensor,  # [L, 3] irradiance on a facing surface: radiance x solid angle
    visibility: PackedVisibility,
    backend: str = "auto",  # or "numba", "reference"
    has_open: bool = True,  # False: the irradiance without shadows may be left out
) -> Shading:
    """sum_i f(wi, wo) V_i max(n.wi, 0) dE_i. n.wo is clamped to a small positive cosine: smooth normals lean away."""
    num_pixels, num_directions = surface.normal.shape[0], directions.shape[0]
    check_tensor("normal", surface.normal, ["P", 3])
    check_tensor("wo", surface.wo, [num_pixels, 3])
    check_tensor("albedo", surface.albedo, [num_pixels, 3])
    check_tensor("roughness", surface.roughness, [num_pixels])
    check_tensor("directions", directions, ["L", 3])
    check_tensor("power", power, [num_directions, 3])
    check_tensor("visibility.bits", visibility.bits, ["R", (num_directions + 31) // 32], torch.int32)
    check_tensor("visibility.corners", visibility.corners, [num_pixels, 3])
    check_tensor("visibility.barycentric", visibility.barycentric, [num_pixels, 3])
    chosen = resolve("shade", backend, surface.normal.device.type)
    if chosen == "numba":
        return _shade_numba(surface, directions, power, visibility, has_open)
    if chosen == "warp":
        return _shade_warp(surface, directions, power, visibility)
    open_share = visibility_at(visibility.bits, visibility.corners, visibility.barycentric, num_directions)
    return shade_reference(surface, directions, power, open_share)


def shade_reference(
    surface: Surface,
    directions: Tensor,  # [L, 3]
    power: Tensor,  # [L, 3]
    visibility: Tensor,  # [P, L] in [0, 1]
) -> Shading:
    """The specification, in plain torch; differentiable in everything but the visibility."""
    rows = [
        _shade_rows(surface, directions, power, visibility, slice(first, first + REFERENCE_CHUNK))
        for first in range(0, max(surface.normal.shape[0], 1), REFERENCE_CHUNK)
    ]
    return Shading(*(torch.cat(terms) for terms in zip(*rows, strict=True)))


def _shade_rows(
    surface: Surface, directions: Tensor, power: Tensor, visibility: Tensor, rows: slice
) -> tuple[Tensor, Tensor, Tensor]:
    normal, wo = surface.normal[rows], surface.wo[rows]
    cos_light = normal @ directions.T
    arriving = cos_light.clamp(min=0.0)
    cos_view = (normal * wo).sum(-1, keepdim=True).clamp(min=MIN_COSINE)
    roughness = surface.roughness[rows, None].clamp(min=MIN_ROUGHNESS)
    lobe = specular(cos_light.clamp(min=MIN_COSINE), cos_view, wo @ directions.T, roughness, surface.f0)
    received = visibility[rows] * arriving
    irradiance = received @ power
    radiance = surface.albedo[rows] / math.pi * irradiance + (lobe * received) @ power
    return radiance, irradiance, arriving @ power


def _shade_numba(
    surface: Surface, directions: Tensor, power: Tensor, visibility: PackedVisibility, has_open: bool
) -> Shading:
    from phynes_core.kernels.cpu.shade import shade_probes

    terms = shade_probes(
        surface.normal.contiguous().numpy(),
        surface.wo.contiguous().numpy(),
        surface.albedo.contiguous().numpy(),
        surface.roughness.contiguous().numpy(),
        visibility.bits.contiguous().numpy().view("uint32"),
        visibility.corners.int().contiguous().numpy(),
        visibility.barycentric.contiguous().numpy(),
        directions.contiguous().numpy(),
        power.contiguous().numpy(),
        surface.f0,
        has_open,
    )
    return Shading(*(torch.from_numpy(term) for term in terms))


def _shade_warp(surface: Surface, directions: Tensor, power: Tensor, visibility: PackedVisibility) -> Shading:
    from phynes_core.kernels.cuda.warp_shade import fused_shade

    num_pixels, device = surface.normal.shape[0], surface.normal.device
    total = Shading.none(num_pixels, device)
    fused_shade(
        surface.normal.contiguous(), surface.wo.contiguous(), surface.albedo.contiguous(),
        surface.roughness.contiguous(), visibility.bits.contiguous(), visibility.corners.int().contiguous(),
        visibility.barycentric.contiguous(), directions.contiguous(), power.contiguous(),
        torch.full((1,), surface.f0, device=device), torch.full((1,), num_pixels, dtype=torch.int32, device=device),
        total.radiance, total.irradiance, total.irradiance_open,
    )  # fmt: skip
    return total
