"""The controls' window: Dear PyGui's context, viewport and callbacks, and how it looks to this person."""

import ctypes
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from app.files.settings import (
    Appearance,
    forget,
    keep,
    keep_appearance,
    next_theme,
    read_appearance,
    read_kept,
    step_scale,
)
from app.panels.control_keys import ControlKeys, KeyReceiver
from app.panels.layout import PANELS, PanelLayout, default_layout, names_all
from app.panels.panel import PanelContext, Snapshot
from app.panels.theme import WidgetSizes, build_theme, ground, palette, set_theme
from app.tools.commands.context import CommandContext
from app.window.screen import Area
from phynes_core.io.shipped_files import ASSETS

TITLE = "PhyNES Viewer - controls"
FONTS = ASSETS / "fonts"


class Controls:
    """The controls, and what commands ask of the windows. `scaled` is told the size to draw with when it changes."""

    def __init__(
        self,
        say: Callable[[str], None],
        screen_scale: float,  # density of the screen
        scaled: Callable[[float], None],
        focus_picture: Callable[[], None],
    ) -> None:
        self._say, self._screen_scale, self._scaled, self._focus_picture = say, screen_scale, scaled, focus_picture
        self._appearance = read_appearance()
        self._is_closing = False

    @property
    def scale(self) -> float:
        """Size of text and widgets, times the usual one."""
        return self._appearance.scale_on(self._screen_scale)

    @property
    def is_closing(self) -> bool:
        """Whether the viewer is to end."""
        return self._is_closing or self.window.is_closing

    def open(self, area: Area, commands: CommandContext, keys: KeyReceiver) -> None:
        """Open the window, which is `window` from now on."""
        self.window = PanelWindow(PanelLayout(PanelContext(commands)), keys, TITLE, area)
        self._show()

    def destroy(self) -> None:
        """Remember where the panels stand, and close the window."""
        self.window.keep_arrangement()
        self.window.destroy()

    def close(self) -> None:
        """End the viewer."""
        self._is_closing = True

    def ask(self, dialog: str) -> None:
        """Show a dialog and send the keyboard there."""
        self.window.ask(dialog)

    def show_palette(self) -> None:
        """Show the palette; the keyboard returns to the picture if it came from there."""
        self.window.show_palette(self._focus_picture)

    def reset_layout(self) -> None:
        """Put the panels where they stood at first."""
        if not self.window.reset_arrangement():
            self._say("The panels will stand where they did at first from the next start on")

    def next_theme(self) -> None:
        """Dark to light and back."""
        self._look(next_theme(self._appearance))

    def step_scale(self, steps: int) -> None:
        """Larger or smaller; 0 as the screen has it."""
        self._look(step_scale(self._appearance, steps, self._screen_scale))

    def _look(self, appearance: Appearance) -> None:
        if appearance != self._appearance:
            self._appearance = appearance
            keep_appearance(appearance)
            self._show()

    def _show(self) -> None:
        self.window.look(self._appearance.theme, self.scale)
        self._scaled(self.scale)


LAYOUT_FILE = "panels.ini"
GLFW_FOCUSED, GLFW_ICONIFIED, GLFW_HOVERED = 0x00020001, 0x00020002, 0x0002000B


class NativeWindow:
    """Dear PyGui's own GLFW window, reached through the symbols its Linux wheel exports.

    On Linux Dear PyGui makes its GL context current once, when the viewport is shown, and never again: with a second
    GL window in the process one of them stays black unless the contexts are restored by hand. Its other platforms draw
    with Direct3D and Metal and need none of this.
    """

    def __init__(self) -> None:
        """Call right after `show_viewport`, on the same thread."""
        self._library: Any = None
        if sys.platform != "linux":
            return
        import dearpygui._dearpygui as extension

        library = ctypes.CDLL(extension.__file__)
        library.glfwGetCurrentContext.restype = ctypes.c_void_p
        library.glfwMakeContextCurrent.argtypes = [ctypes.c_void_p]
        library.glfwGetWindowAttrib.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.glfwFocusWindow.argtypes = [ctypes.c_void_p]
        self._library = library
        self._handle = library.glfwGetCurrentContext()

    def make_current(self) -> None:
        """Make its GL context the thread's."""
        if self._library is not None:
            self._library.glfwMakeContextCurrent(self._handle)

    def focus(self) -> None:
        """Send the keyboard there."""
        if self._library is not None:
            self._library.glfwFocusWindow(self._handle)

    def color_docks(self, colors: dict[int, tuple[int, int, int]]) -> None:
        """Title bars of docks are drawn before Dear PyGui binds its theme: they take Dear ImGui's own colors."""
        color_of = getattr(self._library, "_ZN5ImGui17GetStyleColorVec4Ei", None)
        if color_of is None:
            return
        color_of.restype = ctypes.POINTER(ctypes.c_float * 4)
        for number, rgb in colors.items():
            color_of(number).contents[:3] = [channel / 255.0 for channel in rgb]

    def arrange(self, layout: str) -> bool:
        """Move the panels between two frames; False where Dear ImGui cannot be reached."""
        read = getattr(self._library, "_ZN5ImGui25LoadIniSettingsFromMemoryEPKcm", None)
        if read is None:
            return False
        read.argtypes, read.restype = (ctypes.c_char_p, ctypes.c_size_t), None
        text = layout.encode()
        read(text, len(text))
        return True

    def poll_events(self) -> None:
        """Handle window events without drawing."""
        if self._library is not None:
            self._library.glfwPollEvents()

    def has(self, attribute: int) -> bool:
        """A GLFW window attribute; False where it cannot be known."""
        return self._library is not None and bool(self._library.glfwGetWindowAttrib(self._handle, attribute))


