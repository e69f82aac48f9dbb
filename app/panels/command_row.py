"""A command line that can be read, selected and copied."""

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app.panels.panel import show_value, tooltip


class CommandRow:
    """A button and a line of text."""

    def __init__(self, tag: str, noun: str, keys: str, copy: Callable[[], None]) -> None:
        self._tag, self._noun, self._keys, self._copy = tag, noun, keys, copy

    def build(self) -> None:
        """Add it."""
        with dpg.group(horizontal=True):
            dpg.add_button(label="Copy", tag=f"{self._tag}.copy", callback=lambda: self._copy())
            dpg.add_input_text(tag=f"{self._tag}.command", readonly=True, width=-1)
        text = f"The command line that makes this {self._noun} without a window."
        tooltip(f"{self._tag}.copy", f"{text} {self._keys} in the picture. Writes a session file if one is needed.")
        tooltip(f"{self._tag}.command", text)

    def show(self, text: str) -> None:
        """What it says now."""
        show_value(f"{self._tag}.command", text)
