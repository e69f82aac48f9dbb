"""Lamps in the picture: positions of their handles, which one is under the pointer, where a drag moves it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyglm import glm

from app.model import edits, lights
from app.model.fields import Vector
from app.model.lamps import LampState, lamp_offset, move_lamp, place_lamp
from app.model.preferences import TURN_LIGHT
from app.model.store import Store
from app.tools.orbit_view import OrbitView, angles_deg, direction
from app.tools.viewport import Drag, Navigates, Pixel, PointerEvent

GRAB_RADIUS_PX = 18.0  # in the window
LAMP_SPHERE_SHARE = 0.80  # of half the image's height


def lamp_sphere_radius(view: OrbitView) -> float:
    """Radius in metres of the sphere that the handles lie on; its share of the picture does not depend on the zoom."""
    half_angle = 0.5 * math.radians(view.camera.fov_deg)
    # the silhouette of a sphere of radius r at distance d is seen under asin(r / d)
    return view.camera.distance_m * math.sin(math.atan(LAMP_SPHERE_SHARE * math.tan(half_angle)))


@dataclass(frozen=True)
class LampHandle:
    """Position of a lamp's glyph in the image."""

    x_px: float  # image
    y_px: float
    is_behind: bool  # on the far side of the sphere


def lamp_handle(view: OrbitView, lamp: LampState) -> LampHandle:
    """Image position of a near lamp where it is in sight; else of the lamp's direction on the sphere of handles."""
    toward = direction(lamp.azimuth_deg, lamp.elevation_deg)
    center, radius_m = _sphere(view, lamp)
    x_px, y_px, _ = view.project(center + toward * radius_m)
    return LampHandle(x_px, y_px, glm.dot(toward, view.axes[2]) > 0.0)


def near_position(view: OrbitView, lamp: LampState) -> glm.vec3 | None:
    """World position of a near lamp; None of a sun, and where it is out of sight."""
    if lamp.kind != "area":
        return None
    position = _pelvis(view) + glm.vec3(*lamp_offset(lamp))
    x_px, y_px, depth_m = view.project(position)
    return position if depth_m > 0.0 and 0.0 <= x_px < view.width and 0.0 <= y_px < view.height else None


def _sphere(view: OrbitView, lamp: LampState) -> tuple[glm.vec3, float]:
    """Center and radius of the sphere that the lamp's handle lies on."""
    if near_position(view, lamp) is None:
        return glm.vec3(view.target), lamp_sphere_radius(view)
    return _pelvis(view), lamp.distance_m


def _pelvis(view: OrbitView) -> glm.vec3:
    return glm.vec3(view.target) - glm.vec3(view.camera.pan_m)


def grabbed_lamp(
    view: OrbitView, lamps: Sequence[LampState], x_px: float, y_px: float, reach_px: float
) -> int | None:  # x, y and reach in image pixels
    """Index of the lamp whose handle is within reach of an image position; those in front come first."""
    best: tuple[tuple[bool, float], int] | None = None
    for index, lamp in enumerate(lamps):
        handle = lamp_handle(view, lamp)
        distance = math.hypot(handle.x_px - x_px, handle.y_px - y_px)
        if distance <= reach_px:
            rank = ((handle.is_behind, distance), index)
            best = rank if best is None else min(best, rank)
    return None if best is None else best[1]


class LampDrag:
    """One drag of a handle. A pointer that leaves the sphere's outline and returns moves the lamp on the other side."""

    def __init__(self, view: OrbitView, lamp: LampState, pixel: Pixel) -> None:
        handle = lamp_handle(view, lamp)
        self._offset = (handle.x_px - pixel[0], handle.y_px - pixel[1])  # keeps the handle from jumping
        self._is_behind = handle.is_behind
        self._was_outside = False
        self._near = None if near_position(view, lamp) is None else lamp.distance_m  # radius of its sphere

    def angles_deg(self, view: OrbitView, pixel: Pixel) -> tuple[float, float]:
        """Azimuth and elevation of the lamp in degrees for a pointer at this pixel."""
        ray = view.ray(pixel[0] + self._offset[0], pixel[1] + self._offset[1])
        from_target = view.eye - (glm.vec3(view.target) if self._near is None else _pelvis(view))
        radius = lamp_sphere_radius(view) if self._near is None else self._near
        along = -glm.dot(from_target, ray)
        closest = from_target + ray * along
        reach = radius * radius - glm.dot(closest, closest)
        if reach <= 0.0:
            if not self._was_outside:
                self._was_outside = True
                self._is_behind = not self._is_behind
            return angles_deg(closest)
        self._was_outside = False
        step = math.sqrt(reach)
        return angles_deg(closest + ray * (step if self._is_behind else -step))


