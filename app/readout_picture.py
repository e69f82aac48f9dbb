"""The card with a pixel's values as a picture: names on the left, numbers under each other."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.legend import FONT, INK
from app.readout import Line

TEXT_PX = 14.0  # times the screen's density
PLATE, MUTED = (10, 11, 14, 200), (160, 166, 178, 255)
ROUNDING, PADDING = 0.5, 0.75  # of the text's height
NUM_COLUMNS = 3  # always, so that the card keeps its size
USUAL = "+0.000"  # columns are as wide as this at least


@lru_cache(maxsize=64)
def readout_picture(lines: tuple[Line, ...], text_px: int) -> np.ndarray:  # [h, w, 4] uint8, premultiplied sRGB
    """A plate with the lines."""
    font = _font(text_px)
    pad, step = round(PADDING * text_px), round(1.38 * text_px)
    tables = [line for line in lines if line.numbers]
    label_width = max((font.getlength(line.label) for line in tables), default=0.0)
    widest = max((_width(text, font) for line in tables for text in line.numbers), default=0.0)
    column_width = max(widest, _width(USUAL, font))
    gap = 0.8 * text_px
    needed = label_width + NUM_COLUMNS * (gap + column_width) if tables else 0.0
    needed = max(needed, max((font.getlength(line.label) for line in lines if not line.numbers), default=0.0))
    size = round(needed) + 2 * pad, len(lines) * step + 2 * pad - round(0.3 * text_px)
    image = Image.new("RGBA", size)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), ROUNDING * text_px, PLATE)
    for index, line in enumerate(lines):
        top = pad + index * step
        draw.text((pad, top), line.label, MUTED if line.numbers else INK, font, anchor="la")
        for column, text in enumerate(line.numbers):
            right = pad + label_width + (column + 1) * (gap + column_width)
            _number(draw, text, right, top, font)
        if line.unit:
            draw.text((pad + label_width + 1.35 * gap + column_width, top), line.unit, MUTED, font, anchor="la")
    pixels = np.asarray(image).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255.0
    return pixels.round().astype(np.uint8)


@lru_cache(maxsize=8)
def _font(text_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), text_px)


@lru_cache(maxsize=8)
def _cell(font: ImageFont.FreeTypeFont) -> float:
    """Width that every digit gets, so that numbers do not tremble while they change."""
    return max(font.getlength(digit) for digit in "0123456789")


def _width(text: str, font: ImageFont.FreeTypeFont) -> float:
    return sum(_cell(font) if letter.isdigit() else font.getlength(letter) for letter in text)


def _number(draw: ImageDraw.ImageDraw, text: str, right: float, top: float, font: ImageFont.FreeTypeFont) -> None:
    x = right - _width(text, font)
    for letter in text:
        width = _cell(font) if letter.isdigit() else font.getlength(letter)
        draw.text((x + 0.5 * (width - font.getlength(letter)), top), letter, INK, font, anchor="la")
        x += width
