"""The viewer's windows: the picture and the controls beside it, or one window that holds both."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from app.tools.commands.context import CommandContext
from app.tools.gestures import Gestures
from app.tools.viewport import Point, Viewport
from app.viewer.controls import Controls
from app.viewer.native_window import GLFW_FOCUSED
from app.viewer.picture_pane import PicturePane
from app.viewer.window_areas import whole_area, window_areas
from app.window.window import PictureWindow

TITLE = "PhyNES Viewer"
ShownViewport = Callable[[], Viewport | None]  # of the picture that is shown
Dropped = Callable[[list[Path], Point | None], None]  # files, and where in the picture; None in the controls
Say = Callable[[str], None]


class Windows(Protocol):
    """What the loop needs of either arrangement."""

    picture: PictureWindow | PicturePane
    controls: Controls

    def open(self, commands: CommandContext, gestures: Gestures, viewport: ShownViewport, dropped: Dropped) -> None:
        """Open the controls, and send pointer, keys and dropped files on."""

    def update(self) -> None:
        """Call once a turn."""

    def destroy(self) -> None:
        """Save the arrangement of the panels, and close everything."""


class TwoWindows:
    """The picture's window, and the controls beside it, which belong to it: the window manager keeps them together.

    So they lie above the picture where both overlap, and stay in reach when it is maximized.
    """

    def __init__(self, say: Say) -> None:
        """Open the picture's window; raises DisplayError without a display."""
        self.picture = picture = PictureWindow(TITLE)
        self.controls = Controls(say, picture.screen_scale, picture.set_interface_scale, picture.focus)
        self._had_keyboard = False  # the viewer, in either window

    def open(self, commands: CommandContext, gestures: Gestures, viewport: ShownViewport, dropped: Dropped) -> None:
        """Open the controls, and send pointer, keys and dropped files on."""
        picture, controls = self.picture, self.controls
        areas = window_areas(picture.screen(), controls.scale)
        picture.move(areas.picture)
        picture.connect(gestures, viewport, dropped, controls.key_in_picture)
        controls.open(areas.panels, commands, gestures)
        controls.window.native.belong_to(picture.x11_window)
        controls.window.native.on_drop(lambda paths, _: dropped(paths, None))
        picture.focus()

    def update(self) -> None:
        """Raise the picture with the controls, which window managers do the other way around only."""
        has_keyboard = self.controls.window.native.has_attribute(GLFW_FOCUSED)
        if has_keyboard and not self._had_keyboard:
            self.controls.window.native.raise_with(self.picture.x11_window)
        self._had_keyboard = has_keyboard or self.picture.is_focused

    def destroy(self) -> None:
        """Save the arrangement of the panels, and close both windows."""
        self.controls.destroy()
        self.picture.destroy()


class OneWindow:
    """The controls' window, whose largest panel is the picture."""

    def __init__(self, say: Say) -> None:
        """Raises DisplayError without a display."""
        self.picture = pane = PicturePane(TITLE)
        self.controls = Controls(say, pane.screen_scale, pane.set_interface_scale, pane.focus)

    def open(self, commands: CommandContext, gestures: Gestures, viewport: ShownViewport, dropped: Dropped) -> None:
        """Open the window, and send pointer, keys and dropped files on."""
        pane = self.picture
        self.controls.open(whole_area(pane.screen()), commands, gestures, TITLE, pane)
        pane.connect(gestures, viewport, dropped)
        pane.focus()

    def update(self) -> None:
        """One window is always together."""

    def destroy(self) -> None:
        """Save the arrangement of the panels, and close the window."""
        self.picture.destroy()
        self.controls.destroy()
