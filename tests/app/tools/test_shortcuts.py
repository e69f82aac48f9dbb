"""One table of keys: what it says is what happens and what is written down."""

from collections import Counter
from pathlib import Path

from app.tools.shortcuts import SHORTCUTS, chord, help_lines, key_names, markdown_table, shortcut_of

README = Path(__file__).resolve().parents[3] / "README.md"


def test_no_chord_means_two_things():
    chords = Counter(pressed for shortcut in SHORTCUTS for pressed in shortcut.chords)
    assert [pressed for pressed, count in chords.items() if count > 1] == []


def test_every_chord_is_spelled_as_a_press_is():
    for shortcut in SHORTCUTS:
        for pressed in shortcut.chords:
            *held, key = pressed.split("+")
            assert chord(key, "Ctrl" in held, "Shift" in held, "Alt" in held) == pressed
            assert shortcut_of(pressed) is shortcut and key in key_names()


def test_modifiers_tell_chords_apart():
    assert shortcut_of("W") is None  # flies in fly mode
    assert shortcut_of("Ctrl+W").name == "close"


def test_the_readme_lists_every_key():
    assert markdown_table() in README.read_text(encoding="utf-8"), f"README's table should be:\n{markdown_table()}"


def test_help_says_each_thing_once_and_shortly():
    descriptions = [description for _, description in help_lines()]
    assert len(set(descriptions)) == len(descriptions)
    assert max(len(description) for description in descriptions) < 90
