"""The picture inside the controls' window: a panel that docks, whose pointer events go to Gestures."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model.view_state import ViewState
from app.panels.control_keys import ALT, CONTROL, SHIFT
from app.panels.layout import PICTURE_TAG
from app.rendering.frames import Frame
from app.tools.gestures import Gestures
from app.tools.viewport import Point, PointerEvent, Viewport, modifiers_text
from app.viewer.native_window import GLFW_ICONIFIED, NativeWindow
from app.viewer.picture_texture import PictureTexture, build_mark, picture_texture
from app.window.picture_drawing import Overlays, PictureDrawing
from app.window.window import GlWindow

IMAGE = "picture.image"
BUTTONS = (1, 3, 2)  # Dear ImGui's left, right and middle as PointerEvent counts them
USED_S = 0.5  # after an event: highlights and tooltips follow it
UNDRAWN = (0, 0, 0, 0)  # backgrounds that the picture covers: in software each costs half as much as the picture
MOST_NOTCHES = 10  # of the wheel in one frame


class PicturePane:
    """Shows frames as PictureWindow does. Its hidden window tells of the screen, and of a display that is missing."""

    def __init__(self, title: str) -> None:
        """Raises DisplayError when no window can be opened here."""
        self._hidden = GlWindow(title, is_visible=False)
        self.screen_scale, self.screen = self._hidden.screen_scale, self._hidden.screen
        self._interface_scale = 1.0  # factor of the size of captions and handles
        self.needs_drawing = True
        self.needs_showing = False  # whether Dear PyGui's next frame brings a new picture
        self._size = (1, 1)
        self._is_shown = False
        self._gestures: Gestures | None = None  # until `connect`
        self._viewport: Callable[[], Viewport | None] = lambda: None
        self._point: Point = (0.0, 0.0)
        self._held: set[int] = set()  # buttons of a drag that began in the picture
        self._used_s = time.monotonic()  # when an event came last
        self._is_woken = False

    def build(self) -> None:
        """Add the panel; call before the controls' window opens."""
        self._mark = build_mark()
        with dpg.theme() as bare:
            with dpg.theme_component(dpg.mvWindowAppItem):
                dpg.add_theme_style(dpg.mvStyleVar_WindowPadding, 0, 0)
                dpg.add_theme_color(dpg.mvThemeCol_WindowBg, UNDRAWN)
            with dpg.theme_component(dpg.mvImageButton):
                dpg.add_theme_style(dpg.mvStyleVar_FramePadding, 0, 0)
                for color in (dpg.mvThemeCol_Button, dpg.mvThemeCol_ButtonHovered, dpg.mvThemeCol_ButtonActive):
                    dpg.add_theme_color(color, UNDRAWN)
        with dpg.window(
            label="Picture", tag=PICTURE_TAG, no_close=True, no_collapse=True, no_scrollbar=True,
            no_scroll_with_mouse=True,
        ):  # fmt: skip
            # a button, for a drag of a plain image would move a floating window
            dpg.add_image_button(self._mark, tag=IMAGE, uv_min=(0.0, 1.0), uv_max=(1.0, 0.0))
        dpg.bind_item_theme(PICTURE_TAG, bare)
        # before the panels' own handlers: their release ends the undo step, to which the last motion belongs
        with dpg.handler_registry():
            dpg.add_mouse_move_handler(callback=lambda: self._move())
            dpg.add_mouse_click_handler(callback=lambda sender, button: self._press(sender, button))
            dpg.add_mouse_release_handler(callback=lambda sender, button: self._release(sender, button))
            dpg.add_mouse_wheel_handler(callback=lambda sender, notches: self._scroll(sender, notches))

    def open(self, native: NativeWindow) -> None:
        """Take the texture; call after Dear PyGui's first frame."""
        self._native = native
        self._texture: PictureTexture = picture_texture(native, self._hidden, self._mark)
        self.drawing = PictureDrawing(self._texture.context)
        self.update()

    def connect(
        self, gestures: Gestures, viewport: Callable[[], Viewport | None],
        dropped: Callable[[list[Path], Point | None], None],
    ) -> None:  # fmt: skip
        """Send the pointer to `gestures`, and paths of files that are dropped on the window to `dropped`.

        Files that are dropped on the picture come with their position in it.
        """

        self._gestures, self._viewport = gestures, viewport

        def drop(paths: list[Path], place: Point) -> None:
            point = self._in_picture(place)
            is_inside = self._is_shown and all(0 <= at < size for at, size in zip(point, self._size, strict=True))
            dropped(paths, point if is_inside else None)

        self._native.on_drop(drop)

    def _event(self, button: int = 1, delta: Point = (0.0, 0.0), is_release: bool = False) -> PointerEvent:
        return PointerEvent(self._viewport(), self._point, button, delta, _modifiers(), is_release)

    def _follow_drag(self) -> None:
        """Move what is held after the pointer, without a frame of Dear PyGui, whose drawing would take its time."""
        if self.is_dragged and (pointer := self._native.pointer()) is not None:
            self._move(self._in_picture(pointer))

    @property
    def is_dragged(self) -> bool:
        """Whether a drag goes on that needs no frames of Dear PyGui: none of its buttons has been released yet."""
        return bool(self._held) and all(map(self._native.is_button_down, self._held))

    def _move(self, point: Point | None = None) -> None:
        before, self._point = self._point, point or self._position()
        if self._gestures and self._held and before != self._point:
            delta = self._point[0] - before[0], self._point[1] - before[1]
            self._gestures.move(self._event(delta=delta))

    def _press(self, _: object, button: int) -> None:
        if self._gestures and button < len(BUTTONS) and dpg.is_item_hovered(IMAGE):
            self._move()
            self._held.add(button)
            self._gestures.press(self._event(BUTTONS[button]))

    def _release(self, _: object, button: int) -> None:
        if self._gestures and button in self._held:
            self._move()
            self._held.discard(button)
            self._gestures.release(self._event(BUTTONS[button], is_release=True))

    def _scroll(self, _: object, notches: float) -> None:
        if self._gestures and dpg.is_item_hovered(IMAGE):
            self._point = self._position()
            notches = max(-MOST_NOTCHES, min(MOST_NOTCHES, notches))
            self._gestures.scroll(notches, self._event(), any(map(dpg.is_key_down, ALT)))

    # for the loop

    def takes_close(self) -> bool:
        """The controls' window alone is closed."""
        return False

    @property
    def is_iconified(self) -> bool:
        """Whether it cannot be seen: its window is minimized, or another tab lies over it."""
        return not self._is_shown or self._native.has_attribute(GLFW_ICONIFIED)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in Dear PyGui's pixels, as pointer positions are."""
        return self._size

    @property
    def pointer(self) -> Point | None:
        """Position of the pointer in the picture; None when it is outside or over something else."""
        return self._point if self._held or dpg.is_item_hovered(IMAGE) else None

    def update(self) -> None:
        """Fill the panel, whose size Dear PyGui knows after it has drawn it."""
        state = dpg.get_item_state(PICTURE_TAG)
        self._is_shown = bool(state["visible"])
        (left, top), (width, height) = state["pos"], state["rect_size"]
        inner_left, inner_top = dpg.get_item_rect_min(IMAGE)  # below the title or the tabs
        size = int(left + width - inner_left), int(top + height - inner_top)
        if self._is_shown and min(size) > 0 and size != self._size:
            self._size = size
            dpg.configure_item(IMAGE, width=size[0], height=size[1])
            self.needs_drawing = True
        self.needs_showing = False

    def set_interface_scale(self, scale: float) -> None:
        """Set the factor of the size of captions and handles."""
        self._interface_scale = scale
        self.needs_drawing = True

    def focus(self) -> None:
        """Give the picture the keyboard."""
        self._native.focus()
        dpg.focus_item(PICTURE_TAG)

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        dpg.set_clipboard_text(text)

    def make_current(self) -> None:
        """Make the GL context of the drawing current."""
        self._texture.make_current()

    @property
    def is_used(self) -> bool:
        """Whether an event came so lately that its window must be drawn often."""
        return bool(self._held) or time.monotonic() - self._used_s < USED_S

    def note_use(self) -> None:
        """An event came."""
        self._used_s = time.monotonic()

    def wait_events(self, timeout_s: float) -> None:
        """Sleep until an event arrives, `wake` is called, or the time is up."""
        self._is_woken, until_s = False, time.monotonic() + timeout_s
        if not self._native.wait_events(timeout_s):
            self._hidden.wait_events(timeout_s)
        if not self._is_woken and time.monotonic() < until_s - 1e-3:
            self.note_use()
        self._follow_drag()

    def wake(self) -> None:
        """End a wait; may be called from any thread."""
        self._is_woken = True
        if not self._native.wake():
            self._hidden.wake()

    def draw(self, frame: Frame | None, state: ViewState, overlays: Overlays) -> None:
        """Draw everything into the texture, which Dear PyGui's next frame shows."""
        self.make_current()
        self.needs_drawing, self.needs_showing = False, True
        target = self._texture.target(self._size)
        self.drawing.draw(target, self._size, (1.0, self._interface_scale), frame, state, overlays)
        self._texture.show()
        if dpg.get_item_configuration(IMAGE)["texture_tag"] != self._texture.item:
            dpg.configure_item(IMAGE, texture_tag=self._texture.item)
            self._texture.delete_earlier()

    def destroy(self) -> None:
        """End GLFW; call while Dear PyGui's context is still there."""
        self.make_current()
        self.drawing.release()
        self._hidden.destroy()

    def _position(self) -> Point:
        return self._in_picture(dpg.get_mouse_pos(local=False))

    def _in_picture(self, point: Sequence[float]) -> Point:  # in the window
        left, top = dpg.get_item_rect_min(IMAGE)
        return point[0] - left, point[1] - top


def _modifiers() -> str:
    return modifiers_text(*(any(map(dpg.is_key_down, pair)) for pair in (CONTROL, SHIFT, ALT)))
