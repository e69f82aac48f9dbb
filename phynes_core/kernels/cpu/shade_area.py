"""Shading under one lamp near the body: rays of each pixel's own, and the lobe of render/brdf.py for each of them.

The reference is in render/lamps.py.
"""

import math

import numpy as np
import torch
from numba import float32
from torch import Tensor

from phynes_core.conventions import MIN_COSINE, MIN_ROUGHNESS
from phynes_core.kernels.cpu.compiler import parallel, prange
from phynes_core.kernels.surface_interfaces import BlocksRays, LitSurface, SphereLamp, StartPoints

_ONE, _TINY = float32(1), float32(1e-6)


@parallel
def _rays(points, mesh_normal, position, radius, offsets, count, turn, origins, segments):
    """Ray starts and unshortened segments [P, count, 3] toward the disc that each point sees of the sphere."""
    for pixel in prange(points.shape[0]):
        x, y, z = position[0] - points[pixel, 0], position[1] - points[pixel, 1], position[2] - points[pixel, 2]
        distance = max(math.sqrt(x * x + y * y + z * z), float32(1.001) * radius + _TINY)
        x, y, z = x / distance, y / distance, z / distance
        # the coordinate axis farthest from the ray, as one_hot(argmin) picks it
        e_x, e_y, e_z = float32(0), float32(0), float32(0)
        if abs(x) <= abs(y) and abs(x) <= abs(z):
            e_x = _ONE
        elif abs(y) <= abs(z):
            e_y = _ONE
        else:
            e_z = _ONE
        t_x, t_y, t_z = y * e_z - z * e_y, z * e_x - x * e_z, x * e_y - y * e_x
        scale = _ONE / math.sqrt(t_x * t_x + t_y * t_y + t_z * t_z)
        t_x, t_y, t_z = t_x * scale, t_y * scale, t_z * scale
        b_x, b_y, b_z = y * t_z - z * t_y, z * t_x - x * t_z, x * t_y - y * t_x
        reach = max(distance - radius, _TINY)
        for sample in range(count):
            share = (float32(sample) + float32(0.5)) / float32(count) if count > 1 else float32(0)
            sine = math.sqrt(share) * radius / distance
            cosine = math.sqrt(_ONE - sine * sine)
            across, along = math.cos(sample * turn) * sine, math.sin(sample * turn) * sine
            segments[pixel, sample, 0] = reach * (x * cosine + t_x * across + b_x * along)
            segments[pixel, sample, 1] = reach * (y * cosine + t_y * across + b_y * along)
            segments[pixel, sample, 2] = reach * (z * cosine + t_z * across + b_z * along)
            for axis in range(3):
                origins[pixel, sample, axis] = points[pixel, axis] + offsets[pixel] * mesh_normal[pixel, axis]


@parallel
def _reflect(
    points, normal, mesh_normal, wo, roughness, f0, min_roughness, min_cosine, position, radius, segments, hit, out
):  # fmt: skip
    """Per pixel: sum V (n.l) dE, sum lobe V (n.l) dE, sum (n.l) dE, for a lamp of intensity 1."""
    count = segments.shape[1]
    for pixel in prange(points.shape[0]):
        x, y, z = position[0] - points[pixel, 0], position[1] - points[pixel, 1], position[2] - points[pixel, 2]
        distance = max(math.sqrt(x * x + y * y + z * z), float32(1.001) * radius + _TINY)
        reach = max(distance - radius, _TINY)
        n_x, n_y, n_z = normal[pixel, 0], normal[pixel, 1], normal[pixel, 2]
        v_x, v_y, v_z = wo[pixel, 0], wo[pixel, 1], wo[pixel, 2]
        cos_view = max(n_x * v_x + n_y * v_y + n_z * v_z, min_cosine)
        alpha = max(roughness[pixel], min_roughness) ** 2
        squared = alpha * alpha
        smith_view = cos_view + math.sqrt(squared + (_ONE - squared) * cos_view * cos_view)
        received, glossy, possible = float32(0), float32(0), float32(0)
        for sample in range(count):
            l_x = segments[pixel, sample, 0] / reach
            l_y = segments[pixel, sample, 1] / reach
            l_z = segments[pixel, sample, 2] / reach
            cosine = n_x * l_x + n_y * l_y + n_z * l_z
            if cosine <= float32(0):
                continue
            share = (float32(sample) + float32(0.5)) / float32(count) if count > 1 else float32(0)
            sine = math.sqrt(share) * radius / distance
            arriving = cosine / (float32(count) * distance * distance * math.sqrt(_ONE - sine * sine))
            possible += arriving
            leaves = mesh_normal[pixel, 0] * l_x + mesh_normal[pixel, 1] * l_y + mesh_normal[pixel, 2] * l_z
            if hit[pixel, sample] or leaves <= float32(0):
                continue
            received += arriving
            cos_between = l_x * v_x + l_y * v_y + l_z * v_z
            inverse_length = _ONE / math.sqrt(max(float32(2) + float32(2) * cos_between, float32(1e-8)))
            cos_light = max(cosine, min_cosine)
            cos_half = min((cos_light + cos_view) * inverse_length, _ONE)
            miss = max(_ONE - min((_ONE + cos_between) * inverse_length, _ONE), float32(0))
            fresnel = f0 + (_ONE - f0) * miss * miss * miss * miss * miss
            spread = cos_half * cos_half * (squared - _ONE) + _ONE
            smith_light = cos_light + math.sqrt(squared + (_ONE - squared) * cos_light * cos_light)
            glossy += arriving * squared * fresnel / (float32(math.pi) * spread * spread * smith_light * smith_view)
        out[pixel, 0], out[pixel, 1], out[pixel, 2] = received, glossy, possible


