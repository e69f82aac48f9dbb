"""How wide the brush is, as a circle around the pointer."""

import moderngl

from app.picking import Letterbox
from app.shader_files import rectangle_program

INKS = (((0.0, 0.0, 0.0, 0.55), 1.2), ((1.0, 1.0, 1.0, 0.9), 0.0))  # color, wider by so many pixels
LEAST_RADIUS_PX = 2.0

Ring = tuple[float, float, float]  # x, y, radius in the window


class BrushRing:
    """Draws over the picture; needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context) -> None:
        self._program = rectangle_program(context, "ring")
        self._vertices = context.vertex_array(self._program, [])

    def draw(self, ring: Ring, letterbox: Letterbox, density: float) -> None:
        """`density`: pixels of the buffer for one of the window."""
        x, y, radius = (number * density for number in ring)
        self._program["window"] = (letterbox.window_width, letterbox.window_height)
        for ink, wider in INKS:
            shown = max(LEAST_RADIUS_PX, radius) + wider
            reach = shown + 2.0
            self._program["rectangle"] = (x - reach, y - reach, 2 * reach, 2 * reach)
            self._program["radius_px"], self._program["ink"] = shown, ink
            self._vertices.render(moderngl.TRIANGLE_STRIP, 4)
