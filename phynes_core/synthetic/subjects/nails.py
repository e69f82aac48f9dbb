"""Fingernails: found at the tips of the fingers of the rest body, as relief and as paint."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from phynes_core.synthetic.subjects.skin import Color
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, vertex_normals

_TIP_M = 0.022  # metres of a finger, from its tip, whose middle line is its direction
_ALONE_M = 0.014  # nothing within this distance of a tip is farther out
_LENGTH_M, _WIDTH_M = 0.0125, 0.0105  # of a nail
_RAISED_M, _GROOVE_M = 0.00035, 0.00030
_UP = np.array([0.0, 1.0, 0.0])
_THUMB_BACK = np.array([0.0, 0.62, 0.78])  # what a thumb's nail faces in the rest pose


@dataclass(frozen=True)
class Nail:
    """A nail's frame."""

    middle: Array  # [3]
    along: Array  # [3] unit, toward the tip
    across: Array  # [3] unit
    out: Array  # [3] unit

    def field(self, points: Array) -> tuple[Array, Array]:  # [N, 3] -> [N], [N]
        """Metres inside the nail's outline, negative outside; and -1 at the cuticle to 1 at the free edge."""
        away = points - self.middle
        x, y, z = away @ self.along / (0.5 * _LENGTH_M), away @ self.across / (0.5 * _WIDTH_M), away @ self.out
        reach = (np.abs(x) ** 2.6 + np.abs(y) ** 2.6) ** (1 / 2.6)
        return np.where(z > -0.006, (1 - reach) * 0.5 * _WIDTH_M, -1.0), x


def find_nails(rest: Array, faces: Indices, marks: Landmarks) -> tuple[Nail, ...]:
    """Ten nails; rest is the bare body, palms down."""
    normals = vertex_normals(rest, faces)
    nails = []
    for sign in (1.0, -1.0):
        beyond = rest[:, 0] * sign - marks["left_wrist"][0]
        for tip in _tips(rest, beyond):
            finger = np.linalg.norm(rest - rest[tip], axis=1) < _TIP_M
            along = rest[tip] - rest[finger].mean(0)
            along /= np.linalg.norm(along)
            is_thumb = along[2] > 0.35
            out = _THUMB_BACK if is_thumb else _UP
            out = out - (out @ along) * along
            out /= np.linalg.norm(out)
            spot = rest[tip] - (0.5 * _LENGTH_M + 0.0012) * along
            near = finger & (normals @ out > 0.5)
            top = rest[near][np.linalg.norm(np.cross(rest[near] - spot, out), axis=1).argmin()]
            nails.append(Nail(spot + ((top - spot) @ out) * out, along, np.cross(out, along), out))
    return tuple(nails)


def _tips(rest: Array, beyond: Array) -> list[int]:
    """The vertices of a hand that are farther from the wrist than all that surround them."""
    hand = np.flatnonzero(beyond > 0.03)
    reach = np.linalg.norm(rest[hand] - rest[np.abs(beyond).argmin()], axis=1)
    around = KDTree(rest[hand]).query_ball_point(rest[hand], _ALONE_M)
    return [int(hand[k]) for k, near in enumerate(around) if reach[k] >= reach[near].max()]


def raise_nails(worn: Array, rest: Array, faces: Indices, nails: tuple[Nail, ...]) -> Array:  # [V, 3]
    """A plate with a groove round it."""
    normals = vertex_normals(rest, faces)
    height = np.zeros(len(rest))
    for nail in nails:
        inside, _ = nail.field(rest)
        height += _RAISED_M * smoothstep(-0.0001, 0.0007, inside) - _GROOVE_M * np.exp(
            -(((inside + 0.0003) / 0.0005) ** 2)
        )
    return worn + height[:, None] * normals


def paint_nails(
    points: Array, nails: tuple[Nail, ...], color: Color, roughness: float, polished: bool
) -> tuple[Array, Array, Array]:  # [N, 3] -> cover [N], albedo [N, 3], roughness [N]
    """Pale toward the free edge, with a half moon, unless they are polished."""
    cover, albedo = np.zeros(len(points)), np.tile(np.asarray(color), (len(points), 1))
    for nail in nails:
        inside, along = nail.field(points)
        here = smoothstep(-0.0002, 0.0003, inside)
        cover = np.maximum(cover, here)
        if not polished:
            free = here * smoothstep(0.72, 0.80, along)
            moon = 0.5 * here * smoothstep(-0.60, -0.70, along)
            albedo = mix(albedo, (0.62, 0.56, 0.48), np.maximum(free, moon))
    return cover, albedo, np.full(len(points), roughness)
