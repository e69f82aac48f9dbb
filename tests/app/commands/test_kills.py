"""`kill -9` at any moment loses nothing: there stands the old result or the new one, whole, and no rest stays."""

import hashlib
import json
import shutil
import time
from pathlib import Path

import pytest

from app.files.sessions import load_session
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.io import output_locks
from phynes_core.io.image_files import read_png
from phynes_core.training.run.run_folder import FINISHED, RunFolder
from tests.app.commands.killed_commands import NUM_STATES, Killer, run_command, save_sessions, session_state
from tests.training.tiny_capture import write_tiny_capture

KILLS = 5  # of each kind; tests/training/test_repeated_runs.py kills a training run
SOAK_KILLS = 40
VIEWS = (["--camera", "0,10,3"], ["--camera", "90,10,3"])  # of the old result and of the new one
COMMANDS = {
    "render": ["render", "--out", "out", "--size", "64", "--buffers", "radiance,normal,depth,uv", "--save-scene"],
    "folder": ["turntable", "--out", "out", "--size", "64", "--seconds", "0.5", "--fps", "12"],
    "video": ["turntable", "--out", "out.mp4", "--size", "64", "--seconds", "0.5", "--fps", "12"],
}
TRAINING = {"stage1.steps": 8, "stage1.rays": 64, "stage2.steps": 6, "stage2.pixels": 64, "registration.steps": 0}
TRAINING |= {"stage2.albedo_from_texture_steps": 2, "stage2.calm_steps": 2}
TRAINING |= {f"{name}.encoding.log2_entries": 10 for name in ("offset", "texture", "albedo", "roughness")}


@pytest.fixture(scope="module")
def killer():
    return Killer(seed=14)


def contents(folder: Path) -> dict[str, str]:
    """Digests of a folder's files, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def sweep(folder: Path) -> None:
    """What the next start does that writes here, once an ffmpeg that lost its parent has ended, too."""
    until_s = time.monotonic() + 20.0
    while True:
        output_locks._swept.clear()
        for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            output_locks.sweep(place)
        if not (left := list(folder.rglob(".*"))):
            return
        assert time.monotonic() < until_s, f"left behind: {left}"
        time.sleep(0.02)


def kill_exports(killer: Killer, kind: str, avatar: Path, folder: Path, times: int) -> None:
    """Old and new result differ in the view; after a kill each file is of one of both, and folders of videos whole."""
    results, lines = [], [[*COMMANDS[kind], "--avatar", str(avatar), *view] for view in VIEWS]
    for number, line in enumerate(lines):
        (folder / str(number)).mkdir()
        killer.run(kind, run_command, folder / str(number), line)
        results.append(contents(folder / str(number)))
    old, new = results
    assert old.keys() == new.keys() and all(old[name] != new[name] for name in old if name.endswith(("png", "mp4")))
    work = folder / "work"
    counts = {"runs": 0, "killed": 0, "old": 0, "new": 0, "some of each": 0}
    while counts["killed"] < times:
        counts["runs"] += 1
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(folder / "0", work)
        counts["killed"] += killer.kill(kind, run_command, work, lines[1])
        sweep(work)
        found = contents(work)
        assert found.keys() == old.keys() and all(found[name] in (old[name], new[name]) for name in found)
        state = "old" if found == old else "new" if found == new else "some of each"
        assert state != "some of each" or kind == "render"
        counts[state] += 1
    print(f"\n{kind}: {counts}")


def kill_sessions(killer: Killer, folder: Path, times: int) -> None:
    killer.run("session", save_sessions, folder, [])
    states, killed = [session_state(number) for number in range(NUM_STATES)], 0
    while killed < times:
        killed += killer.kill("session", save_sessions, folder, [])
        sweep(folder)
        assert load_session(folder / "session.json") in states
    print(f"\nsession: {killed} killed while they saved")


def kill_training(killer: Killer, root: Path, folder: Path, times: int) -> None:
    """Kills that follow one another in one run, anew once it is finished; the checkpoint is that of a whole run."""
    line = ["train", "--data", str(root), "--out", "a.ckpt", "--run-folder", "run", "--save-every", "0"]
    line += [f"--set={name}={value}" for name, value in TRAINING.items()]
    (folder / "whole").mkdir()
    killer.run("train", run_command, folder / "whole", line)
    whole = (folder / "whole" / "a.ckpt").read_bytes()
    work, state, killed, finished = folder / "work", RunFolder(folder / "work" / "run"), 0, 0
    reached = (-1, -1)
    work.mkdir()
    while killed < times:
        is_begun = state.state_path.is_file()
        killed += killer.kill("train", run_command, work, [*line, "--resume"] if is_begun else line)
        sweep(work)
        if is_begun or state.state_path.is_file():
            now = state.load()
            assert (now.stage, now.step) >= reached, "a state was lost"
            reached = (now.stage, now.step)
        for path in work.rglob("*.ckpt"):
            load_checkpoint(path)
        for path in work.rglob("*.png"):
            read_png(path)
        for path in work.rglob("*.json"):
            json.loads(path.read_text())
        if reached[0] == FINISHED and (work / "a.ckpt").is_file() and not killed_in_report(work, whole):
            finished += 1
            shutil.rmtree(work)
            work.mkdir()
            reached = (-1, -1)
    killer.run("train", run_command, work, [*line, "--resume"] if state.state_path.is_file() else line)
    assert (work / "a.ckpt").read_bytes() == whole
    print(f"\ntrain: {killed} killed, {finished + 1} runs came to their end with the same bytes")


def killed_in_report(work: Path, whole: bytes) -> bool:
    """Whether the run was killed after its checkpoint stood, before the measures stood in it."""
    return (work / "a.ckpt").read_bytes() != whole


def kill(killer: Killer, kind: str, avatar: Path, folder: Path, times: int) -> None:
    if kind == "session":
        kill_sessions(killer, folder, times)
    elif kind == "train":
        kill_training(killer, write_tiny_capture(folder / "tiny", size=64), folder, times)
    else:
        kill_exports(killer, kind, avatar, folder, times)


@pytest.mark.parametrize("kind", [*COMMANDS, "session"])
def test_a_kill_at_any_moment_loses_nothing(kind, killer, avatar_file, tmp_path):
    kill(killer, kind, avatar_file, tmp_path, KILLS)


@pytest.mark.soak
@pytest.mark.parametrize("kind", [*COMMANDS, "session", "train"])
def test_two_hundred_kills_lose_nothing(kind, killer, avatar_file, tmp_path):
    kill(killer, kind, avatar_file, tmp_path, SOAK_KILLS)
