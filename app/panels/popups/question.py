"""A question over the panels: a text and up to three answers. Enter gives the first, Esc takes the question back."""

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app.panels.panel import show_options, show_value
from app.panels.popups.modal import Modal
from app.panels.theme import SELECTED_THEME

WINDOW, TEXT = "question", "question.text"
WIDTH_PX, TOP_PX, BUTTON_PX = 380, 120, 116
CANCEL = "Cancel"
MOST_ANSWERS = 2  # beside Cancel

Answer = tuple[str, Callable[[], None]]  # what a button says, and what it does


class Question(Modal):
    """A window that has the keyboard until it is answered."""

    def __init__(self) -> None:
        super().__init__(WINDOW, lambda: self._give(0))
        self._answers: tuple[Answer, ...] = ()

    def build(self) -> None:
        """Add the window, hidden."""
        with dpg.window(
            tag=WINDOW, show=False, modal=True, autosize=True, no_title_bar=True, no_move=True, no_docking=True,
            no_saved_settings=True,
        ):  # fmt: skip
            dpg.add_text("", tag=TEXT, wrap=WIDTH_PX)
            dpg.add_spacer(height=4)
            with dpg.group(horizontal=True):
                for number in range(MOST_ANSWERS):
                    dpg.add_button(
                        tag=f"question.{number}", width=BUTTON_PX, user_data=number,
                        callback=lambda _, __, which: self._give(which),
                    )  # fmt: skip
                dpg.add_button(label=CANCEL, tag="question.cancel", width=BUTTON_PX, callback=self.close)

    def ask(self, text: str, answers: tuple[Answer, ...], controls_width: int) -> None:
        """Show the question, unless one stands already."""
        if self.is_open:
            return
        self._answers = answers
        dpg.bind_item_theme("question.0", SELECTED_THEME)  # Enter gives it
        show_value(TEXT, text)
        for number in range(MOST_ANSWERS):
            is_used = number < len(answers)
            show_options(f"question.{number}", show=is_used, label=answers[number][0] if is_used else "")
        self.show(dpg.get_item_configuration(TEXT)["wrap"], controls_width, TOP_PX)

    def _give(self, number: int) -> None:
        if self.is_open and number < len(self._answers):
            self.close()
            self._answers[number][1]()
