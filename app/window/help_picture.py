"""The help pages: tables of keys as pictures that are drawn over the avatar."""

import itertools
import math
import textwrap

from PIL import Image, ImageDraw, ImageFont

from app.tools.commands.key_map import KeyMap
from app.tools.commands.registry import GROUPS
from app.tools.key_table import MOUSE, MOUSE_LINES
from app.window.captions import REGULAR_FONT, SEMIBOLD_FONT

TEXT_SIZES_PX = (15, 14, 13, 12, 11, 10, 9)  # the first that fits is used
LINE_SHARE = 1.62  # of the text's size
PAGES = ((MOUSE, "Picture", "Looking closely", "Body"), ("Clip", "Light", "Camera", "Materials", "Files"))
KEYS_WRAP, TEXT_WRAP = 22, 38  # characters
BRIGHT, QUIET, HEADING = 255, 178, 140


def help_picture(page: int, width_px: int, height_px: int, keys: KeyMap, pixel_ratio: float = 1.0) -> Image.Image:
    """A page (from 1) in gray on black: two columns, in the largest text that fits the window."""
    rows = [row for group in PAGES[page - 1] for row in _group(group, keys)][:-1]
    rows += [
        ("", ""),
        ("", keys.filled(f"page {page} of {len(PAGES)}: {{window.help}} turns it, {{window.let_go}} hides it")),
    ]
    best = None
    for size in TEXT_SIZES_PX:
        best = _drawn(rows, round(size * pixel_ratio))
        if best.width <= width_px and best.height <= height_px:
            break
    assert best is not None
    return best


def _group(name: str, keys_in_use: KeyMap) -> list[tuple[str, str]]:
    """Rows (keys, text) of a group: a heading without text, its lines, an empty row."""
    lines = MOUSE_LINES if name == MOUSE else keys_in_use.help_lines(GROUPS[name])
    return [(name, ""), *(row for keys, text in lines for row in _wrapped(keys, text)), ("", "")]


def _is_heading(keys: str) -> bool:
    return keys == MOUSE or keys in GROUPS


def _drawn(rows: list[tuple[str, str]], size_px: int) -> Image.Image:
    bold, regular = (ImageFont.truetype(str(font), size_px) for font in (SEMIBOLD_FONT, REGULAR_FONT))
    step, gap = round(LINE_SHARE * size_px), 2 * size_px
    half = math.ceil(len(rows) / 2)
    half -= _is_heading(rows[half - 1][0])  # a heading must not end the first column
    columns = [rows[:half], rows[half:]]
    widths = [
        tuple(math.ceil(max(font.getlength(row[i]) for row in column)) for i, font in enumerate((bold, regular)))
        for column in columns
    ]
    image = Image.new("L", (sum(keys + size_px + text for keys, text in widths) + gap, max(map(len, columns)) * step))
    pen, left = ImageDraw.Draw(image), 0
    for column, (keys_width, text_width) in zip(columns, widths, strict=True):
        for row, (keys, text) in enumerate(column):
            ink = HEADING if _is_heading(keys) else BRIGHT
            pen.text((left + keys_width - bold.getlength(keys), row * step), keys, fill=ink, font=bold)
            pen.text((left + keys_width + size_px, row * step), text, fill=QUIET, font=regular)
        left += keys_width + size_px + text_width + gap
    return image


def _wrapped(keys: str, text: str) -> list[tuple[str, str]]:
    key_rows, text_rows = textwrap.wrap(keys, KEYS_WRAP) or [""], textwrap.wrap(text, TEXT_WRAP)
    return list(itertools.zip_longest(key_rows, text_rows, fillvalue=""))