class LampTool:
    """Drags a lamp around the avatar."""

    name = "lamp"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """A press on a lamp's handle."""
        return self._lamp(press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Select the lamp, then move it."""
        index, viewport = self._lamp(press), press.viewport
        if index is None or viewport is None:
            return
        drag = LampDrag(viewport.view, self._store.state.light.lamps[index], viewport.pixel(press.point))
        self._store.post(lambda state: edits.edit_tool(state, selected_lamp=index), "select lamp", is_undoable=False)
        while not (event := (yield)).is_release:
            viewport = event.viewport or viewport
            azimuth_deg, elevation_deg = drag.angles_deg(viewport.view, viewport.pixel(event.point))
            self._move(index, azimuth_deg, elevation_deg)

    def _move(self, index: int, azimuth_deg: float, elevation_deg: float) -> None:
        self._store.post(lambda state: move_lamp(state, index, azimuth_deg, elevation_deg), "drag lamp")

    def _lamp(self, press: PointerEvent) -> int | None:
        viewport = press.viewport
        if viewport is None:
            return None
        lamps, reach_px = self._store.state.light.lamps, viewport.pixels(GRAB_RADIUS_PX)
        return grabbed_lamp(viewport.view, lamps, *viewport.pixel(press.point), reach_px)


AXIS_PX = 64.0  # length of a near lamp's axes in the window
AXIS_START = 0.3  # share of an axis that is left to the lamp's disc
AXIS_REACH_PX = 7.0


@dataclass(frozen=True)
class LampAxis:
    """One of the axes that a near lamp is moved along."""

    start: Pixel
    end: Pixel
    axis: int  # x, y or z of the world


def lamp_axes(view: OrbitView, lamp: LampState, length_px: float) -> tuple[LampAxis, ...]:  # px of the image
    """The axes of a near lamp that is in sight; none that point at the eye."""
    if (position := near_position(view, lamp)) is None:
        return ()
    x, y, depth_m = view.project(position)
    length_m, axes = length_px * depth_m / view.focal_px, []
    for axis in range(3):
        end_x, end_y, _ = view.project(position + length_m * _unit(axis))
        if math.hypot(end_x - x, end_y - y) > 0.25 * length_px:
            start = (x + (end_x - x) * AXIS_START, y + (end_y - y) * AXIS_START)
            axes.append(LampAxis(start, (end_x, end_y), axis))
    return tuple(axes)


class LampAxisTool:
    """Moves the selected near lamp along an axis of the world."""

    name = "lamp axis"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """A press on an axis of the selected near lamp."""
        return self._axis(press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Move the lamp with the pointer along the axis."""
        axis, viewport, index = self._axis(press), press.viewport, self._store.state.tool.selected_lamp
        if axis is None or viewport is None:
            return
        lamp = self._store.state.light.lamps[index]
        start, line = lamp_offset(lamp), _pelvis(viewport.view) + glm.vec3(*lamp_offset(lamp))
        first_m = _along(viewport.view, line, axis, viewport.pixel(press.point))
        while not (event := (yield)).is_release:
            viewport = event.viewport or viewport
            moved_m = _along(viewport.view, line, axis, viewport.pixel(event.point))
            if first_m is not None and moved_m is not None:
                x, y, z = (part + (moved_m - first_m) * (number == axis) for number, part in enumerate(start))
                self._move(index, (x, y, z))

    def _move(self, index: int, offset_m: Vector) -> None:
        self._store.post(lambda state: place_lamp(state, index, offset_m), "move lamp")

    def _axis(self, press: PointerEvent) -> int | None:
        viewport, state = press.viewport, self._store.state
        if viewport is None or state.tool.selected_lamp >= len(state.light.lamps):
            return None
        lamp, pixel = state.light.lamps[state.tool.selected_lamp], viewport.pixel(press.point)
        axes = lamp_axes(viewport.view, lamp, viewport.pixels(AXIS_PX))
        distances = [(_distance(pixel, axis.start, axis.end), axis.axis) for axis in axes]
        nearest = min(distances, default=(math.inf, 0))
        return nearest[1] if nearest[0] <= viewport.pixels(AXIS_REACH_PX) else None


def _unit(axis: int) -> glm.vec3:
    return glm.vec3(*(float(number == axis) for number in range(3)))


def _distance(point: Pixel, start: Pixel, end: Pixel) -> float:
    """From a point to a line segment."""
    along = (end[0] - start[0], end[1] - start[1])
    share = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / max(math.hypot(*along) ** 2, 1e-9)
    share = min(1.0, max(0.0, share))
    return math.dist(point, (start[0] + share * along[0], start[1] + share * along[1]))


def _along(view: OrbitView, line: glm.vec3, axis: int, pixel: Pixel) -> float | None:
    """Metres along a line of the world, from its point `line`, to where it is nearest to the ray through a pixel."""
    ray, unit, start = view.ray(*pixel), _unit(axis), line - view.eye
    cosine = glm.dot(ray, unit)
    if 1.0 - cosine * cosine < 1e-4:
        return None
    return (cosine * glm.dot(ray, start) - glm.dot(unit, start)) / (1.0 - cosine * cosine)


class TurnLightTool:
    """Turns the surrounding light: dragged to the right, a light in front of the avatar moves to the right."""

    name = "light"

    def __init__(self, store: Store, navigates: Navigates) -> None:
        self._store, self._navigates = store, navigates

    def hit(self, press: PointerEvent) -> bool:
        """A press that turns the light in the preferred navigation style."""
        return self._navigates(press) == TURN_LIGHT

    def drag(self, press: PointerEvent) -> Drag:
        """Turn in proportion to the horizontal motion."""
        while not (event := (yield)).is_release:
            self._turn(event.delta[0] * lights.TURN_DEG_PER_PX)

    def _turn(self, degrees: float) -> None:
        self._store.post(lambda state: lights.turn_environment(state, degrees), "turn light")
