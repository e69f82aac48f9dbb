"""Paint: the UV square to paint on, and the brush."""

import math

import dearpygui.dearpygui as dpg
import numpy as np

from app.model import materials
from app.model.fields import Rgb, range_of
from app.model.materials import PAINTS, TOOLS, BrushState, StrokeState, TexelCoordinate
from app.model.store import Edit
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.theme import drawing, pointer_in, scale_drawing
from app.panels.widgets import ColorField, show_length, slider

SIDE_PX = 186
TEXELS = 256  # of the picture, a side
SQUARE, TEXTURE, RING = "materials.square", "materials.texture", "materials.ring"
BACKGROUND = 0.10  # gray of texels that belong to no body
SIDE_M = 1.7  # about the length on the body that a side of the square stands for, for the brush's circle
TOOL_LABELS = {"none": "Off", "brush": "Brush", "fill": "Fill", "pick": "Pick"}
STEP_PX = 2.0  # between points of a stroke on the square
PAINT_LABELS = {
    "color": "Color", "tint": "Tint", "roughness": "Roughness", "material": "Color + roughness", "erase": "Erase",
}  # fmt: skip
STROKE_SLIDERS = {  # field of a stroke -> last part of the tag, hint
    "roughness": ("rough", "0 is a mirror, 1 is chalk."),
    "radius_m": ("radius", "On the body. {materials.narrower_brush} and {materials.wider_brush}."),
    "hardness": ("hardness", "Share of the radius with all of the paint."),
    "tolerance": ("tolerance", "How unlike a filled color may be; the newest fill follows."),
    "pattern_m": (
        "pattern",
        "Of a fill: stripes and checks so wide are one cloth; 0: a single color. The newest fill follows.",
    ),
    "strength": ("strength", "Of the whole stroke."),
}


def square_pixels(snapshot: Snapshot) -> np.ndarray:
    """[256 x 256 x 4] floats of the texture: albedo as sRGB, or roughness."""
    pixels = np.full((TEXELS, TEXELS, 4), BACKGROUND, np.float32)
    pixels[..., 3] = 1.0
    square = snapshot.square
    if square is not None:
        shows_roughness = snapshot.state.tool.brush.shows_roughness
        values = square.roughness[..., None] if shows_roughness else square.albedo.clip(0.0, 1.0) ** (1.0 / 2.2)
        pixels[..., :3] = np.where(square.is_body[..., None], values, BACKGROUND)
    return pixels.ravel()


class PaintPanel:
    """Strokes and fills on the active avatar."""

    title = "Paint"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._snapshot: Snapshot | None = None
        self._shown: tuple[object, bool] | None = None
        self._scale = 0.0
        self._last: tuple[float, float] | None = None  # point of the stroke, in pixels of the square
        self._brush = BrushRows(context)

    def build(self) -> None:
        """Tools, and the square with the brush beside it."""
        with dpg.texture_registry():
            dpg.add_raw_texture(
                TEXELS, TEXELS, [BACKGROUND] * (TEXELS * TEXELS * 4), tag=TEXTURE, format=dpg.mvFormat_Float_rgba
            )
        with dpg.group(horizontal=True):
            dpg.add_radio_button(
                tuple(TOOL_LABELS.values()), tag="materials.tool", horizontal=True,
                callback=lambda _, label: self._choose_tool(label),
            )  # fmt: skip
            dpg.add_checkbox(
                label="roughness", tag="materials.shows_roughness",
                callback=lambda _, on: self._post(lambda s: materials.edit_brush(s, shows_roughness=on), "brush"),
            )  # fmt: skip
        tooltip(
            "materials.tool",
            "Brush ({materials.brush}), fill by color ({materials.fill}) and eyedropper "
            "({materials.pick}) work on the body in the picture and on "
            "the square below. A right click picks, too; a drag beside the body turns the camera.",
        )
        tooltip("materials.shows_roughness", "On the square: 0 (black) is a mirror, 1 (white) is chalk.")
        with dpg.group(horizontal=True):
            with drawing(SQUARE):
                dpg.draw_image(TEXTURE, (0, 0), (SIDE_PX, SIDE_PX))
                dpg.add_draw_node(tag=RING)
            with dpg.group():
                self._brush.build()
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=lambda: self._pressed(False))
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Right, callback=lambda: self._pressed(True))
            dpg.add_mouse_drag_handler(dpg.mvMouseButton_Left, 0.0, callback=lambda: self._dragged())
            dpg.add_mouse_release_handler(dpg.mvMouseButton_Left, callback=lambda: self.release())

    def sync(self, snapshot: Snapshot) -> None:
        """Show the square and the brush."""
        self._snapshot, brush = snapshot, snapshot.state.tool.brush
        if snapshot.scale != self._scale:
            self._scale = snapshot.scale
            scale_drawing(SQUARE, SIDE_PX, SIDE_PX, self._scale)
        shown = (snapshot.square, brush.shows_roughness)
        if self._shown is None or shown[0] is not self._shown[0] or shown[1] != self._shown[1]:
            self._shown = shown
            dpg.set_value(TEXTURE, square_pixels(snapshot))
        show_value("materials.tool", TOOL_LABELS[brush.tool] if brush.tool in TOOLS else TOOL_LABELS["none"])
        show_value("materials.shows_roughness", brush.shows_roughness)
        self._brush.sync(brush)
        self._draw_ring(snapshot)

    # pointer positions in unscaled pixels of the square

    def press(self, x: float, y: float, picks: bool = False) -> None:
        """Begin a stroke, fill, or pick, as the tool says; nothing happens without one."""
        if self._snapshot is None or not (0 <= x < SIDE_PX and 0 <= y < SIDE_PX):
            return
        tool, point = self._snapshot.state.tool.brush.tool, _uv(x, y)
        square = self._snapshot.square
        self._context.end_gesture()
        if picks or tool == "pick":
            found = square.at(point) if square is not None else None
            if found is not None:
                self._post(lambda s: materials.pick_material(s, *found), "brush")
        elif tool == "fill":
            self._post(lambda s: materials.fill_at(s, point), "fill")
        elif tool == "brush":
            self._last = (x, y)
            self._post(lambda s: materials.begin_stroke(s, (point,)), "paint")

    def move(self, x: float, y: float) -> None:
        """Extend the stroke without gaps."""
        if self._last is None:
            return
        count = int(math.dist(self._last, (x, y)) / STEP_PX)
        if count == 0:
            return
        left, top = self._last
        shares = [(number + 1) / count for number in range(count)]
        points = tuple(_uv(left + (x - left) * share, top + (y - top) * share) for share in shares)
        self._last = (x, y)
        self._post(lambda s: materials.extend_stroke(s, points), "paint")

    def release(self) -> None:
        """The button went up."""
        if self._last is not None:
            self._last = None
            self._context.end_gesture()

    def _pressed(self, picks: bool) -> None:
        if dpg.is_item_hovered(SQUARE):
            self.press(*pointer_in(SQUARE, self._scale), picks)

    def _dragged(self) -> None:
        if self._last is not None:
            self.move(*pointer_in(SQUARE, self._scale))

    def _draw_ring(self, snapshot: Snapshot) -> None:
        """Draw the brush's circle, about as wide as it is on the square."""
        dpg.delete_item(RING, children_only=True)
        if snapshot.state.tool.brush.tool == "brush" and dpg.is_item_hovered(SQUARE):
            radius = snapshot.state.tool.brush.stroke.radius_m / SIDE_M * SIDE_PX * self._scale
            for color, wider in (((0, 0, 0, 160), 1.0), ((255, 255, 255, 200), 0.0)):
                center = pointer_in(SQUARE, self._scale)
                dpg.draw_circle(center, max(2.0, radius) + wider, color=color, parent=RING)

    def _choose_tool(self, label: str) -> None:
        tool = key_of(TOOL_LABELS, label)
        self._post(lambda s: materials.edit_brush(s, tool=tool), "brush")

    def _post(self, edit: Edit, label: str) -> None:
        self._context.post(edit, label)


