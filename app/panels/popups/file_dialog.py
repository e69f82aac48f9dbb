"""File dialogs: a folder's files and a field for the name, which stays when the folder changes.

A name that is taken is asked about before its file is replaced.
"""

from collections.abc import Callable
from pathlib import Path

import dearpygui.dearpygui as dpg

from app.files.folders import IMPOSSIBLE, cause_of, keep_folder, list_folder, read_folder
from app.files.native_dialogs import DialogRequest
from app.files.settings import existing_files
from app.panels.panel import PanelContext, show_options, show_value
from app.panels.popups.modal import Modal
from app.panels.theme import ACCENT, ERROR, MUTED

WIDTH_PX, HEIGHT_PX, TOP_PX = 600, 300, 70  # of the list, unscaled; of the window
BUTTON_PX, INDENT_PX = 110, 8
MOST_LISTED = 500
JSON = (".json",)


class FileDialog(Modal):
    """A window over the panels; it has the keyboard while it is open."""

    def __init__(
        self,
        tag: str,
        label: str,
        suffixes: tuple[str, ...],  # of the files that are listed; the first is appended to a name that has none
        answer: Callable[[str], None],  # takes the path
        name: str = "",  # what the name field holds at first
        saves: bool = False,
    ) -> None:
        super().__init__(tag, self.confirm)
        self._tag, self._label, self._suffixes, self._answer = tag, label, suffixes, answer
        self._name, self._saves = name, saves
        self._folder = Path.cwd()
        self._asked: Path | None = None  # the file that is to be replaced, while the question stands
        self._needs_focus = False

    def build(self) -> None:
        """Add the window, hidden."""
        tag = self._tag
        with dpg.window(
            label=self._label, tag=tag, user_data=self, show=False, modal=True, autosize=True, no_collapse=True,
            no_docking=True, no_saved_settings=True, on_close=self.close,
        ):  # fmt: skip
            with dpg.group(horizontal=True):
                dpg.add_button(label="Up", tag=f"{tag}.up", callback=lambda: self.enter(".."))
                dpg.add_input_text(tag=f"{tag}.folder", width=WIDTH_PX - 43)
            dpg.add_child_window(tag=f"{tag}.files", width=WIDTH_PX, height=HEIGHT_PX)
            dpg.add_input_text(tag=f"{tag}.name", width=WIDTH_PX, hint="name", callback=lambda: self._withdraw())
            dpg.add_text("", tag=f"{tag}.text", wrap=WIDTH_PX)
            with dpg.group(horizontal=True):
                dpg.add_button(tag=f"{tag}.ok", width=BUTTON_PX, callback=self.confirm)
                dpg.add_button(label="Cancel", tag=f"{tag}.cancel", width=BUTTON_PX, callback=self.close)

    def request(self) -> DialogRequest:
        """The same question for the system's dialog."""
        kept = read_folder(self._tag)
        folder = kept if kept is not None else self._folder
        name = f"{self._name}{self._suffixes[0]}" if self._saves and self._name else ""
        return DialogRequest(self._label, str(folder), name, self._suffixes, self._saves)

    def take(self, path: Path, controls_width: int) -> None:
        """Answer with what the system's dialog gave; it asked about another file where a suffix is appended here."""
        whole = self._with_suffix(path)
        if self._saves and whole != path and whole.exists():
            self.open(controls_width)
            self.enter(str(whole.parent))
            show_value(f"{self._tag}.name", whole.name)
            self._ask(whole)
        else:
            self._folder = whole.parent
            keep_folder(self._tag, whole.parent)
            self._answer(str(whole))

    def open(self, controls_width: int) -> None:
        """List the folder that was used last, by this or another viewer, and take the keyboard."""
        if not dpg.get_value(f"{self._tag}.name"):
            show_value(f"{self._tag}.name", self._name)
        self._needs_focus = True
        kept = read_folder(self._tag)
        self._folder = kept if kept is not None else self._folder
        self.enter(".")
        self.show(dpg.get_item_configuration(f"{self._tag}.files")["width"], controls_width, TOP_PX)

    def sync(self) -> None:
        """Give the name field the keyboard when the window was opened."""
        super().sync()
        if self.is_open and self._needs_focus:
            self._needs_focus = not dpg.is_item_active(f"{self._tag}.name")
            dpg.focus_item(f"{self._tag}.name")

    def enter(self, folder: str) -> None:
        """List another folder; the name stays. A text under the list says why that cannot be."""
        try:
            listing = list_folder(self._folder / Path(folder).expanduser(), self._suffixes)
        except IMPOSSIBLE as error:
            self._say(cause_of(error), ERROR)
            return
        self._folder = listing.folder
        show_value(f"{self._tag}.folder", str(listing.folder))
        dpg.delete_item(f"{self._tag}.files", children_only=True)
        names = [*(f"{name}/" for name in listing.folders), *listing.files]
        left = len(names) - MOST_LISTED
        for name in names[:MOST_LISTED]:
            dpg.add_selectable(
                label=name, parent=f"{self._tag}.files", indent=INDENT_PX, user_data=name,
                callback=lambda _, __, name: self._choose(name),
            )  # fmt: skip
        if left > 0:
            dpg.add_text(f"{left} more: type the name", parent=f"{self._tag}.files", indent=INDENT_PX, color=MUTED)
        self._withdraw()

    def confirm(self) -> None:
        """Answer with the typed path, enter it where it is a folder, or ask first where a file would be replaced."""
        if not self.is_open:
            return
        typed = dpg.get_value(f"{self._tag}.name").strip()
        if (folder := dpg.get_value(f"{self._tag}.folder")) != str(self._folder):
            if not existing_files((folder,)):
                self.enter(folder)
                return
            typed = folder  # a file's whole path was typed there
        try:
            path = self._folder / Path(typed).expanduser()
            if not typed or path.is_dir():
                self.enter(typed or ".")
                return
            path = self._with_suffix(path)
            exists = path.exists()
        except IMPOSSIBLE as error:
            self._say(cause_of(error), ERROR)
            return
        if exists and self._saves and path != self._asked:
            self._ask(path)
        elif not exists and not self._saves:
            self._say(f"{path.name}: there is no such file here", ERROR)
        else:
            self.close()
            self._folder = path.parent
            keep_folder(self._tag, path.parent)
            self._answer(str(path))

    def _with_suffix(self, path: Path) -> Path:
        """The path with the first suffix, where it has none of them and is to be written or cannot be found."""
        if path.suffix.lower() in self._suffixes or not (self._saves or not path.exists()):
            return path
        return path.with_name(path.name + self._suffixes[0])

    def _choose(self, name: str) -> None:
        """A row was clicked: a folder is entered, a file's name is taken; a second click opens it."""
        if name.endswith("/"):
            self.enter(name)
        elif dpg.get_value(f"{self._tag}.name") == name and not self._saves:
            self.confirm()
        else:
            dpg.set_value(f"{self._tag}.name", name)
            self._withdraw()

    def _ask(self, path: Path) -> None:
        self._asked = path
        self._say(f"{path.name} is there already. Replace it?", ACCENT)
        show_options(f"{self._tag}.ok", label="Replace")

    def _withdraw(self) -> None:
        """Take back question and text: something else was chosen."""
        self._asked = None
        self._say("", MUTED)
        show_options(f"{self._tag}.ok", label="Save" if self._saves else "Open")

    def _say(self, text: str, color: tuple[int, int, int]) -> None:
        show_value(f"{self._tag}.text", text)
        dpg.configure_item(f"{self._tag}.text", color=color)


def add_file_dialog(context: PanelContext, dialog: FileDialog) -> None:
    """Build a dialog, hidden; a button or a command shows it."""
    context.popups.append(dialog)
    dialog.build()


def add_dialog_button(context: PanelContext, label: str, tag: str, dialog: str, width: int = 0) -> None:
    """Add a button that shows a dialog."""
    dpg.add_button(label=label, tag=tag, width=width, callback=lambda: context.commands.windows.show_dialog(dialog))
