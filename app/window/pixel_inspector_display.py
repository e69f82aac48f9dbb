"""The pixel inspector in the window: the loupe, and the card of values beside the pointer."""

import math
from dataclasses import dataclass
from functools import lru_cache

import moderngl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.model.comparison import first_column
from app.model.display_settings import DisplaySettings
from app.rendering.false_color import FONT, INK
from app.rendering.frames import Frame
from app.tools.pixel_inspector import Inspection, Line
from app.tools.viewport import Letterbox
from app.window.frame_display import FrameDisplay
from app.window.shaders import rectangle_program

SIZE_PX = 200.0  # a side of the loupe, about; times the screen's density
GAP_PX = 22.0  # from the pointer
MARGIN_PX = 8.0  # from the window's edges


@dataclass(frozen=True)
class Loupe:
    """Which pixels the loupe shows: an odd number a side, with the one under the pointer in the middle."""

    column: int  # of the middle pixel, image
    row: int
    count: int  # pixels a side
    cell_px: int  # screen pixels a side of one pixel

    @property
    def size_px(self) -> int:
        """Screen pixels a side."""
        return self.count * self.cell_px

    def part(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, width, height of the pixels in the loupe, in shares of the image; may exceed [0, 1]."""
        reach = self.count // 2
        return (
            (self.column - reach) / width, (self.row - reach) / height, self.count / width, self.count / height
        )  # fmt: skip

    def line_px(self, column: int) -> int:
        """Screen pixels from the loupe's left edge to the left edge of a pixel column, clamped to the loupe."""
        return max(0, min(self.size_px, (column - self.column + self.count // 2) * self.cell_px))


def loupe_at(column: int, row: int, zoom: int, ratio: float) -> Loupe:
    """The loupe around a pixel: `zoom` screen points per image pixel, `ratio` screen pixels per point."""
    cell = max(1, round(zoom * ratio))
    count = 2 * max(1, round((SIZE_PX * ratio / cell - 1) / 2)) + 1
    return Loupe(column, row, count, cell)


def card_corner(
    letterbox: Letterbox,  # of the window in screen pixels
    x: float,  # the pointer, screen pixels
    y: float,
    width: float,
    height: float,
    ratio: float,
) -> tuple[int, int]:
    """Left and top of a card beside the pointer: right of it and below, or on the other side at the window's edge."""
    gap, margin = GAP_PX * ratio, MARGIN_PX * ratio

    def start_of(pointer: float, size: float, window: float) -> int:
        after, before = pointer + gap, pointer - gap - size
        start = after if after + size <= window - margin else before
        return math.floor(max(margin, min(start, window - margin - size)))

    return start_of(x, width, letterbox.window_width), start_of(y, height, letterbox.window_height)


TEXT_PX = 14.0  # times the screen's density
PLATE, MUTED = (10, 11, 14, 232), (160, 166, 178, 255)
ROUNDING, PADDING, STEP, GAP = 0.5, 0.75, 1.38, 0.8  # of the text's height
NUM_COLUMNS = 3  # a fixed number, so that the card keeps its size
USUAL = "+0.000"  # the least width of a column
MAX_MASKS = 512  # of letters and names


@lru_cache(maxsize=16)
def card_picture(lines: tuple[Line, ...], text_px: int) -> np.ndarray:  # [h, w, 4] uint8, premultiplied sRGB
    """The card: lines of text on a dark rectangle."""
    pad, step, gap = (round(share * text_px) for share in (PADDING, STEP, GAP))
    tables = [line for line in lines if line.numbers]
    label_width = max((_mask(line.label, text_px).shape[1] for line in tables), default=0)
    widest = max((_width(text, text_px) for line in tables for text in line.numbers), default=0)
    column_width = max(widest, _width(USUAL, text_px))
    headings = max((_mask(line.label, text_px).shape[1] for line in lines if not line.numbers), default=0)
    needed = max(headings, label_width + NUM_COLUMNS * (gap + column_width) if tables else 0)
    pixels = _plate(needed + 2 * pad, len(lines) * step + 2 * pad - round(0.3 * text_px), text_px).copy()
    for index, line in enumerate(lines):
        top = pad + index * step
        _write(pixels, line.label, pad, top, MUTED if line.numbers else INK, text_px)
        for column, text in enumerate(line.numbers):
            right = pad + label_width + (column + 1) * (gap + column_width)
            _write_number(pixels, text, right, top, text_px)
        if line.unit:
            _write(pixels, line.unit, pad + label_width + column_width + round(1.4 * gap), top, MUTED, text_px)
    return pixels


@lru_cache(maxsize=8)
def _font(text_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), text_px)


@lru_cache(maxsize=MAX_MASKS)
def _mask(text: str, text_px: int) -> np.ndarray:  # [h, w] uint8
    """Coverage of a text's letters, from the top of its line."""
    font = _font(text_px)
    image = Image.new("L", (max(1, math.ceil(font.getlength(text))), math.ceil(STEP * text_px)))
    ImageDraw.Draw(image).text((0, 0), text, 255, font, anchor="la")
    return np.asarray(image)


@lru_cache(maxsize=4)
def _plate(width: int, height: int, text_px: int) -> np.ndarray:  # [h, w, 4] uint8, premultiplied
    image = Image.new("RGBA", (width, height))
    ImageDraw.Draw(image).rounded_rectangle((0, 0, width - 1, height - 1), ROUNDING * text_px, PLATE)
    pixels = np.asarray(image).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255.0
    return pixels.round().astype(np.uint8)


@lru_cache(maxsize=MAX_MASKS)
def _cell(letter: str, text_px: int) -> int:
    """Width in pixels of a letter in a number; all digits get the width of the widest one."""
    return max(_mask(one, text_px).shape[1] for one in ("0123456789" if letter.isdigit() else letter))


def _width(text: str, text_px: int) -> int:
    return sum(_cell(letter, text_px) for letter in text)


def _write_number(pixels: np.ndarray, text: str, right: int, top: int, text_px: int) -> None:
    x = right - _width(text, text_px)
    for letter in text:
        width = _cell(letter, text_px)
        _write(pixels, letter, x + (width - _mask(letter, text_px).shape[1]) // 2, top, INK, text_px)
        x += width


def _write(
    pixels: np.ndarray, text: str, left: int, top: int, ink: tuple[int, int, int, int], text_px: int
) -> None:  # fmt: skip
    mask = _mask(text, text_px)
    region = pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
    covered = mask[: region.shape[0], : region.shape[1], None].astype(np.uint16)
    region[:] = ((region * (255 - covered) + np.array(ink, np.uint16) * covered + 127) // 255).astype(np.uint8)


BETWEEN_PX = 6.0  # from the loupe to the card


class PixelInspectorDisplay:
    """Draws loupe and card. Needs the window's context with premultiplied blending on, and leaves it on."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._program = rectangle_program(context, "loupe")
        self._vertices = context.vertex_array(self._program, [])
        self._card: tuple[np.ndarray, moderngl.Texture] | None = None

    def draw(
        self, frame_display: FrameDisplay, frame: Frame, display: DisplaySettings, letterbox: Letterbox,
        inspection: Inspection, density: float, ratio: float,
    ) -> None:  # fmt: skip
        """`density`: screen pixels per window coordinate; `ratio`: density times the size of text and widgets."""
        loupe = loupe_at(inspection.column, inspection.row, inspection.zoom, ratio) if inspection.zoom else None
        card = card_picture(inspection.lines, round(TEXT_PX * ratio)) if inspection.lines else None
        card_height, card_width = (0, 0) if card is None else card.shape[:2]
        between = round(BETWEEN_PX * ratio) if loupe is not None and card is not None else 0
        side = 0 if loupe is None else loupe.size_px
        size = max(side, card_width), side + between + card_height
        left, top = card_corner(letterbox, inspection.x * density, inspection.y * density, *size, ratio)
        if loupe is not None:
            self._draw_loupe(frame_display, frame, display, letterbox, loupe, (left, top), ratio)
        if card is not None:
            self._draw_card(frame_display, card, (left, top + side + between), letterbox)

    def _draw_loupe(
        self, frame_display: FrameDisplay, frame: Frame, display: DisplaySettings, letterbox: Letterbox, loupe: Loupe,
        corner: tuple[int, int], ratio: float,
    ) -> None:  # fmt: skip
        size, part = loupe.size_px, loupe.part(*frame.size)
        rectangle = (*corner, size, size)
        self._context.disable(moderngl.BLEND)
        frame_display.draw_pixels(0, display, letterbox, rectangle, part)
        if frame.other is not None:
            line = loupe.line_px(first_column(display.slider, frame.size[0]))
            bottom = letterbox.window_height - corner[1] - size
            self._context.scissor = (corner[0] + line, bottom, size - line, size)
            frame_display.draw_pixels(1, display, letterbox, rectangle, part)
            self._context.scissor = None
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        program = self._program
        program["window"] = (letterbox.window_width, letterbox.window_height)
        program["rectangle"] = rectangle
        program["cell_px"] = loupe.cell_px
        program["pixel_ratio"] = ratio
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)

    def _draw_card(
        self, frame_display: FrameDisplay, card: np.ndarray, corner: tuple[int, int], letterbox: Letterbox
    ) -> None:  # fmt: skip
        height, width = card.shape[:2]
        if self._card is None or self._card[0] is not card:
            if self._card is not None:
                self._card[1].release()
            self._card = (card, self._context.texture((width, height), 4, np.ascontiguousarray(card).tobytes()))
        frame_display.draw_picture(self._card[1], (*corner, width, height), letterbox)
        self._context.enable(moderngl.BLEND)
