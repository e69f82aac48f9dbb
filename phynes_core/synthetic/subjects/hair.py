"""Hair of the subjects: the hairline, josh's short hair as relief, and ada's hair drawn back into a bun."""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.subjects.strands import CombedSurface, LockStyle, choose_roots, grow_locks
from phynes_core.synthetic.surface.cloth import Cloth
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import Noise, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, vertex_normals
from phynes_core.synthetic.surface.sweep import Solid

# hairline height above the head joint (metres) against azimuth from the face (degrees): forehead, temple, sideburn,
# over the ear, behind it, nape
_HAIRLINE_DEG = np.array([0.0, 22, 40, 55, 68, 78, 88, 104, 118, 135, 180])
_HAIRLINE_M = np.array([0.108, 0.110, 0.104, 0.078, 0.040, 0.022, 0.052, 0.056, 0.022, -0.012, -0.022])
_PARTING_X = 0.036  # metres left of the middle
_AXIS = np.array([0.0, 0.52, -0.854])  # from the middle of the head to the bun
_MIDDLE = np.array([0.0, 0.055, 0.005])  # of the skull, above the head joint, metres
_BASE_RAD = 0.46  # radius of the scalp region that becomes the bun
_RADIUS = 0.036  # metres
_WRAP_RAD = 2.35  # angle of the bun's ball that its surface covers
_TWIST = 3
_SLEEK = LockStyle(count=1300, length=(0.03, 0.07), width=0.0016, lift=0.0012, flatness=0.25, spread=0.05)
_COIL = LockStyle(count=320, length=(0.022, 0.045), width=0.0016, lift=0.002, spread=0.15)
_LOOSE = LockStyle(count=150, length=(0.012, 0.035), width=0.0004, lift=0.010, spread=0.5, wave=0.002)
_LONG = LockStyle(
    count=1000, length=(0.26, 0.40), width=0.0036, lift=0.022, flatness=0.3, spread=0.12, wave=0.004, points=17,
    inertia=0.7, clings=False,
)  # fmt: skip
_JOSH_LOCKS = LockStyle(count=2000, length=(0.012, 0.028), width=0.0014, lift=0.008, spread=0.2)


def hair_field(points: Array, marks: Landmarks, noise: Noise) -> Array:
    """Metres above the hairline, which depends on the azimuth and has an irregular edge; ears stay free."""
    h = points - marks["head"]
    azimuth = np.degrees(np.arctan2(np.abs(h[:, 0]), h[:, 2] - 0.012))
    line = np.interp(azimuth, _HAIRLINE_DEG, _HAIRLINE_M)
    strands = noise(h * [1.0, 0.25, 1.0], 700.0) * 0.004 + noise(h, 160.0) * 0.003
    ear = (np.abs(h[:, 0]) > 0.0735) & (h[:, 1] < 0.052) & (h[:, 2] > -0.075)
    return np.where(ear | (points[:, 1] < marks["neck"][1] + 0.03), -1.0, h[:, 1] - line + strands)


def strand_coordinates(h: Array) -> Array:  # [N, 3] relative to the head joint -> [N, 3]
    """Coordinates that vary fast across the strands and slowly along them: down the sides, across the top."""
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
    higher = smoothstep(0.03, -0.05, h[:, 0] - _PARTING_X) * top  # on the side that the hair is combed to
    length = 0.0030 + 0.013 * top + 0.006 * higher + 0.005 * front
    s = strand_coordinates(h)
    relief = (0.0024 * noise(s, 420.0) + 0.0030 * noise(s, 170.0)) * (0.3 + 0.7 * top) + 0.002 * noise(h, 40.0) * top
    height = np.maximum(edge * (length * (1 - 0.45 * parting) + relief), 0.0)
    lean = np.array([-0.10, 0.25, 0.12]) * (height * front)[:, None]
    return normals * height[:, None] + lean


def josh_locks(worn: Array, faces: Indices, marks: Landmarks, noise: Noise) -> tuple[Solid, Array]:
    """Locks over josh's hair, and their roots [N, 3]."""
    field, normals = hair_field(worn, marks, noise), vertex_normals(worn, faces)
    h = worn - marks["head"]
    top = smoothstep(0.05, 0.12, h[:, 1])[:, None]
    aside = np.where(h[:, :1] > _PARTING_X, 1.0, -1.0) * [1.0, 0.0, 0.35]
    combed = CombedSurface(worn, normals, top * aside + (1 - top) * [0.0, -1.0, -0.45])
    k = choose_roots(field > 0.004, _JOSH_LOCKS.count, 71)
    return grow_locks(combed, k, _JOSH_LOCKS, 72), worn[k]


def ada_locks(worn: Array, rest: Array, hair: Array, faces: Indices, marks: Landmarks) -> tuple[Solid, Array]:
    """Locks drawn back to the bun and round it, fine ones at hairline and nape that came loose, and all roots."""
    normals = vertex_normals(worn, faces)
    at = bun_coordinates(rest, marks)
    toward = -(np.cos(at.angle)[:, None] * at.aside - np.sin(at.angle)[:, None] * _AXIS)
    wound = np.cross(_AXIS, at.aside) + 0.45 * _AXIS * np.where(at.angle < 0.2, -1, 1)[:, None]
    solids, roots = [], []
    scalp = (hair > 0.004) & (at.angle > 1.2 * _BASE_RAD)
    edge = scalp & (hair < 0.012)
    for style, seed, where, along in (
        (_SLEEK, 81, scalp, toward),
        (_COIL, 83, (hair > 0.004) & (at.share > 0.9), wound),
        (_LOOSE, 85, edge, toward + [0.0, -0.7, 0.0]),
    ):
        k = choose_roots(where, style.count, seed)
        roots.append(worn[k])
        solids.append(grow_locks(CombedSurface(worn, normals, along), k, style, seed + 1))
    return Solid.union(solids), np.concatenate(roots)


def hanging_locks(worn: Array, coat: Cloth, hair: Array, faces: Indices, marks: Landmarks) -> tuple[Solid, Array]:
    """Long hair from the whole scalp down over shoulders and back, and its roots [N, 3]."""
    normals = vertex_normals(worn, faces)
    h = worn - marks["head"]
    behind = np.where(h[:, 1:2] > -0.02, [[0.0, -1.0, -0.55]], [[0.0, -1.0, -0.15]])
    over = np.tile([0.0, -1.0, -0.1], (len(coat.rest), 1))
    combed = CombedSurface(
        np.concatenate([worn, coat.rest]),
        np.concatenate([normals, vertex_normals(coat.rest, coat.faces)]),
        np.concatenate([np.broadcast_to(behind, worn.shape), over]),
    )
    scalp = (hair > 0.004) & (h[:, 1] < 0.10) & (h[:, 2] < 0.03)
    k = choose_roots(scalp, _LONG.count, 91)
    return grow_locks(combed, k, _LONG, 92), worn[k]


@dataclass(frozen=True)
class BunCoordinates:
    """Scalp points in polar coordinates about the bun's axis, from the middle of the skull."""

    angle: Array  # [N] radians from the bun's axis
    turn: Array  # [N] radians about it
    aside: Array  # [N, 3] unit, from the axis to the point
    share: Array  # [N] 1 on the bun, 0 off it


def bun_coordinates(points: Array, marks: Landmarks) -> BunCoordinates:  # [N, 3] bare rest body
    """Angles of scalp points about the bun's axis."""
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
    """Coordinates that vary fast across the strands and slowly along them, which run to the bun and wind up in it."""
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
    """ada's hairline: josh's, two millimetres lower."""
    return hair_field(points, marks, noise) + 0.002
