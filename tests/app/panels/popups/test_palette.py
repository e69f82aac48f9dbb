"""The palette and the menus show the registry: titles, keys, and why something cannot run now."""

import dearpygui.dearpygui as dpg
import pytest

from app.panels.control_keys import LEFT_TO_FIELDS, NAMES, ControlKeys
from app.panels.file_menu import COMMANDS as FILE_MENU
from app.panels.file_menu import FIRST_COMMANDS
from app.panels.menu_bar import EDIT_COMMANDS, HELP_COMMANDS, PANEL_COMMANDS
from app.panels.popups.palette import BELOW, NUM_ROWS, TEXT, WINDOW
from app.panels.widgets import SEPARATOR, item_tag
from app.tools.commands.key_map import KeyMap, key_names
from app.tools.commands.registry import COMMANDS, command_of
from tests.app.panel_bench import use_widget


@pytest.fixture
def palette(bench, monkeypatch):
    monkeypatch.setattr(dpg, "is_item_active", lambda tag: tag == TEXT)  # without a display no window has the keyboard
    return bench.layout.palette


def rows():
    return [
        (dpg.get_item_label(f"palette.title{row}"), dpg.get_item_label(f"palette.keys{row}"))
        for row in range(NUM_ROWS)
        if dpg.get_item_configuration(f"palette.row{row}")["show"]
    ]


def chosen():
    return [row for row in range(NUM_ROWS) if dpg.get_value(f"palette.title{row}")]


def type_text(bench, text):
    use_widget(TEXT, text)
    bench.show()


def test_it_lists_titles_and_keys_and_enter_runs_the_chosen_one(bench, palette):
    palette.open(700)
    bench.show()
    assert dpg.get_item_configuration(WINDOW)["show"] and rows()[0][0] == COMMANDS[0].title and chosen() == [0]
    type_text(bench, "lamp add")
    assert rows()[0] == ("Add a lamp", "L")
    palette.key("RETURN")
    bench.store.apply()
    assert len(bench.store.state.light.lamps) == 1
    assert not palette.is_open and not dpg.get_item_configuration(WINDOW)["show"]


def test_arrows_choose_and_the_list_follows(bench, palette):
    palette.open(700)
    for _ in range(NUM_ROWS + 3):
        palette.key("DOWN")
    bench.show()
    assert chosen() == [NUM_ROWS - 1] and rows()[-1][0].startswith(COMMANDS[NUM_ROWS + 3].title)
    palette.key("UP")
    palette.key("PAGE_UP")
    bench.show()
    assert rows()[chosen()[0]][0].startswith(COMMANDS[3 + NUM_ROWS - 1 - NUM_ROWS].title)
    for _ in range(99):
        palette.key("PAGE_DOWN")
    bench.show()
    assert rows()[-1][0].startswith(COMMANDS[-1].title)


def test_what_cannot_run_says_why_and_stays(bench, palette):
    palette.open(700)
    type_text(bench, "undo")
    assert rows()[0] == ("Undo   ·   There is nothing to undo", "Ctrl+Z / Z")
    assert dpg.get_value(BELOW) == "There is nothing to undo"
    palette.key("RETURN")
    assert palette.is_open and bench.calls == []
    type_text(bench, "no such thing")
    palette.key("RETURN")
    assert rows() == [] and "No command" in dpg.get_value(BELOW)


def test_a_click_runs_and_escape_closes_and_gives_the_keyboard_back(bench, palette):
    closed = []
    palette.open(700, lambda: closed.append("closed"))
    type_text(bench, "frame the avatar")
    use_widget("palette.title0")
    assert bench.calls == ["cameras.frame"] and closed == ["closed"]
    palette.open(700, lambda: closed.append("again"))
    palette.key("ESCAPE")
    palette.close()
    assert closed == ["closed", "again"] and bench.calls == ["cameras.frame"]


def test_every_menu_entry_is_a_command_with_its_keys_and_reason(bench):
    ids = [*FIRST_COMMANDS, *FILE_MENU, *EDIT_COMMANDS, *PANEL_COMMANDS, *HELP_COMMANDS]
    for id in ids:
        if id == SEPARATOR:
            continue
        command, tag = command_of(id), item_tag(id)
        assert dpg.get_item_configuration(tag)["shortcut"] == KeyMap().text(command).split(" / ")[0]
        assert id == "session.save" or dpg.get_item_label(tag) == command.title
        reason = command.needs(bench.commands)
        assert dpg.get_item_configuration(f"{tag}.tip")["show"] == (reason is not None)
        assert dpg.get_value(f"{tag}.reason") == (reason or "")
    assert dpg.get_value(f"{item_tag('edit.undo')}.reason") == "There is nothing to undo"
    use_widget(item_tag("edit.undo"))
    assert bench.calls == [("say", "There is nothing to undo")]


