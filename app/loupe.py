"""A magnified square of the picture's pixels: which ones, and where it is drawn."""

import math
from dataclasses import dataclass

from app.picking import Letterbox

SIZE_PX = 200.0  # a side, about; times the screen's density
GAP_PX = 22.0  # from the pointer
MARGIN_PX = 8.0  # from the window's edges


@dataclass(frozen=True)
class Loupe:
    """An odd number of pixels a side, the one under the pointer in the middle."""

    column: int  # of the middle pixel, image
    row: int
    count: int  # pixels a side
    cell_px: int  # screen pixels a side of one pixel

    @property
    def size_px(self) -> int:
        """Screen pixels a side."""
        return self.count * self.cell_px

    def part(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, width, height of what is shown, in shares of the image; may reach beyond it."""
        reach = self.count // 2
        return (
            (self.column - reach) / width, (self.row - reach) / height, self.count / width, self.count / height
        )  # fmt: skip

    def line_px(self, column: int) -> int:
        """Screen pixels from the loupe's left edge to a pixel column's, within the loupe."""
        return max(0, min(self.size_px, (column - self.column + self.count // 2) * self.cell_px))


def loupe_at(column: int, row: int, zoom: int, ratio: float) -> Loupe:
    """`zoom` screen points a pixel; `ratio` screen pixels a point."""
    cell = max(1, round(zoom * ratio))
    count = 2 * max(1, round((SIZE_PX * ratio / cell - 1) / 2)) + 1
    return Loupe(column, row, count, cell)


def card_place(
    letterbox: Letterbox,  # of the window in screen pixels
    x: float,  # the pointer, screen pixels
    y: float,
    width: float,
    height: float,
    ratio: float,
) -> tuple[int, int]:
    """Left and top of a card beside the pointer: right of it and below, or where there is room."""
    gap, margin = GAP_PX * ratio, MARGIN_PX * ratio

    def placed(pointer: float, size: float, room: float) -> int:
        after, before = pointer + gap, pointer - gap - size
        start = after if after + size <= room - margin else before
        return math.floor(max(margin, min(start, room - margin - size)))

    return placed(x, width, letterbox.window_width), placed(y, height, letterbox.window_height)
