"""The controls: their window with its theme and size, and what commands do with both windows."""

from collections.abc import Callable, Sequence

from app.files.preferences import Appearance, keep_appearance, next_theme, read_appearance, step_scale
from app.panels.control_keys import KeyReceiver
from app.panels.layout import PanelLayout
from app.panels.panel import PanelContext
from app.panels.popups.question import Answer
from app.tools.commands.command import Command
from app.tools.commands.context import CommandContext
from app.tools.commands.key_map import key_choices
from app.viewer.panel_window import PanelWindow
from app.viewer.picture_pane import PicturePane
from app.viewer.system_dialogs import SystemDialogs
from app.window.window import Area

TITLE = "PhyNES Viewer - controls"


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

    def open(
        self, area: Area, commands: CommandContext, keys: KeyReceiver, title: str = TITLE,
        pane: PicturePane | None = None,
    ) -> None:  # fmt: skip
        """Open the window, with the picture in it if there is a `pane`; from then on it is `window`."""
        dialogs = SystemDialogs(commands.preferences, self._say)
        layout = PanelLayout(PanelContext(commands))
        self.window = PanelWindow(layout, keys, dialogs, title, area, self.scale, self.close, pane)
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

    def choose_key(self) -> None:
        """Ask for which command, then which key it is to have."""
        self.show_choice("the command that gets another key", key_choices())

    def ask_key(self, id: str) -> None:
        """Ask which key a command is to have."""
        self.window.ask_key(id)

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
