"""Where things are on a rest body, and how a garment's hem becomes an edge of the mesh."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.noise import smoothstep
from phynes_core.synthetic.subdivision import Array, Indices, unique_edges

COLLAR_NORMAL = np.array([0.0, 0.87, 0.49]) / np.hypot(0.87, 0.49)  # of the plane through a collar


@dataclass(frozen=True)
class Landmarks:
    """Rest joints by name, and the floor."""

    joints: Array  # [24, 3] metres, rest pose
    floor: float  # y of the soles

    def __getitem__(self, name: str) -> Array:
        return self.joints[JOINT_NAMES.index(name)]


def snap_to_fields(
    points: Array, faces: Indices, fields: tuple[Callable[[Array], Array], ...]
) -> tuple[Array, NDArray[np.bool_]]:
    """Slide vertices along mesh edges onto the zero lines of fields, one field after the other.

    Returns the moved points [V, 3] and which vertices now lie on a hem [V].
    """
    edges = unique_edges(faces)
    points, on_hem = points.copy(), np.zeros(len(points), bool)
    for field in fields:
        value = field(points)
        a, b = edges[(value[edges[:, 0]] > 0) != (value[edges[:, 1]] > 0)].T
        part = value[a] / (value[a] - value[b])
        near_a = part < 0.5
        mover, other = np.where(near_a, a, b), np.where(near_a, b, a)
        share = np.where(near_a, part, 1 - part)
        sane = np.abs(value[a] - value[b]) < 0.05  # the field jumps at the arms: not a hem
        order = np.argsort(share[sane], kind="stable")[::-1]  # the nearest crossing is written last
        mover, other, share = mover[sane][order], other[sane][order], share[sane][order, None]
        moved = points.copy()
        moved[mover] = points[mover] * (1 - share) + points[other] * share
        points = moved
        on_hem[mover] = True
    return points, on_hem


def inside(field: Array, softness: float = 0.0004) -> Array:
    """0 outside, 1 inside or on the hem."""
    return smoothstep(-2 * softness, -softness, field)
