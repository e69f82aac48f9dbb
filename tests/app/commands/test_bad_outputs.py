"""Unwritable outputs, unusable backends, a missing display: refused early in one line, with exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from phynes_core.kernels import registry
from tests.app.one_line_errors import check_line
from tests.app.small_capture import make_capture

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("command", ["render", "turntable", "train", "evaluate", "synthesize"])
def test_an_unwritable_output_is_refused_before_the_work(refuse, avatar_file, tmp_path, command):
    blocking_file = tmp_path / "file"
    blocking_file.write_text("not a folder")
    capture = make_capture(tmp_path / "capture")
    avatar = ["--avatar", avatar_file]
    options = {
        "render": [*avatar, "--out", blocking_file / "out"],
        "turntable": [*avatar, "--out", blocking_file / "t.mp4"],
        "train": ["--data", capture, "--out", blocking_file / "a.ckpt", "--run-folder", tmp_path / "runs"],
        "evaluate": [*avatar, "--data", capture, "--out", blocking_file / "report"],
        "synthesize": ["--out", blocking_file / "capture"],
    }
    line = refuse(command, *options[command])
    assert str(blocking_file) in line and "cannot write here" in line


def test_a_full_disk_is_an_error_of_one_line(avatar_file, tmp_path, capsys, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    out = tmp_path / "out"
    assert cli.main(["render", "--avatar", str(avatar_file), "--out", str(out), "--size", "32"]) == 2
    error = capsys.readouterr().err
    check_line(error)
    assert "radiance.png" in error and "No space left" in error
    assert list(out.iterdir()) == []


def test_an_unknown_backend_lists_those_that_exist(refuse, avatar_file, tmp_path):
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--backend", "tpu")
    assert "'tpu'" in line and "numba" in line and "reference" in line


def test_a_backend_that_cannot_run_here_is_named_with_its_cause(refuse, avatar_file, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "missing_cause", lambda name: "llvm is broken" if name == "numba" else None)
    line = refuse("render", "--avatar", avatar_file, "--out", tmp_path / "out", "--backend", "numba")
    assert "llvm is broken" in line and "install" in line


def test_a_missing_ffmpeg_is_named_with_its_remedy(refuse, avatar_file, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "no-such-ffmpeg"))
    line = refuse("turntable", "--avatar", avatar_file, "--out", tmp_path / "t.mp4", "--seconds", "0.1", "--size", "32")
    assert "ffmpeg" in line and "install" in line


def test_without_a_display_the_viewer_suggests_render(avatar_file):
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    result = launch(["--avatar", str(avatar_file)], environment)
    assert result.returncode == 2, result.stderr
    check_line(result.stderr)
    assert "python launch.py render" in result.stderr


def test_launch_prints_one_line_and_exits_with_two(tmp_path):
    result = launch(["render", "--avatar", "missing.ckpt", "--out", str(tmp_path / "out")], dict(os.environ))
    assert result.returncode == 2
    check_line(result.stderr)
    assert "missing.ckpt" in result.stderr and not (tmp_path / "out").exists()


def launch(argv: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launch", *argv]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
