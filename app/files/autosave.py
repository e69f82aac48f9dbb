"""Autosave: the state is written to disk every few seconds, so that it survives a viewer that ends unexpectedly.

Each viewer writes a session of its own and holds a lock file beside it. Both are removed when the viewer ends normally;
a session whose lock no process holds was left by a viewer that did not.
"""

import logging
import os
import threading
import time
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


def autosave_folder() -> Path:
    """The folder of autosaved sessions; it need not exist."""
    return settings_folder() / "autosave"


def lost_sessions() -> list[Path]:
    """Sessions of viewers that ended unexpectedly, newest first."""
    with suppress(OSError):
        lost = [path for path in autosave_folder().glob("[!.]*.json") if not _is_held(path.with_suffix(".lock"))]
        return sorted(lost, key=lambda path: path.stat().st_mtime, reverse=True)
    return []


def at_rest(state: ViewState) -> ViewState:
    """The state without clip times, selections and camera modes, which need no saving."""

    def still(body: BodyState) -> BodyState:
        return replace(body, time_s=0.0, playing=False)

    others = tuple(still(body) for body in state.avatar_row.others)
    tool = replace(state.tool, selected_lamp=0, selected_joint=NO_JOINT, help_page=0, camera=CameraTool())
    return replace(state, body=still(state.body), avatar_row=replace(state.avatar_row, others=others), tool=tool)


class Autosave:
    """Used from the windows' thread; writes in a thread of its own, because disks may be slow."""

    def __init__(self, opened: ViewState, is_restored: bool = False) -> None:
        self._path = autosave_folder() / f"{os.getpid()}-{time.time_ns() // 1_000_000}.json"
        self._lost = lost_sessions()  # when this viewer started
        self._written = None if is_restored else at_rest(opened)
        self._written_s = -EVERY_S
        self._writer: threading.Thread | None = None
        self._lock = FileLock(self._path.with_suffix(".lock"), timeout=0)  # the system frees it when the process ends
        self._works = True
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()

    @property
    def lost(self) -> Path | None:
        """The newest session left by a viewer that ended unexpectedly."""
        return self._lost[0] if self._lost else None

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

    def end(self) -> None:
        """Remove this viewer's session and those that it found at its start: the viewer ends normally."""
        if self._writer is not None:
            self._writer.join(5.0)
        self._lock.release()
        for path in (self._path, *self._lost):
            with suppress(OSError):
                path.unlink(missing_ok=True)
                path.with_suffix(".lock").unlink(missing_ok=True)

    def _write(self, state: ViewState) -> None:
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
