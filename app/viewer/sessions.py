"""Sessions between the windows and their files."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.files.autosave import Autosave, at_rest, earlier_sessions
from app.files.sessions import load_session, save_session
from app.files.settings import RecentFiles
from app.model.avatar_row import choose_avatar
from app.model.status import FROM_OPTIONS, OpenedSession, SessionStatus
from app.model.store import Store
from app.model.view_state import ViewState
from app.viewer.lights import LightController
from app.viewer.notices import Say, report_errors


class SessionController:
    """Saves, opens and restores sessions in the windows' thread: files of a few kB."""

    def __init__(
        self,
        store: Store,
        say: Say,
        lights: LightController,
        opened: OpenedSession = FROM_OPTIONS,
        folder: Callable[[], Path] = Path,
    ) -> None:
        """`folder`: where a session without a file is saved."""
        self._folder = folder
        self._store, self._say, self._lights = store, say, lights
        self._path = opened.path.absolute() if opened.path is not None else None
        self._saved: ViewState | None = None if opened.is_restored else at_rest(store.state)
        self._autosave = Autosave(store.state, opened.is_restored)
        self._earlier = earlier_sessions()[int(opened.is_restored) :]  # that can be brought back, in this order
        self._has_offer = bool(self._autosave.lost) and not opened.is_restored
        self._recent = RecentFiles()
        if self._path is not None:
            self._recent.note("session", self._path)

    @property
    def status(self) -> SessionStatus:
        """Name of the session, whether it is saved, and the recent files."""
        name = self._path.name if self._path is not None else ""
        is_saved = self._saved is not None and at_rest(self._store.state) == self._saved
        return SessionStatus(name, is_saved, self._recent.listed())

    @property
    def can_restore(self) -> bool:
        """Whether something that earlier viewers showed can be brought back."""
        return bool(self._earlier)

    @property
    def offers_lost(self) -> bool:
        """Whether an earlier viewer ended unexpectedly and what it showed was not brought back yet."""
        return self._has_offer

    def update(self, now_s: float) -> None:
        """Save the state for a restart after a crash, when the last such file is old enough."""
        self._autosave.write_if_due(self._store.state, now_s)

    def end(self) -> None:
        """Keep what is shown, as what was shown last: the viewer ends properly."""
        self._autosave.end(self._store.state)

    def save(self) -> None:
        """Write the session's file; without one, a new file in the preferred folder."""
        self.save_as(str(self._path or _free_path(self._store.state, self._folder())))

    def save_as(self, path: str) -> None:
        """Write this file, which becomes the session's."""
        state = self._store.state
        with report_errors(self._say):
            target = Path(path).expanduser()
            if target.suffix.lower() != ".json":
                target = target.with_name(target.name + ".json")
            save_session(target, state)
            self._path, self._saved = target.absolute(), at_rest(state)
            self._recent.note("session", target)
            self._say(f"Saved the session: {target.absolute()}")

    def open(self, path: str) -> None:
        """Show a session's file, as one undo step."""
        with report_errors(self._say):
            file = Path(path).expanduser()
            self._show(load_session(file))
            self._path, self._saved = file.absolute(), at_rest(self._store.state)
            self._recent.note("session", file)

    def restore(self) -> None:
        """Show what was shown last, a lost session before others; called again, what was shown before that."""
        if not self._earlier:
            return
        file, self._has_offer = self._earlier.pop(0), False
        with report_errors(self._say):
            self._show(load_session(file))
            self._path, self._saved = None, None
            is_lost = file in self._autosave.lost
            self._say(
                "The lost session is back; {session.save} saves it"
                if is_lost
                else f"{_shown_at(file)}; {{session.save}} saves it"
            )

    def open_recent(self, kind: str, path: str) -> None:
        """Open a recent file; `kind` is one of status.RECENT_KINDS."""
        if not Path(path).is_file():
            self._recent.forget(kind, path)
            self._say(f"{path}: it is not there any more", is_error=True)
        elif kind == "session":
            self.open(path)
        elif kind == "avatar":
            self._store.end_gesture()
            self._store.post(lambda state: choose_avatar(state, path), "avatar")
        elif path.lower().endswith(".json"):
            if self._lights.load_rig(path):
                self.note_light(path)
        else:
            self._lights.choose(path)

    def note_light(self, path: str) -> None:
        """Add an environment or a rig that is shown or was saved to the recent files."""
        if path:
            self._recent.note("light", path)

    def note_shown(self, state: ViewState) -> None:
        """Add the files of a state that could be rendered to the recent files."""
        if state.body.avatar:
            self._recent.note("avatar", state.body.avatar)
        if state.light.mode == "environment":
            self.note_light(state.light.environment)

    def _show(self, opened: ViewState) -> None:
        self._store.end_gesture()
        self._store.post(lambda _: opened, "open session")
        self._store.end_gesture()
        self._store.apply()


def _shown_at(file: Path) -> str:
    """When an ended session was shown last."""
    return f"This was shown last on {datetime.fromtimestamp(file.stat().st_mtime):%Y-%m-%d at %H:%M}"


def _free_path(state: ViewState, folder: Path) -> Path:
    stem = re.sub(r"[^\w.-]+", "_", Path(state.body.avatar).stem) or "viewer"
    numbers = ("", *(f"_{number}" for number in range(2, 10_000)))
    paths = (folder / f"{stem}_session{number}.json" for number in numbers)
    return next(path for path in paths if not path.exists())
