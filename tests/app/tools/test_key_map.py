"""Chosen keys: they run their command, others lose them, and every text names them."""

import json

import pytest

from app.files.preferences import PREFERENCES_FILE, KeptPreferences
from app.files.records import RecordError, from_record
from app.files.settings import settings_folder
from app.model.preferences import ChosenKeys, Preferences
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.commands.key_map import KeyMap, key_choices, key_map
from app.tools.commands.registry import COMMANDS, command_of, run
from app.tools.key_table import key_table
from tests.app.fake_commands import FixedPreferences, PictureEvents, fake_commands

ADD, FRAME, UNDO = (command_of(id) for id in ("light.add_lamp", "camera.frame", "edit.undo"))
CHOSEN = (ChosenKeys(ADD.id, ("F", "Ctrl+F5")),)


def test_a_chosen_key_runs_its_command_and_no_other():
    store = Store(ViewState())
    events = PictureEvents(fake_commands(store, calls := [], preferences=FixedPreferences(keys=CHOSEN)))
    for name in ("L", "F"):
        events.key(name)
    events.key("F5", has_control=True)
    store.apply()
    assert len(store.state.light.lamps) == 2 and calls == [], "F and Ctrl+F5 add a lamp, L does no longer"


def test_texts_and_pages_name_the_keys_in_use():
    keys = KeyMap(CHOSEN)
    assert keys.text(ADD) == "F / Ctrl+F5" and keys.text(FRAME) == ""
    assert keys.filled("{light.add_lamp}, {camera.frame}, {edit.undo}, {no.such}, {brace}") == (
        "F, \u201cFrame what is held, or the whole avatar\u201d, Ctrl+Z, {no.such}, {brace}"
    )
    assert ("F / Ctrl+F5", "add a lamp") in keys.help_lines() and "`F` / `Ctrl+F5` | add a lamp" in key_table(keys)
    assert "frame the held limb" not in key_table(keys)


def test_every_key_that_a_text_names_is_one():
    context = fake_commands(Store(ViewState()))
    reasons = [reason for command in COMMANDS if (reason := command.needs(context)) is not None]
    assert any("{" in reason for reason in reasons)
    assert not [reason for reason in reasons if "{" in KeyMap().filled(reason)]


def test_a_run_of_keys_with_a_gap_is_written_out():
    keys = KeyMap((ChosenKeys("display.albedo", ("Alt+F1",)),))
    line = next(faces for faces, text in keys.help_lines() if text.startswith("radiance"))
    assert line.startswith("1 / Alt+F1 / 3 /") and "..." not in line


def test_taking_a_key_takes_it_from_whoever_has_it_and_a_reset_gives_it_back():
    keys = KeyMap(KeyMap(CHOSEN).with_keys(UNDO.id, ("F",)))
    assert keys.text(ADD) == "Ctrl+F5" and keys.text(UNDO) == "F" and keys.text(FRAME) == ""
    back = KeyMap(keys.with_keys(FRAME.id, None))
    assert back.text(FRAME) == "F" and back.text(UNDO) == ""
    assert KeyMap(back.with_keys(UNDO.id, None)).with_keys(ADD.id, ("L",)) == ()


def test_what_a_newer_viewer_chose_and_the_key_that_lets_go_are_passed_over():
    keys = KeyMap((ChosenKeys("moon.walk", ("L",)), ChosenKeys("window.let_go", ("F1",))))
    assert keys.text(ADD) == "L" and keys.text(command_of("window.let_go")) == "Esc"
    assert "window.let_go" not in {choice.id for choice in key_choices()}


def test_keys_are_kept_and_reset(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    kept = KeptPreferences()
    kept.change(keys=CHOSEN)
    assert KeptPreferences().now.keys == CHOSEN and key_map(CHOSEN) is key_map(KeptPreferences().now.keys)
    context = fake_commands(preferences=kept, say=(said := []).append)
    run("window.reset_keys", context)
    run("window.reset_keys", context)
    assert KeptPreferences().now == Preferences() and said == ["All keys are as at first"] * 2
    assert "keys" not in json.loads((settings_folder() / PREFERENCES_FILE).read_text())


@pytest.mark.parametrize(
    "keys, says",
    [
        ([{"command": "Light!", "chords": []}], "keys[0].command: expected the id of a command"),
        ([{"command": "light.add_lamp", "chords": ["Shift+Ctrl+L"]}], "keys[0].chords[0]: expected a key such as L"),
        ([{"command": "light.add_lamp", "chords": ["ESCAPE"]}], "keys[0].chords[0]: expected a key such as L"),
        ([{"command": "a.b", "chords": ["L"]}, {"command": "c.d", "chords": ["L"]}], "key once, got L again"),
        ([{"command": "a.b"}, {"command": "a.b"}], "command once, got a.b again"),
        ([{"command": "a.b", "chords": ["A"] * 9}], "at most 8"),
    ],
)
def test_a_file_of_wrong_keys_is_refused(keys, says):
    with pytest.raises(RecordError) as refused:
        from_record(Preferences, {"keys": keys})
    assert says in str(refused.value)
