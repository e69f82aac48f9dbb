"""Lamp handles, the sphere on which they are dragged, and the brush's circle around the pointer."""

import math

import moderngl

from app.model.blackbody import shown_color
from app.model.fields import Rgb
from app.model.lamps import LampState, shining
from app.tools.lamps import AXIS_PX, LAMP_SPHERE_SHARE, lamp_axes, lamp_handle
from app.tools.orbit_view import OrbitView
from app.tools.viewport import Letterbox, Point
from app.window.shaders import rectangle_program

DISC_RADIUS_PX = 8.0
GLYPH_REACH_PX = 34.0  # half the glyph's size, with rays and halo
LINE_OPACITY = 0.55
RING_INK = (1.0, 1.0, 1.0, 0.16)
AXIS_INKS: tuple[Rgb, Rgb, Rgb] = ((0.93, 0.36, 0.33), (0.45, 0.80, 0.36), (0.36, 0.58, 0.96))  # x, y, z
Ink = tuple[float, float, float, float]  # sRGB, opacity


def lamp_ink(lamp: LampState, is_shining: bool) -> Rgb:
    """The lamp's color in sRGB with its largest channel at 1, or at 0.35 while it does not shine."""
    color = shown_color(lamp)
    peak = max(*color, 1e-6)
    dimmed = 1.0 if is_shining else 0.35
    red, green, blue = (dimmed * max(0.0, channel / peak) ** (1 / 2.2) for channel in color)
    return red, green, blue


class LampGizmos:
    """Draws lamps over the picture; needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context) -> None:
        self._programs = {name: rectangle_program(context, name) for name in ("lamp", "line", "ring")}
        self._vertices = {name: context.vertex_array(program, []) for name, program in self._programs.items()}

    def draw(
        self,
        view: OrbitView,
        letterbox: Letterbox,
        lamps: tuple[LampState, ...],
        selected: int,
        is_dragged: bool,
        pixel_ratio: float,
    ) -> None:
        """Draw all lamps, those behind the avatar first."""
        for program in self._programs.values():
            program["window"] = (letterbox.window_width, letterbox.window_height)
        center = letterbox.to_window(0.5 * view.width, 0.5 * view.height)
        if is_dragged:
            self._ring(center, LAMP_SPHERE_SHARE * 0.5 * view.height * letterbox.scale)
        handles = [(index, lamp_handle(view, lamp)) for index, lamp in enumerate(lamps)]
        for index, handle in sorted(handles, key=lambda item: (not item[1].is_behind, item[0] == selected)):
            point = letterbox.to_window(handle.x_px, handle.y_px)
            if index == selected:
                self._axes(view, letterbox, lamps[index], pixel_ratio)
            ink = lamp_ink(lamps[index], lamps[index] in shining(lamps))
            self._line(point, center, ink, index == selected, pixel_ratio)
            self._glyph(point, ink, index == selected, handle.is_behind, pixel_ratio)

    def _axes(self, view: OrbitView, letterbox: Letterbox, lamp: LampState, pixel_ratio: float) -> None:
        for axis in lamp_axes(view, lamp, AXIS_PX * pixel_ratio / letterbox.scale):
            start, end = letterbox.to_window(*axis.start), letterbox.to_window(*axis.end)
            self._stroke(start, end, (*AXIS_INKS[axis.axis], 1.0), (*AXIS_INKS[axis.axis], 1.0), 3.0 * pixel_ratio)

    def _ring(self, center: tuple[float, float], radius: float) -> None:
        program, reach = self._programs["ring"], radius + 2.0
        program["rectangle"] = (center[0] - reach, center[1] - reach, 2 * reach, 2 * reach)
        program["radius_px"] = radius
        program["ink"] = RING_INK
        self._vertices["ring"].render(moderngl.TRIANGLE_STRIP, 4)

    def _line(
        self, start: tuple[float, float], end: tuple[float, float], ink: Rgb, is_selected: bool, pixel_ratio: float
    ) -> None:
        gap = DISC_RADIUS_PX * pixel_ratio + 10.0  # the line ends before the glyph's rays
        length = math.hypot(end[0] - start[0], end[1] - start[1])
        if length <= gap:
            return
        share = gap / length
        start = (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        opacity = LINE_OPACITY if is_selected else 0.5 * LINE_OPACITY
        self._stroke(start, end, (*ink, opacity), (*ink, 0.0), 1.5 * pixel_ratio)

    def _stroke(self, start: Point, end: Point, start_color: Ink, end_color: Ink, width_px: float) -> None:
        reach = 2.0 + width_px
        left, top = min(start[0], end[0]) - reach, min(start[1], end[1]) - reach
        program = self._programs["line"]
        program["rectangle"] = (left, top, abs(start[0] - end[0]) + 2 * reach, abs(start[1] - end[1]) + 2 * reach)
        program["start_px"] = (start[0] - left, start[1] - top)
        program["end_px"] = (end[0] - left, end[1] - top)
        program["start_color"], program["end_color"], program["width_px"] = start_color, end_color, width_px
        self._vertices["line"].render(moderngl.TRIANGLE_STRIP, 4)

    def _glyph(
        self, point: tuple[float, float], ink: Rgb, is_selected: bool, is_behind: bool, pixel_ratio: float
    ) -> None:
        program, reach = self._programs["lamp"], GLYPH_REACH_PX * pixel_ratio
        program["rectangle"] = (point[0] - reach, point[1] - reach, 2 * reach, 2 * reach)
        program["tint"] = ink
        program["radius_px"] = DISC_RADIUS_PX * pixel_ratio
        program["is_selected"] = int(is_selected)
        program["is_behind"] = int(is_behind)
        self._vertices["lamp"].render(moderngl.TRIANGLE_STRIP, 4)


INKS = (((0.0, 0.0, 0.0, 0.55), 1.2), ((1.0, 1.0, 1.0, 0.9), 0.0))  # color, pixels that are added to the radius
LEAST_RADIUS_PX = 2.0

Ring = tuple[float, float, float]  # x, y, radius in the window


class BrushRing:
    """Draws the brush's circle over the picture; needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context) -> None:
        self._program = rectangle_program(context, "ring")
        self._vertices = context.vertex_array(self._program, [])

    def draw(self, ring: Ring, letterbox: Letterbox, density: float) -> None:
        """`density`: pixels of the framebuffer per window coordinate."""
        x, y, radius = (number * density for number in ring)
        self._program["window"] = (letterbox.window_width, letterbox.window_height)
        for ink, wider in INKS:
            shown = max(LEAST_RADIUS_PX, radius) + wider
            reach = shown + 2.0
            self._program["rectangle"] = (x - reach, y - reach, 2 * reach, 2 * reach)
            self._program["radius_px"], self._program["ink"] = shown, ink
            self._vertices.render(moderngl.TRIANGLE_STRIP, 4)
