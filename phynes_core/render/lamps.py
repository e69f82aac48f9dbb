"""Lamps: lights that a person drags, with exact shadow rays and soft edges.

A Lamp is a distant disc; an AreaLamp is a glowing sphere near the body, with falloff, and shadow rays that end at it.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from phynes_core.conventions import MIN_COSINE, orbit_direction
from phynes_core.kernels.registry import SHADE_AREA_LAMP
from phynes_core.kernels.surface_interfaces import BlocksRays, LitSurface, SphereLamp, StartPoints
from phynes_core.render.brdf import specular
from phynes_core.render.ray_starts import RayStarts, gaps
from phynes_core.render.shade import Shading, Surface
from phynes_core.render.visibility import Occluder

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


@dataclass(frozen=True)
class Lamp:
    """A distant disc of light."""

    azimuth_deg: float  # orbit angles: 0 shines on the face from +Z, 90 comes from +X
    elevation_deg: float
    intensity: float = math.pi  # irradiance on a surface that faces it; pi makes a white wall look white
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)  # linear RGB, multiplies the intensity
    angular_radius_deg: float = 2.0  # the sun's is 0.27

    @property
    def direction(self) -> Tensor:  # [3] unit, surface -> lamp, world
        """Toward the lamp's middle."""
        return orbit_direction(self.azimuth_deg, self.elevation_deg)

    @property
    def irradiance(self) -> Tensor:  # [3] linear RGB
        """On a surface that faces the lamp's middle."""
        return torch.tensor(self.color) * self.intensity


def lamp_directions(lamp: Lamp, count: int) -> Tensor:  # [count, 3] unit, surface -> light, world
    """Evenly spread, always the same directions over the lamp's disc: no noise, and shadows that do not swim."""
    axis = lamp.direction
    helper = torch.tensor([1.0, 0.0, 0.0]) if axis[0].abs() < 0.9 else torch.tensor([0.0, 1.0, 0.0])
    tangent = torch.nn.functional.normalize(torch.linalg.cross(axis, helper), dim=0)
    bitangent = torch.linalg.cross(axis, tangent)
    along, across, radius = _spiral(count)
    offsets = radius * math.tan(math.radians(lamp.angular_radius_deg)) * (along * tangent + across * bitangent)
    return torch.nn.functional.normalize(axis + offsets, dim=-1)


@lru_cache(maxsize=32)
def _spiral(count: int) -> tuple[Tensor, Tensor, Tensor]:  # cosine, sine and radius [count, 1]
    """Vogel's spiral over a disc of radius 1: equal areas, no two samples at one angle."""
    index = torch.arange(count)
    share = (index + 0.5) / count if count > 1 else torch.zeros(1)  # a single ray goes to the middle
    angle = index * GOLDEN_ANGLE
    return angle.cos()[:, None], angle.sin()[:, None], share.sqrt()[:, None]


def lamp_rays(lamps: tuple[Lamp, ...], samples: int) -> tuple[Tensor, Tensor]:  # directions [L, 3], power [L, 3]
    """Directions to `samples` points of each lamp, and the irradiance that each gives to a surface facing it."""
    directions = torch.cat([lamp_directions(lamp, samples) for lamp in lamps])
    power = torch.cat([(lamp.irradiance / samples).expand(samples, 3) for lamp in lamps])
    return directions, power


@dataclass(frozen=True)
class AreaLamp:
    """A sphere of uniform radiance. A surface that faces it at distance d receives intensity / d^2, however near."""

    position: tuple[float, float, float]  # of its middle, world, metres
    intensity: float = math.pi  # irradiance on a surface that faces it from 1 m
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)  # linear RGB, multiplies the intensity
    radius_m: float = 0.05

    def seen_from(self, point: Tensor) -> Lamp:  # [3] world
        """The distant disc that gives the same light at one point, for pictures of the surrounding light."""
        away = torch.tensor(self.position) - point
        distance = max(float(away.norm()), self.radius_m * 1.001, 1e-6)
        azimuth = math.degrees(math.atan2(float(away[0]), float(away[2])))
        elevation = math.degrees(math.asin(max(-1.0, min(1.0, float(away[1]) / distance))))
        radius_deg = math.degrees(math.asin(min(1.0, self.radius_m / distance)))
        return Lamp(azimuth, elevation, self.intensity / distance**2, self.color, radius_deg)


@dataclass(frozen=True)
class LocalRays:
    """One ray from every surface point toward one point of a lamp."""

    directions: Tensor  # [P, 3] unit
    reach: Tensor  # [P] metres to the lamp's near side
    power: Tensor  # [P] share of the lamp's intensity that a surface facing this ray receives


