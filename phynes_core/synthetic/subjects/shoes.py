"""What a shoe has beside its upper: a sole with a welt and a heel, and laces that cross the instep and end in a bow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from phynes_core.synthetic.mitsuba.scene import make_mesh
from phynes_core.synthetic.mitsuba.setup import load_mitsuba
from phynes_core.synthetic.subjects.outfit import Rectangle, SolidPart, fixed_weights
from phynes_core.synthetic.subjects.skin import Color
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.subjects.textures import TexelMap
from phynes_core.synthetic.surface.noise import mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices
from phynes_core.synthetic.surface.sweep import Solid, loft, sweep

_BARS, _FIRST_M, _PITCH_M = 4, 0.106, 0.0120  # crossings; the first one's place ahead of the ankle, and between them
_HALF_WIDTH_M, _RADIUS_M = 0.021, 0.0021
_POINTS, _SIDES = 15, 8
_OUTLINE = 120  # points round a sole
_SOLE_PROFILE = (  # (metres beyond the upper, above the floor, share of the heel's height), from the top down
    (-0.020, 0.0190, 0.0), (-0.004, 0.0190, 0.0), (0.0018, 0.0190, 0.0), (0.0030, 0.0182, 0.0), (0.0034, 0.0165, 0.0),
    (0.0032, 0.0120, 0.1), (0.0026, 0.0060, 0.6), (0.0022, 0.0015, 1.0), (0.0014, 0.0, 1.0), (-0.002, -0.0004, 1.0),
    (-0.020, 0.0, 1.0),
)  # fmt: skip
_BOW = np.array([  # (aside, ahead, above the shoe) metres: a loop, a free end
    [[0, 0, 4], [8, -6, 8], [20, -9, 9], [29, -3, 6], [28, 5, 3], [16, 4, 5], [3, 1, 5]],
    [[0, 0, 4], [6, 5, 6], [13, 11, 5], [20, 19, 4], [25, 28, 3], [29, 35, 2], [31, 40, 2]],
]) * 1e-3  # fmt: skip


@dataclass(frozen=True)
class SoleStyle:
    """A sole under the upper."""

    color: Color
    side: Color  # of the line round it
    heel_m: float  # how much lower the heel is than the ball


def make_soles(person: Person, worn: Array, style: SoleStyle, rectangle: Rectangle) -> SolidPart:
    """Under both shoes; worn [Vd, 3] is the rest surface of the uppers."""
    marks = person.marks
    solids: list[Solid] = []
    for sign in (1.0, -1.0):
        low = worn[(worn[:, 1] < marks.floor + 0.030) & (worn[:, 0] * sign > 0)]
        middle = 0.5 * (low.min(0) + low.max(0))
        turn = 2 * np.pi * np.arange(_OUTLINE) / _OUTLINE
        outward = np.stack([np.sin(turn), np.cos(turn)], 1)
        angle = np.arctan2(low[:, 0] - middle[0], low[:, 2] - middle[2])
        reach = np.hypot(low[:, 0] - middle[0], low[:, 2] - middle[2])
        radius = np.array([(reach * np.maximum(np.cos(angle - t), 0) ** 60).max() for t in turn])
        for _ in range(3):
            radius = 0.25 * np.roll(radius, 1) + 0.5 * radius + 0.25 * np.roll(radius, -1)
        behind = middle[2] + radius * outward[:, 1]
        heel = style.heel_m * smoothstep(middle[2] - 0.028, middle[2] - 0.040, behind)
        rings = []
        for grow, rise, low_share in _SOLE_PROFILE:
            y = marks.floor + rise - (0.004 + heel) * low_share
            flat = (radius + grow)[:, None] * outward
            rings.append(np.stack([middle[0] + flat[:, 0], y, middle[2] + flat[:, 1]], 1))
        ends = np.stack([rings[0].mean(0), rings[-1].mean(0)])
        solids.append(loft(np.stack(rings)[None], ends[None]))
    both = Solid.union(solids)
    weights = fixed_weights(person, both.vertices, 1)
    return SolidPart(both, weights, lambda texels: _paint_sole(texels, rectangle, style), rectangle)


def make_laces(person: Person, worn: Array, color: Color, rectangle: Rectangle) -> SolidPart:
    """On both shoes; worn [Vd, 3] is the rest surface that they lie on."""
    ankle, foot = person.marks["left_ankle"], person.marks["left_foot"]
    height = _upper_side(worn, person.dense.faces, float(ankle[1]) + 0.03)
    tilt = (foot - ankle)[[0, 2]]
    curves: list[Array] = []
    for sign in (1.0, -1.0):

        def lay(aside: Array, ahead: Array, above: Array, sign: float = sign) -> Array:
            x = sign * (ankle[0] + (aside + ahead * tilt[0] / tilt[1]))
            z = ankle[2] + ahead
            return np.stack([x, height(x, z) + above, z], 1)

        share = np.linspace(-1, 1, _POINTS)
        for bar in range(_BARS):
            for way in (1.0, -1.0):
                ahead = _FIRST_M + _PITCH_M * (bar + 0.5 + 0.5 * way * share)
                above = _RADIUS_M * (0.8 + (way > 0) * np.exp(-((share / 0.25) ** 2)) - 2.2 * (np.abs(share) > 0.97))
                curves.append(lay(_HALF_WIDTH_M * share, ahead, above))
        for piece in _BOW:
            at = np.linspace(0, len(piece) - 1, _POINTS)
            aside, ahead, above = (_smooth(piece[:, k], at) for k in range(3))
            for way in (1.0, -1.0):
                curves.append(lay(way * aside, _FIRST_M + ahead, above + 0.0005))
    cords = np.stack(curves)
    radius = np.full(cords.shape[:2], _RADIUS_M)
    solid: Solid = sweep(cords, radius, _SIDES, 0.7, np.broadcast_to(np.array([0.0, 0.9, 0.43]), cords.shape))
    weights = fixed_weights(person, cords.mean(1), len(solid.vertices) // len(cords))
    return SolidPart(solid, weights, lambda texels: _paint(texels, rectangle, color), rectangle)


def _upper_side(worn: Array, faces: Indices, top: float) -> Callable[[Array, Array], Array]:  # (x [P], z [P]) -> y [P]
    """The height of the shoes' upper side, seen from `top`, over places on the floor."""
    mi: Any = load_mitsuba()
    used, local = np.unique(faces[(worn[faces, 1] < top).all(1)], return_inverse=True)
    scene = mi.load_dict({"type": "scene", "shoes": make_mesh(worn[used], local.reshape(-1, 3))})

    def height(x: Array, z: Array) -> Array:
        start = np.stack([x, np.full(len(x), top), z]).astype(np.float32)
        hit = scene.ray_intersect_preliminary(mi.Ray3f(mi.Point3f(start), mi.Vector3f(0, -1, 0)))
        return top - np.where(np.array(hit.is_valid()), np.array(hit.t), top - worn[:, 1].min())

    return height