class PanelWindow:
    """Shows a PanelLayout. Open the picture's window first: without a display Dear PyGui ends the process."""

    def __init__(self, layout: PanelLayout, keys: KeyReceiver, title: str, area: Area) -> None:
        self._layout = layout
        self._keys = ControlKeys(layout.palette, keys)
        dpg.create_context()
        with tempfile.TemporaryDirectory() as folder:  # Dear PyGui reads the arrangement from a file, before it draws
            arrangement = Path(folder) / LAYOUT_FILE
            kept = read_kept(LAYOUT_FILE)
            arrangement.write_text(kept if names_all(kept, PANELS) else default_layout(PANELS), encoding="utf-8")
            # callbacks run in our loop, not on a second thread
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
            clear_color=(*ground("dark"), 255), min_width=420, min_height=320,
        )  # fmt: skip
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._native = NativeWindow()
        dpg.render_dearpygui_frame()

    def ask(self, dialog: str) -> None:
        """Show a dialog, and send the keyboard there."""
        dpg.show_item(dialog)
        self._native.focus()

    def show_palette(self, focus_picture: Callable[[], None]) -> None:
        """Show the palette, and send the keyboard there until it is closed."""
        has_focus = self._native.has(GLFW_FOCUSED)
        closed = (lambda: None) if has_focus else focus_picture
        self._layout.palette.open(dpg.get_viewport_client_width(), closed)
        self._native.focus()

    @property
    def is_closing(self) -> bool:
        """Whether the user closed it."""
        return not dpg.is_dearpygui_running()

    @property
    def is_iconified(self) -> bool:
        """Whether it is minimized."""
        return self._native.has(GLFW_ICONIFIED)

    @property
    def has_attention(self) -> bool:
        """Whether the pointer or the keyboard is in it: then it must be drawn often."""
        if sys.platform != "linux":
            return True
        return self._native.has(GLFW_HOVERED) or self._native.has(GLFW_FOCUSED) or self.is_pressed

    @property
    def is_pressed(self) -> bool:
        """Whether a mouse button is held in it."""
        return any(dpg.is_mouse_button_down(button) for button in (0, 1, 2))

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
        self._keys.look()

    def rectangles(self, tags: tuple[str, ...]) -> dict[str, list[float]]:
        """Left, top, width and height of widgets that are on the screen."""
        rectangles: dict[str, list[float]] = {}
        for tag in tags:
            state = dpg.get_item_state(tag)
            if state.get("visible", True) and "rect_min" in state:  # a drawlist does not know whether it is visible
                rectangles[tag] = [*state["rect_min"], *state["rect_size"]]
        return rectangles

    def area(self) -> Area:
        """Where it lies on the screen."""
        left, top = dpg.get_viewport_pos()
        return Area(int(left), int(top), dpg.get_viewport_width(), dpg.get_viewport_height())

    def keep_arrangement(self) -> None:
        """Remember where the panels stand for the next start."""
        with tempfile.TemporaryDirectory() as folder:
            arrangement = Path(folder) / LAYOUT_FILE
            dpg.save_init_file(str(arrangement))
            keep(LAYOUT_FILE, arrangement.read_text(encoding="utf-8"))

    def reset_arrangement(self) -> bool:
        """The panels where they stood at first; False where that takes another start."""
        forget(LAYOUT_FILE)
        return self._native.arrange(default_layout(PANELS))

    def look(self, theme: str, scale: float) -> None:
        """Another theme, or another size of text and widgets."""
        set_theme(theme, scale, FONTS)
        self._sizes.scale(scale)
        self._native.color_docks(palette(theme))
        dpg.set_viewport_clear_color([*ground(theme), 255])

    def destroy(self) -> None:
        """Close the window."""
        self._native.make_current()
        dpg.destroy_context()