class BrushRows:
    """Settings of the next stroke: color, paint, radius, hardness."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._color = ColorField("materials.color", "color", self._choose_color)

    def build(self) -> None:
        """Color and sides, a combo, sliders."""
        with dpg.group(horizontal=True):
            self._color.build()
            dpg.add_checkbox(
                label="both sides", tag="materials.mirrors", callback=lambda _, on: self._edit_stroke(mirrors=on)
            )
        tooltip("materials.color", "Of the next stroke; what a tint multiplies by.")
        tooltip("materials.mirrors", "The body's left and right at once ({materials.mirror}).")
        dpg.add_combo(
            tuple(PAINT_LABELS.values()), tag="materials.paint", width=-1,
            callback=lambda _, label: self._edit_stroke(paint=key_of(PAINT_LABELS, label)),
        )  # fmt: skip
        tooltip(
            "materials.paint",
            "Cover with a color, multiply by one (tint), cover with a roughness, both, or take "
            "paint off ({materials.next_paint}).",
        )
        for name, (tag, hint) in STROKE_SLIDERS.items():
            self._slider(tag, name, hint)

    def sync(self, brush: BrushState) -> None:
        """Show the next stroke."""
        stroke = brush.stroke
        paint = stroke.paint if stroke.paint in PAINTS else PAINTS[0]
        show_value("materials.paint", PAINT_LABELS[paint])
        show_options("materials.color", show=paint in ("color", "tint", "material"))
        self._color.show(stroke.color)
        for name, (tag, _) in STROKE_SLIDERS.items():
            units = self._context.commands.preferences.now.units
            show_length(f"materials.{tag}", range_of(StrokeState, name), getattr(stroke, name), units)
        show_value("materials.mirrors", stroke.mirrors)
        show_options("materials.rough", show=paint in ("roughness", "material"))
        for name in ("radius", "hardness"):
            show_options(f"materials.{name}", show=brush.tool != "fill")
        for name in ("tolerance", "pattern"):
            show_options(f"materials.{name}", show=brush.tool == "fill")

    def _slider(self, tag: str, name: str, hint: str) -> None:
        slider(
            f"materials.{tag}", range_of(StrokeState, name), lambda value: self._edit_stroke(**{name: value}), width=-1,
            clamped=True,
        )  # fmt: skip
        tooltip(f"materials.{tag}", f"{hint} Ctrl+click to type.")

    def _choose_color(self, color: Rgb) -> None:
        """The newest fill keeps its color: another one is chosen for the next."""
        self._context.post(lambda s: materials.edit_next_stroke(s, color=color), "brush")

    def _edit_stroke(self, **changes: object) -> None:
        self._context.post(lambda s: materials.adjust_fill(s, **changes), "brush")


def _uv(x: float, y: float) -> TexelCoordinate:
    """Texel coordinate of a position in the square."""
    return x / SIDE_PX, 1.0 - y / SIDE_PX
