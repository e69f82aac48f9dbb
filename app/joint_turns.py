"""Turns of one joint: x, y, z degrees as sliders show them, and matrices that compose."""

import math

import numpy as np

from app.state import Vector

# SMPL's joint -> the same one of the other side; those of the middle are missing
MIRRORED = {left: right for pair in ((1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21), (22, 23))
            for left, right in (pair, pair[::-1])}  # fmt: skip


def turn_about(axis: int, degrees: float) -> np.ndarray:  # [3, 3]
    """About x, y or z."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[second, first], matrix[first, second] = sine, -sine
    return matrix


def matrix_of(angles_deg: Vector) -> np.ndarray:  # [3, 3]
    """About z first, then y, then x, as posing.turn_matrices."""
    x, y, z = (turn_about(axis, angle) for axis, angle in enumerate(angles_deg))
    return x @ y @ z


def angles_of(matrix: np.ndarray, near: Vector = (0.0, 0.0, 0.0)) -> Vector:
    """The inverse of `matrix_of`; of the two ways to say it, the one nearer to some angles."""
    m = matrix
    sine = float(np.clip(m[0, 2], -1.0, 1.0))
    if abs(sine) > 1.0 - 1e-9:  # x and z turn about one axis: z keeps what it had
        y = math.copysign(90.0, sine)
        around = math.degrees(math.atan2(m[1, 0], m[1, 1]))  # x + z or z - x
        return (math.copysign(1.0, sine) * _nearest(around - near[2], near[0] * math.copysign(1.0, sine)), y, near[2])
    x, y, z = math.atan2(-m[1, 2], m[2, 2]), math.asin(sine), math.atan2(-m[0, 1], m[0, 0])
    ways = []
    for way in ((x, y, z), (x + math.pi, math.pi - y, z + math.pi)):
        angles = tuple(_nearest(math.degrees(angle), close) for angle, close in zip(way, near, strict=True))
        ways.append((sum(abs(a - b) for a, b in zip(angles, near, strict=True)), angles))
    return min(ways)[1]  # type: ignore[return-value]


def turned(angles_deg: Vector, axis: int, degrees: float, is_root: bool) -> Vector:
    """The joint turned further about its own axis, as it stands now; the root about the world's."""
    step, present = turn_about(axis, degrees), matrix_of(angles_deg)
    return angles_of(step @ present if is_root else present @ step, angles_deg)


def mirrored(angles_deg: Vector) -> Vector:
    """The same turn of the other side's limb."""
    x, y, z = angles_deg
    return x, -y, -z


def _nearest(angle: float, near: float) -> float:
    """The same angle, at most 180 degrees from another."""
    return near + (angle - near + 180.0) % 360.0 - 180.0
