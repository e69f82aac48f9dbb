"""The registry of commands: ids, keys, titles and help agree with what commands do and with docs/keys.md."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from app.model.avatar_row import BodyState
from app.model.edits import edit_camera, edit_display
from app.model.lamps import MAX_LAMPS, LampState
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.commands.command import execute
from app.tools.commands.context import ADD_AVATAR
from app.tools.commands.key_map import KeyMap, chord, key_names
from app.tools.commands.registry import (
    COMMANDS,
    GROUPS,
    command_of,
    found,
    run,
)
from app.tools.key_table import key_table
from tests.app.fake_commands import Clip, Recorded, fake_commands

KEYS = KeyMap()
KEYS_FILE = Path(__file__).resolve().parents[3] / "docs" / "keys.md"


def test_ids_and_chords_are_unique():
    ids = Counter(command.id for command in COMMANDS)
    chords = Counter(pressed for command in COMMANDS for pressed in command.keys)
    assert [name for name, count in (ids + chords).items() if count > 1] == []


def test_every_command_has_an_id_by_subject_and_a_title():
    for command in COMMANDS:
        subject, dot, what = command.id.partition(".")
        assert subject and dot and what and command.id == command.id.lower().replace(" ", "_")
        assert command.title[0].isupper() and len(command.title) < 60
    assert max(Counter(command.title for command in COMMANDS).values()) == 1


def test_every_chord_is_spelled_as_a_press_is():
    for command in COMMANDS:
        assert command_of(command.id) is command
        for pressed in command.keys:
            *held, key = pressed.split("+")
            assert chord(key, "Ctrl" in held, "Shift" in held, "Alt" in held) == pressed
            assert KEYS.command_at(pressed) is command and key in key_names()


def test_a_chord_includes_its_modifiers():
    assert KEYS.command_at("W") is None  # a key of fly mode
    assert KEYS.command_at("Ctrl+W") is command_of("window.close")


def test_docs_keys_is_what_the_registry_writes():
    text = KEYS_FILE.read_text(encoding="utf-8")
    assert text == key_table(KEYS), "write it anew: python -m app.tools.key_table > docs/keys.md"


def test_help_says_each_thing_once_and_shortly():
    descriptions = [description for _, description in KEYS.help_lines()]
    assert len(set(descriptions)) == len(descriptions)
    assert max(len(description) for description in descriptions) < 90


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_command_runs_or_says_why_it_cannot(command):
    """In a viewer that just started: no lamp, no clip, nothing to undo, no lost session, no export."""
    state = edit_camera(edit_display(ViewState(), buffer="coverage"), azimuth_deg=33.0)
    calls, store = [], Store(state)
    idle = Recorded("sessions", calls)
    idle.can_restore = False
    poses = Recorded("poses", calls)
    poses.has_choices = False
    context = fake_commands(store, calls, sessions=idle, poses=poses, environments=("a.exr",), avatars=("b.ckpt",))
    reason = command.needs(context)
    assert store.state == state and not calls, "needs changes nothing"
    execute(command, context)
    if reason is not None:
        assert calls == [("say", KEYS.filled(reason))] and not store.apply()
        assert reason[0].isupper() and not reason.endswith(".")
    else:
        assert store.apply() or calls


def test_during_an_export_no_other_starts_and_it_can_be_cancelled():
    calls = []
    busy = Recorded("exports", calls)
    busy.is_running = True
    context = fake_commands(calls=calls, exports=busy)
    run("export.video", context)
    run("export.picture", context)
    run("export.cancel", context)
    assert [call[0] for call in calls[:2]] == ["say", "say"] and "Shift+R" in calls[0][1]
    assert calls[2:] == ["exports.cancel"]


def test_a_command_is_one_undo_step():
    store = Store(ViewState())
    context = fake_commands(store)
    for _ in range(2):
        run("light.add_lamp", context)
    store.apply()
    run("edit.undo", context)
    assert len(store.state.light.lamps) == 1
    run("edit.redo", context)
    assert len(store.state.light.lamps) == 2


def test_commands_of_the_clip_know_its_length():
    store = Store(ViewState())
    run("clip.to_end", fake_commands(store, clock=Clip(2.0, 30.0)))
    store.apply()
    assert store.state.body.time_s == 2.0


def test_nothing_plays_without_a_clip_and_a_message_says_so():
    said, store = [], Store(ViewState())
    run("clip.play", fake_commands(store, say=said.append))
    store.apply()
    assert not store.state.body.playing and "no clip" in said[0]
    store = Store(replace(ViewState(), body=BodyState("/a.ckpt", "/walk.npz")))
    run("clip.play", fake_commands(store))
    store.apply()
    assert store.state.body.playing


def test_the_palette_finds_words_in_any_order_and_beginnings_first():
    assert found("lamp rem")[0].id == "light.remove_lamp"
    assert found("undo")[0].id == "edit.undo"
    assert found("  ") == list(COMMANDS) and found("xyzzy") == []
    titles = [command.title for command in found("pose")]
    assert all("pose" in title.lower() for title in titles[:4])
    assert command_of("camera.fly") in found("w a s d")  # by its help line


def test_keys_are_written_as_on_the_keyboard():
    assert KEYS.text(command_of("edit.undo")) == "Ctrl+Z / Z" and KEYS.text(command_of("window.help")) == "? / F1"
    assert KEYS.text(command_of("camera.next_key")) == "Alt+."


def test_groups_hold_every_command_once():
    assert sum(map(len, GROUPS.values())) == len(COMMANDS)
    full = replace(ViewState(), light=replace(ViewState().light, lamps=(LampState(),) * MAX_LAMPS))
    assert "already" in (command_of("light.add_lamp").needs(fake_commands(Store(full))) or "")


def test_whom_to_add_is_asked_and_the_chosen_one_joins():
    calls: list = []
    store = Store(ViewState(BodyState("/a/josh.ckpt")))
    context = fake_commands(store, calls, avatars=("/a/josh.ckpt", "/a/ada.ckpt"))
    run("body.add", context)
    (_, _, offered), *_ = calls
    assert [command.title for command in offered] == ["josh", "ada", "a file..."]
    execute(offered[1], context)
    store.apply()
    assert [body.avatar for body in store.state.bodies] == ["/a/josh.ckpt", "/a/ada.ckpt"]
    execute(offered[2], context)
    assert calls[-1] == ("windows.show_dialog", ADD_AVATAR)