def shade_area_lamp(
    surface: LitSurface, starts: StartPoints, lamp: SphereLamp, occluder: BlocksRays, samples: int, turn_rad: float
) -> Tensor:
    """The interface ShadeAreaLamp."""
    points, mesh_normal = starts.points.contiguous().numpy(), starts.normals.contiguous().numpy()
    position = np.array(lamp.position, np.float32)
    given = points, mesh_normal, position, lamp.radius_m, starts.offset_m.numpy(), samples, turn_rad
    origins, segments = (torch.from_numpy(array) for array in area_rays(*given))
    hit = occluder.is_blocked(origins.view(-1, 3), segments.view(-1, 3), reach=1.0).view(-1, samples)
    terms = shade_area(
        points, surface.normal.contiguous().numpy(), mesh_normal, surface.wo.contiguous().numpy(),
        surface.roughness.contiguous().numpy(), surface.f0, position, lamp.radius_m, segments.numpy(), hit.numpy(),
    )  # fmt: skip
    return torch.from_numpy(terms)


def area_rays(
    points: np.ndarray,  # [P, 3] m
    mesh_normal: np.ndarray,  # [P, 3] unit
    position: np.ndarray,  # [3] m
    radius: float,  # m
    offsets_m: np.ndarray,  # [P] rays start this far along the normal
    count: int,
    turn_rad: float,  # around the disc from one sample to the next
) -> tuple[np.ndarray, np.ndarray]:
    """Origins and segments [P, count, 3] toward a glowing sphere; segments end at its near side."""
    origins = np.empty((len(points), count, 3), np.float32)
    segments = np.empty((len(points), count, 3), np.float32)
    _rays(points, mesh_normal, position, np.float32(radius), offsets_m, count, turn_rad, origins, segments)
    return origins, segments


def shade_area(
    points: np.ndarray,  # [P, 3] m
    normal: np.ndarray,  # [P, 3] unit, what light meets
    mesh_normal: np.ndarray,  # [P, 3] unit, below which nothing arrives
    wo: np.ndarray,  # [P, 3] unit
    roughness: np.ndarray,  # [P]
    f0: float,
    position: np.ndarray,  # [3] m
    radius: float,  # m
    segments: np.ndarray,  # [P, S, 3] of `area_rays`
    hit: np.ndarray,  # [P, S] bool
) -> np.ndarray:  # [P, 3]: diffuse with shadows, specular with shadows, diffuse without, for an intensity of 1
    """What the rays that are open bring."""
    out = np.empty((len(points), 3), np.float32)
    _reflect(
        points, normal, mesh_normal, wo, roughness, np.float32(f0), np.float32(MIN_ROUGHNESS), np.float32(MIN_COSINE),
        position, np.float32(radius), segments, hit, out,
    )  # fmt: skip
    return out
