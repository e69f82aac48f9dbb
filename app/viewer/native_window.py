"""Dear PyGui's own window: what its Python functions do not offer, through the symbols of its library."""

import ctypes
import ctypes.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

GLFW_FOCUSED, GLFW_ICONIFIED, GLFW_HOVERED = 0x00020001, 0x00020002, 0x0002000B


_DROP = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p))


class NativeWindow:
    """Dear PyGui's GLFW window, reached through the symbols that its Linux wheel exports.

    On Linux Dear PyGui makes its GL context current once, when the viewport is shown, and never again: beside a second
    GL window one of them stays black unless each drawing makes its own context current first. On other platforms Dear
    PyGui draws with Direct3D or Metal and needs none of this.
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
        for function in (library.glfwFocusWindow, library.glfwRestoreWindow):
            function.argtypes = [ctypes.c_void_p]
        library.glfwSetDropCallback.argtypes = [ctypes.c_void_p, _DROP]
        library.glfwSetDropCallback.restype = ctypes.c_void_p
        library.glfwGetX11Display.restype = ctypes.c_void_p
        library.glfwGetX11Window.argtypes, library.glfwGetX11Window.restype = [ctypes.c_void_p], ctypes.c_ulong
        library.glfwGetProcAddress.argtypes = [ctypes.c_char_p]
        library.glfwGetProcAddress.restype = ctypes.c_void_p
        library.glfwWaitEventsTimeout.argtypes = [ctypes.c_double]
        library.glfwGetCursorPos.argtypes = [ctypes.c_void_p, *[ctypes.POINTER(ctypes.c_double)] * 2]
        library.glfwGetMouseButton.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self._library = library
        self._handle = library.glfwGetCurrentContext()

    def make_current(self) -> None:
        """Make its GL context this thread's."""
        if self._library is not None:
            self._library.glfwMakeContextCurrent(self._handle)

    def focus(self) -> None:
        """Send the keyboard to it, and show it if it is minimized."""
        if self._library is not None:
            if self.has_attribute(GLFW_ICONIFIED):
                self._library.glfwRestoreWindow(self._handle)
            self._library.glfwFocusWindow(self._handle)

    def belong_to(self, x11_window: int) -> None:
        """Tell X11's window manager to keep this window above another one, and to minimize and show both together.

        0 is no window: nothing is told.
        """
        if self._library is not None and x11_window:
            self._x11("XSetTransientForHint", self._library.glfwGetX11Window(self._handle), x11_window)

    def raise_with(self, x11_window: int) -> None:
        """Put the window that this one belongs to above all others, and this one above it; the keyboard stays.

        0 is no window: nothing is raised.
        """
        if x11_window:
            self._x11("XRaiseWindow", x11_window)

    def _x11(self, function: str, *windows: int) -> None:
        """Call a function of Xlib with Dear PyGui's display; does nothing where that is not to be had."""
        name = ctypes.util.find_library("X11")
        if self._library is None or name is None:
            return
        x11, display = ctypes.CDLL(name), ctypes.c_void_p(self._library.glfwGetX11Display())
        getattr(x11, function)(display, *map(ctypes.c_ulong, windows))
        x11.XFlush(display)

    def on_drop(self, dropped: Callable[[list[Path], tuple[float, float]], None]) -> None:
        """Call `dropped` with the files that are dropped on it, and where in the window."""
        if self._library is None:
            return

        def receive(handle: int, count: int, paths: Any) -> None:
            dropped([Path(os.fsdecode(paths[index])) for index in range(count)], self.pointer() or (0.0, 0.0))

        self._receive = _DROP(receive)  # held: GLFW keeps its address only
        self._library.glfwSetDropCallback(self._handle, self._receive)

    def close_menus(self) -> None:
        """Close open menus, lists and color pickers, where Dear ImGui can be reached."""
        close = getattr(self._library, "_ZN5ImGui23ClosePopupsExceptModalsEv", None)
        if close is not None:
            close.restype = None
            close()

    def color_docks(self, colors: dict[int, tuple[int, int, int]]) -> None:
        """Set Dear ImGui's own colors, which title bars of docks take: they are drawn before the theme is bound.

        The window behind all docks is not drawn: it would have the color that the viewport is cleared with.
        """
        color_of = getattr(self._library, "_ZN5ImGui17GetStyleColorVec4Ei", None)
        if color_of is None:
            return
        color_of.restype = ctypes.POINTER(ctypes.c_float * 4)
        for number, rgb in colors.items():
            color_of(number).contents[:3] = [channel / 255.0 for channel in rgb]
        color_of(dpg.mvThemeCol_WindowBg).contents[3] = 0.0

    def arrange(self, layout: str) -> bool:
        """Arrange the panels by the text of a settings file; False where Dear ImGui cannot be reached."""
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

    def wait_events(self, timeout_s: float) -> bool:
        """Sleep until an event arrives, `wake` is called, or the time is up; False where it cannot be waited for."""
        if self._library is not None:
            self._library.glfwWaitEventsTimeout(max(timeout_s, 1e-3))
        return self._library is not None

    def wake(self) -> bool:
        """End a wait, from any thread; False where there is none."""
        if self._library is not None:
            self._library.glfwPostEmptyEvent()
        return self._library is not None

    def gl_function(self, name: str, result: Any, *arguments: Any) -> Any:
        """A function of OpenGL, by ctypes; None where Dear PyGui does not draw with OpenGL."""
        address = None if self._library is None else self._library.glfwGetProcAddress(name.encode())
        return ctypes.CFUNCTYPE(result, *arguments)(address) if address else None

    def pointer(self) -> tuple[float, float] | None:
        """Position of the pointer in the window at this moment, which Dear PyGui learns with its next frame.

        None where it cannot be known.
        """
        if self._library is None:
            return None
        x, y = ctypes.c_double(), ctypes.c_double()
        self._library.glfwGetCursorPos(self._handle, x, y)
        return x.value, y.value

    def is_button_down(self, button: int) -> bool:  # 0, 1, 2: left, right, middle
        """Whether a mouse button is held at this moment; False where it cannot be known."""
        return self._library is not None and bool(self._library.glfwGetMouseButton(self._handle, button))

    def has_attribute(self, attribute: int) -> bool:
        """A GLFW window attribute; False where it cannot be known."""
        return self._library is not None and bool(self._library.glfwGetWindowAttrib(self._handle, attribute))
