"""Lamps in the picture: positions of their handles, which one is under the pointer, where a drag moves it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyglm import glm

from app.model import edits, lights
from app.model.lights import LampState
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
    """Image position of a lamp's direction, taken on the sphere of handles."""
    toward = direction(lamp.azimuth_deg, lamp.elevation_deg)
    x_px, y_px, _ = view.project(glm.vec3(view.target) + toward * lamp_sphere_radius(view))
    return LampHandle(x_px, y_px, glm.dot(toward, view.axes[2]) > 0.0)


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

    def angles_deg(self, view: OrbitView, pixel: Pixel) -> tuple[float, float]:
        """Azimuth and elevation of the lamp in degrees for a pointer at this pixel."""
        ray = view.ray(pixel[0] + self._offset[0], pixel[1] + self._offset[1])
        from_target = view.eye - glm.vec3(view.target)
        radius = lamp_sphere_radius(view)
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
        self._store.post(lambda state: lights.move_lamp(state, index, azimuth_deg, elevation_deg), "drag lamp")

    def _lamp(self, press: PointerEvent) -> int | None:
        viewport = press.viewport
        if viewport is None:
            return None
        lamps, reach_px = self._store.state.light.lamps, viewport.pixels(GRAB_RADIUS_PX)
        return grabbed_lamp(viewport.view, lamps, *viewport.pixel(press.point), reach_px)


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
