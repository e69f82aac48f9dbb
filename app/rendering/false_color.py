"""False color: the scalar of each buffer that is shown as a color, its scale, and its legend as a picture."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from app.model.display_settings import DisplaySettings
from app.rendering.frames import Frame
from phynes_core.io.shipped_files import ASSETS
from phynes_core.render.tonemap import color_table

NONE, VALUE, LUMINANCE, STOPS, DEPTH = range(5)  # modes; NUMBER of the shader
MODES = {
    "roughness": VALUE, "visibility": VALUE, "light_visibility": VALUE,
    "albedo": LUMINANCE, "radiance": STOPS, "shading": STOPS, "depth": DEPTH,
}  # fmt: skip
MIDDLE_GRAY = 0.18
LOWEST_STOP, HIGHEST_STOP = -6.0, 4.0  # relative to middle gray, exposure included
NEAREST, FARTHEST = 1.0, 0.15  # gray values of a depth frame
LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)  # Rec. 709


@dataclass(frozen=True)
class Legend:
    """The legend of a color scale from `low` to `high`."""

    title: str
    low: float
    high: float
    digits: int  # after the decimal point


def mode_of(frame: Frame, display: DisplaySettings) -> int:
    """The mode of the frame's false color; NONE where it has none."""
    return MODES.get(frame.state.display.buffer, NONE) if display.has_false_color else NONE


def legends_of(frame: Frame, display: DisplaySettings) -> tuple[Legend | None, Legend | None]:
    """Legends of the left and the right corner; only the right one where both pictures agree or one has no legend."""
    own = legend_of(frame, display)
    other = None if frame.other is None else legend_of(frame.other, display)
    return (None, own or other) if own is None or other is None or own == other else (own, other)


def legend_of(frame: Frame, display: DisplaySettings) -> Legend | None:
    """The legend of one picture of the frame; None without false color."""
    mode, name = mode_of(frame, display), frame.state.display.buffer.replace("_", " ")
    if mode == NONE:
        return None
    if mode == DEPTH:
        return None if frame.depth_m is None else Legend("depth, m", *frame.depth_m, digits=2)
    if mode == STOPS:
        return Legend(f"{name}, stops over {MIDDLE_GRAY:g}", LOWEST_STOP, HIGHEST_STOP, digits=0)
    return Legend(f"{name} luminance" if mode == LUMINANCE else name, 0.0, 1.0, digits=2)


def number_share(values: Tensor, mode: int, exposure_ev: float) -> Tensor:  # [..., 3] of the frame -> [...] in [0, 1]
    """Each pixel's scalar as a share of the legend's range."""
    if mode == VALUE:
        return values[..., 0].clamp(0.0, 1.0)
    if mode == DEPTH:
        return ((NEAREST - values[..., 0]) / (NEAREST - FARTHEST)).clamp(0.0, 1.0)
    luminance = (values * torch.tensor(LUMINANCE_WEIGHTS)).sum(-1)
    if mode == LUMINANCE:
        return luminance.clamp(0.0, 1.0)
    stops = torch.log2(luminance.clamp(min=1e-8) / MIDDLE_GRAY) + exposure_ev
    return ((stops - LOWEST_STOP) / (HIGHEST_STOP - LOWEST_STOP)).clamp(0.0, 1.0)


FONT = ASSETS / "fonts" / "Inter_400Regular.ttf"
NUM_TICKS = 6
INK = (238, 240, 245, 255)
BACKGROUND = (10, 11, 14, 158)  # of the legend


@lru_cache(maxsize=8)
def legend_picture(legend: Legend, picture_height: int) -> np.ndarray:  # [h, w, 4] uint8, premultiplied sRGB
    """The legend's picture: title, color bar and numbers, in proportion to the height of the picture it is drawn on."""
    text_px = max(9, round(picture_height * 0.0225))
    font = ImageFont.truetype(str(FONT), text_px)
    pad, bar_width, bar_height = text_px, text_px, round(picture_height * 0.36)
    ticks = [legend.low + (legend.high - legend.low) * step / (NUM_TICKS - 1) for step in range(NUM_TICKS)]
    labels = [f"{tick:.{legend.digits}f}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
    label_width = max(round(font.getlength(label)) for label in labels)
    width = 2 * pad + max(bar_width + text_px // 2 + label_width, round(font.getlength(legend.title)))
    height = 2 * pad + bar_height + 2 * text_px
    image = Image.new("RGBA", (width, height), BACKGROUND)
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


def legend_corner(
    picture_width: int, picture_height: int, legend_width: int, is_left: bool = False
) -> tuple[int, int]:  # fmt: skip
    """Left and top in pixels of a legend in an upper corner of the picture."""
    margin = round(picture_height * 0.025)
    if is_left:
        return margin, margin
    return max(0, picture_width - legend_width - margin), margin


def _bar(height: int) -> np.ndarray:  # [height, 3] uint8, row 0 is the highest number
    table = (color_table().numpy() * 255.0).round().astype(np.uint8)
    return table[np.linspace(len(table) - 1, 0, height).round().astype(int)]
