"""Smooth, seeded, infinitely differentiable noise: a sum of sine waves in random directions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_WAVES = 10


@dataclass(frozen=True)
class Noise:
    """One noise function over 3-D points, about in [-1, 1], with standard deviation 0.36."""

    directions: Array  # [waves, 3] radians per unit of `frequency`
    phases: Array  # [waves]

    def __call__(self, points: Array, frequency: float) -> Array:  # [N, 3] metres, radians per metre -> [N]
        """The noise at `points`; its features are about 4 / frequency metres wide."""
        total = np.zeros(len(points))
        for direction, phase in zip(self.directions, self.phases, strict=True):
            total += np.sin(points @ (direction * frequency) + phase)
        return total * (1.6 / _WAVES)


def make_noise(seed: int) -> Noise:
    """The noise function of this seed; different seeds are independent."""
    generator = np.random.default_rng(seed)
    return Noise(generator.normal(size=(_WAVES, 3)), generator.uniform(0, 2 * np.pi, _WAVES))


def smoothstep(low: float, high: float, x: Array) -> Array:
    """0 up to `low`, 1 from `high`, cubic between; low > high runs the other way."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def mix(a: Array, b: object, weight: Array) -> Array:  # [N, C], [C] or [N, C], [N] -> [N, C]
    """a where weight is 0, b where it is 1."""
    return a + weight[:, None] * (np.asarray(b, np.float64) - a)


def ridges(phase: Array) -> Array:
    """Narrow crests with wide valleys, 0..1."""
    return (1 - np.abs(np.sin(phase))) ** 1.5
