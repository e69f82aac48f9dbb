"""A small globe of all directions, seen from above: drag a lamp there to any side of the avatar, behind it too.

The middle is straight above, the inner circle level with the avatar, the rim straight below. The camera stands at the
bottom, whatever it looks at, so that the upper half is behind the avatar.
"""

import math

import dearpygui.dearpygui as dpg

from app.model.blackbody import shown_color
from app.model.edits import edit_tool
from app.model.fields import wrap_deg
from app.model.lamps import LampState, move_lamp, shining
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, tooltip
from app.panels.theme import ACCENT_BRIGHT, MUTED, drawing, pointer_in, scale_drawing

GLOBE, MARKS = "lamp.globe", "lamp.globe.marks"
SIDE_PX = 98
MIDDLE_PX, RADIUS_PX = SIDE_PX / 2, SIDE_PX / 2 - 5
DOT_PX, GRAB_PX = 4.5, 9.0


def to_globe(lamp: LampState, camera_deg: float) -> tuple[float, float]:  # azimuth of the camera
    """Position of a lamp on the globe, px."""
    reach = (90.0 - lamp.elevation_deg) / 180.0 * RADIUS_PX
    angle = math.radians(lamp.azimuth_deg - camera_deg)
    return MIDDLE_PX + reach * math.sin(angle), MIDDLE_PX + reach * math.cos(angle)


def from_globe(x: float, y: float, camera_deg: float) -> tuple[float, float]:
    """Azimuth and elevation in degrees of a position on the globe, px; outside it, of the nearest one on its rim."""
    aside, ahead = x - MIDDLE_PX, y - MIDDLE_PX
    reach = min(1.0, math.hypot(aside, ahead) / RADIUS_PX)
    return wrap_deg(math.degrees(math.atan2(aside, ahead)) + camera_deg), 90.0 - 180.0 * reach


class LampGlobe:
    """The globe. A press on a dot takes its lamp, elsewhere the selected one goes there."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._state = ViewState()
        self._lamp: int | None = None  # that is dragged
        self._drawn: object = None
        self._scale = 0.0

    def build(self) -> None:
        """The drawing and its handlers."""
        with dpg.group(tag=f"{GLOBE}.box"), drawing(GLOBE):  # a drawing takes no tooltip
            dpg.add_draw_node(tag=MARKS)
        tooltip(
            f"{GLOBE}.box",
            "All directions from above, the camera at the bottom: drag a lamp. Its upper half is behind the avatar "
            "({light.lamp_behind} in the picture), between the circles is below its middle.",
        )
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=self._pressed)
            dpg.add_mouse_drag_handler(dpg.mvMouseButton_Left, 0.0, callback=self._dragged)
            dpg.add_mouse_release_handler(dpg.mvMouseButton_Left, callback=lambda: self.release())

    def sync(self, state: ViewState, scale: float) -> None:
        """Show the lamps."""
        self._state = state
        if scale != self._scale:
            self._scale, self._drawn = scale, None
            scale_drawing(GLOBE, SIDE_PX, SIDE_PX, scale)
        drawn = state.light.lamps, state.tool.selected_lamp, state.camera.azimuth_deg
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(*drawn)

    # pointer positions in unscaled pixels of the globe

    def press(self, x: float, y: float) -> None:
        """Take the lamp that is there, or else the selected one."""
        lamps, camera_deg = self._state.light.lamps, self._state.camera.azimuth_deg
        distances = [math.dist((x, y), to_globe(lamp, camera_deg)) for lamp in lamps]
        nearest = min(range(len(lamps)), key=distances.__getitem__, default=None)
        if nearest is None:
            return
        if distances[nearest] > GRAB_PX:
            nearest = min(self._state.tool.selected_lamp, len(lamps) - 1)
        self._lamp = taken = nearest
        self._context.post(lambda s: edit_tool(s, selected_lamp=taken), "select lamp")
        self.move(x, y)

    def move(self, x: float, y: float) -> None:
        """Continue what `press` began."""
        if (index := self._lamp) is not None:
            angles = from_globe(x, y, self._state.camera.azimuth_deg)
            self._context.post(lambda s: move_lamp(s, index, *angles), "drag lamp")

    def release(self) -> None:
        """The button went up."""
        self._lamp = None

    def _pressed(self) -> None:
        if dpg.is_item_hovered(GLOBE):
            self.press(*pointer_in(GLOBE, self._scale))

    def _dragged(self) -> None:
        if self._lamp is not None:
            self.move(*pointer_in(GLOBE, self._scale))

    def _draw(self, lamps: tuple[LampState, ...], selected: int, camera_deg: float) -> None:
        dpg.delete_item(MARKS, children_only=True)
        middle, scale = (MIDDLE_PX, MIDDLE_PX), self._scale
        for radius, opacity in ((RADIUS_PX, 200), (0.5 * RADIUS_PX, 110)):
            dpg.draw_circle(middle, radius * scale, color=(*MUTED, opacity), parent=MARKS)
        body = (*MUTED, 255)
        dpg.draw_ellipse((MIDDLE_PX - 6, MIDDLE_PX - 3), (MIDDLE_PX + 6, MIDDLE_PX + 3), color=body, parent=MARKS)
        dpg.draw_triangle(
            (MIDDLE_PX - 4, SIDE_PX - 1), (MIDDLE_PX + 4, SIDE_PX - 1), (MIDDLE_PX, SIDE_PX - 8), color=body,
            fill=body, parent=MARKS,
        )  # fmt: skip
        for index, lamp in enumerate(lamps):
            dimmed = 1.0 if lamp in shining(lamps) else 0.35
            fill = [*(round(255 * dimmed * min(1.0, part) ** (1 / 2.2)) for part in shown_color(lamp)), 255]
            center = to_globe(lamp, camera_deg)
            dpg.draw_circle(center, DOT_PX * scale, color=(15, 15, 18, 255), fill=fill, parent=MARKS)
            if index == selected:
                ring = (*ACCENT_BRIGHT, 255)
                dpg.draw_circle(center, (DOT_PX + 2.5) * scale, color=ring, thickness=1.5, parent=MARKS)
