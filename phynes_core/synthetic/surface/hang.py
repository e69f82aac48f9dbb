"""Cloth that hangs round an upright part of the body: a tube that falls from what stands out and narrows slowly.

A tube is a table of distances from an axis, by height and direction. The body's own table is measured; from row to row
downward the cloth's is at least the body's, and comes in no faster than a slope.
"""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.surface.subdivision import Array

_COLUMNS = 72
_SMOOTHING = 4  # passes over the cloth's table
_STEP_M = 0.008  # metres between rows


@dataclass(frozen=True)
class Axis:
    """A curve from top to bottom: places by height."""

    height: Array  # [K] metres, rising
    x: Array  # [K]
    z: Array  # [K]

    def polar(self, points: Array) -> tuple[Array, Array]:  # [N, 3] -> distance [N], direction [N] radians, 0 is ahead
        """Points around the axis."""
        x = points[:, 0] - np.interp(points[:, 1], self.height, self.x)
        z = points[:, 2] - np.interp(points[:, 1], self.height, self.z)
        return np.hypot(x, z), np.arctan2(x, z)

    def place(self, distance: Array, direction: Array, y: Array) -> Array:  # [N] each -> [N, 3]
        """The inverse of `polar` at these heights."""
        x = np.interp(y, self.height, self.x) + distance * np.sin(direction)
        z = np.interp(y, self.height, self.z) + distance * np.cos(direction)
        return np.stack([x, y, z], 1)


@dataclass(frozen=True)
class Tube:
    """Distances from an axis by height, from the top down, and direction."""

    axis: Axis
    heights: Array  # [R] metres, falling
    radius: Array  # [R, C]

    def at(self, direction: Array, y: Array) -> Array:  # [N] radians, [N] metres -> [N]
        """Bilinear."""
        row = np.interp(-y, -self.heights, np.arange(len(self.heights)))
        column = (direction / (2 * np.pi) % 1.0) * self.radius.shape[1]
        r0, c0 = np.minimum(row.astype(int), len(self.heights) - 2), column.astype(int)
        down, around = row - r0, column - c0
        c0, c1 = c0 % self.radius.shape[1], (c0 + 1) % self.radius.shape[1]
        upper = self.radius[r0, c0] * (1 - around) + self.radius[r0, c1] * around
        lower = self.radius[r0 + 1, c0] * (1 - around) + self.radius[r0 + 1, c1] * around
        return upper * (1 - down) + lower * down

    def surface(self, direction: Array, y: Array) -> Array:  # -> [N, 3]
        """The cloth's points."""
        return self.axis.place(self.at(direction, y), direction, y)


def measure_tube(points: Array, axis: Axis, top: float, bottom: float) -> Tube:  # [N, 3]
    """How far the points reach from the axis."""
    heights = np.arange(top, bottom - _STEP_M, -_STEP_M)
    distance, direction = axis.polar(points)
    row = np.round((top - points[:, 1]) / _STEP_M).astype(int)
    column = np.round(direction / (2 * np.pi) * _COLUMNS).astype(int) % _COLUMNS
    radius = np.zeros((len(heights), _COLUMNS))
    inside = (row >= 0) & (row < len(heights))
    np.maximum.at(radius, (row[inside], column[inside]), distance[inside])
    return Tube(axis, heights, _filled(radius))


def hang(tube: Tube, gap: Array, cut: Array, slope: float, convex: bool) -> Tube:  # gap [R], cut [R] metres
    """Cloth round the measured body: `gap` outside it, nowhere nearer to the axis than `cut`."""
    needed = tube.radius + gap[:, None]
    cloth = np.maximum(needed, cut[:, None])
    if convex:
        cloth = convex_rows(cloth)
    step = np.abs(np.diff(tube.heights, prepend=tube.heights[0] + _STEP_M))
    for row in range(1, len(cloth)):
        cloth[row] = np.maximum(cloth[row], cloth[row - 1] - slope * step[row])
    for _ in range(_SMOOTHING):
        padded = np.pad(cloth, ((1, 1), (0, 0)), mode="edge")
        smooth = 0.25 * (padded[:-2] + padded[2:] + np.roll(cloth, 1, 1) + np.roll(cloth, -1, 1))
        cloth = np.maximum(0.4 * cloth + 0.6 * smooth, needed)
    return Tube(tube.axis, tube.heights, cloth)


def convex_rows(radius: Array) -> Array:  # [R, C] -> [R, C], nowhere smaller
    """The convex hull of each row about the axis: cloth under tension spans hollows."""
    columns = radius.shape[1]
    angle = 2 * np.pi * np.arange(columns) / columns
    cosine = np.cos(angle[:, None] - angle[None])  # [direction of a support line, column]
    support = (radius[:, None] * cosine).max(2)  # [R, K]
    reach = np.where(cosine > 0.05, support[:, :, None] / np.maximum(cosine, 0.05), np.inf).min(1)
    return np.maximum(reach, radius)


def _filled(radius: Array) -> Array:
    """Empty cells between others of their row; empty rows as the row above."""
    columns = np.arange(radius.shape[1])
    for row in range(len(radius)):
        known = radius[row] > 0
        if known.any():
            radius[row] = np.interp(columns, columns[known], radius[row, known], period=len(columns))
        elif row:
            radius[row] = radius[row - 1]
    return radius
