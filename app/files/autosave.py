"""Autosave: the state is written to disk every few seconds, so that it survives a viewer that ends unexpectedly.

Each viewer writes a session of its own and holds a lock file beside it. When it ends normally it writes its last state
and marks the file as ended; an unmarked file whose lock no process holds was left by a viewer that ended unexpectedly.
"""

import logging
import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from app.files.sessions import save_session
from app.files.settings import settings_folder
from app.model.avatar_row import BodyState
from app.model.cameras import CameraTool
from app.model.joints import NO_JOINT
from app.model.view_state import ViewState
from phynes_core.errors import OutputError

_log = logging.getLogger(__name__)
EVERY_S = 4.0
ENDED = "ended-"  # begins the names of sessions of viewers that ended normally
MOST_ENDED = 8  # kept of them


def autosave_folder() -> Path:
    """The folder of autosaved sessions; it need not exist."""
    return settings_folder() / "autosave"


def lost_sessions() -> list[Path]:
    """Sessions of viewers that ended unexpectedly, newest first."""
    with suppress(OSError):
        found = [path for path in autosave_folder().glob("[!.]*.json") if not path.name.startswith(ENDED)]
        return _newest_first(path for path in found if not _is_held(path.with_suffix(".lock")))
    return []


def ended_sessions() -> list[Path]:
    """Sessions of viewers that ended normally, newest first."""
    with suppress(OSError):
        return _newest_first(autosave_folder().glob(f"{ENDED}*.json"))
    return []


def earlier_sessions() -> list[Path]:
    """What viewers that have ended showed last: lost sessions before others, each kind newest first."""
    return [*lost_sessions(), *ended_sessions()]


def _newest_first(paths: Iterable[Path]) -> list[Path]:
    """Of those written within one tick of the file system's clock, what a later viewer wrote comes first."""
    return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.stem.rpartition("-")[2]), reverse=True)


def at_rest(state: ViewState) -> ViewState:
    """The state without clip times, selections and camera modes, which need no saving."""

    def still(body: BodyState) -> BodyState:
        return replace(body, time_s=0.0, playing=False)

    others = tuple(still(body) for body in state.avatar_row.others)
    tool = replace(
        state.tool, selected_lamp=0, selected_joint=NO_JOINT, help_page=0, guide_step=0, aims="", camera=CameraTool()
    )
    return replace(state, body=still(state.body), avatar_row=replace(state.avatar_row, others=others), tool=tool)


class Autosave:
    """Used from the windows' thread; writes in a thread of its own, because disks may be slow."""

    def __init__(self, opened: ViewState, is_restored: bool = False) -> None:
        self._path = autosave_folder() / f"{os.getpid()}-{time.time_ns()}.json"
        self.lost = tuple(lost_sessions())  # when this viewer started
        self._written = None if is_restored else at_rest(opened)
        self._written_s = -EVERY_S
        self._writer: threading.Thread | None = None
        self._lock = FileLock(self._path.with_suffix(".lock"), timeout=0)  # the system frees it when the process ends
        self._works = True
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()

    def write_if_due(self, state: ViewState, now_s: float) -> None:
        """Write the state if it changed and EVERY_S have passed since the last time."""
        if now_s - self._written_s < EVERY_S or not self._works or (self._writer and self._writer.is_alive()):
            return
        saved = at_rest(state)
        self._written_s = now_s
        if saved != self._written:
            self._written = saved
            self._writer = threading.Thread(target=self._write, args=(state,), name="autosave", daemon=True)
            self._writer.start()

    def end(self, state: ViewState) -> None:
        """Keep the last state, and what was lost when this viewer started, as sessions that have ended."""
        if self._writer is not None:
            self._writer.join(5.0)
        self._write(state)
        self._lock.release()
        for path in (self._path, *self.lost):
            with suppress(OSError):
                path.with_suffix(".lock").unlink(missing_ok=True)
                path.rename(path.with_name(ENDED + path.name))
        for path in ended_sessions()[MOST_ENDED:]:
            with suppress(OSError):
                path.unlink()

    def _write(self, state: ViewState) -> None:
        if not self._works:
            return
        try:
            save_session(self._path, state)
        except OutputError as error:
            self._works = False
            _log.warning("sessions are not kept: %s", error)


def _is_held(path: Path) -> bool:
    """Whether a living process has the lock."""
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
