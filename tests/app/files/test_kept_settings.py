"""Damaged settings never keep the viewer from starting: what cannot be read is passed over."""

import json
import os

import pytest

from app.files.cameras import read_bookmarks
from app.files.poses import library, own_folder
from app.files.preferences import APPEARANCE_FILE, PREFERENCES_FILE, Appearance, KeptPreferences, read_appearance
from app.files.settings import FILE, KEPT, MOST_KEPT, RecentFiles, read_kept, settings_folder
from app.model.preferences import Preferences

DAMAGED = {
    "nothing": b"",
    "no JSON": b"{",
    "other bytes": b"\xff\xfe\x00",
    "NUL": b"\0" * 50,
    "deep": b"[" * 200_000,
    "long number": b'{"avatar": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"scale": NaN, "theme": Infinity}',
    "other types": json.dumps({"avatar": 3, "session": {"a": 1}, "theme": [], "scale": "x"}).encode(),
    "long names": json.dumps(
        {"avatar": ["/" + "a" * 3000, "b" * 100_000, "c\0d", "\ud800"], "theme": "a" * 9}
    ).encode(),
    "a list": b"[1, 2, {}]",
    "large": b'"' + b"a" * (KEPT.most_bytes + 1) + b'"',
}


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (settings_folder() / "poses").mkdir(parents=True)
    return settings_folder()


def start():
    """Everything that a start reads."""
    library()
    return RecentFiles().listed(), read_appearance(), read_bookmarks(), read_kept("panels.ini")


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_files_are_passed_over(folder, what):
    names = (FILE, APPEARANCE_FILE, PREFERENCES_FILE, "bookmarks.json")
    for path in (*(folder / name for name in names), own_folder() / "x.json"):
        path.write_bytes(DAMAGED[what])
    assert KeptPreferences().now == Preferences()
    recent, appearance, bookmarks, _ = start()
    assert not any(recent.values()) and appearance == Appearance() and bookmarks == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are named on POSIX only")
def test_pipes_folders_and_devices_in_place_of_settings_are_passed_over(folder):
    """A pipe that nobody writes to would hold the start up for ever."""
    os.mkfifo(folder / FILE)
    os.mkfifo(own_folder() / "x.json")
    (folder / APPEARANCE_FILE).mkdir()
    (folder / "bookmarks.json").symlink_to("/dev/zero")
    (folder / "panels.ini").symlink_to(folder / "panels.ini")
    recent, appearance, bookmarks, arrangement = start()
    assert not any(recent.values()) and appearance == Appearance() and bookmarks == () and arrangement == ""


def test_of_a_long_list_the_first_files_that_exist_are_shown(folder, tmp_path):
    files = [tmp_path / f"{number}.ckpt" for number in range(20)]
    for file in files:
        file.touch()
    (folder / FILE).write_text(json.dumps({"avatar": ["/none", *map(str, files), *map(str, range(100_000))]}))
    assert RecentFiles().listed()["avatar"] == tuple(map(str, files[:MOST_KEPT]))
