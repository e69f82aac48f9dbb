"""Small lamps near the body: glowing spheres with a place, a size, falloff, and shadow rays that end at them."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.conventions import MIN_COSINE
from phynes_core.kernels.registry import resolve
from phynes_core.render.brdf import specular
from phynes_core.render.lamps import GOLDEN_ANGLE, Lamp
from phynes_core.render.ray_starts import RayStarts, gaps
from phynes_core.render.shade import Shading, Surface
from phynes_core.render.visibility import Occluder


@dataclass(frozen=True)
class AreaLamp:
    """A sphere of uniform radiance. A surface that faces it at distance d receives intensity / d^2, however near."""

    position: tuple[float, float, float]  # of its middle, world, metres
    intensity: float = math.pi  # irradiance on a surface that faces it from 1 m
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)  # linear RGB, multiplies the intensity
    radius_m: float = 0.05

    def seen_from(self, place: Tensor) -> Lamp:  # [3] world
        """The distant disc that gives the same light at one place: for pictures of the surrounding light."""
        away = torch.tensor(self.position) - place
        distance = max(float(away.norm()), self.radius_m * 1.001, 1e-6)
        azimuth = math.degrees(math.atan2(float(away[0]), float(away[2])))
        elevation = math.degrees(math.asin(max(-1.0, min(1.0, float(away[1]) / distance))))
        radius_deg = math.degrees(math.asin(min(1.0, self.radius_m / distance)))
        return Lamp(azimuth, elevation, self.intensity / distance**2, self.color, radius_deg)


@dataclass(frozen=True)
class LocalRays:
    """One ray from every point toward one place of a lamp."""

    directions: Tensor  # [P, 3] unit
    reach: Tensor  # [P] metres to the lamp's near side
    power: Tensor  # [P] share of the lamp's intensity that a surface facing this ray receives


def area_lamp_rays(lamp: AreaLamp, points: Tensor, sample: int, count: int) -> LocalRays:  # points [P, 3] world
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
    angle = sample * GOLDEN_ANGLE
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
    is_fast = resolve("shade", backend, points.device.type) == "numba"
    terms_of = _terms_numba if is_fast else _terms_reference
    terms = terms_of(surface, RayStarts.over(points, mesh_normal), lamp, occluder, samples)
    rows = torch.nonzero((terms[:, 0] == 0) & (terms[:, 2] > 0)).squeeze(1)  # every ray is blocked
    gap = gaps(points[rows], mesh_normal[rows], occluder.nearest_hits)
    rows, gap = rows[torch.isfinite(gap)], gap[torch.isfinite(gap)]
    if len(rows):  # they started beyond what stands over their points
        nearer = RayStarts(points[rows], mesh_normal[rows], 0.5 * gap)
        terms[rows] = terms_of(surface.of(rows), nearer, lamp, occluder, samples)
    received, glossy, possible = terms[:, :1], terms[:, 1:2], terms[:, 2:]
    power = torch.tensor(lamp.color, device=points.device) * lamp.intensity
    return Shading((surface.albedo / math.pi * received + glossy) * power, received * power, possible * power)


def _terms_reference(
    surface: Surface, starts: RayStarts, lamp: AreaLamp, occluder: Occluder, samples: int
) -> Tensor:  # [P, 3]: sum V (n.l) dE, sum lobe V (n.l) dE, sum (n.l) dE, for a lamp of intensity 1
    points, mesh_normal = starts.points, starts.normals
    received, glossy, possible = (torch.zeros(len(points), device=points.device) for _ in range(3))
    cos_view = (surface.normal * surface.wo).sum(-1).clamp(min=MIN_COSINE)
    origins = points + starts.offset_m[:, None] * mesh_normal
    for sample in range(samples):
        rays = area_lamp_rays(lamp, points, sample, samples)
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


def _terms_numba(surface: Surface, starts: RayStarts, lamp: AreaLamp, occluder: Occluder, samples: int) -> Tensor:
    from phynes_core.kernels.cpu.shade_area import area_rays, shade_area

    place, normal = starts.points.contiguous().numpy(), starts.normals.contiguous().numpy()
    position = np.array(lamp.position, np.float32)
    origins, segments = area_rays(place, normal, position, lamp.radius_m, starts.offset_m.numpy(), samples)
    hit = occluder.is_blocked(
        torch.from_numpy(origins).view(-1, 3), torch.from_numpy(segments).view(-1, 3), reach=1.0
    ).view(-1, samples)  # fmt: skip
    terms = shade_area(
        place, surface.normal.contiguous().numpy(), normal, surface.wo.contiguous().numpy(),
        surface.roughness.contiguous().numpy(), surface.f0, position, lamp.radius_m, segments, hit.numpy(),
    )  # fmt: skip
    return torch.from_numpy(terms)
