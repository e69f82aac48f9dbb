"""The two windows as one: where they lie on the screen, and minimizing them together."""

from dataclasses import dataclass
from typing import Protocol

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


class PairedWindow(Protocol):
    """One of the two windows."""

    @property
    def is_iconified(self) -> bool:
        """Whether it is minimized."""
        ...

    def iconify(self) -> None:
        """Minimize it."""

    def restore(self) -> None:
        """Show it again."""


class WindowPair:
    """Minimizes and restores the picture's window and the controls together."""

    def __init__(self, picture: PairedWindow, controls: PairedWindow) -> None:
        self._picture, self._controls = picture, controls
        self._is_iconified = False

    def update(self) -> None:
        """Take one window along with the other. Call once a turn."""
        windows = (self._picture, self._controls)
        iconified = [window.is_iconified for window in windows]
        if any(iconified) != all(iconified):  # one was minimized, or one restored
            for window, is_iconified in zip(windows, iconified, strict=True):
                if self._is_iconified and is_iconified:
                    window.restore()
                elif not self._is_iconified and not is_iconified:
                    window.iconify()
            self._is_iconified = not self._is_iconified
        else:
            self._is_iconified = all(iconified)
