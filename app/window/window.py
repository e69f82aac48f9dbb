"""The picture's window: ModernGL on moderngl-window's GLFW backend. Its events go to Gestures."""

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl
from PIL import Image

from app.model.status import one_line
from app.model.view_state import ViewState
from app.rendering.frames import FillPreview, Frame
from app.tools.commands.key_map import KeyMap, key_names
from app.tools.gestures import Gestures
from app.tools.limbs import HeldLimb
from app.tools.orbit_view import OrbitView
from app.tools.pixel_inspector import Inspection
from app.tools.viewport import Letterbox, Point, PointerEvent, Viewport, modifiers_text
from app.window.camera_path_gizmos import PathGizmos, path_marks
from app.window.captions import Caption, CaptionDrawer
from app.window.frame_display import FrameDisplay
from app.window.guides import draw_guides
from app.window.help_picture import help_picture
from app.window.lamp_gizmos import BrushRing, LampGizmos, Ring
from app.window.limb_gizmos import FILL_TINT, LimbGizmos, Tint
from app.window.pixel_inspector_display import PixelInspectorDisplay
from phynes_core.errors import DisplayError

FIRST_SIZE = (800, 800)  # until `move` is called
SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast")


@dataclass(frozen=True)
class Area:
    """A rectangle of the screen in its own coordinates."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Overlays:
    """What is drawn over the frame."""

    handles: OrbitView | None  # the frame's camera; None hides lamps, limbs and the camera path
    captions: list[Caption]
    keys: KeyMap  # on the help pages
    is_lamp_dragged: bool = False
    limb: HeldLimb | None = None
    inspection: Inspection | None = None
    brush: Ring | None = None
    fill: FillPreview | None = None


class PictureWindow:
    """Shows frames with lamp handles and captions over them."""

    def __init__(self, title: str) -> None:
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
                    title=title, size=FIRST_SIZE, gl_version=(3, 3), vsync=False, resizable=True, aspect_ratio=None
                )
        except Exception as error:  # pip-glfw and moderngl raise bare Exceptions
            raise DisplayError(
                f"window: cannot open one here ({_one_line(error)}; DISPLAY={os.environ.get('DISPLAY')!r}); "
                "draw to a file instead with: python launch.py render --avatar NAME --out DIR"
            ) from error
        moderngl_window.activate_context(window=self._window)
        self._window.exit_key = None  # Escape is a command
        self._window.fullscreen_key = None
        self._window.resize_func = lambda width, height: self._request_drawing()
        self._window.render_func = lambda time, frame_time: None
        self._context = self._window.ctx
        self._display = FrameDisplay(self._context)
        self._gizmos = LampGizmos(self._context)
        self._limb_gizmos = LimbGizmos(self._context)
        self._fill_tint = Tint(self._context)
        self._path = PathGizmos(self._context)
        self._brush_ring = BrushRing(self._context)
        self._captions = CaptionDrawer(self._context)
        self._inspector = PixelInspectorDisplay(self._context)
        self._help_drawn: tuple[tuple[int, int, int, KeyMap], Image.Image] | None = None
        self._pointer: tuple[float, float] | None = None
        self.interface_scale = 1.0  # factor of the size of captions and handles
        self.needs_drawing = True

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
    def is_software(self) -> bool:
        """Whether OpenGL draws on the CPU, whose time the engine needs."""
        name = self.renderer_name.lower()
        return any(software in name for software in SOFTWARE_RENDERERS)

    @property
    def renderer_name(self) -> str:
        """OpenGL's name of the renderer."""
        return str(self._context.info["GL_RENDERER"])

    @property
    def frame_path(self) -> str:
        """How the newest frame's pixels reached the texture."""
        return self._display.path

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in screen coordinates, as pointer positions are."""
        return self._window.size

    @property
    def screen_scale(self) -> float:
        """Density of the screen in window coordinates: 2 where an inch has 192 of them."""
        density = self._glfw.get_window_content_scale(self._window._window)[0]
        return density * self.size[0] / max(1, self._window.buffer_size[0])

    @property
    def pointer(self) -> tuple[float, float] | None:
        """Position of the pointer in the window, in screen coordinates; None when it is outside."""
        is_here = self._glfw.get_window_attrib(self._window._window, self._glfw.HOVERED)
        return self._pointer if is_here else None

    def screen(self) -> Area:
        """The part of the main screen that windows may cover."""
        return Area(*self._glfw.get_monitor_workarea(self._glfw.get_primary_monitor()))

    def move(self, area: Area) -> None:
        """Cover this area of the screen; the title bar lies above it."""
        self._window.position = (area.left, area.top)
        self._window.size = (area.width, area.height)

    def focus(self) -> None:
        """Give the window the keyboard."""
        self._glfw.focus_window(self._window._window)

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self._glfw.set_clipboard_string(self._window._window, text)

    def make_current(self) -> None:
        """Make the GL context current: Dear PyGui leaves its own one current."""
        self._glfw.make_context_current(self._window._window)

    def wait_events(self, timeout_s: float) -> None:
        """Sleep until an event arrives, `wake` is called, or the time is up."""
        self._glfw.wait_events_timeout(max(timeout_s, 1e-3))

    def wake(self) -> None:
        """End a wait; may be called from any thread."""
        self._glfw.post_empty_event()

    def draw(self, frame: Frame | None, state: ViewState, overlays: Overlays) -> None:
        """Draw everything and swap; leaves the context current."""
        self.make_current()
        self.needs_drawing = False
        buffer_width, buffer_height = self._window.buffer_size
        density = buffer_width / max(1, self.size[0])
        ratio = self.interface_scale * density
        self._window.fbo.use()
        self._context.viewport = (0, 0, buffer_width, buffer_height)
        self._context.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        if frame is not None:
            self._display.show(frame)
        letterbox = Letterbox(buffer_width, buffer_height, *(frame.size if frame is not None else (1, 1)))
        self._display.draw(state.display, letterbox)
        if frame is not None and state.tool.guided_shape is not None:
            draw_guides(self._window.fbo, letterbox, frame.size, density)
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        if frame is not None and (fill := overlays.fill) is not None:
            self._fill_tint.draw((frame, fill), lambda: fill.image(frame), letterbox, FILL_TINT)
        if (view := overlays.handles) is not None:
            if overlays.limb is not None and frame is not None:
                self._limb_gizmos.draw(frame, view, letterbox, overlays.limb, ratio)
            if (marks := path_marks(state)) is not None:
                self._path.draw(marks, view, letterbox, ratio)
            lamps, selected = state.light.lamps, state.tool.selected_lamp
            self._gizmos.draw(view, letterbox, lamps, selected, overlays.is_lamp_dragged, ratio)
        if frame is not None and frame.other is not None:
            left, right = (letterbox.to_window(x, 0.0)[0] for x in (0, frame.size[0]))
            self._captions.draw_slider(left + state.display.slider * (right - left), letterbox, ratio)
        if overlays.brush is not None:
            self._brush_ring.draw(overlays.brush, letterbox, density)
        for caption in overlays.captions:
            self._captions.draw(caption, letterbox, ratio)
        if frame is not None and overlays.inspection is not None:
            self._inspector.draw(self._display, frame, state.display, letterbox, overlays.inspection, density, ratio)
        if page := state.tool.help_page:
            self._captions.draw_plate(
                self._help(page, buffer_width, buffer_height, overlays.keys, ratio), f"help {page}", letterbox, ratio
            )
        self._glfw.swap_buffers(self._window._window)

    def _help(self, page: int, width: int, height: int, keys: KeyMap, ratio: float) -> Image.Image:
        """The picture of a help page, drawn again when page, size or keys change."""
        key, margin = (page, width, height, keys), 64 * ratio
        if self._help_drawn is None or self._help_drawn[0] != key:
            self._help_drawn = key, help_picture(page, round(width - margin), round(height - margin), keys, ratio)
        return self._help_drawn[1]

    def destroy(self) -> None:
        """Close the window and end GLFW."""
        self.make_current()
        self._display.release()
        self._window.destroy()

    def _request_drawing(self) -> None:
        self.needs_drawing = True


def _one_line(error: Exception) -> str:
    return one_line(error) or type(error).__name__
