"""Where the two windows, or the one, lie on the screen."""

from dataclasses import dataclass

from app.window.window import Area

TITLE_BAR_PX = 32  # of the title bar that the window manager draws above a window
MARGIN_PX = 12
PANELS_WIDTH_PX = 730  # two columns of panels
SMALLEST_PICTURE_PX = 320


@dataclass(frozen=True)
class WindowAreas:
    """Where both windows lie side by side on the screen, without their title bars."""

    picture: Area
    panels: Area


def whole_area(screen: Area) -> Area:
    """Where one window lies that fills the screen, without its title bar."""
    top, height = screen.top + TITLE_BAR_PX + MARGIN_PX, screen.height - TITLE_BAR_PX - 2 * MARGIN_PX
    return Area(screen.left + MARGIN_PX, top, screen.width - 2 * MARGIN_PX, height)


def window_areas(screen: Area, scale: float = 1.0) -> WindowAreas:
    """The picture as large a square as the controls allow, the controls in all that is left.

    On a narrow screen they cover its right edge. `scale`: size of text and widgets, times the usual one.
    """
    top = screen.top + TITLE_BAR_PX + MARGIN_PX
    height = max(SMALLEST_PICTURE_PX, screen.height - TITLE_BAR_PX - 2 * MARGIN_PX)
    least_width = min(round(PANELS_WIDTH_PX * scale), screen.width)
    picture_space = screen.width - least_width - 4 * MARGIN_PX
    picture_width = max(min(SMALLEST_PICTURE_PX, screen.width), min(picture_space, height))
    picture = Area(screen.left + MARGIN_PX, top, picture_width, height)
    panels_width = max(least_width, picture_space - picture_width + least_width)
    panels_left = min(picture.left + picture_width + 2 * MARGIN_PX, screen.left + screen.width - panels_width)
    return WindowAreas(picture, Area(panels_left, top, panels_width, height))
