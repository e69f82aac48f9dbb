"""The person's solid in the rest pose, on a grid: the hull of the silhouettes, and the body where that knows better."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import zoom

from phynes_core.body.template import CORRECTIVE_REACH_M
from phynes_core.template.carve import OUTSIDE_M, PosedSkeletons, Silhouettes, hull
from phynes_core.template.config import TemplateConfig
from phynes_core.template.parts import Part
from phynes_core.template.rest_shape import CELL_M, CHUNK, Bound, RestShape

INSIDE_M = 0.03  # so deep in the body no picture is asked
NEAR_M = 0.018  # of the coarse solid's surface: there the fine one is computed
DOUBTED_SHARE = 0.05  # more of the pictures left out: what that moves the hull by is not known
MISFIT_COUNTS = 2.0  # the distance from the hull, against that
UNDER_M, OVER_M = 0.015, 0.03  # over a part's skin: up to here the body's own surface, from there on the hull
HELD_M, FREE_M = 0.01, 0.03  # from a part along the surface: up to here the body's own surface, from there on the hull


@dataclass(frozen=True, eq=False)
class Grid:
    """Points of the rest pose at equal distances."""

    low: np.ndarray  # [3] metres
    cell_m: float
    size: tuple[int, int, int]

    def points(self, chosen: np.ndarray) -> np.ndarray:  # [N, 3] indices -> [N, 3] metres
        """Where grid points are."""
        return (self.low + chosen * self.cell_m).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Carving:
    """What a solid is carved from."""

    rest: RestShape
    poses: PosedSkeletons
    pictures: Silhouettes
    config: TemplateConfig

    def coarse(self, shares: Sequence[float]) -> tuple[Grid, np.ndarray]:  # [X, Y, Z, len(shares)] metres
        """Solids at the coarse cell, positive inside, one for each share of pictures that may be left out."""
        cell = CELL_M / round(CELL_M / self.config.coarse_m)
        size = tuple(int(n) for n in np.round(self.rest.extent / cell) + 1)
        grid = Grid(self.rest.low, cell, size)  # type: ignore[arg-type]
        away = enlarged(self.rest.distance, size)
        solid = np.full((*size, len(shares)), OUTSIDE_M, np.float32)
        solid[away < -INSIDE_M] = INSIDE_M
        chosen = np.argwhere((away >= -INSIDE_M) & (away < self.config.reach_m))
        for begin in range(0, len(chosen), CHUNK):
            some = chosen[begin : begin + CHUNK]
            bound = self.rest.bound(grid.points(some))
            solid[tuple(some.T)] = self._values(bound, shares)
        return grid, _outside_at_border(solid)

    def fine(
        self, coarse: Grid, solid: np.ndarray, share: float, parts: Sequence[Part]
    ) -> tuple[Grid, np.ndarray]:  # [X, Y, Z] metres
        """The solid at the fine cell for one share, with the body's own surface around its parts."""
        times = max(1, round(coarse.cell_m / self.config.voxel_m))
        size = tuple((n - 1) * times + 1 for n in coarse.size)
        grid = Grid(coarse.low, coarse.cell_m / times, size)  # type: ignore[arg-type]
        values = enlarged(solid, size)
        near = np.abs(values) < NEAR_M
        if parts:  # the body is not where its hull is
            near |= np.abs(enlarged(self.rest.distance, size)) < NEAR_M
        chosen = np.argwhere(near)
        for begin in range(0, len(chosen), CHUNK):
            some = chosen[begin : begin + CHUNK]
            bound = self.rest.bound(grid.points(some))
            found = self._values(bound, (share,))[:, 0]
            for part in parts:
                held = self.held_by(part, bound)
                found = (1.0 - held) * found - held * bound.distance
            values[tuple(some.T)] = found
        return grid, _outside_at_border(values)

    def held_by(self, part: Part, bound: Bound) -> np.ndarray:  # [N] in [0, 1]
        """How much the body's own surface counts at points: 1 on a part and close to it; a hat's brim is over it."""
        along, over = self.place_values(part.distance, bound), bound.distance
        return _falling(along, HELD_M, FREE_M) * _falling(over, UNDER_M, OVER_M)

    def place_values(self, values: np.ndarray, bound: Bound) -> np.ndarray:  # [V] -> [N]
        """Numbers of the body's vertices at the points' places."""
        return (values[self.rest.faces[bound.face]] * bound.barycentric).sum(1)

    def covered(self, share: float, height_m: float) -> np.ndarray:  # [V] in [0, 1]
        """Whether the hull reaches so far over the body's skin; 0 or 1, evened out over the surface."""
        rest = self.rest
        bound = rest.bound(rest.vertices + height_m * rest.normals)
        covered = (self._values(bound, (share,))[:, 0] > 0).astype(np.float64)
        return averaged(covered, rest.faces, 5)

    def doubt(self, points: np.ndarray, share: float, parts: Sequence[Part]) -> np.ndarray:  # [N, 3] -> [N] metres
        """How little the pictures agree that the surface runs through points: 0 where the body is the surface.

        Many silhouettes touch what is there. Where a few that are left out more would move the hull far, or where the
        surface is not the hull's because a handle was cut, it is not known.
        """
        bound = self.rest.bound(points.astype(np.float32))
        found = self._values(bound, (share, share + DOUBTED_SHARE))
        doubt = found[:, 1] - found[:, 0] + MISFIT_COUNTS * np.abs(found[:, 0])
        for part in parts:
            doubt *= 1.0 - self.held_by(part, bound)
        return doubt

    def _values(self, bound: Bound, shares: Sequence[float]) -> np.ndarray:  # [N, len(shares)]
        gain = np.exp(-np.maximum(bound.distance, 0.0) / CORRECTIVE_REACH_M)
        corners = self.rest.faces[bound.face]
        found = hull(bound, corners, gain, self.poses, self.pictures, shares, -bound.distance)
        return np.maximum(found, -bound.distance[:, None] - self.config.floor_m)


def enlarged(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:  # [X, Y, Z] -> [size]
    """Linear between the points of a coarser grid with the same corners."""
    zooms = [n / m for n, m in zip(size, values.shape, strict=True)]
    return np.asarray(zoom(values, zooms, order=1))


def averaged(values: np.ndarray, faces: np.ndarray, times: int) -> np.ndarray:  # [V]
    """Each time the mean of a vertex's faces, each of them the mean of its corners."""
    count = np.bincount(faces.ravel(), minlength=len(values)).clip(min=1)
    for _ in range(times):
        mean = values[faces].mean(1)
        values = np.bincount(faces.ravel(), np.repeat(mean, 3), len(values)) / count
    return values


def _falling(values: np.ndarray, first: float, last: float) -> np.ndarray:
    """1 up to the first, 0 from the last on, smooth between."""
    share = np.clip((values - first) / (last - first), 0.0, 1.0)
    return 1.0 - share * share * (3.0 - 2.0 * share)


def _outside_at_border(solid: np.ndarray) -> np.ndarray:
    for axis in range(3):
        border = np.moveaxis(solid, axis, 0)
        border[0] = border[-1] = OUTSIDE_M
    return solid
