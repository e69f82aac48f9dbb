"""A frame on the screen: upload, tone mapping in shaders/frame.frag.glsl, letterboxing."""

import moderngl

from app.frames import KINDS, Frame
from app.picking import Letterbox
from app.shader_files import rectangle_program
from app.state import TONE_CURVES, LookState


class FrameDisplay:
    """Owns the texture and the program. Every method needs the window's context to be current."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = rectangle_program(context, "frame")
        self._vertices = context.vertex_array(self._program, [])
        self._texture: moderngl.Texture | None = None
        self._frame: Frame | None = None

    def show(self, frame: Frame) -> None:
        """Upload a frame, unless it is the one that is there."""
        if frame is self._frame:
            return
        if self._texture is None or self._texture.size != frame.size:
            if self._texture is not None:
                self._texture.release()
            self._texture = self._context.texture(frame.size, 4, dtype="f2")
            self._texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._texture.repeat_x = self._texture.repeat_y = False
        self._texture.write(frame.pixels)
        self._frame = frame

    def draw(self, look: LookState, letterbox: Letterbox) -> None:
        """Fill the window with the background and put the frame in its middle."""
        self._context.clear(*look.background)
        if self._texture is None or self._frame is None:
            return
        left, top = letterbox.origin
        width, height = self._frame.size
        program = self._program
        program["window"] = (letterbox.window_width, letterbox.window_height)
        program["rectangle"] = (left, top, width * letterbox.scale, height * letterbox.scale)
        program["kind"] = KINDS.index(self._frame.kind)
        program["curve"] = TONE_CURVES.index(look.curve)
        program["exposure_ev"] = look.exposure_ev
        program["background"] = look.background
        self._texture.use(0)
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)
