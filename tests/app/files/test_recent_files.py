"""Recent files are listed by kind, whatever became of the list and of the files."""

from pathlib import Path

import pytest

from app.files.settings import FILE, RecentFiles, keep


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


def test_recent_files_are_kept_newest_first_and_missing_ones_dropped(tmp_path):
    for name in ("a.ckpt", "b.ckpt", "s.json"):
        (tmp_path / name).write_text("")
    recent = RecentFiles()
    for name in ("a.ckpt", "b.ckpt", "a.ckpt"):
        recent.note("avatar", tmp_path / name)
    recent.note("session", tmp_path / "s.json")
    recent.note("light", tmp_path / "none.exr")
    names = {kind: [Path(path).name for path in paths] for kind, paths in RecentFiles().listed().items()}
    assert names == {"avatar": ["a.ckpt", "b.ckpt"], "light": [], "session": ["s.json"]}
    (tmp_path / "a.ckpt").unlink()
    assert [Path(path).name for path in RecentFiles().listed()["avatar"]] == ["b.ckpt"]


@pytest.mark.parametrize("content", ["{", "[]", '{"avatar": 3, "light": [4]}', ""])
def test_a_damaged_list_of_recent_files_is_an_empty_one(content):
    keep(FILE, content)
    assert not any(RecentFiles().listed().values())
