"""Time passes: clips and camera paths play on, however often the windows turn."""

import time

from app.model.avatar_row import advance_time, posed_bodies
from app.model.camera_paths import advance_path
from app.model.store import Store
from app.rendering.frames import Choices
from app.rendering.worker import Worker


class ClipClock:
    """Belongs to the windows' loop."""

    def __init__(self, store: Store, worker: Worker, choices: Choices) -> None:
        self._store, self._worker, self._choices = store, worker, choices
        self._now_s: float | None = None

    @property
    def is_playing(self) -> bool:
        """Whether anything changes by itself."""
        state = self._store.state
        return state.tool.camera.plays or any(body.playing for body in state.bodies)

    def advance(self) -> None:
        """Once a turn."""
        now_s = time.monotonic()
        elapsed_s, self._now_s = now_s - (self._now_s or now_s), now_s
        if self._store.state.tool.camera.plays:
            self._store.post(lambda s: advance_path(s, elapsed_s), "clock", is_undoable=False)
        if any(body.playing for body in self._store.state.bodies):
            durations = self.durations_s()
            self._store.post(lambda s: advance_time(s, elapsed_s, durations), "clock", is_undoable=False)

    def durations_s(self) -> dict[str, float]:
        """Length of every clip that is known: those on offer, and those of the picture's bodies."""
        durations = {choice.key: choice.duration_s for choice in self._choices.motions}
        if (frame := self._worker.latest) is not None:
            durations |= {
                state.motion: shown.duration_s
                for state, shown in zip(posed_bodies(frame.state), frame.bodies, strict=False)
            }
        return durations

    def clip(self) -> tuple[float, float]:
        """Length in seconds and frames a second of the clip that the newest picture's active body follows."""
        frame = self._worker.latest
        if frame is None or not frame.bodies:
            return 0.0, 0.0
        body = frame.bodies[frame.state.avatar_row.active]
        return body.duration_s, body.fps
