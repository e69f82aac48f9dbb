"""Whatever ends a run, it says so in one line and loses at most what came after the last save."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from app.cli import main
from phynes_core.body.files import load_bundled_body
from phynes_core.data.native.reader import load_capture
from phynes_core.errors import CaptureError, OutputError, PhynesError
from phynes_core.io import output_files
from phynes_core.io.image_files import read_png, write_png
from phynes_core.training.options import TrainerOptions
from phynes_core.training.presets import preset, with_overrides
from phynes_core.training.run.run_folder import FINISHED, RunFolder
from phynes_core.training.run.stopping import DivergenceWatch, Interruption
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.trainer import Trainer
from tests.training.conftest import Notes

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"stage1.steps": "10", "stage1.rays": "256", "stage2.steps": "6", "stage2.pixels": "256", "stage1.ring_px": "3"}
SMALL |= {"stage2.smooth_pixels": "32", "stage2.albedo_from_texture_steps": "2", "stage2.calm_steps": "2"}
SMALL |= {"registration.steps": "0"}  # tests/training/test_registered_runs.py interrupts it
# the state is saved after every step: small grids make it 2 MB instead of 20
SMALL |= {f"{name}.encoding.log2_entries": "10" for name in ("offset", "texture", "albedo", "roughness")}


@pytest.fixture
def own_root(tiny_root, tmp_path):
    """A copy of the tiny capture that a test may spoil."""
    return Path(shutil.copytree(tiny_root, tmp_path / "capture"))


@pytest.fixture(scope="module")
def whole(tiny_root, tmp_path_factory):
    """The parameters that an uninterrupted run ends with."""
    avatar = _train(tiny_root, tmp_path_factory.mktemp("whole") / "run")
    torch.use_deterministic_algorithms(False)
    return avatar.state_dict()


def _train(root, folder, overrides=(), progress=None, **options):
    config = with_overrides(preset("fast"), SMALL | dict(overrides))
    chosen = TrainerOptions(folder, **{"save_every_s": 0.0, "picture_every": 1.0} | options)
    return Trainer(load_capture(root), load_bundled_body(), config, chosen, progress or Notes()).fit().avatar


def _assert_same(avatar, whole):
    for name, value in whole.items():
        assert torch.equal(avatar.state_dict()[name], value), name


def _before_step(monkeypatch, stage, at, act):
    """Do something right before a step is done."""
    kind = Stage1 if stage == 1 else Stage2
    original = kind.step

    def step(self, number):
        if number == at:
            act(self)
        return original(self, number)

    monkeypatch.setattr(kind, "step", step)


@pytest.mark.parametrize(("stage", "at"), [(1, 4), (2, 2)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_saves_and_the_resumed_run_ends_the_same(
    stage, at, number, tiny_root, tmp_path, monkeypatch, whole
):
    _before_step(monkeypatch, stage, at, lambda _: os.kill(os.getpid(), number))
    handler = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt, match=rf"stage {stage}, step {at + 1} is saved"):
        _train(tiny_root, tmp_path / "run", save_every_s=1e9)
    assert signal.getsignal(number) is handler
    monkeypatch.undo()
    _assert_same(_train(tiny_root, tmp_path / "run", is_resumed=True), whole)


def test_a_signal_that_is_passed_on_twice_is_one_and_a_later_one_is_not_waited_for(monkeypatch):
    with Interruption() as asked:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        assert asked.is_asked
        later = time.monotonic() + 5.0
        monkeypatch.setattr(time, "monotonic", lambda: later)
        with pytest.raises(KeyboardInterrupt, match="in the middle of a step"):
            os.kill(os.getpid(), signal.SIGTERM)


def test_the_command_line_ends_with_130_and_the_command_that_goes_on(tiny_root, tmp_path, monkeypatch, capsys):
    command = ["train", "--data", str(tiny_root), "--out", str(tmp_path / "a.ckpt"), "--no-evaluate"]
    command += ["--run-folder", str(tmp_path / "run")]
    command += [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    _before_step(monkeypatch, 1, 2, lambda _: os.kill(os.getpid(), signal.SIGINT))
    assert main(command) == 130
    said = capsys.readouterr().err
    assert "stage 1, step 3 is saved; go on with: python launch.py train" in said and said.count("\n") == 1
    monkeypatch.undo()
    typed = said.split("python launch.py ")[1].split()
    assert typed[-2:] == ["--no-evaluate", "--resume"]
    assert main(typed) == 0
    assert (tmp_path / "a.ckpt").is_file()


@pytest.mark.parametrize("target", ["state.safetensors", "avatar.ckpt", "stage1_000010.png", "curves.jsonl"])
def test_a_full_disk_is_one_line_and_the_last_state_stands(target, tiny_root, tmp_path, monkeypatch, whole):
    folder = tmp_path / "run"

    def fill(_):
        def fsync(number):
            if target.split(".")[0] in os.readlink(f"/proc/self/fd/{number}"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(output_files.os, "fsync", fsync)
        if target == "curves.jsonl":
            (folder / target).unlink(missing_ok=True)
            (folder / target).symlink_to("/dev/full")

    if not Path("/dev/full").exists() or not Path("/proc/self/fd").exists():
        pytest.skip("this system has no /dev/full and /proc")
    _before_step(monkeypatch, 1, 6, fill)
    with pytest.raises(OutputError, match=r"No space left on device.*--resume: stage 1, step \d+ is saved") as caught:
        _train(tiny_root, folder)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    state = RunFolder(folder).load()
    assert (state.stage, state.step) == (1, 6 if target == "state.safetensors" else 9)
    assert not list(folder.rglob(".*partial*"))
    if target == "curves.jsonl":
        (folder / target).unlink()
    _assert_same(_train(tiny_root, folder, is_resumed=True), whole)


def _edit(path):
    picture = read_png(path)
    write_png(path, 255 - picture)


@pytest.mark.parametrize("how", ["edited", "removed"])
def test_a_picture_that_changes_during_a_run_is_named_and_nothing_is_lost(how, own_root, tmp_path, monkeypatch, whole):
    victim = own_root / "images" / "01" / "000004.png"
    kept = victim.read_bytes()
    _before_step(monkeypatch, 1, 5, lambda _: _edit(victim) if how == "edited" else victim.unlink())
    with pytest.raises(CaptureError, match=r"images/01/000004.png.*this run used it.*stage 1, step 6 is saved"):
        _train(own_root, tmp_path / "run")
    monkeypatch.undo()
    victim.write_bytes(kept)  # the same picture with a new date
    _assert_same(_train(own_root, tmp_path / "run", is_resumed=True), whole)


def test_a_picture_that_is_only_touched_is_no_change(own_root, tmp_path, monkeypatch, whole):
    _before_step(monkeypatch, 1, 5, lambda _: os.utime(own_root / "masks" / "00" / "000000.png", (1, 1)))
    _assert_same(_train(own_root, tmp_path / "run"), whole)


def test_a_capture_that_changed_between_runs_is_refused_by_name(own_root, tmp_path, monkeypatch):
    _before_step(monkeypatch, 1, 3, lambda _: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        _train(own_root, tmp_path / "run")
    monkeypatch.undo()
    body = own_root / "body.npz"
    kept = body.read_bytes()
    with np.load(body) as arrays:
        np.savez(body, **{**arrays, "transl": arrays["transl"] + np.float32(0.01)})
    with pytest.raises(PhynesError, match="the capture changed since this run was started: body parameters in"):
        _train(own_root, tmp_path / "run", is_resumed=True)
    body.write_bytes(kept)
    _edit(own_root / "masks" / "00" / "000004.png")
    with pytest.raises(PhynesError, match=r"camera 00, frame 4 \(.*masks/00/000004.png\)"):
        _train(own_root, tmp_path / "run", is_resumed=True)
    assert RunFolder(tmp_path / "run").load().step == 4


def test_too_little_memory_halves_the_rays_and_the_pixels_and_says_so(tiny_root, tmp_path, monkeypatch):
    asked = []

    def too_many(stage):
        name = "rays" if isinstance(stage, Stage1) else "pixels"
        asked.append((name, getattr(stage.config, name)))
        if asked[-1][1] > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")

    _before_step(monkeypatch, 1, 3, too_many)
    _before_step(monkeypatch, 2, 2, too_many)
    notes = Notes()
    _train(tiny_root, tmp_path / "run", progress=notes)
    assert asked == [("rays", 256), ("rays", 128), ("rays", 64), ("pixels", 256), ("pixels", 128), ("pixels", 64)]
    assert "stage 1, step 3: out of memory with 256 rays a step; going on with 128" in notes.said
    state = RunFolder(tmp_path / "run").load()
    assert state.stage == FINISHED and state.config["stage1"]["rays"] == 64 and state.config["stage2"]["pixels"] == 64
    assert state.requested["stage1"]["rays"] == 256


def test_memory_that_never_suffices_is_one_line(tiny_root, tmp_path, monkeypatch):
    def nothing_fits(stage):
        raise torch.OutOfMemoryError("CUDA out of memory")

    _before_step(monkeypatch, 1, 3, nothing_fits)
    with pytest.raises(PhynesError, match=r"step 3: out of memory with 64 rays a step.*stage 1, step 3 is saved"):
        _train(tiny_root, tmp_path / "run")


def test_a_divergence_returns_to_the_last_good_state_and_lower_rates_may_go_on(tiny_root, tmp_path, monkeypatch):
    seen = []

    def see(self, terms):
        seen.append(terms["image"])
        return "image error 0.3 over 100 steps, after 0.001" if len(seen) == 8 else ""

    monkeypatch.setattr(DivergenceWatch, "see", see)
    monkeypatch.setattr(DivergenceWatch, "is_doubtful", property(lambda self: len(seen) > 4))
    with pytest.raises(PhynesError, match=r"stage 1, step 7, image error 0.3.*last good state, stage 1, step 4, is"):
        _train(tiny_root, tmp_path / "run")
    monkeypatch.undo()
    assert RunFolder(tmp_path / "run").load().step == 4
    assert not list((tmp_path / "run").glob("last_good*"))
    lower = {"stage1.optimizer.grids": "1e-3"}
    with pytest.raises(PhynesError, match="only learning rates may change"):
        _train(tiny_root, tmp_path / "run", {"stage1.rays": "128"}, is_resumed=True)
    _train(tiny_root, tmp_path / "run", lower, is_resumed=True)
    assert RunFolder(tmp_path / "run").load().requested["stage1"]["optimizer"]["grids"] == 1e-3


def test_kill_9_at_any_moment_leaves_a_state_that_goes_on(tiny_root, tmp_path, whole):
    folder = tmp_path / "run"
    command = [sys.executable, "launch.py", "train", "--data", str(tiny_root), "--out", str(tmp_path / "a.ckpt")]
    command += ["--run-folder", str(folder), "--no-evaluate", "--save-every", "0"]
    command += [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    for least, resume in ((2, []), (5, ["--resume"])):
        process = subprocess.Popen([*command, *resume], cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and process.poll() is None and _saved_step(folder) < least:
            time.sleep(0.003)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert RunFolder(folder).load().step >= least
    _assert_same(_train(tiny_root, folder, is_resumed=True), whole)
    lines = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    assert [(line["stage"], line["step"]) for line in lines] == [(1, 9), (2, 5)]


def _saved_step(folder):
    path = folder / "state.safetensors"
    return RunFolder(folder).load().step if path.is_file() else -1