def area_lamp_rays(
    lamp: SphereLamp,
    points: Tensor,  # [P, 3] world
    sample: int,
    count: int,
    turn_rad: float = GOLDEN_ANGLE,  # around the disc from one sample to the next
) -> LocalRays:
    """Ray `sample` of `count` toward the sphere, spread evenly over the disc that each point sees of it.

    Even over that disc means even in projected solid angle, so the rays' irradiances on a surface that faces the lamp
    are equal: intensity / (count d^2) each.
    """
    away = torch.tensor(lamp.position, device=points.device) - points
    distance = away.norm(dim=-1).clamp(min=1.001 * lamp.radius_m + 1e-6)
    axis = away / distance[:, None]
    tangent = torch.nn.functional.normalize(torch.linalg.cross(axis, _least_aligned(axis)), dim=-1)
    bitangent = torch.linalg.cross(axis, tangent)
    share = (sample + 0.5) / count if count > 1 else 0.0  # a single ray goes to the middle
    sine = math.sqrt(share) * lamp.radius_m / distance  # Vogel's spiral, as for distant lamps
    angle = sample * turn_rad
    across = math.cos(angle) * tangent + math.sin(angle) * bitangent
    cosine = (1.0 - sine * sine).sqrt()
    directions = axis * cosine[:, None] + across * sine[:, None]
    return LocalRays(directions, distance - lamp.radius_m, 1.0 / (count * distance.square() * cosine))


def _least_aligned(axis: Tensor) -> Tensor:  # [P, 3] unit -> [P, 3], the coordinate axis farthest from each
    return torch.nn.functional.one_hot(axis.abs().argmin(-1), 3).to(axis.dtype)


def shade_area_lamp(
    surface: Surface,
    points: Tensor,  # [P, 3] world
    mesh_normal: Tensor,  # [P, 3] unit: rays start a little along it, and none goes below it
    lamp: AreaLamp,
    occluder: Occluder,
    samples: int,  # shadow rays a point
    backend: str = "auto",  # or "numba", "reference"
) -> Shading:
    """sum_i f(wi, wo) V_i max(n.wi, 0) dE_i over rays of each point's own; not differentiable."""
    surface = surface.facing_eye()
    run = SHADE_AREA_LAMP.implementation(backend, points.device.type)
    terms = run(surface, RayStarts.over(points, mesh_normal), lamp, occluder, samples, GOLDEN_ANGLE)
    rows = torch.nonzero((terms[:, 0] == 0) & (terms[:, 2] > 0)).squeeze(1)  # every ray is blocked
    gap = gaps(points[rows], mesh_normal[rows], occluder.nearest_hits)
    rows, gap = rows[torch.isfinite(gap)], gap[torch.isfinite(gap)]
    if len(rows):  # they started beyond what stands over their points
        nearer = RayStarts(points[rows], mesh_normal[rows], 0.5 * gap)
        terms[rows] = run(surface.of(rows), nearer, lamp, occluder, samples, GOLDEN_ANGLE)
    received, glossy, possible = terms[:, :1], terms[:, 1:2], terms[:, 2:]
    power = torch.tensor(lamp.color, device=points.device) * lamp.intensity
    return Shading((surface.albedo / math.pi * received + glossy) * power, received * power, possible * power)


def shade_area_lamp_reference(
    surface: LitSurface, starts: StartPoints, lamp: SphereLamp, occluder: BlocksRays, samples: int, turn_rad: float
) -> Tensor:
    """The specification of the interface ShadeAreaLamp."""
    points, mesh_normal = starts.points, starts.normals
    received, glossy, possible = (torch.zeros(len(points), device=points.device) for _ in range(3))
    cos_view = (surface.normal * surface.wo).sum(-1).clamp(min=MIN_COSINE)
    origins = points + starts.offset_m[:, None] * mesh_normal
    for sample in range(samples):
        rays = area_lamp_rays(lamp, points, sample, samples, turn_rad)
        cosine = (surface.normal * rays.directions).sum(-1)
        arriving = cosine.clamp(min=0.0) * rays.power
        possible += arriving
        facing = torch.nonzero((cosine > 0) & ((mesh_normal * rays.directions).sum(-1) > 0)).squeeze(1)
        segments = rays.directions[facing] * rays.reach[facing, None].clamp(min=1e-6)
        is_open = facing[~occluder.is_blocked(origins[facing], segments, reach=1.0)]
        received[is_open] += arriving[is_open]
        lobe = specular(
            cosine[is_open].clamp(min=MIN_COSINE), cos_view[is_open],
            (surface.wo[is_open] * rays.directions[is_open]).sum(-1), surface.roughness[is_open], surface.f0,
        )  # fmt: skip
        glossy[is_open] += arriving[is_open] * lobe
    return torch.stack([received, glossy, possible], -1)
