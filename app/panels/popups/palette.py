"""The palette: every command by name, or other things to choose from. Type, arrows choose, Enter runs, Esc closes."""

from collections.abc import Callable, Sequence

import dearpygui.dearpygui as dpg

from app.panels.panel import PanelContext, show_options, show_value
from app.panels.theme import DIMMED_THEME, MUTED, RAISED_THEME
from app.tools.commands.command import Command, execute
from app.tools.commands.key_map import keys_of
from app.tools.commands.registry import COMMANDS, found

WINDOW, TEXT, BELOW = "palette", "palette.text", "palette.below"
NUM_ROWS = 20
WIDTH_PX, HEIGHT_PX, TOP_PX = 620, 445, 60
TITLE_SHARE = 0.76  # of the width; the rest is for the keys
LONGEST_REASON = 70  # characters
HINT = "part of a command's name"
NO_COMMAND = "No command of this name"


class Palette:
    """A small window over the panels that has the keyboard while it is open."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._offered: Sequence[Command] = COMMANDS
        self._found: list[Command] = []
        self._chosen = 0  # index in `_found`
        self._first = 0  # index in `_found` of the top row
        self._is_focused = False  # whether it has had the focus since it was opened
        self._scale = 1.0  # size of text and widgets, times the usual one
        self._closed: Callable[[], None] = lambda: None
        self.is_open = False

    def build(self) -> None:
        """Add the window, hidden."""
        with dpg.window(
            tag=WINDOW, show=False, no_title_bar=True, no_move=True, no_resize=True, no_collapse=True,
            no_docking=True, no_saved_settings=True,
        ):  # fmt: skip
            dpg.add_input_text(tag=TEXT, hint=HINT, width=-1, callback=lambda _, text: self.search(text))
            with dpg.table(header_row=False, policy=dpg.mvTable_SizingStretchProp):
                dpg.add_table_column(width_stretch=True, init_width_or_weight=TITLE_SHARE)
                dpg.add_table_column(width_stretch=True, init_width_or_weight=1.0 - TITLE_SHARE)
                for row in range(NUM_ROWS):
                    with dpg.table_row(tag=f"palette.row{row}"):
                        dpg.add_selectable(
                            tag=f"palette.title{row}", span_columns=True, user_data=row,
                            callback=lambda _, __, which: self._run(self._first + which),
                        )  # fmt: skip
                        dpg.add_selectable(
                            tag=f"palette.keys{row}", enabled=False
                        )  # a selectable is level with the title
            dpg.add_text("", tag=BELOW, color=MUTED)
        with dpg.handler_registry():
            dpg.add_mouse_wheel_handler(callback=lambda _, notches: self.is_open and self._choose(-round(notches)))

    def open(
        self,
        controls_width: int,
        closed: Callable[[], None] = lambda: None,
        offered: Sequence[Command] = COMMANDS,
        hint: str = HINT,
    ) -> None:
        """Show what is offered and take the keyboard; `closed` is called when it is closed again."""
        self._closed, self.is_open, self._is_focused = closed, True, False
        self._offered = offered
        show_options(TEXT, hint=hint)
        dpg.bind_item_theme(WINDOW, RAISED_THEME)
        show_value(TEXT, "")
        self.search("")
        width, height, top = (round(length * self._scale) for length in (WIDTH_PX, HEIGHT_PX, TOP_PX))
        left = max(0, (controls_width - width) // 2)
        dpg.configure_item(WINDOW, show=True, pos=[left, top], width=min(width, controls_width), height=height)

    def close(self) -> None:
        """Hide it."""
        if self.is_open:
            self.is_open = False
            dpg.configure_item(WINDOW, show=False)
            self._closed()

    def search(self, text: str) -> None:
        """List what holds every word of the text."""
        self._found = found(text, self._offered)
        self._chosen = self._first = 0

    def key(self, name: str, modifiers: str = "") -> None:
        """A key went down or repeats while the palette is open."""
        if name == "ESCAPE":
            self.close()
        elif name == "RETURN":
            self._run(self._chosen)
        elif name in ("UP", "DOWN"):
            self._choose(1 if name == "DOWN" else -1)
        elif name in ("PAGE_UP", "PAGE_DOWN"):
            self._choose(NUM_ROWS if name == "PAGE_DOWN" else -NUM_ROWS)

    def scale(self, scale: float) -> None:
        """Size of text and widgets, times the usual one, from the next opening on."""
        self._scale = scale

    def sync(self) -> None:
        """Show the rows, and keep the keyboard until another window is clicked. Call before each drawing."""
        if not self.is_open:
            return
        self._keep_keyboard()
        for row in range(NUM_ROWS):
            index = self._first + row
            show_options(f"palette.row{row}", show=index < len(self._found))
            if index < len(self._found):
                self._show(row, self._found[index], index == self._chosen)
        show_value(BELOW, self._text_below())

    def _text_below(self) -> str:
        """Why the chosen command cannot run, else how many rows follow below."""
        if not self._found:
            return NO_COMMAND
        more = len(self._found) - self._first - NUM_ROWS
        reason = self._reason(self._found[self._chosen])
        return reason or (f"{more} more" if more > 0 else "")

    def _show(self, row: int, command: Command, is_chosen: bool) -> None:
        reason = self._reason(command)
        short = reason if reason is None or len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 1] + "…"
        show_options(f"palette.title{row}", label=command.title if short is None else f"{command.title}   ·   {short}")
        dpg.bind_item_theme(f"palette.title{row}", 0 if reason is None else DIMMED_THEME)
        show_value(f"palette.title{row}", is_chosen)
        show_options(f"palette.keys{row}", label=keys_of(self._context.commands).text(command))

    def _reason(self, command: Command) -> str | None:
        reason = command.needs(self._context.commands)
        return None if reason is None else keys_of(self._context.commands).filled(reason)

    def _keep_keyboard(self) -> None:
        is_focused = dpg.is_item_focused(WINDOW) or dpg.is_item_active(TEXT)
        if not self._is_focused:
            self._is_focused = dpg.is_item_active(TEXT)
            if not self._is_focused:
                dpg.focus_item(TEXT)
        elif not is_focused:
            self.close()

    def _choose(self, steps: int) -> None:
        self._chosen = max(0, min(len(self._found) - 1, self._chosen + steps))
        self._first = max(self._chosen - NUM_ROWS + 1, min(self._first, self._chosen))

    def _run(self, index: int) -> None:
        """Close and run a command of the list; nothing happens where it cannot run."""
        if index < len(self._found):
            command = self._found[index]
            if command.needs(self._context.commands) is None:
                self.close()
                execute(command, self._context.commands)
