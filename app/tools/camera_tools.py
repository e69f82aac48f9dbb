"""Tools that move the camera (orbit, look around, pan), and the slider of a split picture."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from app.model import cameras
from app.model.comparison import SLIDER_GRAB_PX, move_slider
from app.model.preferences import LEFT, MIDDLE, ORBIT, PAN, ZOOM
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.limbs import CLICK_REACH_PX, click_limb
from app.tools.orbit_view import OrbitView, panned, zoomed
from app.tools.viewport import Drag, Navigates, Point, PointerEvent, Viewport

NOTCHES_PER_PX = 0.04  # of the wheel, for a drag that zooms
DOUBLE_CLICK_S = 0.5  # longest time between the two clicks
NEVER: tuple[float, Point] = (-math.inf, (0.0, 0.0))
Frames = Callable[[Viewport, Point], None]  # frames what is at a window position


class OrbitTool:
    """Turns the camera around the avatar; a press that does not move selects the limb there, or none."""

    name = "orbit"

    def __init__(self, store: Store) -> None:
        self._store = store
        self.clicked: tuple[float, Point] = NEVER  # time.monotonic() and position of the last click

    def hit(self, press: PointerEvent) -> bool:
        """Every press: the last tool of the table."""
        return True

    def drag(self, press: PointerEvent) -> Drag:
        """Orbit; select a limb if the pointer has not moved."""
        while not (event := (yield)).is_release:
            orbit(self._store, event)
        if press.viewport is not None and event.viewport is not None and _is_near(event.point, press.point):
            click_limb(self._store, event.viewport, event.point)
            self.clicked = time.monotonic(), event.point


class DoubleClickTool:
    """Frames what a second click meets; it comes before the rings that the first click has brought there."""

    name = "double click"

    def __init__(self, orbit_tool: OrbitTool, frames: Frames) -> None:
        self._orbit_tool, self._frames = orbit_tool, frames

    def hit(self, press: PointerEvent) -> bool:
        """A press of the left button soon after a click at the same place."""
        last_s, last_point = self._orbit_tool.clicked
        is_soon = time.monotonic() - last_s <= DOUBLE_CLICK_S
        return is_soon and press.button == LEFT and not press.modifiers and _is_near(press.point, last_point)

    def drag(self, press: PointerEvent) -> Drag:
        """Frame it; the rest of the drag does nothing."""
        self._orbit_tool.clicked = NEVER
        if press.viewport is not None:
            self._frames(press.viewport, press.point)
        yield


class OrbitAnywhereTool:
    """Turns the camera around the avatar wherever the press is, for styles that orbit with another button or a key."""

    name = "orbit anywhere"

    def __init__(self, store: Store, navigates: Navigates) -> None:
        self._store, self._navigates = store, navigates

    def hit(self, press: PointerEvent) -> bool:
        """A press that orbits in the preferred navigation style, but a plain one of the left button."""
        return self._navigates(press) == ORBIT and (press.button != LEFT or bool(press.modifiers))

    def drag(self, press: PointerEvent) -> Drag:
        """Orbit."""
        while not (event := (yield)).is_release:
            orbit(self._store, event)


def orbit(store: Store, event: PointerEvent) -> None:
    """Turn the camera by a motion of the pointer."""
    dx, dy = event.delta
    store.post(lambda state: cameras.orbit(state, dx, dy), "orbit")


def _is_near(first: Point, second: Point) -> bool:
    return max(abs(first[0] - second[0]), abs(first[1] - second[1])) <= CLICK_REACH_PX


class LookTool:
    """Turns the camera about its own center, in fly mode."""

    name = "look"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """Every button but the middle one, in fly mode."""
        return self._store.state.tool.camera.flies and press.button != MIDDLE

    def drag(self, press: PointerEvent) -> Drag:
        """Look around."""
        while not (event := (yield)).is_release:
            self._look(*event.delta)

    def _look(self, dx: float, dy: float) -> None:
        self._store.post(lambda state: cameras.look(state, dx, dy), "fly")


class PanTool:
    """Moves the camera parallel to the image plane, so that the orbited point follows the pointer."""

    name = "pan"

    def __init__(self, store: Store, navigates: Navigates) -> None:
        self._store, self._navigates = store, navigates

    def hit(self, press: PointerEvent) -> bool:
        """A press that pans in the preferred navigation style; in fly mode of the middle button alone."""
        flies = self._store.state.tool.camera.flies and press.button != MIDDLE
        return self._navigates(press) == PAN and not flies

    def drag(self, press: PointerEvent) -> Drag:
        """Pan; before the first picture nothing happens."""
        while not (event := (yield)).is_release:
            if (viewport := event.viewport) is not None:
                scale = viewport.letterbox.scale
                self._pan(viewport.view, event.delta[0] / scale, event.delta[1] / scale)

    def _pan(self, view: OrbitView, dx_px: float, dy_px: float) -> None:
        def edit(state: ViewState) -> ViewState:
            return replace(state, camera=panned(replace(view, camera=state.camera), dx_px, dy_px))

        self._store.post(edit, "pan")


class ZoomTool:
    """Moves the camera closer as the pointer goes up, toward what was under it when the drag began."""

    name = "zoom"

    def __init__(self, store: Store, navigates: Navigates) -> None:
        self._store, self._navigates = store, navigates

    def hit(self, press: PointerEvent) -> bool:
        """A press that zooms in the preferred navigation style."""
        return self._navigates(press) == ZOOM

    def drag(self, press: PointerEvent) -> Drag:
        """Zoom; before the first picture nothing happens."""
        while not (event := (yield)).is_release:
            if event.viewport is not None:
                self._zoom(event.viewport, press.point, -event.delta[1] * NOTCHES_PER_PX)

    def _zoom(self, viewport: Viewport, point: Point, notches: float) -> None:
        view, pixel = viewport.view, viewport.pixel(point)
        self._store.post(
            lambda s: replace(s, camera=zoomed(replace(view, camera=s.camera), notches, *pixel)), "zoom drag"
        )


class SliderTool:
    """Moves the line between the two sides of a split picture."""

    name = "slider"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """A press on the line of a split picture."""
        viewport, state = press.viewport, self._store.state
        if viewport is None or not state.compare.is_on:
            return False
        line_px = state.display.slider * viewport.view.width
        return abs(viewport.pixel(press.point)[0] - line_px) <= viewport.pixels(SLIDER_GRAB_PX)

    def drag(self, press: PointerEvent) -> Drag:
        """Move the line under the pointer."""
        while not (event := (yield)).is_release:
            if (viewport := event.viewport) is not None:
                self._move(viewport.pixel(event.point)[0] / viewport.view.width)

    def _move(self, share: float) -> None:
        self._store.post(lambda state: move_slider(state, share), "slider", is_undoable=False)


def is_right_of_slider(state: ViewState, viewport: Viewport | None, point: Point) -> bool:
    """Whether a window position shows the right side of a split picture."""
    if viewport is None or not state.compare.is_on:
        return False
    return viewport.pixel(point)[0] >= state.display.slider * viewport.view.width
