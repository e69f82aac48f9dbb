"""The selected joint in the picture: a tint on its limb, and three rings that turn it; tints of other parts."""

from collections.abc import Callable

import moderngl
import numpy as np

from app.model.fields import Rgb
from app.rendering.frames import Frame
from app.tools.limbs import HeldLimb, limb_weights
from app.tools.orbit_view import OrbitView
from app.tools.viewport import Letterbox
from app.window.shaders import closed_strip, rectangle_program, shader_source

AXIS_INKS: tuple[Rgb, ...] = ((0.94, 0.36, 0.34), (0.48, 0.80, 0.38), (0.38, 0.62, 0.98))  # x, y, z
DRAGGED_INK: Rgb = (1.0, 0.84, 0.42)
LIMB_TINT = (0.98, 0.72, 0.25, 0.38)
FILL_TINT = (0.30, 0.72, 1.0, 0.55)
SHADOW_INK: Rgb = (0.0, 0.0, 0.0)
WIDTH_PX, CHOSEN_WIDTH_PX, SHADOW_PX = 2.2, 3.4, 1.6
FAR_OPACITY = 0.28


class Tint:
    """Draws a weight at each pixel of a frame as a color; needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = rectangle_program(context, "limb")
        self._vertices = context.vertex_array(self._program, [])
        self._weights: moderngl.Texture | None = None
        self._shown: tuple[object, ...] = ()

    def draw(
        self,
        shown: tuple[object, ...],  # what the weights are made of, each compared by its identity or as a number
        weights_of: Callable[[], np.ndarray | None],  # [H, W] uint8; called where `shown` is another than before
        letterbox: Letterbox,
        ink: tuple[float, float, float, float],
    ) -> None:
        """Draw the tint; nothing where there are no weights."""
        is_same = len(shown) == len(self._shown) and all(
            a is b or (isinstance(a, int) and a == b) for a, b in zip(shown, self._shown, strict=True)
        )
        if not is_same:
            weights = weights_of()
            if weights is None:
                return
            self._write(weights)
            self._shown = shown
        if self._weights is None:
            return
        left, top = letterbox.origin
        width, height = self._weights.size
        self._program["window"] = (letterbox.window_width, letterbox.window_height)
        self._program["rectangle"] = (left, top, width * letterbox.scale, height * letterbox.scale)
        self._program["ink"] = ink
        self._weights.use(0)
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)

    def _write(self, weights: np.ndarray) -> None:
        size = weights.shape[1], weights.shape[0]
        if self._weights is None or self._weights.size != size:
            if self._weights is not None:
                self._weights.release()
            self._weights = self._context.texture(size, 1, alignment=1)
            self._weights.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._weights.repeat_x = self._weights.repeat_y = False
        self._weights.write(np.ascontiguousarray(weights).tobytes())


class LimbGizmos:
    """Draws tint and rings over the picture; needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._tint = Tint(context)
        self._stroke = context.program(
            vertex_shader=shader_source("stroke.vert.glsl"), fragment_shader=shader_source("stroke.frag.glsl")
        )
        self._buffer = context.buffer(reserve=1 << 17, dynamic=True)
        self._strips = context.vertex_array(self._stroke, [(self._buffer, "2f 1f 4f", "position_px", "side", "color")])

    def draw(self, frame: Frame, view: OrbitView, letterbox: Letterbox, limb: HeldLimb, pixel_ratio: float) -> None:
        """Draw the tint, the far halves of the rings, then the near ones."""
        shown = (frame, limb.body, limb.joint)
        self._tint.draw(shown, lambda: limb_weights(frame, limb.body, limb.joint), letterbox, LIMB_TINT)
        strips = []
        for is_near in (False, True):
            for axis in range(3):
                points, near = limb.rings.projected(view, axis)
                left, top = letterbox.origin
                points = points * letterbox.scale + (left, top)
                is_chosen = axis == (limb.chosen_axis if limb.dragged_axis is None else limb.dragged_axis)
                width = (CHOSEN_WIDTH_PX if is_chosen else WIDTH_PX) * pixel_ratio
                opacity = 1.0 if is_near else FAR_OPACITY
                ink = DRAGGED_INK if axis == limb.dragged_axis else AXIS_INKS[axis]
                shown = near == is_near
                if is_near:
                    shadow = width + SHADOW_PX * pixel_ratio
                    strips.append(closed_strip(points, shown, shadow, (*SHADOW_INK, 0.35)))
                strips.append(closed_strip(points, shown, width, (*ink, opacity)))
        vertices = np.concatenate(strips).astype("f4")
        self._buffer.write(vertices.tobytes())
        self._stroke["window"] = (letterbox.window_width, letterbox.window_height)
        self._strips.render(moderngl.TRIANGLES, len(vertices))
