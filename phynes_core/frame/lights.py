"""From bits of visibility to what pixels reflect under the lights of a scene."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from phynes_core.frame.pixels import Pixels
from phynes_core.render.gbuffer import GBuffer
from phynes_core.render.lamps import AreaLamp, Lamp, shade_area_lamp
from phynes_core.render.probes import Probes
from phynes_core.render.shade import DistantLights, PackedVisibility, Shading, Surface, shade
from phynes_core.render.visibility import Occluder, SeenBits

Rows = Callable[[Tensor], Tensor]  # takes some rows of a column of all pixels


@dataclass(frozen=True)
class Rays:
    """To places of distant lamps."""

    directions: Tensor  # [L, 3] unit, surface -> light, world
    power: Tensor  # [L, 3]


def rays_of(
    make: Callable[..., tuple[Tensor, Tensor]], lamps: tuple[Lamp, ...], samples: int, device: torch.device
) -> Rays | None:
    """As lamp_rays or source_rays make them, on a device."""
    return Rays(*(part.to(device) for part in make(lamps, samples))) if lamps else None


def pixel_visibility(directions: Tensor, occluder: Occluder, gbuffer: GBuffer) -> PackedVisibility:  # [L, 3] unit
    """Rays from every pixel."""
    return PackedVisibility.per_pixel(occluder.point_bits(gbuffer.position, gbuffer.normal, directions))


def vertex_visibility(gbuffer: GBuffer, bits: Tensor | None, exact: PackedVisibility | None) -> PackedVisibility | None:
    """Bits of the vertices [V, ceil(L / 32)], unless there are exact ones."""
    return exact if bits is None else PackedVisibility(bits, gbuffer.corners, gbuffer.barycentric)


def source_visibility(
    directions: Tensor, occluder: Occluder, gbuffer: GBuffer, seen: Tensor, bits: SeenBits | None
) -> PackedVisibility:  # [L, 3] unit, [V] bool
    """Bits of the vertices, those that are newly seen traced now; or of every pixel."""
    if bits is None:
        return pixel_visibility(directions, occluder, gbuffer)
    if not bits.knows(seen):
        bits.trace(seen)
    return PackedVisibility(bits.bits, gbuffer.corners, gbuffer.barycentric)


def shade_sky(
    probes: Probes, visibility: PackedVisibility, sources: Rays | None, source_visibility: PackedVisibility | None,
    is_joined: bool, *rest: Any,
) -> Shading:  # fmt: skip
    """Under the probes, and in one go under the bright sources where both read bits of the same vertices."""
    light = DistantLights(probes.directions, probes.power, visibility)
    if is_joined and sources is not None and source_visibility is not None:
        light = light.joined(DistantLights(sources.directions, sources.power, source_visibility))
    return shade_distant(light, light.visibility, *rest)


def shade_distant(
    rays: Rays | DistantLights,
    visibility: PackedVisibility,
    surface: Surface,
    pixels: Pixels,
    f0s: tuple[float, ...],  # of each avatar
    backend: str,
    has_open: bool,  # the irradiance without shadows is wanted, too
) -> Shading:
    """Under probes, or rays to lamps."""

    def lit(part: Surface, of: Rows) -> Shading:
        places = PackedVisibility(visibility.bits, of(visibility.corners), of(visibility.barycentric))
        return shade(part, rays.directions, rays.power, places, backend, has_open)

    return _shade_avatars(surface, pixels, f0s, lit)


def shade_area_lamps(
    lamps: tuple[AreaLamp, ...], surface: Surface, pixels: Pixels, f0s: tuple[float, ...], occluder: Occluder,
    samples: int, backend: str,
) -> tuple[Shading, ...]:  # fmt: skip
    """Under each lamp near the bodies."""
    places = pixels[0].gbuffer

    def lit(lamp: AreaLamp, part: Surface, of: Rows) -> Shading:
        return shade_area_lamp(part, of(places.position), of(places.normal), lamp, occluder, samples, backend)

    return tuple(_shade_avatars(surface, pixels, f0s, partial(lit, lamp)) for lamp in lamps)


def _shade_avatars(
    surface: Surface, pixels: Pixels, f0s: tuple[float, ...], lit: Callable[[Surface, Rows], Shading]
) -> Shading:
    """All pixels at once where the avatars reflect alike, else avatar by avatar."""
    if len(set(f0s)) == 1:
        return lit(replace(surface, f0=f0s[0]), lambda column: column)
    total = Shading.none(len(surface.normal), surface.normal.device)
    for own, f0 in zip(pixels, f0s, strict=True):
        of = own.of
        part = replace(
            surface, normal=of(surface.normal), wo=of(surface.wo), albedo=of(surface.albedo),
            roughness=of(surface.roughness), f0=f0,
        )  # fmt: skip
        shading = lit(part, of)
        for name in ("radiance", "irradiance", "irradiance_open"):
            own.put(getattr(total, name), getattr(shading, name))
    return total


def sum_of_lights(surface: Surface, near: tuple[Shading, ...] | None, *distant: Shading | None) -> Shading:
    """What all lights together do; black without any."""
    shadings = [shading for shading in (*distant, *(near or ())) if shading is not None]
    total = shadings[0] if shadings else Shading.none(len(surface.normal), surface.normal.device)
    for shading in shadings[1:]:
        total = total + shading
    return total
