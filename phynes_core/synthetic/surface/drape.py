"""Clothed rest surfaces: smoothing that bridges hollows like cloth, and shoes around the feet."""

import numpy as np
from numpy.typing import NDArray

from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Neighbors

Mask = NDArray[np.bool_]

_LAST_DIRECTIONS, _LAST_STEPS = 240, 300
_LAST_SOFTNESS = 0.003  # metres: how far a shoe's edges are rounded
_ROWS = 256  # points projected per step: their distances along all directions fit the cache


def relax_cloth(
    draped: Array,  # [V, 3] in and out
    points: Array,  # [V, 3] rest body, snapped to the hems
    normals: Array,  # [V, 3]
    thickness: Array,  # [V]
    neighbors: Neighbors,
    region: Mask,  # [V] the garment
    on_hem: Mask,  # [V] vertices on a hem
    hem_axis: Array,  # [V, 3] normal of the nearest hem's plane
    steps: int,
) -> None:
    """Smooth one garment so that it bridges hollows, and keep it outside the body. Changes `draped` in place."""
    local = neighbors.restricted(region)  # means over the garment only, so that hems are free
    start, out, thick = points[region], normals[region], thickness[region]
    hem, axis = on_hem[region], hem_axis[region & on_hem]
    cloth = draped[region]
    for _ in range(steps):
        cloth += 0.6 * (local.mean(cloth) - cloth)
        height = ((cloth - start) * out).sum(1)
        cloth += out * np.maximum(0.55 * thick - height, 0)[:, None]
        cloth[hem] -= ((cloth[hem] - start[hem]) * axis).sum(1, keepdims=True) * axis  # hems stay in their plane
    draped[region] = cloth


def shape_shoes(
    draped: Array,  # [V, 3]
    points: Array,  # [V, 3] rest body
    neighbors: Neighbors,
    shoe: Array,  # [V] metres inside the shoe, negative elsewhere
    marks: Landmarks,
) -> Array:  # [V, 3]
    """Replace each foot by a shoe last: the rounded convex hull of the foot, with a flat sole."""
    result = draped.copy()
    for sign in (1.0, -1.0):
        region = (shoe > 0) & (points[:, 0] * sign > 0)
        foot = points[region & (points[:, 1] < marks["left_ankle"][1] - 0.018)]
        shaft = foot[foot[:, 1] > marks["left_ankle"][1] - 0.030]
        last = _Last(np.concatenate([foot, shaft + [0.0, 0.08, 0.0]]))  # open above: no lid across the ankle
        local = neighbors.restricted(region)
        surface = last.project(points[region], 0.005)
        free = points[region, 2] > marks["left_ankle"][2] + 0.095  # the toes; the rest of the foot is nearly convex
        around = local.of(free)
        for step in range(_LAST_STEPS):
            toes = surface[free]
            toes += 0.8 * (around.mean(surface) - toes)
            surface[free] = last.project(toes, 0.005) if step % 5 == 4 else toes
        blend = smoothstep(0.004, 0.022, shoe)[region, None]  # the collar follows the ankle
        result[region] = draped[region] * (1 - blend) + surface * blend
        result[region] = _add_sole(result[region], foot.mean(0), marks.floor)
    return result


def _add_sole(points: Array, center: Array, floor: float) -> Array:
    """A flat sole with a rim that stands out by 4 mm."""
    rim = smoothstep(0.021, 0.018, points[:, 1] - floor) * 0.004
    outward = (points - center) * [1, 0, 1]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 0.02)
    points = points + outward * rim[:, None]
    low = points[:, 1] < floor + 0.004
    points[low, 1] = floor - 0.006
    return points


class _Last:
    """A soft-maximum support function: the convex hull of points, edges rounded."""

    def __init__(self, foot: Array) -> None:  # [N, 3]
        index = np.arange(_LAST_DIRECTIONS) + 0.5
        polar, turn = np.arccos(1 - 2 * index / _LAST_DIRECTIONS), np.pi * (1 + 5**0.5) * index
        self.directions = np.stack([np.cos(turn) * np.sin(polar), np.cos(polar), np.sin(turn) * np.sin(polar)], 1)
        self.support = (foot @ self.directions.T).max(0)

    def project(self, points: Array, margin: float) -> Array:
        """Move points onto the hull grown by `margin`, along the hull's normal."""
        parts = [self._project(points[start : start + _ROWS], margin) for start in range(0, len(points), _ROWS)]
        return np.concatenate(parts)

    def _project(self, points: Array, margin: float) -> Array:
        for _ in range(2):
            excess = points @ self.directions.T
            excess -= self.support
            excess /= _LAST_SOFTNESS
            peak = excess.max(1, keepdims=True)
            excess -= peak
            weight = np.exp(excess, out=excess)
            total = weight.sum(1, keepdims=True)
            distance = (np.log(total) + peak) * _LAST_SOFTNESS
            normal = weight @ self.directions / total
            normal /= np.linalg.norm(normal, axis=1, keepdims=True)
            points = points - (distance - margin) * normal
        return points
