"""Long hair drawn back into a bun: a ball on the back of the head, that no offset along the scalp's normals makes."""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.hairline import hair_field
from phynes_core.synthetic.landmarks import Landmarks
from phynes_core.synthetic.noise import Noise, smoothstep
from phynes_core.synthetic.subdivision import Array

_AXIS = np.array([0.0, 0.52, -0.854])  # from the middle of the head to the bun
_MIDDLE = np.array([0.0, 0.055, 0.005])  # of the skull, above the head joint, metres
_BASE_RAD = 0.46  # how much of the scalp becomes the bun
_RADIUS = 0.036  # metres
_WRAP_RAD = 2.35  # how far round the ball its surface goes
_TWIST = 3


@dataclass(frozen=True)
class BunCoordinates:
    """Scalp points as seen from the middle of the skull."""

    angle: Array  # [N] radians from the bun's axis
    turn: Array  # [N] radians about it
    aside: Array  # [N, 3] unit, from the axis to the point
    share: Array  # [N] 1 on the bun, 0 off it


def bun_coordinates(points: Array, marks: Landmarks) -> BunCoordinates:  # [N, 3] bare rest body
    """Where points lie about the bun."""
    away = points - marks["head"] - _MIDDLE
    away = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    along = away @ _AXIS
    aside = away - along[:, None] * _AXIS
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-9)
    upward = np.cross([1.0, 0.0, 0.0], _AXIS)
    angle = np.arccos(np.clip(along, -1, 1))
    turn = np.arctan2(aside @ upward, aside[:, 0])
    return BunCoordinates(angle, turn, aside, smoothstep(1.04 * _BASE_RAD, 0.97 * _BASE_RAD, angle))


def hair_strands(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, 3]
    """Coordinates that vary fast across the strands and slowly along them: toward the bun, and wound up in it."""
    at = bun_coordinates(points, marks)
    wound = at.turn + 1.1 * np.maximum(_BASE_RAD - at.angle, 0) / _BASE_RAD * _TWIST
    across = 0.075 * np.sin(np.clip(at.angle, 0.35, 2.2))
    return np.stack([across * np.cos(wound), across * np.sin(wound), 0.05 * at.angle], 1)


def dress_hair(
    worn: Array,  # [Vd, 3]
    points: Array,  # [Vd, 3] rest body
    normals: Array,  # [Vd, 3]
    hair: Array,  # [Vd] metres inside the hairline
    marks: Landmarks,
    noise: Noise,
) -> Array:  # [Vd, 3]
    """Sleek hair a few millimetres thick, and the bun."""
    at = bun_coordinates(points, marks)
    strands = hair_strands(points, marks)
    edge = smoothstep(-0.001, 0.022, hair)
    height = edge * (0.0065 + 0.0014 * noise(strands, 260.0) + 0.0009 * noise(strands, 620.0))
    sleek = worn + normals * np.maximum(height, 0)[:, None]
    scalp = marks["head"] + _MIDDLE
    near = at.angle < 0.15
    depth = float(((points[near] - scalp) @ _AXIS).mean()) if near.any() else 0.10
    center = scalp + _AXIS * (depth + 0.62 * _RADIUS)
    round_off = np.clip(at.angle / _BASE_RAD, 0, 1) * _WRAP_RAD
    coil = 1 + 0.055 * np.sin(_TWIST * at.turn + 5.0 * round_off) * np.sin(round_off) + 0.03 * noise(strands, 300.0)
    ball = center + _RADIUS * coil[:, None] * (
        np.cos(round_off)[:, None] * _AXIS + np.sin(round_off)[:, None] * at.aside
    )
    return sleek + at.share[:, None] * (ball - sleek) * (hair > 0)[:, None]


def ada_hair_field(points: Array, marks: Landmarks, noise: Noise) -> Array:
    """A round, even hairline; the nape is drawn up."""
    return hair_field(points, marks, noise) + 0.002
