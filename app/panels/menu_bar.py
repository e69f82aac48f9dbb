"""The menu bar above the panels: files, undo and redo, panels, help, messages, and the newest message."""

from collections.abc import Iterable
from dataclasses import replace

import dearpygui.dearpygui as dpg

from app.model.status import Message, shortened
from app.model.view_state import ViewState
from app.panels.file_menu import FileMenu
from app.panels.panel import PanelContext, Snapshot, show_options, show_value
from app.panels.theme import ERROR, MUTED
from app.panels.widgets import SEPARATOR, CommandItems

MOST_LISTED = 12
EDIT_COMMANDS = ("edit.undo", "edit.redo")
PANEL_COMMANDS = (
    "window.theme", "window.larger", "window.smaller", "window.natural_size", SEPARATOR, "window.reset_layout",
)  # fmt: skip
HELP_COMMANDS = (
    "window.palette", "window.help", "window.guide", SEPARATOR, "window.choose_key", "window.reset_keys",
)  # fmt: skip


class MenuBar:
    """Menus and one line of text."""

    def __init__(self, context: PanelContext, panels: Iterable[tuple[int, str]]) -> None:
        self._context = context
        self._panels = tuple(panels)  # (tag of the window, title)
        self._file = FileMenu(context)
        self._items = [CommandItems(context, ids) for ids in (EDIT_COMMANDS, PANEL_COMMANDS, HELP_COMMANDS)]
        self._listed: tuple[Message, ...] | None = None
        self._newest: Message | None = None
        self._deeds: object = None  # what was done when it appeared
        self._message_color: tuple[int, int, int] | None = None

    def build(self) -> None:
        """Add the bar to the viewport."""
        edit, panels, help = self._items
        self._file.build_dialogs()
        with dpg.viewport_menu_bar():
            self._file.build()
            with dpg.menu(label="Edit", tag="menu.edit"):
                edit.build()
            with dpg.menu(label="Panels", tag="menu.panels"):
                for tag, title in self._panels:
                    dpg.add_menu_item(
                        label=title, tag=f"menu.{tag}", user_data=tag,
                        callback=lambda _, __, window: dpg.focus_item(window),
                    )  # fmt: skip
                dpg.add_separator()
                panels.build()
            with dpg.menu(label="Help", tag="menu.help"):
                help.build()
            with dpg.menu(label="Messages", tag="menu.messages"):
                for row in range(MOST_LISTED):
                    dpg.add_text("", tag=f"message.{row}", wrap=460, show=False)
                dpg.add_text("Nothing happened yet.", tag="message.none", color=MUTED)
            dpg.add_text("", tag="message")

    def sync(self, snapshot: Snapshot) -> None:
        """Show which commands can run, and the messages."""
        self._file.sync(snapshot)
        for items in self._items:
            items.sync()
        status = snapshot.status
        newest = status.messages[-1] if status.messages else None
        show_value("message", status.activity or (shortened(newest.text) if newest else ""))
        if newest is not self._newest:  # what is done from now on is done after it
            self._newest, self._deeds = newest, _deeds(snapshot.state)
        is_standing = newest is not None and newest.is_error and _deeds(snapshot.state) == self._deeds
        color = ERROR if is_standing and not status.activity else MUTED
        if color != self._message_color:
            self._message_color = color
            dpg.configure_item("message", color=color)
        if status.messages is not self._listed:
            self._listed = status.messages
            self._list(status.messages[-MOST_LISTED:])

    def _list(self, messages: tuple[Message, ...]) -> None:
        """List messages in full, the newest first."""
        show_options("message.none", show=not messages)
        for row in range(MOST_LISTED):
            tag, message = f"message.{row}", messages[-1 - row] if row < len(messages) else None
            dpg.configure_item(tag, show=message is not None, color=ERROR if message and message.is_error else MUTED)
            show_value(tag, message.text if message else "")


def _deeds(state: ViewState) -> object:
    """What a person may have changed; the time of a clip that plays is not."""
    return replace(state.body, time_s=0.0), state.camera, state.light, state.display, state.surroundings, state.compare
