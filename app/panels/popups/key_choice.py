"""Which key a command is to have: press it; a command that has it already is named before it is taken away."""

import dearpygui.dearpygui as dpg

from app.model.preferences import MOST_CHORDS, mistake_in_chord
from app.panels.panel import PanelContext, show_options, show_value
from app.panels.popups.modal import Modal
from app.panels.theme import MUTED, SELECTED_THEME
from app.tools.commands.key_map import chord, face, is_in_fly_mode
from app.tools.commands.registry import command_of

WINDOW = "key_choice"
WIDTH_PX, TOP_PX, BUTTON_PX = 420, 120, 92
PRESS = "Press a key, with Ctrl, Shift or Alt where you like."
NONE = "none"


class KeyChoice(Modal):
    """A window that takes every key but Enter and Esc while it is open."""

    def __init__(self, context: PanelContext) -> None:
        super().__init__(WINDOW, self._replace)
        self._context = context
        self._id = ""
        self._pressed = ""  # the chord; "" before a key was pressed

    def build(self) -> None:
        """Add the window, hidden."""
        with dpg.window(
            label="Choose a key", tag=WINDOW, show=False, modal=True, autosize=True, no_collapse=True, no_docking=True,
            no_saved_settings=True, on_close=self.close,
        ):  # fmt: skip
            dpg.add_text("", tag="key_choice.command", wrap=WIDTH_PX)
            dpg.add_text("", tag="key_choice.now", wrap=WIDTH_PX, color=MUTED)
            dpg.add_text(PRESS, tag="key_choice.pressed", wrap=WIDTH_PX)
            dpg.add_spacer(height=4)
            with dpg.group(horizontal=True):
                for name, label, press in (
                    ("replace", "Use it", self._replace), ("add", "Use it, too", self._add),
                    ("none", "No key", lambda: self._keep(())), ("reset", "As at first", lambda: self._keep(None)),
                ):  # fmt: skip
                    dpg.add_button(label=label, tag=f"key_choice.{name}", width=BUTTON_PX, callback=press)

    def open(self, id: str, controls_width: int) -> None:
        """Ask for the key of a command."""
        self._id, self._pressed = id, ""
        dpg.bind_item_theme("key_choice.replace", SELECTED_THEME)  # Enter presses it
        show_value("key_choice.command", command_of(id).title.removesuffix("..."))
        keys = self._context.keys.text(command_of(id)) or NONE
        first = " / ".join(map(face, command_of(id).keys)) or NONE
        show_value("key_choice.now", f"Now: {keys}" + ("" if keys == first else f"   ·   at first: {first}"))
        self._show_pressed()
        self.show(dpg.get_item_configuration("key_choice.now")["wrap"], controls_width, TOP_PX)

    def key(self, name: str, modifiers: str = "") -> None:
        """Enter takes the key that was pressed, Esc closes; every other key is the one that is meant."""
        if name in ("ESCAPE", "RETURN"):
            super().key(name)
            return
        pressed = chord(name, *(held in modifiers.split("+") for held in ("Ctrl", "Shift", "Alt")))
        if mistake_in_chord(pressed) is None:
            self._pressed = pressed
            self._show_pressed()

    def _show_pressed(self) -> None:
        holder = self._context.keys.command_at(self._pressed)
        text = f"{face(self._pressed)}   ·   " if self._pressed else PRESS
        if self._pressed and holder is not None:
            is_own = holder.id == self._id
            text += "has this key now" if is_own else f"is taken: \u201c{holder.title}\u201d loses it"
        elif self._pressed:
            text += "is free" + ", but moves the camera while flying" * is_in_fly_mode(self._pressed)
        show_value("key_choice.pressed", text)
        for name in ("replace", "add"):
            show_options(f"key_choice.{name}", enabled=bool(self._pressed))

    def _replace(self) -> None:
        if self._pressed:
            self._keep((self._pressed,))

    def _add(self) -> None:
        """Use it beside the keys of now; where these are as many as can be, the first one goes."""
        if self._pressed:
            others = (key for key in self._context.keys.chords(command_of(self._id)) if key != self._pressed)
            self._keep((*others, self._pressed)[-MOST_CHORDS:])

    def _keep(self, chords: tuple[str, ...] | None) -> None:
        if not self.is_open:
            return
        self.close()
        self._context.commands.preferences.change(keys=self._context.keys.with_keys(self._id, chords))
        command = command_of(self._id)
        self._context.commands.say(
            f"{command.title.removesuffix('...')}: {self._context.keys.text(command) or 'no key'}"
        )
