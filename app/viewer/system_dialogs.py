"""The system's file dialogs in place of the controls' own, where a person prefers them and the system has some."""

from collections.abc import Callable
from pathlib import Path

import dearpygui.dearpygui as dpg

from app.files.native_dialogs import NativeDialog, dialog_program
from app.panels.popups.file_dialog import FileDialog
from app.tools.commands.context import KeptPreferences

FAILED = "The system's file dialog does not work here; this one does"


class SystemDialogs:
    """One dialog of the system at most. Belongs to the windows' thread, which never waits for it."""

    def __init__(self, preferences: KeptPreferences, say: Callable[[str], None]) -> None:
        self._preferences, self._say = preferences, say
        self._open: tuple[FileDialog, NativeDialog] | None = None

    def show(self, dialog: FileDialog) -> bool:
        """Ask through the system, in place of what is open; False where the controls' own dialog is to ask."""
        self.close()
        if not self._preferences.now.native_dialogs or not dialog_program():
            return False
        try:
            self._open = dialog, NativeDialog(dialog.request())
        except OSError:
            self._say(FAILED)
            return False
        return True

    def update(self) -> None:
        """Pass an answer on; where the system's dialog failed, show the controls' own. Call at each turn."""
        if self._open is None or self._open[1].is_open:
            return
        dialog, native = self._open
        self._open = None
        width, path = dpg.get_viewport_client_width(), native.answer()
        if path is None:
            self._say(FAILED)
            dialog.open(width)
        elif path:
            dialog.take(Path(path), width)

    def close(self) -> None:
        """End a dialog that is open, without an answer."""
        if self._open is not None:
            self._open[1].close()
            self._open = None