# keys in the controls


class Receiver:
    def __init__(self):
        self.received = []

    def key(self, name, has_control=False, has_shift=False, has_alt=False):
        self.received.append((name, has_control, has_shift, has_alt))

    def key_up(self, name):
        self.received.append(name)


@pytest.fixture
def keyboard(bench, monkeypatch):
    """Presses and releases of Dear ImGui's keys, with the active and the focused widgets and the keys that are down."""

    class Keyboard:
        active, focused, held = (), (), ()

        def press(self, name):
            self.held = (*self.held, numbers[name])
            keys._press(numbers[name])

        def release(self, name):
            self.held = tuple(number for number in self.held if number != numbers[name])
            keys.update()

    numbers = {name: number for number, name in NAMES.items()}
    keyboard, receiver, menus_closed = Keyboard(), Receiver(), []
    keys = ControlKeys(bench.layout.popups, receiver, lambda: menus_closed.append(True))
    keyboard.menus_closed = menus_closed
    keys.build()
    keyboard.focused, keyboard.received, keyboard.update = (keys._focusable[0],), receiver.received, keys.update
    monkeypatch.setattr(dpg, "is_item_active", lambda item: item in keyboard.active)
    monkeypatch.setattr(dpg, "is_item_focused", lambda item: item in keyboard.focused)
    monkeypatch.setattr(dpg, "is_key_down", lambda key: key in keyboard.held)
    return keyboard


def test_every_key_of_the_registry_reaches_it_from_the_controls():
    assert set(key_names()) - set(NAMES.values()) == set(LEFT_TO_FIELDS)
    assert len(set(NAMES.values())) == len(NAMES)


def test_a_press_with_its_modifiers_is_passed_on_once_however_long_it_is_held(keyboard):
    keyboard.held = (dpg.mvKey_LControl, dpg.mvKey_RShift)
    for _ in range(3):
        keyboard.press("P")
    keyboard.release("P")
    assert keyboard.received == [("P", True, True, False), "P"]


def test_a_modifier_that_is_up_again_when_the_frame_is_drawn_counts(keyboard):
    keyboard.press("LEFT_SHIFT")
    keyboard.held = ()
    keyboard.press("6")
    keyboard.release("6")
    assert keyboard.received[1] == ("6", False, True, False) and keyboard.received[2:] == ["LEFT_SHIFT", "6"]


def test_keys_that_are_typed_into_a_field_run_no_command_nor_does_the_key_that_ends_typing(keyboard):
    keyboard.active = (dpg.get_alias_id("camera.name"),)
    keyboard.press("R")
    keyboard.release("R")
    keyboard.update()
    keyboard.active = ()  # Dear ImGui ends typing in the frame in which Esc is pressed
    keyboard.press("ESCAPE")
    keyboard.update()
    assert keyboard.received == ["R"]
    keyboard.release("ESCAPE")
    keyboard.press("ESCAPE")
    assert keyboard.received[2:] == [("ESCAPE", False, False, False)]


def test_open_lists_and_menus_keep_their_keys(keyboard):
    keyboard.focused = ()
    keyboard.press("SPACE")
    assert keyboard.received == [] == keyboard.menus_closed
    keyboard.press("ESCAPE")
    assert keyboard.received == [] and keyboard.menus_closed == [True]


def test_a_question_has_the_keys_and_the_press_that_asked_does_not_answer(bench, keyboard):
    given = []
    keyboard.press("RETURN")
    question = bench.layout.question
    question.ask("Save?", (("Save", lambda: given.append("saved")), ("Don't save", lambda: given.append("not"))), 700)
    keyboard.press("RETURN")  # repeats while it is held
    assert question.is_open and given == []
    question.ask("Another?", (("Save", lambda: given.append("another")),), 700)
    keyboard.release("RETURN")
    keyboard.press("L")
    keyboard.press("RETURN")
    assert given == ["saved"] and not question.is_open
    assert keyboard.received == [("RETURN", False, False, False), "RETURN"]
    question.ask("Save?", (("Save", lambda: given.append("saved")),), 700)
    keyboard.press("ESCAPE")
    assert given == ["saved"] and not question.is_open
    question.ask("Save?", (("Save", lambda: given.append("saved")), ("Don't save", lambda: given.append("not"))), 700)
    use_widget("question.1")
    assert given == ["saved", "not"] and not question.is_open


def test_while_the_palette_is_open_it_has_the_keys(bench, keyboard):
    bench.layout.palette.open(700)
    keyboard.press("DOWN")
    keyboard.press("DOWN")  # repeats while it is held
    assert keyboard.received == [] and bench.layout.palette._chosen == 2
    keyboard.press("ESCAPE")
    assert not bench.layout.palette.is_open and keyboard.received == []
