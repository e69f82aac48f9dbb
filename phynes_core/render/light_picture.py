"""All the light at one place as a lat-long picture: to look at, to mirror in a ball, to save as an environment."""

import torch
from torch import Tensor

from phynes_core.conventions import direction_to_latlong, latlong_solid_angles
from phynes_core.render.lamps import Lamp, lamp_directions
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import environment_to_probes

DISC_SAMPLES = 1024  # places of a lamp's disc whose light is put into the texels they lie in


def picture_of_light(
    lighting: Lighting,
    place: Tensor,  # [3] world, metres: area lamps look from here as they do in the picture
    rows: int,
    columns: int,
) -> Tensor:  # [rows, columns, 3] linear radiance, conventions.py's mapping
    """Mean radiance of every texel: what shone on a surface at `place` shines from the picture, no energy lost."""
    picture = torch.zeros(rows, columns, 3)
    if lighting.environment is not None:
        picture += environment_to_probes(lighting.environment, rows, columns).radiance.view(rows, columns, 3)
    solid_angle = latlong_solid_angles(rows, columns)
    for lamp in lamps_seen_from(lighting, place):
        u, v = direction_to_latlong(lamp_directions(lamp, DISC_SAMPLES)).unbind(-1)
        texel = (v * rows).long().clamp(max=rows - 1) * columns + (u * columns).long() % columns
        share = torch.bincount(texel, minlength=rows * columns).view(rows, columns) / DISC_SAMPLES
        picture += (share / solid_angle)[..., None] * lamp.irradiance
    return picture


def lamps_seen_from(lighting: Lighting, place: Tensor) -> tuple[Lamp, ...]:  # [3] world
    """Every lamp and bright source as a distant disc, as it looks from one place."""
    near = tuple(lamp.seen_from(place) for lamp in lighting.area_lamps)
    return (*lighting.lamps, *lighting.sources, *near)
