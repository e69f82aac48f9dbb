"""The bar that says what false colors mean, as a picture: the same in the window and in files."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.false_color import Legend
from phynes_core.io.shipped_files import ASSETS
from phynes_core.render.tonemap import color_table

FONT = ASSETS / "fonts" / "Inter_400Regular.ttf"
NUM_TICKS = 6
INK = (238, 240, 245, 255)
PLATE = (10, 11, 14, 158)


@lru_cache(maxsize=8)
def legend_picture(legend: Legend, picture_height: int) -> np.ndarray:  # [h, w, 4] uint8, premultiplied sRGB
    """A plate with the bar, its numbers and its title, in proportion to the picture it goes into."""
    text_px = max(9, round(picture_height * 0.0225))
    font = ImageFont.truetype(str(FONT), text_px)
    pad, bar_width, bar_height = text_px, text_px, round(picture_height * 0.36)
    ticks = [legend.low + (legend.high - legend.low) * step / (NUM_TICKS - 1) for step in range(NUM_TICKS)]
    labels = [f"{tick:.{legend.digits}f}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
    label_width = max(round(font.getlength(label)) for label in labels)
    width = 2 * pad + max(bar_width + text_px // 2 + label_width, round(font.getlength(legend.title)))
    height = 2 * pad + bar_height + 2 * text_px
    image = Image.new("RGBA", (width, height), PLATE)
    draw = ImageDraw.Draw(image)
    draw.text((pad, pad * 0.7), legend.title, INK, font)
    top = pad + 2 * text_px
    for row, color in enumerate(_bar(bar_height)):
        draw.line([(pad, top + row), (pad + bar_width - 1, top + row)], tuple(color.tolist()) + (255,))
    for tick, label in zip(ticks, labels, strict=True):
        share = (tick - legend.low) / (legend.high - legend.low) if legend.high > legend.low else 0.0
        row = top + round((1.0 - share) * (bar_height - 1))
        draw.line([(pad + bar_width, row), (pad + bar_width + text_px // 4, row)], INK)
        draw.text((pad + bar_width + text_px // 2, row), label, INK, font, anchor="lm")
    pixels = np.asarray(image).astype(np.float32)
    pixels[..., :3] *= pixels[..., 3:] / 255.0
    return pixels.round().astype(np.uint8)


def legend_place(
    picture_width: int, picture_height: int, legend_width: int, is_left: bool = False
) -> tuple[int, int]:  # fmt: skip
    """Left and top of the plate: in an upper corner of the picture."""
    margin = round(picture_height * 0.025)
    if is_left:
        return margin, margin
    return max(0, picture_width - legend_width - margin), margin


def _bar(height: int) -> np.ndarray:  # [height, 3] uint8, the highest number on top
    table = (color_table().numpy() * 255.0).round().astype(np.uint8)
    return table[np.linspace(len(table) - 1, 0, height).round().astype(int)]
