"""The three rings around a joint: their points in the picture, which one is under the pointer, the angle of a drag."""

import math
from dataclasses import dataclass

import numpy as np
from pyglm import glm

from app.rendering.frames import Frame
from app.tools.orbit_view import OrbitView

RADIUS_SHARE = 0.085  # of the image's height, at any distance
NUM_SEGMENTS = 56
FLAT_COSINE = 0.25  # below it a ring is seen nearly edge-on, and is dragged along its tangent


@dataclass(frozen=True, eq=False)
class Rings:
    """Three circles around one joint."""

    center: glm.vec3  # world
    axes: np.ndarray  # [3, 3] columns, unit, world
    radius_m: float

    def points(self, axis: int) -> np.ndarray:  # [NUM_SEGMENTS + 1, 3] world, the first again at the end
        """Points of the ring about an axis."""
        angle = np.linspace(0.0, 2.0 * math.pi, NUM_SEGMENTS + 1)[:, None]
        first, second = self.axes[:, (axis + 1) % 3], self.axes[:, (axis + 2) % 3]
        around = np.cos(angle) * first + np.sin(angle) * second
        return np.array(self.center.to_tuple()) + self.radius_m * around

    def projected(self, view: OrbitView, axis: int) -> tuple[np.ndarray, np.ndarray]:  # [S + 1, 2] px, [S + 1] bool
        """Points of a ring in the image, and which of them lie on the near side."""
        points = self.points(axis)
        pixels = np.array([view.project(glm.vec3(*point))[:2] for point in points])
        away = np.array(self.center.to_tuple()) - np.array(view.eye.to_tuple())
        return pixels, (points - np.array(self.center.to_tuple())) @ away <= 1e-3 * self.radius_m

    def hit(self, view: OrbitView, x_px: float, y_px: float, reach_px: float) -> int | None:
        """Axis of the ring within reach of an image position; near sides come before far ones."""
        best: tuple[float, int] | None = None
        for axis in range(3):
            pixels, is_near = self.projected(view, axis)
            distance = np.hypot(pixels[:, 0] - x_px, pixels[:, 1] - y_px) + np.where(is_near, 0.0, 0.6 * reach_px)
            if (closest := float(distance.min())) <= reach_px and (best is None or closest < best[0]):
                best = closest, axis
        return None if best is None else best[1]


def rings_of(frame: Frame, view: OrbitView, index: int, joint: int) -> Rings | None:
    """The rings of a joint of a body (index in the avatar row) in a frame; None where it is not in view."""
    if not 0 <= index < len(frame.bodies) or not 0 <= joint < len(frame.bodies[index].joints):
        return None
    body = frame.bodies[index]
    center = glm.vec3(*body.joints[joint].tolist())
    depth = view.project(center)[2]
    if depth <= 0:
        return None
    axes = np.eye(3) if joint == 0 else body.axes[joint].astype(np.float64)
    return Rings(center, axes, RADIUS_SHARE * view.height / view.focal_px * depth)


class RingDrag:
    """One drag of a ring: the angle in degrees that the pointer has gone around it."""

    def __init__(self, rings: Rings, view: OrbitView, axis: int, x_px: float, y_px: float) -> None:
        self._center, self._view = rings.center, view
        self._normal = glm.normalize(glm.vec3(*rings.axes[:, axis].tolist()))
        toward = glm.normalize(rings.center - view.eye)
        self._is_flat = abs(glm.dot(self._normal, toward)) < FLAT_COSINE
        self._start_px = (x_px, y_px)
        self._along_px = self._tangent(rings, axis) if self._is_flat else (0.0, 0.0)
        self._last = self._around(x_px, y_px)
        self.degrees = 0.0

    def move(self, x_px: float, y_px: float) -> float:
        """The angle in degrees for a pointer at this pixel; it may exceed a full turn."""
        if self._is_flat:
            across, down = x_px - self._start_px[0], y_px - self._start_px[1]
            length = self._along_px[0] ** 2 + self._along_px[1] ** 2
            self.degrees = math.degrees((across * self._along_px[0] + down * self._along_px[1]) / max(length, 1e-9))
        elif (around := self._around(x_px, y_px)) is not None:
            if self._last is not None:
                self.degrees += (around - self._last + 180.0) % 360.0 - 180.0
            self._last = around
        return self.degrees

    def _around(self, x_px: float, y_px: float) -> float | None:
        """Angle of a pixel's ray in the ring's plane, in degrees; None where it misses the plane."""
        ray = self._view.ray(x_px, y_px)
        slope = glm.dot(self._normal, ray)
        if abs(slope) < 1e-4:
            return None
        reach = glm.dot(self._normal, self._center - self._view.eye) / slope
        if reach <= 0:
            return None
        offset = self._view.eye + ray * reach - self._center
        other = glm.vec3(1.0, 0.0, 0.0) if abs(self._normal.x) < 0.8 else glm.vec3(0.0, 1.0, 0.0)
        first = glm.normalize(glm.cross(other, self._normal))
        second = glm.cross(self._normal, first)
        return math.degrees(math.atan2(glm.dot(offset, second), glm.dot(offset, first)))

    def _tangent(self, rings: Rings, axis: int) -> tuple[float, float]:
        """Pixels that the ring's point nearest to the start moves by for one radian."""
        pixels, is_near = rings.projected(self._view, axis)
        distance = np.hypot(pixels[:, 0] - self._start_px[0], pixels[:, 1] - self._start_px[1])
        grabbed = int(np.where(is_near, distance, np.inf).argmin())
        point = glm.vec3(*rings.points(axis)[grabbed].tolist())
        step = glm.cross(self._normal, point - rings.center) * 1e-2
        moved, start = self._view.project(point + step), self._view.project(point)
        return (moved[0] - start[0]) * 100.0, (moved[1] - start[1]) * 100.0
