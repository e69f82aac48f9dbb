"""Frames on the screen: upload, tone mapping and false color (frame.frag.glsl), letterboxing, comparison."""

import math

import moderngl
import numpy as np

from app.model.display_settings import TONE_CURVES, DisplaySettings
from app.rendering.false_color import legend_corner, legend_picture, legends_of, mode_of
from app.rendering.frames import KINDS, Frame
from app.tools.viewport import Letterbox
from app.window.frame_upload import FrameUpload
from app.window.overlay_display import OverlayDisplay
from app.window.shaders import rectangle_program
from phynes_core.render.tonemap import TABLE_SIZE, color_table

Rectangle = tuple[float, float, float, float]  # left, top, width, height
WHOLE: Rectangle = (0.0, 0.0, 1.0, 1.0)


class _FrameTexture:
    """The pixels of a side's frame as a texture."""

    def __init__(self, context: moderngl.Context, upload: FrameUpload) -> None:
        self._context, self._upload = context, upload
        self.frame: Frame | None = None
        self.pixels: moderngl.Texture | None = None

    def show(self, frame: Frame | None) -> None:
        if frame is self.frame:
            return
        self.frame = frame
        if frame is not None:
            self.pixels = _sized(self._context, self.pixels, frame.size, "f2")
            self._upload.write(self.pixels, frame.image)


class FrameDisplay:
    """Draws frames. Every method needs the window's context to be current."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._frame_programs: dict[tuple[int, int, int], tuple[moderngl.Program, moderngl.VertexArray]] = {}
        self._picture_program = rectangle_program(context, "picture")
        self._picture_vertices = context.vertex_array(self._picture_program, [])
        self._colors = context.texture((TABLE_SIZE, 1), 3, color_table().numpy().tobytes(), dtype="f4")
        self._colors.repeat_x = False
        self._upload = FrameUpload(context)
        self._slots = (_FrameTexture(context, self._upload), _FrameTexture(context, self._upload))
        self._overlays = OverlayDisplay(context)
        self._legends: list[tuple[np.ndarray, moderngl.Texture] | None] = [None, None]

    @property
    def path(self) -> str:
        """How the newest frame's pixels reached the texture."""
        return self._upload.path

    def release(self) -> None:
        """Release what CUDA and OpenGL share; call before the context is destroyed."""
        self._upload.release()

    def show(self, frame: Frame) -> None:
        """Upload a frame and the one it is compared with, unless they are uploaded already."""
        self._slots[0].show(frame)
        self._slots[1].show(frame.other)

    def draw(self, display: DisplaySettings, letterbox: Letterbox) -> None:
        """Fill the window with the background and draw the frame in its middle; leaves blending off."""
        self._context.clear(*display.background)
        first, second = self._slots
        if first.frame is None:
            return
        width, height = first.frame.size
        rectangle = (*letterbox.origin, width * letterbox.scale, height * letterbox.scale)
        self._draw_frame(first, display, letterbox, rectangle)
        self._overlays.draw(first.frame, 0, display, letterbox)
        if second.frame is not None:
            line = math.ceil(
                rectangle[0] + display.slider * rectangle[2] - 0.5
            )  # as app/model/comparison.py's first_column
            self._context.scissor = (line, 0, max(0, letterbox.window_width - line), letterbox.window_height)
            self._draw_frame(second, display, letterbox, rectangle)
            self._overlays.draw(second.frame, 1, display, letterbox)
            self._context.scissor = None
        self._draw_legends(first.frame, display, letterbox, rectangle)

    def _draw_frame(
        self, shown: _FrameTexture, display: DisplaySettings, letterbox: Letterbox, rectangle: Rectangle,
        part: Rectangle = WHOLE,
    ) -> None:  # fmt: skip
        if shown.frame is None or shown.pixels is None:
            return
        program, vertices = self._frame_program(shown.frame, display)
        values = {
            "window": (letterbox.window_width, letterbox.window_height), "rectangle": rectangle, "part": part,
            "exposure_ev": display.exposure_ev, "background": display.background, "frame": 0, "colors": 1,
        }  # fmt: skip
        for name, value in values.items():
            if name in program:  # what a program does not use, its compiler drops
                program[name] = value
        shown.pixels.use(0)
        self._colors.use(1)
        vertices.render(moderngl.TRIANGLE_STRIP, 4)

    def _frame_program(self, frame: Frame, display: DisplaySettings) -> tuple[moderngl.Program, moderngl.VertexArray]:
        """The program of this kind of image, tone curve and false color, and what draws with it."""
        key = KINDS.index(frame.kind), TONE_CURVES.index(display.curve), mode_of(frame, display)
        if key not in self._frame_programs:
            program = rectangle_program(
                self._context, "frame", dict(zip(("KIND", "CURVE", "NUMBER"), key, strict=True))
            )
            self._frame_programs[key] = program, self._context.vertex_array(program, [])
        return self._frame_programs[key]

    def _draw_legends(
        self, frame: Frame, display: DisplaySettings, letterbox: Letterbox, rectangle: Rectangle
    ) -> None:  # fmt: skip
        for corner, legend in enumerate(legends_of(frame, display)):
            if legend is None:
                continue
            picture = legend_picture(legend, round(rectangle[3]))
            height, width = picture.shape[:2]
            drawn = self._legends[corner]
            if drawn is None or drawn[0] is not picture:
                if drawn is not None:
                    drawn[1].release()
                texture = _sized(self._context, None, (width, height), "f1")
                texture.write(np.ascontiguousarray(picture))
                drawn = self._legends[corner] = (picture, texture)
            left, top = legend_corner(round(rectangle[2]), round(rectangle[3]), width, is_left=corner == 0)
            self.draw_picture(
                drawn[1], (round(rectangle[0]) + left, round(rectangle[1]) + top, width, height), letterbox
            )

    def draw_pixels(
        self, side: int, display: DisplaySettings, letterbox: Letterbox, rectangle: Rectangle, part: Rectangle
    ) -> None:  # fmt: skip
        """Draw a part (shares of the image) of side 0 or 1 into a rectangle of the window, pixels as squares."""
        shown = self._slots[side]
        if shown.frame is None or shown.pixels is None:
            return
        shown.pixels.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._draw_frame(shown, display, letterbox, rectangle, part)
        shown.pixels.filter = (moderngl.LINEAR, moderngl.LINEAR)

    def draw_picture(self, texture: moderngl.Texture, rectangle: Rectangle, letterbox: Letterbox) -> None:
        """Draw a picture made on the CPU, premultiplied sRGB; leaves blending off."""
        self._picture_program["window"] = (letterbox.window_width, letterbox.window_height)
        self._picture_program["rectangle"] = rectangle
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        texture.use(0)
        self._picture_vertices.render(moderngl.TRIANGLE_STRIP, 4)
        self._context.disable(moderngl.BLEND)


def _sized(
    context: moderngl.Context, texture: moderngl.Texture | None, size: tuple[int, int], dtype: str
) -> moderngl.Texture:
    """The texture, or a new one where the size (width, height) differs."""
    if texture is None or texture.size != size:
        if texture is not None:
            texture.release()
        texture = context.texture(size, 4, dtype=dtype)
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = False
    return texture
