"""The menu File: sessions, recent files, exports."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model.status import RECENT_KINDS
from app.panels.panel import PanelContext, Snapshot, show_options
from app.panels.popups.export_dialog import ExportDialog
from app.panels.popups.file_dialog import JSON, FileDialog, add_file_dialog
from app.panels.theme import MUTED
from app.panels.widgets import SEPARATOR, CommandItems, item_tag
from app.tools.commands.context import OPEN_SESSION, SAVE_SESSION

FIRST_COMMANDS = ("session.open",)
COMMANDS = (
    "session.save", "session.save_as", "session.restore", SEPARATOR,
    "export.picture", "export.video", "export.choose", "export.cancel", "export.copy_picture", "export.copy_video",
    SEPARATOR,
    "window.close",
)  # fmt: skip
MOST_LISTED = 8
HEADINGS = {"avatar": "Avatars", "light": "Lights", "session": "Sessions"}


class FileMenu:
    """Part of the menu bar."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._first, self._rest = CommandItems(context, FIRST_COMMANDS), CommandItems(context, COMMANDS)
        self._recent: dict[str, tuple[str, ...]] | None = None

    def build(self) -> None:
        """Add the menu to the bar that is open."""
        with dpg.menu(label="File", tag="menu.file"):
            self._first.build()
            with dpg.menu(label="Open recent", tag="file.recent"):
                for kind in RECENT_KINDS:
                    dpg.add_text(HEADINGS[kind], tag=f"file.recent.{kind}", color=MUTED, show=False)
                    for row in range(MOST_LISTED):
                        dpg.add_menu_item(
                            label="", tag=f"file.recent.{kind}.{row}", show=False, user_data=(kind, row),
                            callback=lambda _, __, which: self._open_recent(*which),
                        )  # fmt: skip
                dpg.add_text("No file was opened yet.", tag="file.recent.none", color=MUTED)
            self._rest.build()

    def build_dialogs(self) -> None:
        """Add the dialogs, outside of any menu."""
        sessions = self._context.commands.sessions
        add_file_dialog(self._context, FileDialog(OPEN_SESSION, "Open a session", JSON, sessions.open))
        saving = FileDialog(SAVE_SESSION, "Save the session", JSON, sessions.save_as, "session", saves=True)
        add_file_dialog(self._context, saving)
        self._export = ExportDialog(self._context)
        self._export.build()
        self._context.popups.append(self._export)

    def sync(self, snapshot: Snapshot) -> None:
        """Name the session and the recent files."""
        session = snapshot.session
        mark = "" if session.is_saved else " (changed)"
        self._first.sync()
        self._rest.sync()
        self._export.show_snapshot(snapshot)
        show_options(item_tag("session.save"), label=f"Save {session.name or 'the session'}{mark}")
        if dict(session.recent) == self._recent:
            return
        self._recent = dict(session.recent)
        for kind in RECENT_KINDS:
            paths = self._recent.get(kind, ())
            show_options(f"file.recent.{kind}", show=bool(paths))
            for row in range(MOST_LISTED):
                path = Path(paths[row]) if row < len(paths) else None
                show_options(
                    f"file.recent.{kind}.{row}", show=path is not None,
                    label=f"  {path.name}   ({path.parent.name})" if path else "",
                )  # fmt: skip
        show_options("file.recent.none", show=not any(self._recent.values()))

    def _open_recent(self, kind: str, row: int) -> None:
        paths = (self._recent or {}).get(kind, ())
        if row < len(paths):
            self._context.commands.sessions.open_recent(kind, paths[row])
