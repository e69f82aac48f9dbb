"""Outgoing radiance under directional light with shadows (paper, Eq. 1 and 3).

Probes and lamp rays are one thing here: a direction, the irradiance it gives to a surface that faces it, and one bit
for each point that says whether it is open.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.conventions import MIN_COSINE, MIN_ROUGHNESS
from phynes_core.kernels.registry import SHADE
from phynes_core.kernels.surface_interfaces import LitSurface, PackedBits
from phynes_core.render.brdf import bend_toward_eye, specular
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
    is_facing_eye: bool = False  # what facing_eye() returned: normals need not be bent again

    def of(self, rows: Tensor) -> "Surface":  # [M] int64
        """These pixels alone."""
        return replace(
            self, normal=self.normal[rows], wo=self.wo[rows], albedo=self.albedo[rows], roughness=self.roughness[rows]
        )

    def facing_eye(self) -> "Surface":
        """The surface that light meets: normals that lean away from the eye are bent toward it, the others stay."""
        if self.is_facing_eye:
            return self
        return replace(self, normal=bend_toward_eye(self.normal, self.wo), is_facing_eye=True)


@dataclass(frozen=True)
class PackedVisibility:
    """R rows of bits and, for each pixel, the three rows and weights to interpolate."""

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
        """Both at once, where they read bits of the same rows and these fill whole words."""
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
    irradiance_open: Tensor  # [P, 3] sum (n.l) dE: what would arrive without shadows; 0 where it was left out

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
    backend: str = "auto",  # or "numba", "warp", "reference"
    has_open: bool = True,  # False: the irradiance without shadows may be left out
) -> Shading:
    """sum_i f(wi, wo) V_i max(n.wi, 0) dE_i, with normals bent toward the eye where they lean away (brdf.py)."""
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
    run = SHADE.implementation(backend, surface.normal.device.type)
    return Shading(*run(surface.facing_eye(), directions, power, visibility, has_open))


def shade_reference(
    surface: Surface,
    directions: Tensor,  # [L, 3]
    power: Tensor,  # [L, 3]
    visibility: Tensor,  # [P, L] in [0, 1]
) -> Shading:
    """The specification, in plain torch; differentiable in everything but the visibility."""
    return Shading(*_shade_open(surface.facing_eye(), directions, power, visibility))


def shade_packed_reference(
    surface: LitSurface, directions: Tensor, power: Tensor, visibility: PackedBits, has_open: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The same as the interface Shade has it."""
    num_directions = directions.shape[0]
    open_share = visibility_at(visibility.bits, visibility.corners, visibility.barycentric, num_directions)
    return _shade_open(surface, directions, power, open_share)


def _shade_open(
    surface: LitSurface, directions: Tensor, power: Tensor, visibility: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    rows = [
        _shade_rows(surface, directions, power, visibility, slice(first, first + REFERENCE_CHUNK))
        for first in range(0, max(surface.normal.shape[0], 1), REFERENCE_CHUNK)
    ]
    radiance, irradiance, irradiance_open = (torch.cat(terms) for terms in zip(*rows, strict=True))
    return radiance, irradiance, irradiance_open


def _shade_rows(
    surface: LitSurface, directions: Tensor, power: Tensor, visibility: Tensor, rows: slice
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
