"""Locks of hair as cords of their own: they lie on the scalp, leave it toward their tips and break up the outline."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from phynes_core.synthetic.subjects.outfit import Rectangle, SolidPart, fixed_weights
from phynes_core.synthetic.subjects.skin import Color
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.subjects.textures import TexelMap
from phynes_core.synthetic.surface.drape import Mask
from phynes_core.synthetic.surface.noise import smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh
from phynes_core.synthetic.surface.sweep import Solid, sweep

_TINTS = 8  # kinds of locks, each with a strip of the texture
_SIDES = 4
_ROOT_M, _LIE_M = 0.0012, 0.0003  # metres below and above the surface: roots, and locks that lie


@dataclass(frozen=True)
class LockStyle:
    """How locks grow."""

    count: int
    length: tuple[float, float]  # metres, least and most
    width: float  # metres, half of a lock's width
    lift: float  # metres over the hair's surface that a tip may stand
    flatness: float = 0.4  # thickness over width
    spread: float = 0.2  # radians, of directions
    wave: float = 0.0  # metres, sideways
    points: int = 6
    inertia: float = 0.4  # share of its direction that a lock keeps from point to point
    clings: bool = True  # False: it only stays outside the surface


@dataclass(frozen=True)
class CombedSurface:
    """What locks lie on, and how they are combed there."""

    vertices: Array  # [V, 3] metres
    normals: Array  # [V, 3] unit
    along: Array  # [V, 3] directions, any length


def choose_roots(candidates: Mask, count: int, seed: int) -> Indices:  # [N] -> [count] indices
    """Vertices among the candidates, the same ones every time."""
    known = np.flatnonzero(candidates)
    order = np.random.default_rng(seed).permutation(len(known))
    return known[order[:count]]


def grow_locks(surface: CombedSurface, roots: Indices, style: LockStyle, seed: int) -> Solid:  # roots [N] vertices
    """Locks that start just below the surface and follow it as it is combed; their tips stand off a little."""
    generator = np.random.default_rng(seed)
    number, last = len(roots), style.points - 1
    tree = KDTree(surface.vertices)
    step = generator.uniform(*style.length, (number, 1)) / last
    lift = style.lift * generator.uniform(0, 1, (number, 1)) ** 2
    angle = style.spread * generator.normal(size=(number, 1))
    phase, pace = generator.uniform(0, 2 * np.pi, (number, 1)), generator.uniform(0.7, 1.4, (number, 1))
    at, normal = surface.vertices[roots], surface.normals[roots]
    ahead = _turned(surface.along[roots], normal, angle)
    curve, out = [at - _ROOT_M * normal], [normal]
    for point in range(1, style.points):
        share = point / last
        at = at + step * ahead
        k = tree.query(at)[1]
        normal = surface.normals[k]
        height = ((at - surface.vertices[k]) * normal).sum(1, keepdims=True)
        wanted = _LIE_M + lift * share**2
        at = at + (wanted - height if style.clings else np.maximum(wanted - height, 0)) * normal
        combed = _turned(surface.along[k], normal, angle * (1 - share))
        ahead = style.inertia * ahead + (1 - style.inertia) * combed
        ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
        sway = style.wave * share * np.sin(phase + 2 * np.pi * pace * share * last / 7)
        curve.append(at + sway * np.cross(normal, ahead))
        out.append(normal)
    share = np.linspace(0, 1, style.points)[None]
    width = style.width * generator.uniform(0.6, 1.3, (number, 1)) * (1 - share**3) ** 0.7 + 0.00015
    solid = sweep(np.stack(curve, 1), width, _SIDES, style.flatness, np.stack(out, 1))
    return _tinted(solid, generator.integers(0, _TINTS, number))


def _turned(along: Array, normal: Array, angle: Array) -> Array:  # [N, 3], [N, 3], [N, 1] -> [N, 3] unit, tangent
    tangent = along - (along * normal).sum(1, keepdims=True) * normal
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    return np.cos(angle) * tangent + np.sin(angle) * np.cross(normal, tangent)


def _tinted(solid: Solid, kinds: Indices) -> Solid:  # kinds [N], one for each of the solid's equal cords
    """Each cord in the strip of its kind."""
    uv = solid.mesh.corner_uv.copy().reshape(len(kinds), -1, 3, 2)
    uv[..., 1] = (0.04 + 0.92 * uv[..., 1] + kinds[:, None, None]) / _TINTS
    return Solid(solid.vertices, SurfaceMesh(solid.mesh.faces, uv.reshape(-1, 3, 2)))


def lock_part(
    person: Person, solid: Solid, roots: Array, color: Color, roughness: float, rectangle: Rectangle
) -> SolidPart:
    """Locks fixed to the scalp by their roots."""
    weights = fixed_weights(person, roots, len(solid.vertices) // len(roots))
    return SolidPart(solid, weights, lambda texels: _paint(texels, rectangle, color, roughness), rectangle)


def _paint(texels: TexelMap, rectangle: Rectangle, color: Color, roughness: float) -> tuple[Array, Array]:
    """Darker at the root, streaks along the lock, a tint for each kind."""
    u, v = texels.uv()
    u0, v0, u1, v1 = rectangle
    along, strip = (u - u0) / (u1 - u0), np.clip((v - v0) / (v1 - v0), 0, 0.9999) * _TINTS
    kind = np.floor(strip)
    streak = np.sin(2 * np.pi * 3 * (strip - kind) + 5 * kind) * np.sin(2 * np.pi * 2 * strip)
    shade = 0.75 + 0.45 * np.sin(2.4 * kind) * np.cos(1.3 * kind) + 0.18 * streak + 0.25 * smoothstep(0.1, 0.9, along)
    return np.clip(np.asarray(color) * shade[:, None], 0.01, 0.9), roughness + 0.05 * streak
