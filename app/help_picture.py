"""The table of keys as a picture, to be laid over the avatar."""

import itertools
import math
import textwrap

from PIL import Image, ImageDraw, ImageFont

from app.captions import REGULAR_FONT, SEMIBOLD_FONT
from app.shortcuts import help_lines

TEXT_SIZES_PX = (15, 14, 13, 12, 11, 10, 9)  # the largest that fits
LINE_SHARE = 1.62  # of the text's size
MOUSE_LINES = (
    ("drag", "orbit; a click takes hold of a limb"),
    ("shift+drag, right drag", "pan"),
    ("wheel", "zoom"),
    ("drag a lamp", "move it around the avatar"),
    ("ctrl+drag", "turn the surrounding light"),
    ("drop a file", "motion, pose, light or avatar"),
)
KEYS_WRAP, TEXT_WRAP = 22, 38  # characters
BRIGHT, QUIET = 255, 178


def help_picture(width_px: int, height_px: int, pixel_ratio: float = 1.0) -> Image.Image:
    """[H, W] gray, black where nothing is; two columns in the largest text that fits the window, one line a key."""
    lines = [*MOUSE_LINES, *help_lines()]
    best = None
    for size in TEXT_SIZES_PX:
        best = _drawn(lines, round(size * pixel_ratio))
        if best.width <= width_px and best.height <= height_px:
            break
    assert best is not None
    return best


def _drawn(lines: list[tuple[str, str]], size_px: int) -> Image.Image:
    bold, regular = (ImageFont.truetype(str(font), size_px) for font in (SEMIBOLD_FONT, REGULAR_FONT))
    step, gap = round(LINE_SHARE * size_px), 2 * size_px
    rows = [row for keys, text in lines for row in _wrapped(keys, text)]
    half = math.ceil(len(rows) / 2)
    columns = [rows[:half], rows[half:]]
    widths = [
        tuple(math.ceil(max(font.getlength(row[i]) for row in column)) for i, font in enumerate((bold, regular)))
        for column in columns
    ]
    image = Image.new("L", (sum(keys + size_px + text for keys, text in widths) + gap, half * step))
    pen, left = ImageDraw.Draw(image), 0
    for column, (keys_width, text_width) in zip(columns, widths, strict=True):
        for row, (keys, text) in enumerate(column):
            pen.text((left + keys_width - bold.getlength(keys), row * step), keys, fill=BRIGHT, font=bold)
            pen.text((left + keys_width + size_px, row * step), text, fill=QUIET, font=regular)
        left += keys_width + size_px + text_width + gap
    return image


def _wrapped(keys: str, text: str) -> list[tuple[str, str]]:
    key_rows, text_rows = textwrap.wrap(keys, KEYS_WRAP) or [""], textwrap.wrap(text, TEXT_WRAP)
    return list(itertools.zip_longest(key_rows, text_rows, fillvalue=""))
