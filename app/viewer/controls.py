"""The controls' window: Dear PyGui's context, viewport and callbacks, theme and size."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import dearpygui.dearpygui as dpg

from app.files.preferences import Appearance, keep_appearance, next_theme, read_appearance, step_scale
from app.files.settings import forget, keep, read_kept
from app.panels.control_keys import ControlKeys, KeyReceiver
from app.panels.layout import PANELS, PanelLayout, columns_for, default_layout, names_all
from app.panels.panel import PanelContext, Snapshot
from app.panels.popups.export_dialog import ExportDialog
from app.panels.popups.file_dialog import FileDialog
from app.panels.popups.palette import HINT
from app.panels.popups.question import Answer
from app.panels.theme import WidgetSizes, background, build_theme, palette, set_theme
from app.tools.commands.command import Command
from app.tools.commands.context import CommandContext
from app.tools.commands.registry import COMMANDS
from app.viewer.native_window import GLFW_FOCUSED, GLFW_HOVERED, GLFW_ICONIFIED, NativeWindow
from app.window.window import Area
from phynes_core.io.shipped_files import ASSETS

TITLE = "PhyNES Viewer - controls"
FONTS = ASSETS / "fonts"
LAYOUT_FILE = "panels.ini"


class Controls:
    """The controls' window with its theme and size, and what commands do with both windows."""

    def __init__(
        self,
        say: Callable[[str], None],
        screen_scale: float,  # density of the screen
        scaled: Callable[[float], None],  # called with the size of text and widgets when it changes
        focus_picture: Callable[[], None],
    ) -> None:
        self._say, self._screen_scale, self._scaled, self._focus_picture = say, screen_scale, scaled, focus_picture
        self._appearance = read_appearance()
        self._is_asked_to_close = False

    @property
    def scale(self) -> float:
        """Size of text and widgets, times the usual one."""
        return self._appearance.scale_on(self._screen_scale)

    def takes_close(self) -> bool:
        """Whether the viewer was asked to end since the last call, by a command or the window's close button."""
        is_asked, self._is_asked_to_close = self._is_asked_to_close, False
        return is_asked

    def open(self, area: Area, commands: CommandContext, keys: KeyReceiver) -> None:
        """Open the window; from then on it is `window`."""
        self.window = PanelWindow(PanelLayout(PanelContext(commands)), keys, TITLE, area, self.scale, self.close)
        self._apply_appearance()

    def destroy(self) -> None:
        """Save the arrangement of the panels, and close the window."""
        self.window.save_arrangement()
        self.window.destroy()

    def close(self) -> None:
        """Ask for the viewer's end, which what is not saved may delay."""
        self._is_asked_to_close = True

    def close_popup(self) -> bool:
        """Close the palette, the dialog or the question that is open; False where none is."""
        return self.window.close_popup()

    def key_in_picture(self, name: str) -> bool:
        """Give a key of the picture to the question that stands; False where there is none."""
        return self.window.key_in_picture(name)

    def ask(self, text: str, *answers: Answer) -> None:
        """Ask over the panels; a question that stands already goes on."""
        self.window.ask(text, answers)

    def show_dialog(self, dialog: str) -> None:
        """Show a dialog and give it the keyboard."""
        self.window.show_dialog(dialog)

    def show_palette(self) -> None:
        """Show the palette; the keyboard returns to the picture if it came from there."""
        self.window.show_palette(self._focus_picture)

    def show_choice(self, hint: str, offered: Sequence[Command]) -> None:
        """Show things to choose from; the keyboard returns to the picture if it came from there."""
        self.window.show_palette(self._focus_picture, offered, hint)

    def reset_layout(self) -> None:
        """Arrange the panels as at the first start, at once where Dear ImGui can be reached."""
        if not self.window.reset_arrangement():
            self._say("The panels will stand where they did at first from the next start on")

    def next_theme(self) -> None:
        """Dark to light and back."""
        self._set_appearance(next_theme(self._appearance))

    def step_scale(self, steps: int) -> None:
        """Larger or smaller controls; 0 as the screen's density asks."""
        self._set_appearance(step_scale(self._appearance, steps, self._screen_scale))

    def _set_appearance(self, appearance: Appearance) -> None:
        if appearance != self._appearance:
            self._appearance = appearance
            keep_appearance(appearance)
            self._apply_appearance()

    def _apply_appearance(self) -> None:
        self.window.set_appearance(self._appearance.theme, self.scale)
        self._scaled(self.scale)


class PanelWindow:
    """Shows a PanelLayout. Open the picture's window first: without a display Dear PyGui ends the process."""

    def __init__(
        self,
        layout: PanelLayout,
        keys: KeyReceiver,
        title: str,
        area: Area,
        scale: float,  # size of text and widgets, times the usual one
        closed: Callable[[], None],
    ) -> None:
        """`closed` is called when its close button is pressed, which alone closes nothing."""
        self._layout, self._scale, self._closed = layout, scale, closed
        self._keys = ControlKeys(layout.popups, keys, lambda: self._native.close_menus())
        dpg.create_context()
        with tempfile.TemporaryDirectory() as folder:  # Dear PyGui reads the arrangement from a file, before it draws
            arrangement = Path(folder) / LAYOUT_FILE
            kept = read_kept(LAYOUT_FILE)
            first = default_layout(PANELS, columns_for(round(area.width / scale), round(area.height / scale)))
            arrangement.write_text(kept if names_all(kept, PANELS) else first, encoding="utf-8")
            # callbacks run in the viewer's loop, not on a second thread
            dpg.configure_app(
                manual_callback_management=True, docking=True, docking_space=True, init_file=str(arrangement)
            )
            self._open(title, area)

    def _open(self, title: str, area: Area) -> None:
        build_theme(FONTS)
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

    def show_dialog(self, dialog: str) -> None:
        """Show a dialog and give it the keyboard."""
        self.close_popup()
        shown = dpg.get_item_user_data(dialog)
        assert isinstance(shown, FileDialog | ExportDialog)
        shown.open(dpg.get_viewport_client_width())
        self._native.focus()

    def ask(self, text: str, answers: tuple[Answer, ...]) -> None:
        """Ask a question and give it the keyboard; one that stands already goes on."""
        if not self._layout.question.is_open:
            self.close_popup()
            self._layout.question.ask(text, answers, dpg.get_viewport_client_width())
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
        dpg.run_callbacks(dpg.get_callback_queue() or [])
        self._keys.update()

    def rectangles(self, tags: tuple[str, ...]) -> dict[str, list[float]]:
        """Left, top, width and height of widgets that are on the screen."""
        rectangles: dict[str, list[float]] = {}
        for tag in tags:
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
            keep(LAYOUT_FILE, arrangement.read_text(encoding="utf-8"))

    def reset_arrangement(self) -> bool:
        """Arrange the panels as at the first start; False where that takes effect at the next start only."""
        forget(LAYOUT_FILE)
        width, height = dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
        columns = columns_for(round(width / self._scale), round(height / self._scale))
        return self._native.arrange(default_layout(PANELS, columns))

    def set_appearance(self, theme: str, scale: float) -> None:
        """Set the theme, and the size of text and widgets."""
        self._scale = scale
        set_theme(theme, scale, FONTS)
        self._sizes.scale(scale)
        self._native.color_docks(palette(theme))
        dpg.set_viewport_clear_color([*background(theme), 255])

    def destroy(self) -> None:
        """Close the window."""
        self._native.make_current()
        dpg.destroy_context()
