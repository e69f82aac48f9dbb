"""The card with a pixel's values as a picture: names on the left, numbers under each other.

It is made anew for every pixel that a pointer crosses, so letters and names are drawn once and copied.
"""

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.legend import FONT, INK
from app.readout import Line

TEXT_PX = 14.0  # times the screen's density
PLATE, MUTED = (10, 11, 14, 232), (160, 166, 178, 255)
ROUNDING, PADDING, STEP, GAP = 0.5, 0.75, 1.38, 0.8  # of the text's height
NUM_COLUMNS = 3  # always, so that the card keeps its size
USUAL = "+0.000"  # columns are as wide as this at least
MAX_KEPT = 512  # letters and names


@lru_cache(maxsize=16)
def readout_picture(lines: tuple[Line, ...], text_px: int) -> np.ndarray:  # [h, w, 4] uint8, premultiplied sRGB
    """A plate with the lines."""
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


@lru_cache(maxsize=MAX_KEPT)
def _mask(text: str, text_px: int) -> np.ndarray:  # [h, w] uint8
    """The letters' coverage, from the top of a line."""
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


@lru_cache(maxsize=MAX_KEPT)
def _cell(letter: str, text_px: int) -> int:
    """Width of a letter in a number: every digit gets the widest one's, so that numbers do not tremble."""
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
