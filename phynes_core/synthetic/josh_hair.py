"""josh's hair as relief: short at the sides, longer on top, parted on the left and swept across."""

import numpy as np
from numpy.typing import NDArray

from phynes_core.synthetic.landmarks import Landmarks
from phynes_core.synthetic.noise import Noise, smoothstep

Array = NDArray[np.float64]
_PARTING_X = 0.036  # metres left of the middle


def strand_coordinates(h: Array) -> Array:  # [N, 3] relative to the head joint -> [N, 3]
    """Coordinates that vary fast across the strands and slowly along them: down the sides, swept across the top."""
    top = smoothstep(0.06, 0.125, h[:, 1])
    across = h[:, 2] + 0.45 * top * (h[:, 0] - _PARTING_X) * np.where(h[:, 0] > _PARTING_X, -1.0, 1.0)
    return np.stack([across, 0.16 * h[:, 1], 0.16 * h[:, 0]], 1)


def hair_offset(points: Array, normals: Array, field: Array, marks: Landmarks, noise: Noise) -> Array:  # [V, 3]
    """Displacement in metres; zero outside the hair."""
    h = points - marks["head"]
    top = smoothstep(0.055, 0.125, h[:, 1])
    edge = smoothstep(-0.001, 0.024, field)
    front = smoothstep(0.03, 0.09, h[:, 2]) * top
    parting = np.exp(-(((h[:, 0] - _PARTING_X) / 0.008) ** 2)) * top * smoothstep(-0.045, -0.01, h[:, 2])
    higher = smoothstep(0.03, -0.05, h[:, 0] - _PARTING_X) * top  # the side it is swept to
    length = 0.0030 + 0.013 * top + 0.006 * higher + 0.005 * front
    s = strand_coordinates(h)
    relief = (0.0024 * noise(s, 420.0) + 0.0030 * noise(s, 170.0)) * (0.3 + 0.7 * top) + 0.002 * noise(h, 40.0) * top
    height = np.maximum(edge * (length * (1 - 0.45 * parting) + relief), 0.0)
    lean = np.array([-0.10, 0.25, 0.12]) * (height * front)[:, None]
    return normals * height[:, None] + lean
