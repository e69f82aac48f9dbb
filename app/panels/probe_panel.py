"""The 16 x 32 probes as a picture: strokes paint single probes, markers drag lamps."""

import math

import dearpygui.dearpygui as dpg
import numpy as np

from app.model import edits, lights
from app.model.blackbody import shown_color
from app.model.fields import range_of, wrap_deg
from app.model.lamps import move_lamp
from app.model.lights import PROBE_COLUMNS, PROBE_ROWS
from app.model.tools import ToolState
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.theme import ACCENT_BRIGHT, MUTED, drawing, pointer_in, scale_drawing
from app.panels.widgets import ColorField, slider

CELL_PX = 11
WIDTH_PX, HEIGHT_PX = PROBE_COLUMNS * CELL_PX, PROBE_ROWS * CELL_PX
GRAB_RADIUS_PX = 11.0
MARKER_RADIUS_PX = 6.0
PICTURE, TEXTURE, MARKERS = "probes.picture", "probes.texture", "probes.markers"
COMPASS = ((0.25, "back"), (0.5, "left"), (0.75, "front"), (0.0, "right"))  # u of -Z, +X (the body's left), +Z, -X


def lamp_to_picture(azimuth_deg: float, elevation_deg: float) -> tuple[float, float]:
    """Position of a direction in the picture, px, by the lat-long mapping of conventions.py."""
    # u = 0.5 + atan2(d.z, d.x) / 2 pi, and an orbit azimuth is atan2(d.x, d.z)
    u = (0.5 + (90.0 - azimuth_deg) / 360.0) % 1.0
    return u * WIDTH_PX, (0.5 - elevation_deg / 180.0) * HEIGHT_PX


def picture_to_lamp(x: float, y: float) -> tuple[float, float]:
    """Azimuth and elevation in degrees of a position in the picture, px."""
    return wrap_deg(90.0 - (x / WIDTH_PX - 0.5) * 360.0), (0.5 - min(max(y / HEIGHT_PX, 0.0), 1.0)) * 180.0


def picture_pixels(radiance: np.ndarray, exposure_ev: float) -> np.ndarray:
    """Floats of the texture from [16, 32, 3] linear radiance, by x / (1 + x): a sun and a shadow both show."""
    light = radiance * 2.0**exposure_ev
    cells = (light / (1.0 + light)).clip(0.0, 1.0) ** (1.0 / 2.2)
    pixels = np.ones((HEIGHT_PX, WIDTH_PX, 4), np.float32)
    pixels[..., :3] = cells.repeat(CELL_PX, 0).repeat(CELL_PX, 1)
    pixels[::CELL_PX, :, :3] *= 0.88  # a grid between the probes
    pixels[:, ::CELL_PX, :3] *= 0.88
    return pixels.ravel()


