"""Where each garment lies on the rest body: signed fields in metres, positive inside.

The fields are planes in the rest pose, so hems are straight; `snap_to_hems` slides vertices onto them, so that the
mesh has an edge there and the step from cloth to what lies below is clean.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.noise import Noise, smoothstep
from phynes_core.synthetic.subdivision import unique_edges

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

COLLAR_NORMAL = np.array([0.0, 0.87, 0.49]) / np.hypot(0.87, 0.49)
HEM_AXES = np.stack([COLLAR_NORMAL, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # what a shirt's three hems are planes across
TROUSER_HEM_BELOW_ANKLE = 0.022  # metres: covers the shoe's collar
# hairline height above the head joint (metres) against azimuth from the face (degrees): forehead, temple, sideburn,
# over the ear, behind it, nape
_HAIRLINE_DEG = np.array([0.0, 22, 40, 55, 68, 78, 88, 104, 118, 135, 180])
_HAIRLINE_M = np.array([0.108, 0.110, 0.104, 0.078, 0.040, 0.022, 0.052, 0.056, 0.022, -0.012, -0.022])


@dataclass(frozen=True)
class Landmarks:
    """Rest joints by name, and the floor."""

    joints: Array  # [24, 3] metres, rest pose
    floor: float  # y of the soles

    def __getitem__(self, name: str) -> Array:
        return self.joints[JOINT_NAMES.index(name)]


def shirt_hems(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, 3]
    """Signed distances to the shirt's three hems: collar, sleeve, waist."""
    collar = (marks["neck"] + [0.0, -0.016, 0.033] - points) @ COLLAR_NORMAL
    collar = collar + 0.6 * np.maximum(np.abs(points[:, 0]) - 0.085, 0)  # the shoulders are well inside
    sleeve = 0.30 * marks["left_shoulder"][0] + 0.70 * marks["left_elbow"][0] - np.abs(points[:, 0])
    waist = points[:, 1] - (marks["pelvis"][1] - 0.075)
    return np.stack([collar, sleeve, waist], 1)


def shirt_field(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N]
    """Short-sleeved shirt, worn outside the trousers."""
    return shirt_hems(points, marks).min(1)


def trouser_field(points: Array, marks: Landmarks) -> Array:
    """Long trousers, from under the shirt to the shoes."""
    field = np.minimum(
        marks["pelvis"][1] + 0.09 - points[:, 1], points[:, 1] - (marks["left_ankle"][1] - TROUSER_HEM_BELOW_ANKLE)
    )
    return np.where(np.abs(points[:, 0]) > 0.35, -1.0, field)


def shoe_field(points: Array, marks: Landmarks) -> Array:
    """Low shoes; their collar is hidden by the trousers."""
    return marks["left_ankle"][1] + 0.005 - points[:, 1]


def hair_field(points: Array, marks: Landmarks, noise: Noise) -> Array:
    """Short hair: a hairline by azimuth with an irregular edge; ears stay free."""
    h = points - marks["head"]
    azimuth = np.degrees(np.arctan2(np.abs(h[:, 0]), h[:, 2] - 0.012))
    line = np.interp(azimuth, _HAIRLINE_DEG, _HAIRLINE_M)
    strands = noise(h * [1.0, 0.25, 1.0], 700.0) * 0.004 + noise(h, 160.0) * 0.003
    ear = (np.abs(h[:, 0]) > 0.0735) & (h[:, 1] < 0.052) & (h[:, 2] > -0.075)
    return np.where(ear | (points[:, 1] < marks["neck"][1] + 0.03), -1.0, h[:, 1] - line + strands)


def snap_to_hems(points: Array, faces: Indices, marks: Landmarks) -> tuple[Array, NDArray[np.bool_]]:
    """Slide vertices along mesh edges onto the shirt's and the trousers' hems."""
    return snap_to_fields(points, faces, tuple(lambda p, f=f: f(p, marks) for f in (shirt_field, trouser_field)))


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
