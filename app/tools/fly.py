"""Keys that are held in fly mode move the camera: by the time that they were down, however often anybody looks."""

import time
from collections.abc import Callable

from app.model.cameras import fly
from app.model.store import Store

MOVES: dict[str, tuple[int, int, int]] = {  # to the right, up, forward
    "W": (0, 0, 1), "S": (0, 0, -1), "D": (1, 0, 0), "A": (-1, 0, 0), "E": (0, 1, 0), "Q": (0, -1, 0),
}  # fmt: skip
FAST_KEYS = ("LEFT_SHIFT", "RIGHT_SHIFT")
FLY_KEYS = (*MOVES, *FAST_KEYS)
FAST = 4.0
LONGEST_S = 0.5  # that one step stands for: a viewer that was stopped meanwhile must not leap


class FlyKeys:
    """Belongs to the windows' thread; fed by the key events of both windows."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._held: set[str] = set()
        self._counted_s = 0.0  # until when the held keys have moved the camera

    @property
    def is_on(self) -> bool:
        """Whether fly mode is on."""
        return self._store.state.tool.camera.flies

    @property
    def is_moving(self) -> bool:
        """Whether a key is held that moves the camera."""
        return self.is_on and any(name in MOVES for name in self._held)

    def press(self, name: str) -> bool:
        """A key went down without Ctrl or Alt; False where it is none of fly mode."""
        if not self.is_on or name not in FLY_KEYS:
            return False
        self.advance()
        self._held.add(name)
        return name in MOVES

    def release(self, name: str) -> None:
        """A key went up. All moves until every key is up are one undo step."""
        if name not in self._held:
            return
        was_moving = self.is_moving
        self.advance()
        self._held.discard(name)
        if was_moving and not self.is_moving:
            self._store.end_gesture()

    def advance(self) -> None:
        """Move by the time since the last call."""
        now = self._clock()
        seconds, self._counted_s = min(now - self._counted_s, LONGEST_S), now
        if not self.is_on:
            self._held.clear()
        if not self.is_moving or seconds <= 0:
            return
        is_fast = any(name in self._held for name in FAST_KEYS)
        metres = self._store.state.tool.camera.fly_m_s * seconds * (FAST if is_fast else 1.0)
        right, up, forward = (sum(MOVES[name][axis] for name in self._held if name in MOVES) for axis in range(3))
        length = (right * right + up * up + forward * forward) ** 0.5  # two keys at once are no faster than one
        if length > 0:
            step = metres / length
            self._store.post(lambda s: fly(s, right * step, up * step, forward * step), "fly")