class ProbePanel:
    """The probes that light the avatar."""

    title = "Light probes"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._state = ViewState()
        self._drag: str | None = None  # "lamp" or "paint"
        self._lamp = 0
        self._last_cell: tuple[int, int] | None = None
        self._shown: tuple[bytes, float] | None = None
        self._radiance: np.ndarray | None = None
        self._scale = 0.0
        self._brush_color = ColorField("probes.color", "brush", self._set_color)

    def build(self) -> None:
        """The picture, the tools below it, and the pointer's handlers."""
        with dpg.texture_registry():
            dpg.add_raw_texture(
                WIDTH_PX, HEIGHT_PX, [0.0] * (WIDTH_PX * HEIGHT_PX * 4), tag=TEXTURE,
                format=dpg.mvFormat_Float_rgba,
            )  # fmt: skip
        with drawing(PICTURE):
            dpg.draw_image(TEXTURE, (0, 0), (WIDTH_PX, HEIGHT_PX))
            for u, name in COMPASS:
                dpg.draw_text(
                    (u * WIDTH_PX + (2 if u == 0.0 else -12), HEIGHT_PX + 1), name, color=MUTED, tag=f"probes.{name}"
                )
            dpg.add_draw_node(tag=MARKERS)
        with dpg.group(horizontal=True):
            dpg.add_radio_button(
                ("Move lamp", "Paint"), tag="probes.tool", horizontal=True,
                callback=lambda _, label: self._edit_tool(paints=label == "Paint"),
            )  # fmt: skip
            dpg.add_button(label="Clear", tag="probes.clear", callback=self._clear)
            dpg.add_button(label="Mirror", tag="probes.mirror", callback=self._mirror)
        with dpg.group(horizontal=True, tag="probes.brush"):
            self._brush_color.build()
            slider(
                "probes.intensity", range_of(ToolState, "brush_intensity"), width=120,
                on_change=lambda value: self._edit_tool(brush_intensity=value),
            )  # fmt: skip
            slider(
                "probes.radius", range_of(ToolState, "brush_radius"), width=-64,
                on_change=lambda value: self._edit_tool(brush_radius=value),
            )  # fmt: skip
            dpg.add_checkbox(
                label="both", tag="probes.mirrors", callback=lambda _, on: self._edit_tool(brush_mirrors=on)
            )
        tooltip("probes.mirrors", "Strokes appear on the left and the right of the body at once.")
        tooltip("probes.mirror", "Swaps left and right of what was painted ({light.mirror_paint} in the picture).")
        tooltip(
            "probes.tool",
            "Drag a marker to move its lamp; Paint sets single probes with a click or a stroke. "
            "A right click picks the light of a probe for the brush.",
        )
        tooltip("probes.clear", "Back to the light as it was before painting.")
        tooltip("probes.intensity", "Radiance of a painted probe, times the brush color.")
        tooltip("probes.radius", "Brush radius in probes; 0 paints one.")
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=self._pressed)
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Right, callback=self._right_pressed)
            dpg.add_mouse_drag_handler(dpg.mvMouseButton_Left, 0.0, callback=self._dragged)
            dpg.add_mouse_release_handler(dpg.mvMouseButton_Left, callback=lambda: self.release())

    def sync(self, snapshot: Snapshot) -> None:
        """Show the light, the lamps and the brush."""
        self._state = state = snapshot.state
        self._radiance = snapshot.probe_radiance
        if snapshot.scale != self._scale:
            self._resize(snapshot.scale)
        if snapshot.probe_radiance is not None:
            shown = (snapshot.probe_radiance.tobytes(), state.display.exposure_ev)
            if shown != self._shown:
                self._shown = shown
                dpg.set_value(TEXTURE, picture_pixels(snapshot.probe_radiance, state.display.exposure_ev))
        self._draw_markers(state)
        tool = state.tool
        show_value("probes.tool", "Paint" if tool.paints else "Move lamp")
        show_options("probes.brush", show=tool.paints)
        show_options("probes.clear", show=bool(state.light.probe_edits))
        show_options("probes.mirror", show=bool(state.light.probe_edits))
        show_value("probes.mirrors", tool.brush_mirrors)
        self._brush_color.show(tool.brush_color)
        show_value("probes.intensity", float(tool.brush_intensity))
        show_value("probes.radius", tool.brush_radius)

    # pointer positions in unscaled pixels of the picture

    def press(self, x: float, y: float) -> None:
        """Grab a marker, paint, or move the selected lamp to this position."""
        lamps = self._state.light.lamps
        distances = [math.dist((x, y), lamp_to_picture(lamp.azimuth_deg, lamp.elevation_deg)) for lamp in lamps]
        nearest = min(range(len(lamps)), key=distances.__getitem__, default=None)
        if nearest is not None and distances[nearest] <= GRAB_RADIUS_PX:
            self._drag, self._lamp = "lamp", nearest
        elif self._state.tool.paints:
            self._drag, self._last_cell = "paint", None
        elif lamps:
            self._drag, self._lamp = "lamp", min(self._state.tool.selected_lamp, len(lamps) - 1)
        else:
            return
        self.move(x, y)

    def move(self, x: float, y: float) -> None:
        """Continue what `press` began."""
        if self._drag == "lamp":
            index, angles = self._lamp, picture_to_lamp(x, y)
            self._context.post(lambda s: move_lamp(s, index, *angles), "drag lamp")
        elif self._drag == "paint":
            self._stroke(int(y // CELL_PX), int(x // CELL_PX))

    def pick(self, x: float, y: float) -> None:
        """The eyedropper: take the radiance of a probe for the brush."""
        row, column = int(y // CELL_PX), int(x // CELL_PX)
        if self._radiance is None or not (0 <= row < PROBE_ROWS and 0 <= column < PROBE_COLUMNS):
            return
        red, green, blue = (float(channel) for channel in self._radiance[row, column])
        self._context.post(lambda s: lights.pick_radiance(s, (red, green, blue)), "brush")

    def release(self) -> None:
        """The button went up."""
        self._drag, self._last_cell = None, None
        self._context.end_gesture()

    def _stroke(self, row: int, column: int) -> None:
        """Paint every cell between the last one and this, so that a fast stroke has no gaps."""
        if (row, column) == self._last_cell:
            return
        last_row, last_column = self._last_cell or (row, column)
        steps = max(abs(row - last_row), abs(column - last_column), 1)
        tool = self._state.tool
        red, green, blue = tool.brush_color
        radiance = (red * tool.brush_intensity, green * tool.brush_intensity, blue * tool.brush_intensity)
        shares = [step / steps for step in range(steps + 1)]
        cells = [
            (round(last_row + (row - last_row) * share), round(last_column + (column - last_column) * share))
            for share in shares
        ]

        def edit(state: ViewState) -> ViewState:
            for cell_row, cell_column in cells:
                state = lights.paint_probes(state, cell_row, cell_column, radiance)
            return state

        self._last_cell = (row, column)
        self._context.post(edit, "paint probes")

    def _pressed(self) -> None:
        if dpg.is_item_hovered(PICTURE):
            x, y = self._pointer()
            if y < HEIGHT_PX:
                self.press(x, y)

    def _right_pressed(self) -> None:
        if dpg.is_item_hovered(PICTURE):
            self.pick(*self._pointer())

    def _mirror(self) -> None:
        self._context.end_gesture()
        self._context.post(lights.mirror_paint, "mirror paint")

    def _dragged(self) -> None:
        if self._drag is not None:
            self.move(*self._pointer())

    def _pointer(self) -> tuple[float, float]:
        return pointer_in(PICTURE, self._scale)

    def _resize(self, scale: float) -> None:
        self._scale = scale
        scale_drawing(PICTURE, WIDTH_PX, HEIGHT_PX + 15, scale)
        for _, name in COMPASS:
            dpg.configure_item(f"probes.{name}", size=13 * scale)

    def _draw_markers(self, state: ViewState) -> None:
        dpg.delete_item(MARKERS, children_only=True)
        for index, lamp in enumerate(state.light.lamps):
            center = lamp_to_picture(lamp.azimuth_deg, lamp.elevation_deg)
            is_selected = index == state.tool.selected_lamp
            fill = [*(round(255 * min(1.0, channel) ** (1 / 2.2)) for channel in shown_color(lamp)), 255]
            radius = (MARKER_RADIUS_PX + (1.5 if is_selected else 0.0)) * self._scale
            dpg.draw_circle(center, radius + 1.5, color=(15, 15, 18, 220), fill=(15, 15, 18, 220), parent=MARKERS)
            dpg.draw_circle(center, radius, color=fill, fill=fill, parent=MARKERS)
            if is_selected:
                dpg.draw_circle(center, radius + 3.0, color=(*ACCENT_BRIGHT, 255), thickness=1.5, parent=MARKERS)

    def _set_color(self, color: tuple[float, float, float]) -> None:
        self._edit_tool(brush_color=color)

    def _edit_tool(self, **changes: object) -> None:
        self._context.post(lambda s: edits.edit_tool(s, **changes), "brush")

    def _clear(self) -> None:
        self._context.end_gesture()
        self._context.post(lights.clear_paint, "clear paint")
