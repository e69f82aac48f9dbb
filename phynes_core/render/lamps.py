"""Lamps: lights that a person drags, with exact shadow rays and a soft edge from their angular radius."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.conventions import orbit_direction

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
    index = torch.arange(count)
    # Vogel's spiral: equal areas of the disc, no two samples at one angle
    share = (index + 0.5) / count if count > 1 else torch.zeros(1)  # a single ray goes to the middle
    radius = share.sqrt() * math.tan(math.radians(lamp.angular_radius_deg))
    angle = index * GOLDEN_ANGLE
    offsets = radius[:, None] * (angle.cos()[:, None] * tangent + angle.sin()[:, None] * bitangent)
    return torch.nn.functional.normalize(axis + offsets, dim=-1)


def lamp_rays(lamps: tuple[Lamp, ...], samples: int) -> tuple[Tensor, Tensor]:  # directions [L, 3], power [L, 3]
    """Directions to `samples` places of each lamp, and the irradiance that each gives to a surface facing it."""
    directions = torch.cat([lamp_directions(lamp, samples) for lamp in lamps])
    power = torch.cat([(lamp.irradiance / samples).expand(samples, 3) for lamp in lamps])
    return directions, power
