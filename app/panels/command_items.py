"""Menu items of commands: title and keys from the registry; one that cannot run is dimmed and its tooltip says why."""

from collections.abc import Iterable

import dearpygui.dearpygui as dpg

from app.panels.panel import PanelContext, show_options, show_value
from app.panels.theme import DIMMED_THEME
from app.tools.commands.registry import command_of, keys_text

SEPARATOR = ""  # among the ids of a menu


class CommandItems:
    """Some lines of a menu."""

    def __init__(self, context: PanelContext, ids: Iterable[str]) -> None:
        """`ids`: of commands, in order, with SEPARATOR between groups."""
        self._context, self._ids = context, tuple(ids)

    def build(self) -> None:
        """Add them to the menu that is open."""
        for id in self._ids:
            if id == SEPARATOR:
                dpg.add_separator()
                continue
            command, tag = command_of(id), item_tag(id)
            keys = keys_text(command).split(" / ")[0]
            dpg.add_menu_item(
                label=command.title, tag=tag, shortcut=keys, user_data=id,
                callback=lambda _, __, which: self._context.run(which),
            )  # fmt: skip
            with dpg.tooltip(tag, tag=f"{tag}.tip", show=False):
                dpg.add_text("", tag=f"{tag}.reason", wrap=300)

    def sync(self) -> None:
        """Dim what cannot run now. Disabled items of Dear ImGui would show no tooltip."""
        for id in self._ids:
            if id == SEPARATOR:
                continue
            tag, reason = item_tag(id), self._context.reason(id)
            show_options(f"{tag}.tip", show=reason is not None)
            show_value(f"{tag}.reason", reason or "")
            dpg.bind_item_theme(tag, DIMMED_THEME if reason is not None else 0)


def item_tag(id: str) -> str:
    """Dear PyGui's name of a command's menu item."""
    return f"menu.{id}"
