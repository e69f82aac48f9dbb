"""Small bright sources of an environment (sun, windows, bulbs) as lamps; the rest stays with the probes.

A probe's cell is 11 degrees wide: the shadow of a sun in it lies up to 5 degrees beside the true one. What a small
source has above the picture's general brightness is taken out of the picture and given to a lamp in its power-weighted
middle, as wide as the source. The energy is kept: in each texel, rest + taken = picture.

Sources are found once for a picture; turning, scaling and tinting the sky then moves and scales the lamps.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from phynes_core.conventions import LUMINANCE, PROBE_COLUMNS, latlong_directions, latlong_solid_angles, orbit_angles
from phynes_core.render.lamps import Lamp, lamp_rays
from phynes_core.render.probes import Environment

BRIGHT = 2.5  # a source exceeds so many times the mean of the picture without its sources; 1.7 and 4 measure alike
REACH_DEG = (0.8, 2.0, 5.0)  # a lamp gathers the light within one of these of its middle: sun, bulb, part of a window
CELL_RADIUS_DEG = 6.3  # of the disc with the area of a probe's cell at the horizon: a source this wide gains nothing
LEAST_GAIN = 2e-3  # of all light; below it a lamp is not worth its rays
WIDE_SOURCE_DEG = 4.0  # radius from which a bright source gets as many shadow rays as a lamp
STRONG_SOURCE = 0.1  # as well as from this share of the power of all sources
_BLOCK = 8  # texels a side of the blocks, whose middles are the first guesses of a source's direction
_MAX_BLOCKS = 1500


@dataclass(frozen=True)
class _Source:
    direction: np.ndarray  # [3] unit
    radius_deg: float
    power: np.ndarray  # [3] linear RGB, irradiance on a facing surface


def split_bright_sources(environment: Environment, most: int) -> tuple[Environment, tuple[Lamp, ...]]:
    """The environment without its small bright sources, and at most `most` lamps that give the same light.

    Pictures whose texels are nearly as wide as the probes' cells, as the light learned in training, keep all light.
    """
    if most < 1 or environment.image.shape[1] <= 2 * PROBE_COLUMNS:
        return environment, ()
    rest, sources = _sources(environment.image, most)
    scale = np.asarray(environment.tint) * environment.intensity
    lamps = tuple(_lamp(source, scale, environment.yaw_deg) for source in sources)
    return Environment(rest, environment.yaw_deg, environment.intensity, environment.tint), lamps


def source_rays(sources: tuple[Lamp, ...], most: int) -> tuple[Tensor, Tensor]:  # directions [L, 3], power [L, 3]
    """More rays for wide and strong sources: narrow penumbras and those of faint lights need few."""
    total = sum(source.intensity for source in sources)
    rays = []
    for source in sources:
        width = min(1.0, source.angular_radius_deg / WIDE_SOURCE_DEG)
        share = min(1.0, source.intensity / (STRONG_SOURCE * max(total, 1e-12)))
        rays.append(lamp_rays((source,), max(1, math.ceil(most * width * share))))
    return torch.cat([directions for directions, _ in rays]), torch.cat([power for _, power in rays])


def _lamp(source: _Source, scale: np.ndarray, yaw_deg: float) -> Lamp:
    azimuth, elevation = orbit_angles(torch.from_numpy(source.direction))
    power = source.power * scale
    intensity = float(power.max())
    red, green, blue = (power / intensity if intensity > 0 else np.ones(3)).tolist()
    return Lamp(azimuth + yaw_deg, elevation, intensity, (red, green, blue), source.radius_deg)


@lru_cache(maxsize=4)  # by the picture's identity: pictures are not changed after reading
def _sources(image: Tensor, most: int) -> tuple[Tensor, tuple[_Source, ...]]:
    """What is left of the picture, and the sources in the order found."""
    height, width = image.shape[:2]
    pixels = image.double().numpy()
    solid_angle = latlong_solid_angles(height, width).double().numpy()
    luminance = pixels @ LUMINANCE
    level = _general_level(luminance, solid_angle)
    rows, columns = np.nonzero(luminance > level)
    if not len(rows):
        return image, ()
    share = 1.0 - level / luminance[rows, columns]  # of a bright texel that is taken, color and all
    power = pixels[rows, columns] * (share * solid_angle[rows, columns])[:, None]
    search = _Search(
        latlong_directions(height, width)[rows, columns].double().numpy(), power @ LUMINANCE,
        rows // _BLOCK * width + columns // _BLOCK, math.pi / height,
    )  # fmt: skip
    least = LEAST_GAIN * float((luminance * solid_angle).sum())
    taken = np.zeros(len(rows), bool)
    sources = []
    while len(sources) < most and (found := search.best(taken)) is not None and found[0] > least:
        _, members, direction, radius_deg = found
        sources.append(_Source(direction, radius_deg, power[members].sum(0)))
        taken[members] = True
    if not sources:
        return image, ()
    rest = image.clone()
    where = torch.from_numpy(rows[taken]), torch.from_numpy(columns[taken])
    rest[where] *= torch.from_numpy(1.0 - share[taken])[:, None].float()
    return rest, tuple(sources)


def _general_level(luminance: np.ndarray, solid_angle: np.ndarray) -> float:
    """BRIGHT times the mean of the picture clipped at that very level: what a sun adds does not raise it."""
    level = BRIGHT * float((luminance * solid_angle).sum() / solid_angle.sum())
    for _ in range(20):
        level = BRIGHT * float((np.minimum(luminance, level) * solid_angle).sum() / solid_angle.sum())
    return level


class _Search:
    """Bright texels, and which disc of them gains most as a lamp."""

    def __init__(self, directions: np.ndarray, power: np.ndarray, block: np.ndarray, texel_rad: float) -> None:
        self._directions, self._power = directions, power  # [N, 3] unit, [N]
        self._texel_variance = texel_rad**2 / 6.0  # mean square distance within a square texel from its middle
        _, self._block = np.unique(block, return_inverse=True)
        moment = np.stack([np.bincount(self._block, power * directions[:, axis]) for axis in range(3)], 1)
        middle = moment / np.linalg.norm(moment, axis=1, keepdims=True)
        self._starts = np.argsort(-np.bincount(self._block, power), kind="stable")[:_MAX_BLOCKS]
        self._middle = middle[self._starts]
        self._cosine = self._middle @ self._middle.T

    def best(self, taken: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, float] | None:
        """Gain, the texels' numbers, middle and radius (degrees) of the disc to take next; None when all is taken."""
        power = np.where(taken, 0.0, self._power)
        of_block = np.bincount(self._block, power)[self._starts]
        best = None
        for reach_deg in REACH_DEG:
            start = self._middle[int(np.argmax((self._cosine >= math.cos(math.radians(reach_deg))) @ of_block))]
            found = self._disc(start, reach_deg, power)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
        return best

    def _disc(self, middle: np.ndarray, reach_deg: float, power: np.ndarray):
        """Move a disc to the middle of the power that it holds."""
        limit = math.cos(math.radians(reach_deg))
        near = np.nonzero((self._directions @ middle >= math.cos(math.radians(3.0 * reach_deg))) & (power > 0))[0]
        directions, members = self._directions[near], near
        for _ in range(8):
            members = near[directions @ middle >= limit]
            if not len(members):
                return None
            moment = power[members] @ self._directions[members]
            middle = moment / np.linalg.norm(moment)
        total = power[members].sum()
        chord = np.square(self._directions[members] - middle).sum(1)  # squared; small angles
        variance = float((power[members] * chord).sum() / total) + self._texel_variance
        radius_deg = math.degrees(math.sqrt(2.0 * variance))  # a disc's mean square distance is half its radius squared
        return float(total) * max(0.0, 1.0 - radius_deg / CELL_RADIUS_DEG), members, middle, radius_deg
