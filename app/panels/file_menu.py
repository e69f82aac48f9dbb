"""The menu File: sessions, recent files, what is taken away."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model.status import RECENT_KINDS
from app.panels.panel import PanelContext, Snapshot, show_options
from app.panels.theme import MUTED
from app.panels.widgets import add_file_dialog

OPEN_DIALOG, SAVE_DIALOG = "session.open_dialog", "session.save_dialog"
MOST_LISTED = 8
HEADINGS = {"avatar": "Avatars", "light": "Lights", "session": "Sessions"}


class FileMenu:
    """Part of the menu bar."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._recent: dict[str, tuple[str, ...]] | None = None

    def build(self) -> None:
        """Add the menu to the bar that is open."""
        actions = self._context.actions
        with dpg.menu(label="File", tag="menu.file"):
            self._item("Open a session...", "file.open", "Ctrl+O", lambda: dpg.show_item(OPEN_DIALOG))
            with dpg.menu(label="Open recent", tag="file.recent"):
                for kind in RECENT_KINDS:
                    dpg.add_text(HEADINGS[kind], tag=f"file.recent.{kind}", color=MUTED, show=False)
                    for row in range(MOST_LISTED):
                        dpg.add_menu_item(
                            label="", tag=f"file.recent.{kind}.{row}", show=False, user_data=(kind, row),
                            callback=lambda _, __, place: self._open_recent(*place),
                        )  # fmt: skip
                dpg.add_text("No file was opened yet.", tag="file.recent.none", color=MUTED)
            self._item("Save the session", "file.save", "Ctrl+S", lambda: actions.save_session())
            self._item("Save it as...", "file.save_as", "Ctrl+Shift+S", lambda: dpg.show_item(SAVE_DIALOG))
            self._item("Bring back the lost session", "file.restore", "Ctrl+Shift+O", lambda: actions.restore_session())
            dpg.add_separator()
            self._item("ExportJob a picture", "file.photograph", "F12", lambda: actions.photograph())
            self._item("Record a video", "file.record", "R", lambda: actions.record())
            self._item("Cancel either", "file.cancel", "Shift+R", lambda: actions.cancel_recording())
            self._item(
                "Copy the picture's command line", "file.copy_picture", "Ctrl+C", lambda: actions.copy_picture_command()
            )
            self._item(
                "Copy the video's command line", "file.copy_video", "Ctrl+Shift+C", lambda: actions.copy_video_command()
            )
            dpg.add_separator()
            self._item("Close the viewer", "file.close", "Ctrl+W", lambda: actions.close())

    def build_dialogs(self) -> None:
        """Add the dialogs, outside of any menu."""
        actions = self._context.actions
        add_file_dialog(OPEN_DIALOG, "Open a session", (".json",), actions.open_session, "session")
        add_file_dialog(SAVE_DIALOG, "Save the session", (".json",), actions.save_session_as, "session")

    def sync(self, snapshot: Snapshot) -> None:
        """Name the session and the recent files."""
        session = snapshot.session
        mark = "" if session.is_saved else " (changed)"
        show_options("file.save", label=f"Save {session.name or 'the session'}{mark}")
        show_options("file.restore", enabled=session.can_restore)
        show_options("file.cancel", enabled=snapshot.status.recording.state == "running")
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

    def _item(self, label: str, tag: str, keys: str, callback) -> None:
        dpg.add_menu_item(label=label, tag=tag, shortcut=keys, callback=callback)

    def _open_recent(self, kind: str, row: int) -> None:
        paths = (self._recent or {}).get(kind, ())
        if row < len(paths):
            self._context.actions.open_recent(kind, paths[row])
