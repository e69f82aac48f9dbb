"""The window that asks for a key names who has it, and keeps what is chosen; menus and tooltips follow."""

import dearpygui.dearpygui as dpg

from app.panels.panel import NamingKeys
from app.tools.commands.key_map import KeyMap
from app.tools.commands.registry import command_of
from tests.app.panel_bench import use_widget


def ask(bench, id="light.add_lamp", *presses):
    choice = bench.layout.key_choice
    choice.open(id, 800)
    for name, modifiers in presses:
        choice.key(name, modifiers)
    return choice


def texts_of(bench, id):
    return bench.layout._context.keys.text(command_of(id))


def shown():
    return dpg.get_value("key_choice.pressed")


def test_a_free_key_is_taken_by_enter_and_said(bench):
    choice = ask(bench, "light.add_lamp", ("LEFT_CONTROL", "Ctrl"), ("J", "Ctrl+Shift"))
    assert shown() == "Ctrl+Shift+J   ·   is free"
    choice.key("RETURN")
    assert not choice.is_open and texts_of(bench, "light.add_lamp") == "Ctrl+Shift+J"
    assert bench.calls[-1] == ("say", "Add a lamp: Ctrl+Shift+J")


def test_who_has_the_key_is_named_before_it_is_taken(bench):
    choice = ask(bench, "light.add_lamp", ("Z", "Ctrl"))
    assert "taken: \u201cUndo\u201d loses it" in shown()
    choice.key("ESCAPE")
    assert texts_of(bench, "edit.undo") == "Ctrl+Z / Z"
    ask(bench, "light.add_lamp", ("Z", "Ctrl"))
    use_widget("key_choice.add")
    assert texts_of(bench, "light.add_lamp") == "L / Ctrl+Z" and texts_of(bench, "edit.undo") == "Z"
    bench.show()
    assert dpg.get_item_configuration("menu.edit.undo")["shortcut"] == "Z"


def test_no_key_and_the_first_keys_again(bench):
    ask(bench)
    use_widget("key_choice.none")
    bench.show()
    tips = [text for text in tooltips() if "in the picture. Drag its sun" in text]
    assert tips and tips[0].startswith("\u201cAdd a lamp\u201d in")
    ask(bench)
    assert dpg.get_value("key_choice.now") == "Now: none   ·   at first: L"
    use_widget("key_choice.reset")
    bench.show()
    assert texts_of(bench, "light.add_lamp") == "L" and bench.commands.preferences.now.keys == ()
    assert next(text for text in tooltips() if "in the picture. Drag its sun" in text).startswith("L in")


def test_without_a_key_enter_keeps_the_question_open_and_fly_keys_are_named(bench):
    choice = ask(bench)
    choice.key("RETURN")
    assert choice.is_open and not dpg.get_item_configuration("key_choice.replace")["enabled"]
    choice.key("W")
    assert "moves the camera while flying" in shown()


def test_every_tooltip_names_keys_of_commands_only(bench):
    named = [
        naming.text for item in dpg.get_all_items() if isinstance(naming := dpg.get_item_user_data(item), NamingKeys)
    ]
    assert any("{" in text for text in named) and not [text for text in named if "{" in KeyMap().filled(text)]


def tooltips():
    return [dpg.get_value(item) for item in dpg.get_all_items() if isinstance(dpg.get_item_user_data(item), NamingKeys)]
