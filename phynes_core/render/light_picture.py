"""All the light at one point, as a lat-long picture and in the chrome and the gray ball of a film set."""

import math

import torch
from torch import Tensor

from phynes_core.conventions import direction_to_latlong, latlong_solid_angles
from phynes_core.render.camera import Camera
from phynes_core.render.lamps import Lamp, lamp_directions
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import environment_to_probes

DISC_SAMPLES = 1024  # points of a lamp's disc, each of which lights the texel that it lies in


def picture_of_light(
    lighting: Lighting,
    point: Tensor,  # [3] world, metres, from which area lamps are seen
    rows: int,
    columns: int,
) -> Tensor:  # [rows, columns, 3] linear radiance, conventions.py's mapping
    """Mean radiance of every texel: the picture lights a surface at the point as the lights did."""
    picture = torch.zeros(rows, columns, 3)
    if lighting.environment is not None:
        picture += environment_to_probes(lighting.environment, rows, columns).radiance.view(rows, columns, 3)
    solid_angle = latlong_solid_angles(rows, columns)
    for lamp in lamps_seen_from(lighting, point):
        u, v = direction_to_latlong(lamp_directions(lamp, DISC_SAMPLES)).unbind(-1)
        texel = (v * rows).long().clamp(max=rows - 1) * columns + (u * columns).long() % columns
        share = torch.bincount(texel, minlength=rows * columns).view(rows, columns) / DISC_SAMPLES
        picture += (share / solid_angle)[..., None] * lamp.irradiance
    return picture


def lamps_seen_from(lighting: Lighting, point: Tensor) -> tuple[Lamp, ...]:  # [3] world
    """Every lamp and bright source as a distant disc, as it is seen from one point."""
    near = tuple(lamp.seen_from(point) for lamp in lighting.area_lamps)
    return (*lighting.lamps, *lighting.sources, *near)


GRAY = 0.18  # the photographers' card
_SAMPLES = 2  # a side of a pixel
_NORMALS_AT_ONCE = 1 << 15  # times 512 directions: 64 MB


def film_set_balls(
    lighting: Lighting,
    mirrored: Tensor,  # [h, w, 3] linear: picture_of_light of the same light
    camera: Camera,
    point: Tensor,  # [3] world, where the balls hang
    size: int,  # pixels, of one ball
) -> Tensor:  # [size, 2 size, 4] linear, premultiplied; coverage
    """A perfect mirror left, an 18 % gray Lambertian ball right, along the camera's axis; no shadows fall on them."""
    steps = (torch.arange(size * _SAMPLES) + 0.5) / (size * _SAMPLES) * 2.0 - 1.0
    down, across = torch.meshgrid(steps, steps, indexing="ij")
    depth = (1.0 - across.square() - down.square()).clamp(min=0.0).sqrt()
    is_ball = ((across.square() + down.square()) <= 1.0).float()[..., None]
    normal = torch.stack([across, down, -depth], -1) @ camera.T_cam_world[:3, :3]  # camera axes to the world's
    forward = camera.T_cam_world[2, :3]
    reflected = forward - 2.0 * (normal @ forward)[..., None] * normal
    chrome = sample_latlong(mirrored, torch.nn.functional.normalize(reflected, dim=-1))
    gray = GRAY / math.pi * irradiance(lighting, point, normal.reshape(-1, 3)).view(*normal.shape)
    balls = torch.cat([torch.cat([color * is_ball, is_ball], -1) for color in (chrome, gray)], 1)
    return balls.view(size, _SAMPLES, 2 * size, _SAMPLES, 4).mean((1, 3))


def irradiance(lighting: Lighting, point: Tensor, normals: Tensor) -> Tensor:  # [3], [N, 3] unit -> [N, 3]
    """What surfaces at one point receive, without shadows."""
    probes = lighting.probes()
    directions, power = [probes.directions], [probes.power]
    for lamp in lamps_seen_from(lighting, point):
        directions.append(lamp.direction[None])
        power.append(lamp.irradiance[None])
    toward, strength = torch.cat(directions).T, torch.cat(power)
    return torch.cat([(part @ toward).clamp(min=0.0) @ strength for part in normals.split(_NORMALS_AT_ONCE)])


def sample_latlong(picture: Tensor, directions: Tensor) -> Tensor:  # [h, w, 3], [..., 3] unit -> [..., 3]
    """Bilinear between texel centers; wraps around, stops at the poles."""
    height, width = picture.shape[:2]
    u, v = direction_to_latlong(directions).unbind(-1)
    x, y = u * width - 0.5, (v * height - 0.5).clamp(0.0, height - 1.0)
    left, top = x.floor().long(), y.floor().long()
    right, bottom = (left + 1) % width, (top + 1).clamp(max=height - 1)
    across, down = (x - left)[..., None], (y - top)[..., None]
    left = left % width
    above = picture[top, left] * (1.0 - across) + picture[top, right] * across
    below = picture[bottom, left] * (1.0 - across) + picture[bottom, right] * across
    return above * (1.0 - down) + below * down
