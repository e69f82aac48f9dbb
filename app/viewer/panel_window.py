"""The controls' window as Dear PyGui draws it: viewport, callbacks, popups, arrangement of the panels."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import dearpygui.dearpygui as dpg

from app.files.settings import forget, keep, read_kept
from app.panels.control_keys import ControlKeys, KeyReceiver
from app.panels.layout import PANELS, PanelLayout, columns_beside, columns_for, default_layout, names_all
from app.panels.panel import Snapshot
from app.panels.popups.export_dialog import ExportDialog
from app.panels.popups.file_dialog import FileDialog
from app.panels.popups.light_browser import LightBrowser
from app.panels.popups.palette import HINT
from app.panels.popups.question import Answer
from app.panels.theme import WidgetSizes, background, build_theme, palette, set_theme
from app.tools.commands.command import Command
from app.tools.commands.registry import COMMANDS
from app.viewer.native_window import GLFW_FOCUSED, GLFW_HOVERED, GLFW_ICONIFIED, NativeWindow
from app.viewer.picture_pane import IMAGE, PicturePane
from app.viewer.system_dialogs import SystemDialogs
from app.window.window import Area
from phynes_core.io.shipped_files import ASSETS

FONTS = ASSETS / "fonts"
LAYOUT_FILE, WITH_PICTURE_FILE = "panels.ini", "one_window.ini"


class PanelWindow:
    """Shows a PanelLayout. Open the picture's window first: without a display Dear PyGui ends the process."""

    def __init__(
        self,
        layout: PanelLayout,
        keys: KeyReceiver,
        dialogs: SystemDialogs,
        title: str,
        area: Area,
        scale: float,  # size of text and widgets, times the usual one
        closed: Callable[[], None],
        pane: PicturePane | None = None,
    ) -> None:
        """`closed` is called when its close button is pressed, which alone closes nothing.

        `pane`: the picture, where it has no window of its own.
        """
        self._layout, self._dialogs, self._scale, self._closed, self._pane = layout, dialogs, scale, closed, pane
        self._layout_file = WITH_PICTURE_FILE if pane else LAYOUT_FILE
        self._keys = ControlKeys(layout.popups, keys, lambda: self._native.close_menus())
        dpg.create_context()
        with tempfile.TemporaryDirectory() as folder:  # Dear PyGui reads the arrangement from a file, before it draws
            arrangement = Path(folder) / LAYOUT_FILE
            kept, has_picture = read_kept(self._layout_file), pane is not None
            first = self._first_arrangement(area.width, area.height)
            arrangement.write_text(kept if names_all(kept, PANELS, has_picture) else first, encoding="utf-8")
            # callbacks run in the viewer's loop, not on a second thread
            dpg.configure_app(
                manual_callback_management=True, docking=True, docking_space=True, init_file=str(arrangement)
            )
            self._open(title, area)

    def _open(self, title: str, area: Area) -> None:
        build_theme(FONTS)
        if self._pane:
            self._pane.build()
        self._layout.build()
        self._keys.build()
        self._sizes = WidgetSizes()
        dpg.create_viewport(
            title=title, width=area.width, height=area.height, x_pos=area.left, y_pos=area.top, vsync=False,
            clear_color=(*background("dark"), 255), min_width=420, min_height=320, disable_close=True,
        )  # fmt: skip
        dpg.set_exit_callback(lambda: self._closed())
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._native = NativeWindow()
        dpg.render_dearpygui_frame()
        if self._pane:
            self._pane.open(self._native)

    def _first_arrangement(self, width: int, height: int) -> str:
        columns = columns_beside if self._pane else columns_for
        size = round(width / self._scale), round(height / self._scale)
        return default_layout(PANELS, columns(*size), self._scale, has_picture=self._pane is not None)

    def show_dialog(self, dialog: str) -> None:
        """Show a dialog and give it the keyboard."""
        self.close_popup()
        shown = dpg.get_item_user_data(dialog)
        if isinstance(shown, FileDialog) and self._dialogs.show(shown):
            return
        assert isinstance(shown, FileDialog | ExportDialog | LightBrowser)
        shown.open(dpg.get_viewport_client_width())
        self._native.focus()

    def ask(self, text: str, answers: tuple[Answer, ...]) -> None:
        """Ask a question and give it the keyboard; one that stands already goes on."""
        if not self._layout.question.is_open:
            self.close_popup()
            self._layout.question.ask(text, answers, dpg.get_viewport_client_width())
        self._native.focus()

    def ask_key(self, id: str) -> None:
        """Ask which key a command is to have, and take the keyboard."""
        self.close_popup()
        self._layout.key_choice.open(id, dpg.get_viewport_client_width())
        self._native.focus()

    def close_popup(self) -> bool:
        """Close what is open over the panels; False where nothing is."""
        is_open = [popup for popup in self._layout.popups if popup.is_open]
        for popup in is_open:
            popup.key("ESCAPE")
        return bool(is_open)

    def key_in_picture(self, name: str) -> bool:
        """Give a key to the question that stands; False where there is none."""
        question = self._layout.question
        if is_open := question.is_open:
            question.key(name)
        return is_open

    def show_palette(
        self, focus_picture: Callable[[], None], offered: Sequence[Command] = COMMANDS, hint: str = HINT
    ) -> None:
        """Show the palette and give it the keyboard, which returns to where it was when the palette closes."""
        self.close_popup()
        has_focus = self._native.has_attribute(GLFW_FOCUSED)
        closed = (lambda: None) if has_focus else focus_picture
        self._layout.palette.open(dpg.get_viewport_client_width(), closed, offered, hint)
        self._native.focus()

    @property
    def is_closed(self) -> bool:
        """Whether it went away by itself."""
        return not dpg.is_dearpygui_running()

    @property
    def is_iconified(self) -> bool:
        """Whether it is minimized."""
        return self._native.has_attribute(GLFW_ICONIFIED)

    @property
    def has_attention(self) -> bool:
        """Whether it has the pointer or the keyboard, and so must be drawn often."""
        if sys.platform != "linux":
            return True
        if self._pane:  # drawing both at the display's rate would take the engine's time, and all events are seen
            return (self._pane.is_used or self.is_pressed) and not self._pane.is_dragged
        return self._native.has_attribute(GLFW_HOVERED) or self._native.has_attribute(GLFW_FOCUSED) or self.is_pressed

    @property
    def is_pressed(self) -> bool:
        """Whether a mouse button is held in it."""
        return any(dpg.is_mouse_button_down(button) for button in (0, 1, 2))

    @property
    def native(self) -> NativeWindow:
        """The window itself."""
        return self._native

    def poll_events(self) -> None:
        """Handle events without drawing."""
        self._native.poll_events()

    def sync(self, snapshot: Snapshot) -> None:
        """Write the snapshot into the widgets."""
        self._layout.sync(snapshot)

    def draw(self) -> None:
        """Draw one frame and run the callbacks it caused. While minimized only poll: drawing would block."""
        self._native.make_current()
        if self.is_iconified:
            self._native.poll_events()
        else:
            dpg.render_dearpygui_frame()
        calls = dpg.get_callback_queue() or []
        if self._pane:
            self._pane.update()
            if calls:
                self._pane.note_use()
        dpg.run_callbacks(calls)
        self._dialogs.update()
        self._keys.update()

    def rectangles(self, tags: tuple[str, ...]) -> dict[str, list[float]]:
        """Left, top, width and height of widgets that are on the screen."""
        rectangles: dict[str, list[float]] = {}
        for tag in (*tags, *[IMAGE] * (self._pane is not None)):
            state = dpg.get_item_state(tag)
            if state.get("visible", True) and "rect_min" in state:  # a drawlist does not know whether it is visible
                rectangles[tag] = [*state["rect_min"], *state["rect_size"]]
        return rectangles

    def area(self) -> Area:
        """Its rectangle on the screen."""
        left, top = dpg.get_viewport_pos()
        return Area(int(left), int(top), dpg.get_viewport_width(), dpg.get_viewport_height())

    def save_arrangement(self) -> None:
        """Save the arrangement of the panels for the next start."""
        with tempfile.TemporaryDirectory() as folder:
            arrangement = Path(folder) / LAYOUT_FILE
            dpg.save_init_file(str(arrangement))
            keep(self._layout_file, arrangement.read_text(encoding="utf-8"))

    def reset_arrangement(self) -> bool:
        """Arrange the panels as at the first start; False where that takes effect at the next start only."""
        forget(self._layout_file)
        width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        return self._native.arrange(self._first_arrangement(width, height))

    def set_appearance(self, theme: str, scale: float) -> None:
        """Set the theme, and the size of text and widgets."""
        self._scale = scale
        set_theme(theme, scale, FONTS)
        self._sizes.scale(scale)
        self._native.color_docks(palette(theme))
        dpg.set_viewport_clear_color([*background(theme), 255])

    def destroy(self) -> None:
        """Close the window."""
        self._dialogs.close()
        self._native.make_current()
        dpg.destroy_context()
