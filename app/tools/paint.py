"""Painting materials in the picture: strokes on the body, fills by color, the eyedropper."""

import math
from collections.abc import Callable

from app.model.avatar_row import choose_body
from app.model.materials import (
    MOST_POINTS,
    MOST_STROKES,
    TexelCoordinate,
    begin_stroke,
    extend_stroke,
    fill_at,
    is_full,
    pick_material,
)
from app.model.store import Store
from app.rendering.frames import Frame
from app.tools.limbs import owner_of
from app.tools.orbit_view import OrbitView
from app.tools.viewport import RIGHT, Drag, Pixel, Point, PointerEvent, Viewport

STEP_RADII = 0.5  # between two points of a stroke
FULL = f"No more paint sticks: at most {MOST_STROKES} strokes and {MOST_POINTS} points; undo or clear some"
LEAST_STEP_PX, MOST_STEPS = 1.5, 200  # image; of one motion of the pointer


class EyedropperTool:
    """Takes color and roughness up with the right button, whatever brush is chosen."""

    name = "pick"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """The right button on a body, while a brush is chosen."""
        return press.button == RIGHT and touched(self._store, press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Take up what the press touches; nothing more comes of the drag."""
        pick_up(self._store, press)
        yield


class PaintTool:
    """Paints, fills or takes color up, as the brush says. What is painted on is the frame that is shown."""

    name = "paint"

    def __init__(self, store: Store, say: Callable[[str], None]) -> None:
        self._store, self._say = store, say

    def hit(self, press: PointerEvent) -> bool:
        """On a body, while a brush is chosen; beside it a drag is the camera's."""
        return touched(self._store, press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """A stroke; what the pointer passes between two motions is painted, too."""
        spot, viewport = touched(self._store, press), press.viewport
        if spot is None or viewport is None:
            return
        tool = self._store.state.tool.brush.tool
        if tool == "pick":
            pick_up(self._store, press)
            return
        number, place = spot
        if number != self._store.state.avatar_row.active:
            self._store.post(lambda s: choose_body(s, number), "avatar")
        self._store.end_gesture()
        bodies = self._store.state.bodies
        if number < len(bodies) and is_full(bodies[number].materials):
            self._say(FULL)
        if tool == "fill":
            self._store.post(lambda s: fill_at(s, place), "fill")
            return
        self._store.post(lambda s: begin_stroke(s, (place,)), "paint")
        last = viewport.pixel(press.point)
        while not (event := (yield)).is_release:
            viewport = event.viewport or viewport
            pixel = viewport.pixel(event.point)
            if pixels := self._between(viewport, last, pixel):
                last = pixel
                self._extend(viewport.frame, number, pixels)

    def ring(self, viewport: Viewport, point: Point) -> tuple[float, float, float] | None:
        """Where the brush would paint and how wide: x, y and radius in the window; None beside the bodies."""
        brush = self._store.state.tool.brush
        if brush.tool != "brush" or surface_at(viewport.frame, viewport.pixel(point)) is None:
            return None
        return *point, brush_radius_px(viewport.view, brush.stroke.radius_m) * viewport.letterbox.scale

    def _between(self, viewport: Viewport, start: Pixel, end: Pixel) -> list[Pixel]:
        """Where the brush paints on the way, its end included; empty while the way is shorter than a step."""
        radius_px = brush_radius_px(viewport.view, self._store.state.tool.brush.stroke.radius_m)
        count = min(MOST_STEPS, int(math.dist(start, end) / max(LEAST_STEP_PX, STEP_RADII * radius_px)))
        shares = [(step + 1) / count for step in range(count)]
        return [(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share) for share in shares]

    def _extend(self, frame: Frame, number: int, pixels: list[Pixel]) -> None:
        spots = [surface_at(frame, pixel) for pixel in pixels]
        places = tuple(spot[1] for spot in spots if spot is not None and spot[0] == number)
        if places:
            self._store.post(lambda s: extend_stroke(s, places), "paint")


def touched(store: Store, press: PointerEvent) -> tuple[int, TexelCoordinate] | None:
    """Whose body a press touches with a brush, and the texel coordinate there."""
    if press.viewport is None or store.state.tool.brush.tool == "none":
        return None
    return surface_at(press.viewport.frame, press.viewport.pixel(press.point))


def surface_at(frame: Frame, pixel: Pixel) -> tuple[int, TexelCoordinate] | None:
    """Number of the body in the row and texel coordinate at an image position; None on the background."""
    if frame.uv is None or frame.face_index is None or not frame.bodies:
        return None
    height, width = frame.face_index.shape
    column, row = math.floor(pixel[0]), math.floor(pixel[1])
    if not (0 <= column < width and 0 <= row < height) or frame.face_index[row, column] < 0:
        return None
    u, v = frame.uv[row, column].tolist()
    return owner_of(frame, int(frame.face_index[row, column])), (u, v)


def pick_up(store: Store, press: PointerEvent) -> None:
    """Take up color and roughness of the active body where the press touches it."""
    spot = touched(store, press)
    if spot is None or press.viewport is None:
        return
    frame = press.viewport.frame
    if frame.square is None or spot[0] != frame.state.avatar_row.active:
        return
    if (material := frame.square.at(spot[1])) is not None:
        store.post(lambda s: pick_material(s, *material), "brush", is_undoable=False)


def brush_radius_px(view: OrbitView, radius_m: float) -> float:
    """Of the image, at the distance of the orbited point."""
    return radius_m * view.focal_px / view.camera.distance_m
