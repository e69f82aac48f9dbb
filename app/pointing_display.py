"""The loupe and the card of values beside the pointer, in the window."""

import moderngl
import numpy as np

from app.display import FrameDisplay
from app.frames import Frame
from app.loupe import Loupe, card_place, loupe_at
from app.picking import Letterbox
from app.pointing import Pointed
from app.readout_picture import TEXT_PX, readout_picture
from app.shader_files import rectangle_program
from app.state import LookState
from app.wipe import first_column

BETWEEN_PX = 6.0  # loupe and card


class PointingDisplay:
    """Needs the window's context; expects premultiplied blending to be on and leaves it so."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = rectangle_program(context, "loupe")
        self._vertices = context.vertex_array(self._program, [])
        self._card: tuple[np.ndarray, moderngl.Texture] | None = None

    def draw(
        self, display: FrameDisplay, frame: Frame, look: LookState, letterbox: Letterbox, pointed: Pointed,
        density: float, ratio: float,
    ) -> None:  # fmt: skip
        """`density`: screen pixels per window coordinate; `ratio`: how large letters and pixels are to be, too."""
        loupe = loupe_at(pointed.column, pointed.row, pointed.zoom, ratio) if pointed.zoom else None
        card = readout_picture(pointed.lines, round(TEXT_PX * ratio)) if pointed.lines else None
        card_height, card_width = (0, 0) if card is None else card.shape[:2]
        between = round(BETWEEN_PX * ratio) if loupe is not None and card is not None else 0
        side = 0 if loupe is None else loupe.size_px
        size = max(side, card_width), side + between + card_height
        left, top = card_place(letterbox, pointed.x * density, pointed.y * density, *size, ratio)
        if loupe is not None:
            self._draw_loupe(display, frame, look, letterbox, loupe, (left, top), ratio)
        if card is not None:
            self._draw_card(display, card, (left, top + side + between), letterbox)

    def _draw_loupe(
        self, display: FrameDisplay, frame: Frame, look: LookState, letterbox: Letterbox, loupe: Loupe,
        corner: tuple[int, int], ratio: float,
    ) -> None:  # fmt: skip
        size, part = loupe.size_px, loupe.part(*frame.size)
        place = (*corner, size, size)
        self._context.disable(moderngl.BLEND)
        display.draw_pixels(0, look, letterbox, place, part)
        if frame.other is not None:
            line = loupe.line_px(first_column(look.wipe, frame.size[0]))
            bottom = letterbox.window_height - corner[1] - size
            self._context.scissor = (corner[0] + line, bottom, size - line, size)
            display.draw_pixels(1, look, letterbox, place, part)
            self._context.scissor = None
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        program = self._program
        program["window"] = (letterbox.window_width, letterbox.window_height)
        program["rectangle"] = place
        program["cell_px"] = loupe.cell_px
        program["pixel_ratio"] = ratio
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)

    def _draw_card(
        self, display: FrameDisplay, card: np.ndarray, corner: tuple[int, int], letterbox: Letterbox
    ) -> None:  # fmt: skip
        height, width = card.shape[:2]
        if self._card is None or self._card[0] is not card:
            if self._card is not None:
                self._card[1].release()
            self._card = (card, self._context.texture((width, height), 4, np.ascontiguousarray(card).tobytes()))
        display.draw_flat(self._card[1], (*corner, width, height), letterbox)
        self._context.enable(moderngl.BLEND)
