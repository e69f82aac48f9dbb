"""The two windows as one: where they lie on the screen, and minimizing them together."""

import time
from dataclasses import dataclass
from typing import Protocol

from app.window.window import Area

TITLE_BAR_PX = 32  # of the title bar that the window manager draws above a window
MARGIN_PX = 12
PANELS_WIDTH_PX = 730  # two columns of panels
SMALLEST_PICTURE_PX = 320
PATIENCE_S = 2.0  # for the window manager


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
        self._windows = (picture, controls)
        self._is_iconified = False
        self._until_s: float | None = None  # when a request to the window manager is given up

    def update(self) -> None:
        """Take one window along with the other. Call once a turn."""
        states = [window.is_iconified for window in self._windows]
        if self._until_s is not None:  # the window manager answers later
            is_done = all(state == self._is_iconified for state in states)
            if is_done or time.monotonic() > self._until_s:
                self._until_s = None
            return
        if any(states) == all(states):
            self._is_iconified = all(states)
            return
        self._is_iconified = not self._is_iconified  # one was minimized, or one restored
        for window, state in zip(self._windows, states, strict=True):
            if state and not self._is_iconified:
                window.restore()
            elif not state and self._is_iconified:
                window.iconify()
        self._until_s = time.monotonic() + PATIENCE_S
