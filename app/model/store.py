"""The store: it alone holds the present ViewState, applies edits in order, and undoes and redoes them."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.model.avatar_row import BodyState
from app.model.view_state import ViewState

MODES = ("flies", "fly_m_s", "shows_path")  # fields of the camera tool that undo does not change
HISTORY_LENGTH = 200  # undo steps kept; a state is a few kB
Edit = Callable[[ViewState], ViewState]


@dataclass(frozen=True)
class _Posted:
    edit: Edit | None  # None ends the gesture
    label: str
    is_undoable: bool


class Store:
    """Holds the present ViewState. Any thread may call `post` and `end_gesture`; only the loop calls the rest."""

    def __init__(self, initial: ViewState, undoes_camera: Callable[[], bool] = lambda: True) -> None:
        """`undoes_camera`: whether undo and redo move the camera back; else they leave it where it is."""
        self.state, self._undoes_camera = initial, undoes_camera
        self._inbox: deque[_Posted] = deque()
        self._lock = threading.Lock()
        self._undo: list[ViewState] = []
        self._redo: list[ViewState] = []
        self._gesture: str | None = None  # label of the undo step that edits of the same label join

    def post(self, edit: Edit, label: str, is_undoable: bool = True) -> None:
        """Queue an edit. Edits of one label between two `end_gesture`s are one undo step."""
        with self._lock:
            self._inbox.append(_Posted(edit, label, is_undoable))

    def end_gesture(self) -> None:
        """End the gesture: the next edit starts a new undo step."""
        with self._lock:
            self._inbox.append(_Posted(None, "", False))

    def apply(self) -> bool:
        """Run the queued edits in order; True when the state changed."""
        with self._lock:
            posted, self._inbox = self._inbox, deque()
        before = self.state
        for item in posted:
            if item.edit is None:
                self._gesture = None
                continue
            changed = item.edit(self.state)
            if changed == self.state:
                continue
            if item.is_undoable and self._with_kept(self.state, changed) != changed:  # else undo would change nothing
                self._remember(item.label)
            self.state = changed
        return self.state != before

    def undo(self) -> bool:
        """Back one step; False when there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Forward one step; False when there is none."""
        return self._step(self._redo, self._undo)

    @property
    def can_undo(self) -> bool:
        """Whether `undo` would do anything."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would do anything."""
        return bool(self._redo)

    def _remember(self, label: str) -> None:
        if label == self._gesture:
            return
        self._gesture = label
        self._undo.append(self.state)
        del self._undo[:-HISTORY_LENGTH]
        self._redo.clear()

    def _step(self, source: list[ViewState], target: list[ViewState]) -> bool:
        self._gesture = None
        if not source:
            return False
        target.append(self.state)
        self.state = self._with_kept(source.pop(), self.state)
        return True

    def _with_kept(self, past: ViewState, present: ViewState) -> ViewState:
        """The past state with everything of the present one that undo does not change."""
        past = _with_clocks(past, present)
        return past if self._undoes_camera() else replace(past, camera=present.camera)


def _with_clocks(past: ViewState, present: ViewState) -> ViewState:
    """The past state with the present clip times, path time and camera modes, which undo does not change."""

    def clocked(body: BodyState, now: BodyState) -> BodyState:
        return replace(body, time_s=now.time_s, playing=True) if now.playing else body

    runs = past.tool.camera.plays and present.tool.camera.plays and past.path == present.path
    if runs:
        past = replace(past, camera=present.camera, tool=replace(past.tool, camera=present.tool.camera))
    else:
        kept = {name: getattr(present.tool.camera, name) for name in MODES}
        past = replace(past, tool=replace(past.tool, camera=replace(past.tool.camera, **kept)))
    pairs = zip(past.avatar_row.others, present.avatar_row.others, strict=False)
    if len(past.avatar_row.others) == len(present.avatar_row.others):
        past = replace(past, avatar_row=replace(past.avatar_row, others=tuple(clocked(*pair) for pair in pairs)))
    return replace(past, body=clocked(past.body, present.body))
