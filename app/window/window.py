"""The picture's window: ModernGL on moderngl-window's GLFW backend. Its events go to Gestures."""

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl

from app.model.status import one_line
from app.model.view_state import ViewState
from app.rendering.frames import Frame
from app.tools.commands.key_map import key_names
from app.tools.gestures import Gestures
from app.tools.viewport import Point, PointerEvent, Viewport, modifiers_text
from app.window.picture_drawing import Overlays, PictureDrawing
from phynes_core.errors import DisplayError

FIRST_SIZE = (800, 800)  # until `move` is called


@dataclass(frozen=True)
class Area:
    """A rectangle of the screen in its own coordinates."""

    left: int
    top: int
    width: int
    height: int


class GlWindow:
    """A window that OpenGL draws into, the screen that it is on, and its events."""

    def __init__(self, title: str, is_visible: bool = True) -> None:
        """Raises DisplayError when no window can be opened here."""
        if sys.platform == "linux":
            os.environ.setdefault("PYGLFW_LIBRARY_VARIANT", "x11")  # as the panels' window, which is X11
        try:
            import glfw
            import moderngl_window
            from moderngl_window.context.glfw import Window

            self._glfw = glfw
            with warnings.catch_warnings():  # glfw gives the cause as a warning, too
                warnings.simplefilter("ignore")
                self._window = Window(
                    title=title, size=FIRST_SIZE, gl_version=(3, 3), vsync=False, resizable=True, aspect_ratio=None,
                    visible=is_visible,
                )  # fmt: skip
        except Exception as error:  # pip-glfw and moderngl raise bare Exceptions
            raise DisplayError(
                f"window: cannot open one here ({_one_line(error)}; DISPLAY={os.environ.get('DISPLAY')!r}); "
                "draw to a file instead with: python launch.py render --avatar NAME --out DIR"
            ) from error
        moderngl_window.activate_context(window=self._window)
        self._window.exit_key = None  # Escape is a command
        self._window.fullscreen_key = None
        self._window.render_func = lambda time, frame_time: None

    @property
    def context(self) -> moderngl.Context:
        """The context of its drawings, once it is current."""
        return self._window.ctx

    @property
    def screen_scale(self) -> float:
        """Density of the screen in window coordinates: 2 where an inch has 192 of them."""
        density = self._glfw.get_window_content_scale(self._window._window)[0]
        return density * self._window.size[0] / max(1, self._window.buffer_size[0])

    def screen(self) -> Area:
        """The part of the main screen that windows may cover."""
        return Area(*self._glfw.get_monitor_workarea(self._glfw.get_primary_monitor()))

    def make_current(self) -> None:
        """Make the GL context current: Dear PyGui leaves its own one current."""
        self._glfw.make_context_current(self._window._window)

    def wait_events(self, timeout_s: float) -> None:
        """Sleep until an event arrives, `wake` is called, or the time is up."""
        self._glfw.wait_events_timeout(max(timeout_s, 1e-3))

    def wake(self) -> None:
        """End a wait; may be called from any thread."""
        self._glfw.post_empty_event()

    def destroy(self) -> None:
        """Close the window and end GLFW."""
        self._window.destroy()


