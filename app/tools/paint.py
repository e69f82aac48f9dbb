"""What a hand with a brush does in the picture: strokes on the body, fills by color, the eyedropper."""

import math
from collections.abc import Callable

from app.model.avatar_row import choose_body
from app.model.materials import (
    MOST_POINTS,
    MOST_STROKES,
    Place,
    begin_stroke,
    extend_stroke,
    fill_at,
    is_full,
    pick_material,
)
from app.model.store import Store
from app.rendering.frames import Frame
from app.tools.orbit_view import OrbitView
from app.tools.picking import Letterbox, owner_of

STEP_RADII = 0.5  # between two points of a stroke
FULL = f"No more paint sticks: at most {MOST_STROKES} strokes and {MOST_POINTS} points; undo or clear some"
LEAST_STEP_PX, MOST_STEPS = 1.5, 200  # image; of one motion of the pointer


class PaintTool:
    """Positions are window pixels. The frame is the one that is shown: what is painted is what was seen."""

    def __init__(self, store: Store, say: Callable[[str], None] = lambda text: None) -> None:
        self._store, self._say = store, say
        self.frame: Frame | None = None
        self._place: int | None = None  # in the row, of the body that the stroke began on
        self._last: tuple[float, float] | None = None  # image px

    @property
    def is_ready(self) -> bool:
        """Whether the hand holds a tool."""
        return self._store.state.tool.brush.tool != "none"

    def press(self, letterbox: Letterbox, x: float, y: float, picks: bool = False) -> bool:
        """Whether the press touched a body with a tool; beside it, it is the camera's. `picks`: the other button."""
        tool = self._store.state.tool.brush.tool
        spot = self._spot(*letterbox.to_image(x, y))
        if tool == "none" or spot is None or self.frame is None:
            return False
        place, point = spot
        if picks or tool == "pick":
            self._pick(place, point)
            return True
        if place != self._store.state.avatar_row.active:
            self._store.post(lambda s: choose_body(s, place), "avatar")
        self._store.end_gesture()
        bodies = self._store.state.bodies
        if place < len(bodies) and is_full(bodies[place].materials):
            self._say(FULL)
        if tool == "fill":
            self._store.post(lambda s: fill_at(s, point), "fill")
            return True
        self._place, self._last = place, letterbox.to_image(x, y)
        self._store.post(lambda s: begin_stroke(s, (point,)), "paint")
        return True

    def move(self, view: OrbitView, letterbox: Letterbox, x: float, y: float) -> None:
        """Go on with the stroke; what the pointer passes between two motions is painted, too."""
        if self._last is None:
            return
        start, end = self._last, letterbox.to_image(x, y)
        step = max(LEAST_STEP_PX, STEP_RADII * brush_radius_px(view, self._store.state.tool.brush.stroke.radius_m))
        count = min(MOST_STEPS, int(math.dist(start, end) / step))
        if count == 0:
            return
        shares = [(number + 1) / count for number in range(count)]
        spots = [
            self._spot(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
            for share in shares
        ]
        points = tuple(spot[1] for spot in spots if spot is not None and spot[0] == self._place)
        self._last = end
        if points:
            self._store.post(lambda s: extend_stroke(s, points), "paint")

    def ring(
        self, view: OrbitView, letterbox: Letterbox, x: float, y: float
    ) -> tuple[float, float, float] | None:  # x, y and radius in the window
        """How wide the brush is; None beside the bodies."""
        brush = self._store.state.tool.brush
        if brush.tool != "brush" or self._spot(*letterbox.to_image(x, y)) is None:
            return None
        return x, y, brush_radius_px(view, brush.stroke.radius_m) * letterbox.scale

    def release(self) -> None:
        """The button went up."""
        self._place, self._last = None, None

    def _spot(self, x_px: float, y_px: float) -> tuple[int, Place] | None:
        """Whose body is there, and the texel coordinate."""
        frame = self.frame
        if frame is None or frame.uv is None or frame.face_index is None or not frame.bodies:
            return None
        height, width = frame.face_index.shape
        column, row = math.floor(x_px), math.floor(y_px)
        if not (0 <= column < width and 0 <= row < height) or frame.face_index[row, column] < 0:
            return None
        u, v = frame.uv[row, column].tolist()
        return owner_of(frame, int(frame.face_index[row, column])), (u, v)

    def _pick(self, place: int, point: Place) -> None:
        if self.frame is None or self.frame.square is None or place != self.frame.state.avatar_row.active:
            return
        found = self.frame.square.at(point)
        if found is not None:
            self._store.post(lambda s: pick_material(s, *found), "brush", is_undoable=False)


def brush_radius_px(view: OrbitView, radius_m: float) -> float:
    """Of the image, at the distance of the orbited point."""
    return radius_m * view.focal_px / view.camera.distance_m
