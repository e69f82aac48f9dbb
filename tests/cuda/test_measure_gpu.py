"""The script that measures on a GPU: what it would run can be parsed, and what is done is not done again."""

import importlib
import importlib.util
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from app import cli

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("measure_gpu", PROJECT / "docs" / "measure_gpu.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_is_one_that_the_program_knows(script, tmp_path):
    for name, command in script.steps(tmp_path).items():
        if command[: len(script.LAUNCH)] == script.LAUNCH:
            word, *options = command[len(script.LAUNCH) :]
            assert cli._parse(word, importlib.import_module(f"app.commands.{word}"), options) is not None, name
        else:
            paths = [part for part in command if part.startswith("tests/")]
            assert paths and all((PROJECT / path).exists() for path in paths), name


def test_a_failed_step_is_told_and_a_done_one_is_kept(script, tmp_path, monkeypatch):
    ran = []

    def run(command, **options):
        ran.append(command)
        return SimpleNamespace(returncode=3 if "memory" in str(options["stdout"].name) else 0, stdout="")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(script, "machine", lambda: {"gpu": "pretended"})
    monkeypatch.setattr(script, "subprocess", SimpleNamespace(run=run, STDOUT=subprocess.STDOUT))
    monkeypatch.setattr(script.sys, "argv", ["measure_gpu.py", str(tmp_path / "out")])
    assert script.main() == 1
    assert len(ran) == len(script.steps(tmp_path)) and (tmp_path / "out" / "memory.failed.txt").exists()
    assert "memory: FAILED with 3" in (tmp_path / "out" / "summary.txt").read_text()
    ran.clear()
    assert script.main() == 1 and len(ran) == 1  # only what failed


def test_without_a_gpu_it_says_so_and_writes_nothing(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(script.sys, "argv", ["measure_gpu.py", str(tmp_path / "out")])
    assert script.main() == 2 and "docs/gpu.md" in capsys.readouterr().err and not list(tmp_path.iterdir())
