"""Positions on a rest body: landmarks by joint, hems as mesh edges, and the cloth coordinates of a shirt.

Cloth coordinates are arc lengths around the torso, over the shoulders and around the sleeves: prints keep their size,
and panels meet at the side, shoulder and armhole seams, as in a real shirt.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.surface.noise import smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, unique_edges

COLLAR_NORMAL = np.array([0.0, 0.87, 0.49]) / np.hypot(0.87, 0.49)  # of the plane through a collar
SLEEVE_M = 4 * 0.084  # circumference of a sleeve, metres of cloth


@dataclass(frozen=True)
class Landmarks:
    """Rest joints by name, and the floor."""

    joints: Array  # [J, 3] metres, rest pose
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
        sane = np.abs(value[a] - value[b]) < 0.05  # where the field jumps (at the arms) there is no hem
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


@dataclass(frozen=True)
class TorsoSection:
    """The torso's horizontal sections as ellipses, by height."""

    height: Array  # [K] metres, rising
    half_width: Array  # [K]
    half_depth: Array  # [K]
    z_axis: Array  # [K]


def measure_torso(rest: Array, marks: Landmarks) -> TorsoSection:  # rest [V, 3]
    """Sections from the hips to the armpits; above them the last one is used."""
    height = np.linspace(marks["pelvis"][1] - 0.10, marks["left_shoulder"][1] - 0.11, 16)
    trunk = rest[np.abs(rest[:, 0]) < marks["left_shoulder"][0] + 0.03]
    rows = [trunk[np.abs(trunk[:, 1] - level) < 0.015] for level in height]
    low, high = np.stack([row.min(0) for row in rows]), np.stack([row.max(0) for row in rows])
    shape = np.stack([high[:, 0], 0.5 * (high - low)[:, 2], 0.5 * (high + low)[:, 2]])
    for _ in range(3):  # each row holds few vertices: smooth the sampling error
        padded = np.pad(shape, ((0, 0), (1, 1)), mode="edge")
        shape = 0.25 * padded[:, :-2] + 0.5 * padded[:, 1:-1] + 0.25 * padded[:, 2:]
    return TorsoSection(height, *shape)


def shirt_coordinates(points: Array, section: TorsoSection, marks: Landmarks) -> tuple[Array, Array, Array]:
    """(along the body or arm, around it, distance to the nearest seam), metres."""
    x, y, z = points.T
    shoulder = marks["left_shoulder"]
    half_width = np.interp(y, section.height, section.half_width)
    half_depth = np.interp(y, section.height, section.half_depth)
    z_axis = np.interp(y, section.height, section.z_axis)
    from_front, from_side = np.abs(x) / half_width, np.abs(z - z_axis) / half_depth
    side = smoothstep(0.65, 1.25, np.arctan2(from_front, from_side))
    bearing = np.arcsin(np.minimum(from_front, 1)) * (1 - side) + np.arccos(np.minimum(from_side, 1)) * side
    arc = np.zeros_like(x)
    for node in (np.arange(8) + 0.5) / 8:  # arc length of the section's ellipse, midpoint rule
        arc += np.hypot(half_width * np.cos(node * bearing), half_depth * np.sin(node * bearing)) * bearing / 8
    torso_around = arc * np.sign(x)
    radius = 0.075  # of the shoulder's roll, front to back
    bend = np.arctan2(np.maximum(y - (shoulder[1] + 0.055 - radius), 0), np.abs(z - shoulder[2]) + 1e-6)
    torso_along = np.where(bend > 0, shoulder[1] + 0.055 - radius + radius * bend, y)
    blend = smoothstep(shoulder[1] - 0.10, shoulder[1] - 0.01, y)
    torso_around = torso_around * (1 - blend) + x * blend  # over the shoulder, stripes are parallel to the axes
    turn = np.arctan2(y - shoulder[1], z - shoulder[2])
    sleeve_around = turn * SLEEVE_M / (2 * np.pi)  # one circumference for all arms: whole repeats
    armhole = shoulder[0] - 0.005 + 0.2 * np.maximum(shoulder[1] - y, 0)
    on_sleeve = (np.abs(x) > armhole) & (y > shoulder[1] - 0.14)
    along = np.where(on_sleeve, np.abs(x), torso_along)
    around = np.where(on_sleeve, sleeve_around, torso_around)
    side_seam = np.where(on_sleeve, 1.0, np.where(blend < 0.5, np.abs(z - z_axis), np.abs(z - shoulder[2])))
    return along, around, np.minimum(np.where(y > shoulder[1] - 0.14, np.abs(np.abs(x) - armhole), 1.0), side_seam)
