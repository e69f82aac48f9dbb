"""Keys that are pressed while the controls have the focus; they do the same as in the picture."""

from collections.abc import Callable, Sequence
from typing import Protocol

import dearpygui.dearpygui as dpg

from app.panels.layout import PICTURE_TAG
from app.panels.panel import Popup
from app.tools.viewport import modifiers_text

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Dear ImGui's number of a key -> its name in the registry of commands; Dear PyGui's own constants lack some
NAMES: dict[int, str] = {
    dpg.mvKey_Left: "LEFT", dpg.mvKey_Right: "RIGHT", dpg.mvKey_Up: "UP", dpg.mvKey_Down: "DOWN", 517: "PAGE_UP",
    518: "PAGE_DOWN", dpg.mvKey_Home: "HOME", dpg.mvKey_End: "END", dpg.mvKey_Delete: "DELETE",
    dpg.mvKey_Back: "BACKSPACE", dpg.mvKey_Spacebar: "SPACE", dpg.mvKey_Return: "RETURN", dpg.mvKey_Escape: "ESCAPE",
    dpg.mvKey_LShift: "LEFT_SHIFT", dpg.mvKey_RShift: "RIGHT_SHIFT", dpg.mvKey_Comma: "COMMA",
    dpg.mvKey_Minus: "MINUS", dpg.mvKey_Period: "PERIOD", dpg.mvKey_Slash: "SLASH", 602: "EQUAL",
    601: "SEMICOLON", dpg.mvKey_Backslash: "BACKSLASH", dpg.mvKey_Insert: "INSERT",
    dpg.mvKey_Open_Brace: "LEFT_BRACKET", dpg.mvKey_Close_Brace: "RIGHT_BRACKET",
    **{dpg.mvKey_0 + digit: str(digit) for digit in range(10)},
    **{dpg.mvKey_A + index: letter for index, letter in enumerate(_LETTERS)},
    **{dpg.mvKey_F1 + index: f"F{index + 1}" for index in range(12)},
}  # fmt: skip
LEFT_TO_FIELDS = ("TAB",)  # keys of the registry that do nothing in a panel: Tab moves to the next text field
OVER_PICTURE = {dpg.mvKey_Tab: "TAB"}  # keys that reach the registry while the picture has the keyboard
# kinds of widgets that can be typed into, some after Ctrl+click
TYPED = ("InputText", "InputInt", "InputFloat", "SliderFloat", "SliderInt", "DragFloat", "DragInt", "ColorEdit")
FOCUSABLE = ("WindowAppItem", "Listbox", "ChildWindow")  # one of these has the focus unless a list or menu is open

ANSWERS = ("RETURN", "ESCAPE")
CONTROL, SHIFT, ALT = (
    (dpg.mvKey_LControl, dpg.mvKey_RControl), (dpg.mvKey_LShift, dpg.mvKey_RShift), (dpg.mvKey_LAlt, dpg.mvKey_RAlt),
)  # fmt: skip


class KeyReceiver(Protocol):
    """Takes keys: Gestures, or a test."""

    def key(self, name: str, has_control: bool = False, has_shift: bool = False, has_alt: bool = False) -> None:
        """A key went down."""

    def key_up(self, name: str) -> None:
        """A key went up."""


class ControlKeys:
    """Sends keys to the popup that is open, else to `receiver` while no field is being typed into."""

    def __init__(self, popups: Sequence[Popup], receiver: KeyReceiver, close_menus: Callable[[], None]) -> None:
        """`popups`: of which one is open, or none; `close_menus` closes open lists, menus and color pickers."""
        self._popups, self._receiver, self._close_menus = popups, receiver, close_menus
        self._held: set[int] = set()
        self._is_busy = False  # whether a field, list or menu had the keys when the last frame was drawn

    def build(self) -> None:
        """Add the handler; call after all widgets are built."""
        self._typed = _items(TYPED)
        self._focusable = _items(FOCUSABLE)
        with dpg.handler_registry():
            dpg.add_key_press_handler(callback=lambda _, key: self._press(key))

    def update(self) -> None:
        """Release the keys that are up again. Call after each drawing and its callbacks."""
        for key in [key for key in self._held if not dpg.is_key_down(key)]:
            self._held.discard(key)
            if (name := NAMES.get(key)) is not None:
                self._receiver.key_up(name)
        # the key that ends typing must not run a command: Esc would let go of a limb
        self._is_busy = self._is_typing_or_choosing()

    def _press(self, key: int) -> None:
        is_repeated = key in self._held
        self._held.add(key)
        name = NAMES.get(key) or (OVER_PICTURE.get(key) if _is_picture_focused() else None)
        if name is None:
            return
        if (popup := next((popup for popup in self._popups if popup.is_open), None)) is not None:
            if not is_repeated or name not in ANSWERS:  # the key that opened it must not answer it
                popup.key(name, modifiers_text(*(self._is_held(*pair) for pair in (CONTROL, SHIFT, ALT))))
        elif not is_repeated and not self._is_busy and not self._is_typing_or_choosing():
            self._receiver.key(name, *(self._is_held(*pair) for pair in (CONTROL, SHIFT, ALT)))
        elif name == "ESCAPE":
            self._close_menus()

    def _is_held(self, left: int, right: int) -> bool:
        """Whether either key is down, or was when the frame began: a quick press may be over by now."""
        return any(key in self._held or dpg.is_key_down(key) for key in (left, right))

    def _is_typing_or_choosing(self) -> bool:
        is_typing = any(dpg.is_item_active(item) for item in self._typed)
        return is_typing or not any(dpg.is_item_focused(item) for item in self._focusable)


def _is_picture_focused() -> bool:
    return dpg.does_item_exist(PICTURE_TAG) and bool(dpg.is_item_focused(PICTURE_TAG))


def _items(kinds: tuple[str, ...]) -> list[int]:
    """All widgets whose type begins with one of these names."""
    names = tuple(f"mvAppItemType::mv{kind}" for kind in kinds)
    return [item for item in dpg.get_all_items() if dpg.get_item_type(item).startswith(names)]