class PictureWindow(GlWindow):
    """Shows frames with lamp handles and captions over them."""

    def __init__(self, title: str) -> None:
        """Raises DisplayError when no window can be opened here."""
        super().__init__(title)
        self._window.resize_func = lambda width, height: self._request_drawing()
        self.drawing = PictureDrawing(self.context)
        self._pointer: tuple[float, float] | None = None
        self._interface_scale = 1.0  # factor of the size of captions and handles
        self.needs_drawing = True
        self.needs_showing = False  # a picture that is drawn is seen

    def connect(
        self, gestures: Gestures, viewport: Callable[[], Viewport | None], dropped: Callable[[list[Path], Point], None],
        takes_key: Callable[[str], bool],
    ) -> None:  # fmt: skip
        """Send pointer and keys to `gestures`, and paths of dropped files with their window position to `dropped`.

        A key that `takes_key` takes goes no further.
        """
        window, glfw = self._window, self._glfw

        def event(x: float, y: float, button: int, is_release: bool = False) -> PointerEvent:
            # moderngl-window gives a button event the pointer's present position; that of the last motion is right
            held = window.modifiers
            return PointerEvent(
                viewport(), self._pointer or (x, y), button, is_release=is_release,
                modifiers=modifiers_text(bool(held.ctrl), bool(held.shift), bool(held.alt)),
            )  # fmt: skip

        def moved(x: float, y: float, dx: float, dy: float) -> None:
            self._pointer = (x, y)

        def dragged(x: float, y: float, dx: float, dy: float) -> None:
            self._pointer = (x, y)
            gestures.move(PointerEvent(viewport(), (x, y), delta=(dx, dy)))

        def key(code: Any, action: Any, modifiers: Any) -> None:
            name = names.get(code)
            if action == window.keys.ACTION_PRESS and name is not None and not takes_key(name):
                gestures.key(name, bool(modifiers.ctrl), bool(modifiers.shift), bool(modifiers.alt))
            elif action == window.keys.ACTION_RELEASE and name is not None:
                gestures.key_up(name)

        names = {getattr(window.keys, f"NUMBER_{name}" if name.isdigit() else name): name for name in key_names()}
        window.mouse_position_event_func = moved
        window.mouse_drag_event_func = dragged
        window.mouse_press_event_func = lambda x, y, button: gestures.press(event(x, y, button))
        window.mouse_release_event_func = lambda x, y, button: gestures.release(event(x, y, button, is_release=True))
        window.mouse_scroll_event_func = lambda dx, dy: gestures.scroll(
            dy, PointerEvent(viewport(), self._pointer or (0.0, 0.0)), bool(window.modifiers.alt)
        )
        window.key_event_func = key
        # moderngl-window's GLFW backend does not pass drops on
        glfw.set_drop_callback(
            window._window,
            lambda handle, paths: dropped([Path(path) for path in paths], glfw.get_cursor_pos(handle)),
        )
        glfw.set_window_refresh_callback(window._window, lambda handle: self._request_drawing())

    # for the loop

    def takes_close(self) -> bool:
        """Whether its close button was pressed since the last call."""
        is_pressed = bool(self._window.is_closing)
        self._window.is_closing = False
        return is_pressed

    @property
    def is_iconified(self) -> bool:
        """Whether the window is minimized."""
        return bool(self._glfw.get_window_attrib(self._window._window, self._glfw.ICONIFIED))

    @property
    def x11_window(self) -> int:
        """X11's number of the window; 0 where it is not X11's, as under Wayland."""
        is_x11 = sys.platform == "linux" and self._glfw.get_platform() == self._glfw.PLATFORM_X11
        return self._glfw.get_x11_window(self._window._window) if is_x11 else 0

    @property
    def is_focused(self) -> bool:
        """Whether it has the keyboard."""
        return bool(self._glfw.get_window_attrib(self._window._window, self._glfw.FOCUSED))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in screen coordinates, as pointer positions are."""
        return self._window.size

    @property
    def pointer(self) -> tuple[float, float] | None:
        """Position of the pointer in the window, in screen coordinates; None when it is outside."""
        is_here = self._glfw.get_window_attrib(self._window._window, self._glfw.HOVERED)
        return self._pointer if is_here else None

    def move(self, area: Area) -> None:
        """Cover this area of the screen; the title bar lies above it."""
        self._window.position = (area.left, area.top)
        self._window.size = (area.width, area.height)

    def set_interface_scale(self, scale: float) -> None:
        """Set the factor of the size of captions and handles."""
        self._interface_scale = scale
        self.needs_drawing = True

    def focus(self) -> None:
        """Give the window the keyboard."""
        self._glfw.focus_window(self._window._window)

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self._glfw.set_clipboard_string(self._window._window, text)

    def draw(self, frame: Frame | None, state: ViewState, overlays: Overlays) -> None:
        """Draw everything and swap; leaves the context current."""
        self.make_current()
        self.needs_drawing = False
        size = self._window.buffer_size
        scales = size[0] / max(1, self.size[0]), self._interface_scale
        self.drawing.draw(self._window.fbo, size, scales, frame, state, overlays)
        self._glfw.swap_buffers(self._window._window)

    def destroy(self) -> None:
        """Close the window and end GLFW."""
        self.make_current()
        self.drawing.release()
        super().destroy()

    def _request_drawing(self) -> None:
        self.needs_drawing = True


def _one_line(error: Exception) -> str:
    return one_line(error) or type(error).__name__
