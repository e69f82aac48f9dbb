"""A modal window over the panels: while it is open it has pointer and keyboard."""

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app.panels.theme import RAISED_THEME

SYNCS = 2  # before it is shown: Dear ImGui shows no modal window in the frame in which another one went away


class Modal:
    """What questions and file dialogs share. Enter confirms, Esc closes."""

    def __init__(self, window: str, confirm: Callable[[], None]) -> None:
        """`window`: Dear PyGui's tag, of a modal window; `confirm` is called on Enter."""
        self._window, self._confirm = window, confirm
        self._syncs = 0  # until it is shown
        self.is_open = False

    def show(self, width: int, controls_width: int, top: int) -> None:
        """Show it in the middle above the panels; `width`: of its contents."""
        self.is_open, self._syncs = True, SYNCS
        dpg.bind_item_theme(self._window, RAISED_THEME)
        dpg.configure_item(self._window, pos=[max(0, (controls_width - width) // 2), top])

    def close(self) -> None:
        """Hide it."""
        self.is_open, self._syncs = False, 0
        dpg.configure_item(self._window, show=False)

    def key(self, name: str, modifiers: str = "") -> None:
        """A key went down while it is open."""
        if name == "ESCAPE":
            self.close()
        elif name == "RETURN":
            self._confirm()

    def sync(self) -> None:
        """Call before each drawing."""
        if self._syncs:
            self._syncs -= 1
            if not self._syncs:
                dpg.configure_item(self._window, show=True)
