"""A run that is repeated, killed and resumed in between, writes the same checkpoint byte for byte."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.cli import main
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.io.output_locks import claiming
from phynes_core.training.run.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
FEW = {"stage1.steps": 8, "stage1.rays": 64, "stage2.steps": 5, "stage2.pixels": 64, "registration.steps": 10}
FEW |= {"stage2.albedo_from_texture_steps": 2, "stage2.calm_steps": 2}
FEW |= {f"{name}.encoding.log2_entries": 10 for name in ("offset", "texture", "albedo", "roughness")}


def command(root: Path, folder: Path) -> list[str]:
    places = ["--data", str(root), "--out", str(folder / "a.ckpt"), "--run-folder", str(folder / "run")]
    return ["train", *places, "--save-every", "0", *(f"--set={name}={value}" for name, value in FEW.items())]


def test_a_run_that_was_killed_and_resumed_writes_the_same_bytes(tiny_root, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main(command(tiny_root, whole)) == 0
    process = subprocess.Popen(
        [sys.executable, "launch.py", *command(tiny_root, killed)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    state = RunFolder(killed / "run")
    until_s = time.monotonic() + 240.0
    while process.poll() is None and time.monotonic() < until_s:
        if state.state_path.is_file() and state.load().stage > 0:
            break
        time.sleep(0.003)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert main([*command(tiny_root, killed), "--resume"]) == 0
    digests = [hashlib.sha256((folder / "a.ckpt").read_bytes()).hexdigest() for folder in (whole, killed)]
    assert digests[0] == digests[1]
    avatar = load_checkpoint(whole / "a.ckpt")
    assert avatar.record.metrics and not any("seconds" in name for name in avatar.record.provenance)
    assert "training seconds: " in (killed / "run" / "report" / "report.html").read_text()
    assert not list(killed.rglob(".*"))


def test_a_second_run_of_a_checkpoint_or_a_run_folder_is_refused(tiny_root, tmp_path, capsys):
    for taken in ("a.ckpt", "run"):
        holder = f"from phynes_core.io.output_locks import claiming\nwith claiming({str(tmp_path / taken)!r}):\n  "
        holder += "print('ready', flush=True); input()"
        first = subprocess.Popen(
            [sys.executable, "-c", holder], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert first.stdout is not None and first.stdout.readline() == "ready\n"
        assert main(command(tiny_root, tmp_path)) == 2
        said = capsys.readouterr().err
        assert f"{tmp_path / taken}: process {first.pid} is writing it" in said and said.count("\n") == 1
        first.communicate("\n")
    assert list(tmp_path.iterdir()) == []
    with claiming(tmp_path / "a.ckpt"):
        pass
