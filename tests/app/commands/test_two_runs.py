"""A second run that would write the same place is refused with the first one's process, and changes nothing."""

import os

import pytest

from phynes_core.io.output_locks import claiming


@pytest.mark.parametrize(
    "argv",
    [
        ("render", "--out", "frames", "--size", "32"),
        ("render", "--out", "picture.png", "--size", "32"),
        ("turntable", "--out", "frames", "--size", "32", "--seconds", "0.1"),
        ("turntable", "--out", "t.mp4", "--size", "32", "--seconds", "0.1"),
        ("evaluate", "--out", "frames", "--data", "none"),
    ],
)
def test_a_place_that_is_being_written_is_refused(argv, refuse, avatar_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = argv[argv.index("--out") + 1]
    with claiming(tmp_path / place):
        said = refuse(*argv, "--avatar", avatar_file)
    assert f"{place}: process {os.getpid()} is writing it; wait until that has ended, or name another" in said


@pytest.mark.parametrize("argv", [("synthesize", "--subject", "ada"), ("train", "--data", "none")])
def test_so_are_captures_and_checkpoints(argv, refuse, tmp_path):
    with claiming(tmp_path / "out"):
        assert f"process {os.getpid()} is writing it" in refuse(*argv, "--out", tmp_path / "out")