def _smooth(values: Array, at: Array) -> Array:  # [K], [P] -> [P]
    """Linear between the points, rounded twice."""
    line = np.interp(at, np.arange(len(values)), values)
    for _ in range(2):
        padded = np.pad(line, 1, mode="edge")
        line = 0.25 * padded[:-2] + 0.5 * line + 0.25 * padded[2:]
    return line


def _paint(texels: TexelMap, rectangle: Rectangle, color: Color) -> tuple[Array, Array]:
    """Braided cotton."""
    u, v = texels.uv()
    along, around = (
        (u - rectangle[0]) / (rectangle[2] - rectangle[0]),
        (v - rectangle[1]) / (rectangle[3] - rectangle[1]),
    )
    braid = np.sin(2 * np.pi * (18 * along + 2 * around)) * np.sin(2 * np.pi * (18 * along - 2 * around))
    return np.asarray(color) * (1 + 0.18 * braid)[:, None], np.full(len(u), 0.78)


def _paint_sole(texels: TexelMap, rectangle: Rectangle, style: SoleStyle) -> tuple[Array, Array]:
    """Rubber with a line round its side and a dark underside."""
    u, v = texels.uv()
    row = (u - rectangle[0]) / (rectangle[2] - rectangle[0]) * (len(_SOLE_PROFILE) + 1) - 1
    around = (v - rectangle[1]) / (rectangle[3] - rectangle[1])
    albedo = np.tile(np.asarray(style.color), (len(u), 1))
    albedo = mix(albedo, style.side, np.exp(-(((row - 5.2) / 0.35) ** 2)))
    stitch = smoothstep(0.2, 0.5, np.sin(2 * np.pi * 110 * around)) * np.exp(-(((row - 2.4) / 0.3) ** 2))
    albedo = mix(albedo, style.side, 0.8 * stitch)
    albedo = mix(albedo, (0.05, 0.045, 0.04), smoothstep(8.0, 9.0, row))
    return albedo, np.full(len(u), 0.62)
