"""Commands that are killed at random moments, in processes forked from one that has imported everything."""

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.cli import main
from app.files.sessions import save_session
from app.model import edits
from app.model.view_state import ViewState

NUM_STATES = 40  # sessions that are saved in turn


def run_command(folder: str, argv: list[str]) -> None:
    """Run a command line in a folder, silently; the process exits with its code."""
    os.chdir(folder)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.exit(main(argv))


def session_state(number: int) -> ViewState:
    """One of NUM_STATES states that differ in every file."""
    return edits.edit_light(ViewState(), yaw_deg=float(number))


def save_sessions(folder: str, argv: list[str]) -> None:
    """Save sessions to one file, as fast as possible."""
    for number in range(4 * NUM_STATES):
        save_session(Path(folder) / "session.json", session_state(number % NUM_STATES))


class Killer:
    """Starts targets and kills them after random times, of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(
            [__name__, "torch", "app.rendering.exports.export_jobs", "app.options.view"]
        )
        self._num_kills = 0
        self.whole_s: dict[str, float] = {}  # of a run that is not killed

    def run(self, name: str, target: Callable[[str, list[str]], None], folder: Path, argv: list[str]) -> None:
        """Run to the end, twice: the second time is how long it takes with compiled kernels."""
        for _ in range(2):
            start_s = time.monotonic()
            process = self._context.Process(target=target, args=(str(folder), argv))
            process.start()
            process.join()
            assert process.exitcode == 0, f"{argv} ended with {process.exitcode}"
            self.whole_s[name] = time.monotonic() - start_s

    def kill(self, name: str, target: Callable[[str, list[str]], None], folder: Path, argv: list[str]) -> bool:
        """Kill at a random moment; False where it had ended before.

        In turn of the whole run, right after it began to write, and of the time from then on.
        """
        self._num_kills += 1
        process = self._context.Process(target=target, args=(str(folder), argv))
        process.start()
        wait_s = self._random.uniform(0.0, self.whole_s[name])
        if self._num_kills % 3:
            while process.is_alive() and not any(folder.rglob(".*.partial*")):
                time.sleep(0.0005)
            wait_s *= 0.02 if self._num_kills % 3 == 1 else 0.5
        process.join(wait_s)
        was_running = process.is_alive()
        process.kill()
        process.join()
        if not was_running:
            assert process.exitcode == 0, f"{argv} ended with {process.exitcode}"
        return was_running
