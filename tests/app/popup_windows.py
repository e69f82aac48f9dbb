"""What opens over the panels, without a display: palette, dialogs and the choice of a key."""

from collections.abc import Sequence

import dearpygui.dearpygui as dpg

from app.panels.layout import PanelLayout
from app.panels.panel import Popup
from app.panels.popups.palette import HINT
from app.tools.commands.command import Command
from app.tools.commands.key_map import key_choices
from app.tools.commands.registry import COMMANDS
from tests.app.fake_commands import Recorded

CONTROLS_PX = 800


class PopupWindows(Recorded):
    """Opens palette, dialogs and the choice of a key as the controls' window does; other calls are recorded."""

    layout: PanelLayout

    def popup(self) -> Popup | None:
        """What is open over the panels."""
        return next((popup for popup in self.layout.popups if popup.is_open), None)

    def close_popup(self) -> bool:
        is_open = [popup for popup in self.layout.popups if popup.is_open]
        for popup in is_open:
            popup.key("ESCAPE")
        return bool(is_open)

    def show_dialog(self, dialog: str) -> None:
        self.close_popup()
        dpg.get_item_user_data(dialog).open(CONTROLS_PX)

    def show_palette(self) -> None:
        self.show_choice(HINT, COMMANDS)

    def show_choice(self, hint: str, offered: Sequence[Command]) -> None:
        self.close_popup()
        self.layout.palette.open(CONTROLS_PX, offered=offered, hint=hint)

    def choose_key(self) -> None:
        self.show_choice("key", key_choices())

    def ask_key(self, id: str) -> None:
        self.close_popup()
        self.layout.key_choice.open(id, CONTROLS_PX)
