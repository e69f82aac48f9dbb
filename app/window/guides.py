"""Safe-frame guides: the edge of the next picture or video, and the areas in which action and titles are safe."""

from typing import Any

from app.model.tools import SAFE_SHARES
from app.tools.viewport import Letterbox

SHADES = (
    (0.85, 0.55),
    (0.6, 0.4),
)  # gray of the frame's edge and of the safe areas: a light line, and a dark one inside
Rectangle = tuple[int, int, int, int]  # left, bottom, width, height in the window's pixels, from its lower left corner


def guide_lines(letterbox: Letterbox, size: tuple[int, int], width_px: int) -> list[tuple[float, Rectangle]]:
    """Gray and place of every line: edge first, four lines a rectangle, a light one and a dark one inside it.

    `size` is the picture's, in its own pixels.
    """
    left, top = letterbox.to_window(0.0, 0.0)
    right, bottom = letterbox.to_window(float(size[0]), float(size[1]))
    middle_x, middle_y = 0.5 * (left + right), 0.5 * (top + bottom)
    lines = []
    for share, shades in zip((1.0, *SAFE_SHARES), (SHADES[0], *[SHADES[1]] * len(SAFE_SHARES)), strict=True):
        for inset, shade in enumerate(shades):
            half_x, half_y = 0.5 * share * (right - left), 0.5 * share * (bottom - top)
            x0, x1 = round(middle_x - half_x) + inset * width_px, round(middle_x + half_x) - inset * width_px
            y0, y1 = round(middle_y - half_y) + inset * width_px, round(middle_y + half_y) - inset * width_px
            under = round(letterbox.window_height) - y1  # OpenGL counts rows from below
            wide, high = max(0, x1 - x0), max(0, y1 - y0)
            lines += [
                (shade, (x0, under, wide, width_px)),
                (shade, (x0, under + high - width_px, wide, width_px)),
                (shade, (x0, under, width_px, high)),
                (shade, (x1 - width_px, under, width_px, high)),
            ]
    return lines


def draw_guides(framebuffer: Any, letterbox: Letterbox, size: tuple[int, int], density: float) -> None:
    """Draw the lines over the picture, one unscaled pixel wide."""
    for shade, (left, bottom, width, height) in guide_lines(letterbox, size, max(1, round(density))):
        clipped = max(0, left), max(0, bottom)
        width, height = width - (clipped[0] - left), height - (clipped[1] - bottom)
        if width > 0 and height > 0:
            framebuffer.clear(shade, shade, shade, 1.0, viewport=(*clipped, width, height))
