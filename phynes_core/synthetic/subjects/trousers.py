"""Trousers with a surface of their own: legs that hang as tubes, and a crotch that closes below the body's."""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.surface.cloth import Cloth, cut_cloth
from phynes_core.synthetic.surface.drape import Mask, relax_cloth
from phynes_core.synthetic.surface.hang import Axis, hang, measure_tube
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Neighbors, find_neighbors, vertex_normals

_STEPS = 45
_THICKNESS_M = 0.006
_APART_M = 0.0022  # from the middle to either leg's cloth


@dataclass(frozen=True)
class TrouserCut:
    """How wide the legs are, where the body does not need more."""

    knee: float  # metres, radius
    hem: float
    slope: float = 0.15  # how fast the cloth comes in again below seat and thighs, metres a metre
    crotch_drop: float = 0.032  # metres that the crotch hangs lower than the body's
    gap: float = 0.004  # metres that it keeps from the skin
    lining: float = 0.08  # metres of its inside that can be seen


def cut_trousers(
    person: Person,
    points: Array,  # [Vd, 3] rest body, snapped to the trousers' hems
    worn: Mask,  # [Vd]
    on_hem: Mask,  # [Vd]
    weights: Array,  # [Vd, J]
    cut: TrouserCut,
) -> Cloth:
    """The trousers in the rest pose."""
    faces = person.dense.faces
    neighbors = find_neighbors(len(points), faces)
    level = np.tile([0.0, 1.0, 0.0], (len(points), 1))
    thickness = np.full(len(points), _THICKNESS_M)
    shaped = drape_near(points, person, neighbors, worn, on_hem, level, thickness, _STEPS)
    shaped[worn] = _hang_legs(points[worn], shaped[worn], person.marks, cut)
    return cut_cloth(faces, person.dense.corner_uv, worn, shaped, weights, np.full(len(points), cut.gap), cut.lining)


def drape_near(
    points: Array,  # [Vd, 3] rest body, snapped to the garment's hems
    person: Person,
    neighbors: Neighbors,
    worn: Mask,  # [Vd]
    on_hem: Mask,  # [Vd]
    hem_axis: Array,  # [Vd, 3] normal of the nearest hem's plane
    thickness: Array,  # [Vd] metres
    steps: int,
) -> Array:  # [Vd, 3]
    """The garment close to the body, hollows spanned."""
    normals = vertex_normals(person.rest, person.dense.faces)
    draped = points + normals * thickness[:, None]
    relax_cloth(draped, points, normals, thickness, neighbors, worn, on_hem, hem_axis, steps)
    return draped


def _hang_legs(points: Array, relief: Array, marks: Landmarks, cut: TrouserCut) -> Array:  # [N, 3], [N, 3] -> [N, 3]
    """Straight legs that fall from seat and calves, and a crotch below the body's."""
    names = ("left_ankle", "left_knee", "left_hip")
    height = np.array([marks[name][1] for name in names])
    z = np.array([marks[name][2] for name in names]) + [0.006, 0.0, 0.0]
    middle = points[np.abs(points[:, 0]) < 0.006]
    crotch = float(middle[:, 1].min())
    lowest = float(points[:, 1].min())
    result = relief.copy()
    near = np.exp(-((relief[:, 0] / 0.07) ** 2)) * smoothstep(crotch + 0.10, crotch, relief[:, 1])
    low = relief - near[:, None] * [0.0, cut.crotch_drop, 0.0]
    for sign in (1.0, -1.0):
        mine = points[:, 0] * sign >= 0
        axis = Axis(height, sign * np.array([abs(marks[name][0]) for name in names]), z)
        body = relief[mine]
        reach, direction = axis.polar(body)
        is_foot = (body[:, 1] < marks["left_ankle"][1] + 0.05) & (reach > 0.088)
        tube = measure_tube(body[~is_foot], axis, crotch + 0.14, lowest)
        least = np.interp(tube.heights, height, [cut.hem, cut.knee, 0.0])
        cloth = hang(tube, np.full(len(tube.heights), cut.gap), least, cut.slope, convex=False)
        reach, direction = axis.polar(low[mine])
        hung = cloth.surface(direction, low[mine, 1])
        share = smoothstep(crotch + 0.12, crotch - 0.01, low[mine, 1])[:, None]
        result[mine] = low[mine] * (1 - share) + hung * share
        inner = np.maximum(sign * result[mine, 0], np.minimum(_APART_M, np.abs(points[mine, 0])))
        result[mine, 0] = sign * inner
    return result
