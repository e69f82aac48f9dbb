"""Where the two windows lie: side by side, on any screen."""

from dataclasses import dataclass

TITLE_BAR_PX = 32  # room above a window for what the window manager draws
MARGIN_PX = 12
PANELS_WIDTH_PX = 730  # two columns without a scroll bar
LARGEST_HEIGHT_PX = 896
SMALLEST_PICTURE_PX = 320


@dataclass(frozen=True)
class Area:
    """A rectangle of the screen in its own coordinates."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class WindowPlaces:
    """Insides of the windows, without title bars."""

    picture: Area
    panels: Area


def place_windows(screen: Area, scale: float = 1.0) -> WindowPlaces:
    """The picture takes what the panels leave; on a narrow screen the panels lie over its right edge."""
    top = screen.top + TITLE_BAR_PX + MARGIN_PX
    height = max(
        SMALLEST_PICTURE_PX, min(round(LARGEST_HEIGHT_PX * scale), screen.height - TITLE_BAR_PX - 2 * MARGIN_PX)
    )
    panels_width = min(round(PANELS_WIDTH_PX * scale), screen.width)
    room = screen.width - panels_width - 4 * MARGIN_PX
    picture_width = max(min(SMALLEST_PICTURE_PX, screen.width), min(room, height))
    picture = Area(screen.left + MARGIN_PX, top, picture_width, height)
    panels_left = min(picture.left + picture_width + 2 * MARGIN_PX, screen.left + screen.width - panels_width)
    return WindowPlaces(picture, Area(panels_left, top, panels_width, height))
