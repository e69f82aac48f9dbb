"""Commands by keys in the controls and by the palette, in the real windows."""

import time

import numpy as np

from tests.app.desktop import WINDOW_MARKS

pytestmark = WINDOW_MARKS
HELP_MENU, FIRST_ITEM = (159, 14), (180, 46)  # in the controls, pixels; Dear PyGui does not say where menus are

AFTER_CLOSING_S = 1.0  # a key that comes with the frame that closes a popup goes nowhere


def press(viewer, *names):
    """Press keys in the window that has the keyboard."""
    for name in names:
        viewer.desktop.pointer("key", name)


def type_text(viewer, text):
    viewer.desktop.pointer("type", "--delay", "60", text)


def has_palette(viewer):
    return "palette.text" in viewer.last("widgets")["value"]


def test_keys_work_while_the_controls_have_the_focus(viewer):
    viewer.settled()
    viewer.click("view.normal")
    viewer.settled(buffer="normal")
    start_s = viewer.last("shown")["clip_s"]
    press(viewer, "space")
    viewer.wait("a later pose", lambda: viewer.last("shown")["clip_s"] != start_s)
    press(viewer, "space")
    viewer.settled()
    press(viewer, "shift+6", "bracketright", "1")
    viewer.settled(lambda event: event["compare"][0], buffer="radiance")
    press(viewer, "c")
    viewer.settled(lambda event: not event["compare"][0])


def test_held_keys_fly_from_the_controls(viewer):
    viewer.click("view.albedo")
    start = viewer.settled(buffer="albedo")["camera"]
    press(viewer, "shift+f")
    viewer.desktop.pointer("keydown", "e")
    viewer.wait("a higher camera", lambda: viewer.last("shown")["camera"][4] > start[4] + 0.1)
    viewer.desktop.pointer("keyup", "e")
    rest = viewer.settled(flies=True)["camera"]
    press(viewer, "Escape", "z", "1")
    assert viewer.settled(buffer="radiance", flies=False)["camera"] == start != rest


def test_what_is_typed_into_a_field_runs_nothing_and_escape_there_ends_nothing(viewer):
    start_s = viewer.settled()["clip_s"]
    viewer.click("view.normal")
    viewer.settled(buffer="normal")
    viewer.click("record.path")
    type_text(viewer, "r 2")
    press(viewer, "Escape")
    viewer.click("view.albedo")
    event = viewer.settled(buffer="albedo")
    assert event["clip_s"] == start_s and viewer.last("recording")["value"]["state"] == "idle"
    press(viewer, "1")
    viewer.settled(buffer="radiance")


def test_the_palette_opens_over_the_picture_runs_a_command_and_gives_the_keyboard_back(viewer):
    viewer.key("ctrl+shift+p")
    viewer.wait("the palette", lambda: has_palette(viewer))
    viewer.keep("palette")
    type_text(viewer, "lamp add")
    viewer.keep("palette_typed")
    press(viewer, "Return")
    viewer.settled(lambda event: len(event["lamps"]) == 1)
    viewer.wait("the palette's end", lambda: not has_palette(viewer))
    press(viewer, "2")  # in the picture again
    viewer.settled(buffer="albedo")
    press(viewer, "Delete", "1")
    viewer.settled(lambda event: event["lamps"] == [], buffer="radiance")


def test_the_palette_opens_from_the_controls_and_escape_closes_it_alone(viewer):
    viewer.click("view.normal")
    viewer.settled(buffer="normal")
    press(viewer, "ctrl+shift+p")
    viewer.wait("the palette", lambda: has_palette(viewer))
    type_text(viewer, "undo")
    viewer.keep("palette_reason")
    press(viewer, "Escape")
    viewer.wait("the palette's end", lambda: not has_palette(viewer))
    time.sleep(AFTER_CLOSING_S)
    press(viewer, "ctrl+shift+p")
    viewer.wait("the palette", lambda: has_palette(viewer))
    type_text(viewer, "show")
    press(viewer, "Down", "Return")
    viewer.settled(buffer="albedo")
    press(viewer, "1")
    viewer.settled(buffer="radiance")


def test_the_palette_opens_from_the_menu_help_and_a_click_in_another_panel_closes_it(viewer):
    for point in (HELP_MENU, FIRST_ITEM):
        viewer.drag("panels", point, point)
    viewer.wait("the palette", lambda: has_palette(viewer))
    viewer.keep("palette_from_menu")
    type_text(viewer, "depth show")
    press(viewer, "Return")
    viewer.settled(buffer="depth")
    press(viewer, "ctrl+shift+p")
    viewer.wait("the palette", lambda: has_palette(viewer))
    viewer.click("view.albedo")
    viewer.wait("the palette's end", lambda: not has_palette(viewer))
    viewer.click("view.albedo")
    viewer.settled(buffer="albedo")


def test_escape_closes_an_open_menu(viewer):
    viewer.settled()
    viewer.click("view.albedo")
    viewer.settled(buffer="albedo")

    def below_the_menu():
        return viewer.desktop.picture(viewer.windows["panels"])[34:80, HELP_MENU[0] - 10 : HELP_MENU[0] + 120]

    closed = below_the_menu()
    viewer.drag("panels", HELP_MENU, HELP_MENU)
    viewer.wait("the menu", lambda: not np.array_equal(below_the_menu(), closed))
    viewer.keep("menu_open")
    press(viewer, "Escape")
    viewer.desktop.pointer("mousemove_relative", "--", "0", "300")  # off the menu bar
    viewer.wait("the menu's end", lambda: np.array_equal(below_the_menu(), closed))
    press(viewer, "1")
    viewer.settled(buffer="radiance")


def has_key_choice(viewer):
    return "key_choice.replace" in viewer.last("widgets")["value"]


def test_a_key_that_is_chosen_runs_its_command_until_all_are_as_at_first(viewer):
    viewer.key("1", "ctrl+j")
    viewer.settled(buffer="radiance")
    viewer.key("ctrl+shift+p")
    viewer.wait("the palette", lambda: has_palette(viewer))
    type_text(viewer, "choose keys")
    press(viewer, "Return")
    time.sleep(AFTER_CLOSING_S)  # the palette asks anew, for which command
    type_text(viewer, "show depth")
    press(viewer, "Return")
    viewer.wait("the question", lambda: has_key_choice(viewer))
    press(viewer, "ctrl+j")
    time.sleep(AFTER_CLOSING_S)
    viewer.keep("key_choice")
    press(viewer, "Return")
    viewer.wait("the question's end", lambda: not has_key_choice(viewer))
    time.sleep(AFTER_CLOSING_S)
    press(viewer, "ctrl+j")  # in the controls
    viewer.settled(buffer="depth")
    viewer.key("1")
    viewer.settled(buffer="radiance")
    viewer.key("ctrl+j")
    viewer.settled(buffer="depth")
    viewer.key("ctrl+shift+p")
    viewer.wait("the palette", lambda: has_palette(viewer))
    type_text(viewer, "all keys as")
    press(viewer, "Return")
    viewer.wait("the palette's end", lambda: not has_palette(viewer))
    viewer.key("1")
    viewer.settled(buffer="radiance")
    viewer.key("ctrl+j", "2")
    viewer.settled(buffer="albedo")
