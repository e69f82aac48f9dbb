"""The panels' window and how it looks to this person."""

from collections.abc import Callable

from app.actions import Actions
from app.appearance import Appearance, keep_appearance, next_theme, read_appearance, step_scale
from app.dpg_context import PanelWindow
from app.panels.layout import PanelLayout
from app.panels.panel import PanelContext
from app.screen import Area
from app.state import Store

TITLE = "PhyNES Viewer - controls"


class Controls:
    """`screen_scale` is the density of the screen; `scaled` is told the size to draw with whenever it changes."""

    def __init__(self, store: Store, screen_scale: float, scaled: Callable[[float], None]) -> None:
        self._store, self._screen_scale, self._scaled = store, screen_scale, scaled
        self._appearance = read_appearance()

    @property
    def scale(self) -> float:
        """Size of text and widgets, times the usual one."""
        return self._appearance.scale_on(self._screen_scale)

    def open(self, area: Area, actions: Actions) -> None:
        """Open the window, which is `window` from now on."""
        layout = PanelLayout(PanelContext(self._store.post, self._store.end_gesture, actions))
        self.window = PanelWindow(layout, TITLE, area)
        self._show()

    def close(self) -> None:
        """Remember where the panels stand, and close."""
        self.window.keep_arrangement()
        self.window.destroy()

    def next_theme(self) -> None:
        """Dark to light and back."""
        self._look(next_theme(self._appearance))

    def step_scale(self, steps: int) -> None:
        """Larger or smaller; 0 as the screen has it."""
        self._look(step_scale(self._appearance, steps, self._screen_scale))

    def _look(self, appearance: Appearance) -> None:
        if appearance != self._appearance:
            self._appearance = appearance
            keep_appearance(appearance)
            self._show()

    def _show(self) -> None:
        self.window.look(self._appearance.theme, self.scale)
        self._scaled(self.scale)
