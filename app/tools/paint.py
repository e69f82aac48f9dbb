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
    next_fill,
    pick_material,
)
from app.model.preferences import RIGHT
from app.model.store import Store
from app.rendering.frames import FillPreview, Frame
from app.rendering.render_requests import FillRequest
from app.rendering.worker import Worker
from app.tools.limbs import body_of_face
from app.tools.orbit_view import OrbitView
from app.tools.viewport import Drag, Pixel, Point, PointerEvent, Viewport

STEP_RADII = 0.5  # between two points of a stroke, in radii of the brush
FULL = f"No more paint sticks: at most {MOST_STROKES} strokes and {MOST_POINTS} points; undo or clear some"
LEAST_STEP_PX, MOST_STEPS = 1.5, 200  # between two points in the image; points of one motion of the pointer


class EyedropperTool:
    """Takes color and roughness from the body with the right button, whatever the brush."""

    name = "pick"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """A press of the right button on a body, while a brush is chosen."""
        return press.button == RIGHT and touched(self._store, press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Take color and roughness where the press is; the rest of the drag does nothing."""
        pick_up(self._store, press)
        yield


class PaintTool:
    """Paints, fills or takes color, as the brush says, on the bodies of the frame that is shown."""

    name = "paint"

    def __init__(self, store: Store, say: Callable[[str], None]) -> None:
        self._store, self._say = store, say

    def hit(self, press: PointerEvent) -> bool:
        """A press on a body, while a brush is chosen."""
        return touched(self._store, press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Begin a stroke and extend it; the path between two motions of the pointer is painted without gaps."""
        touch, viewport = touched(self._store, press), press.viewport
        if touch is None or viewport is None:
            return
        tool = self._store.state.tool.brush.tool
        if tool == "pick":
            pick_up(self._store, press)
            return
        index, uv = touch
        if index != self._store.state.avatar_row.active:
            self._store.post(lambda s: choose_body(s, index), "avatar")
        self._store.end_gesture()
        bodies = self._store.state.bodies
        if index < len(bodies) and is_full(bodies[index].materials):
            self._say(FULL)
        if tool == "fill":
            self._store.post(lambda s: fill_at(s, uv), "fill")
            return
        self._store.post(lambda s: begin_stroke(s, (uv,)), "paint")
        last = viewport.pixel(press.point)
        while not (event := (yield)).is_release:
            viewport = event.viewport or viewport
            pixel = viewport.pixel(event.point)
            if pixels := self._between(viewport, last, pixel):
                last = pixel
                self._extend(viewport.frame, index, pixels)

    def ring(self, viewport: Viewport, point: Point) -> tuple[float, float, float] | None:
        """The brush's circle at a window position: x, y and radius in the window; None beside the bodies."""
        brush = self._store.state.tool.brush
        if brush.tool != "brush" or surface_at(viewport.frame, viewport.pixel(point)) is None:
            return None
        return *point, brush_radius_px(viewport.view, brush.stroke.radius_m) * viewport.letterbox.scale

    def _between(self, viewport: Viewport, start: Pixel, end: Pixel) -> list[Pixel]:
        """Points of a stroke between two pixels, the second one included; none where they lie closer than a step."""
        radius_px = brush_radius_px(viewport.view, self._store.state.tool.brush.stroke.radius_m)
        count = min(MOST_STEPS, int(math.dist(start, end) / max(LEAST_STEP_PX, STEP_RADII * radius_px)))
        shares = [(step + 1) / count for step in range(count)]
        return [(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share) for share in shares]

    def _extend(self, frame: Frame, index: int, pixels: list[Pixel]) -> None:
        touches = [surface_at(frame, pixel) for pixel in pixels]
        points = tuple(touch[1] for touch in touches if touch is not None and touch[0] == index)
        if points:
            self._store.post(lambda s: extend_stroke(s, points), "paint")


class FillPointer:
    """Follows the pointer while the fill tool is held, and asks the worker what a click would fill."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store, self._worker = store, worker
        self._point: Point | None = None
        self._touch: tuple[int, TexelCoordinate] | None = None  # where the pointer was last in the picture
        self._num_strokes = 0

    def preview(self, viewport: Viewport | None, point: Point | None, is_dragging: bool) -> FillPreview | None:
        """What is to be shown; a pointer that leaves the picture, for a slider, leaves it there.

        After a click nothing is shown until the pointer moves.
        """
        state = self._store.state
        num_strokes = sum(len(body.materials.strokes) for body in state.bodies)
        if state.tool.brush.tool != "fill" or viewport is None or is_dragging or num_strokes != self._num_strokes:
            self._touch, self._point, self._num_strokes = None, point, num_strokes
        elif point is not None and point != self._point:
            self._point, self._touch = point, surface_at(viewport.frame, viewport.pixel(point))
        if self._touch is None or self._touch[0] >= len(state.bodies):
            self._worker.preview_fill(None)
            return None
        index, uv = self._touch
        request = FillRequest(state, index, next_fill(state, uv))
        self._worker.preview_fill(request)
        preview = self._worker.fill_preview
        is_near = preview is not None and (preview.avatar, preview.index) == request.key[:2] and preview.covers(uv)
        return preview if is_near else None


def touched(store: Store, press: PointerEvent) -> tuple[int, TexelCoordinate] | None:
    """Index in the avatar row of the body under a press and texel coordinate there; None without a brush or a body."""
    if press.viewport is None or store.state.tool.brush.tool == "none":
        return None
    return surface_at(press.viewport.frame, press.viewport.pixel(press.point))


def surface_at(frame: Frame, pixel: Pixel) -> tuple[int, TexelCoordinate] | None:
    """Index in the avatar row of the body at an image position and texel coordinate; None on the background."""
    if frame.uv is None or frame.face_index is None or not frame.bodies:
        return None
    height, width = frame.face_index.shape
    column, row = math.floor(pixel[0]), math.floor(pixel[1])
    if not (0 <= column < width and 0 <= row < height) or frame.face_index[row, column] < 0:
        return None
    u, v = frame.uv[row, column].tolist()
    return body_of_face(frame, int(frame.face_index[row, column])), (u, v)


def pick_up(store: Store, press: PointerEvent) -> None:
    """Copy color and roughness of the active body at a press into the brush."""
    touch = touched(store, press)
    if touch is None or press.viewport is None:
        return
    frame = press.viewport.frame
    if frame.square is None or touch[0] != frame.state.avatar_row.active:
        return
    if (material := frame.square.at(touch[1])) is not None:
        store.post(lambda s: pick_material(s, *material), "brush", is_undoable=False)


def brush_radius_px(view: OrbitView, radius_m: float) -> float:
    """Radius of a brush in image pixels, at the distance of the orbited point."""
    return radius_m * view.focal_px / view.camera.distance_m
