"""Keys held in fly mode move the camera at a speed that does not depend on the frame rate."""

import time
from collections.abc import Callable

from app.model.cameras import fly
from app.model.store import Store

MOVES: dict[str, tuple[int, int, int]] = {  # to the right, up, forward
    "W": (0, 0, 1), "S": (0, 0, -1), "D": (1, 0, 0), "A": (-1, 0, 0), "E": (0, 1, 0), "Q": (0, -1, 0),
}  # fmt: skip
FAST_KEYS = ("LEFT_SHIFT", "RIGHT_SHIFT")
FLY_KEYS = (*MOVES, *FAST_KEYS)
FAST = 4.0  # times the speed, with Shift
LONGEST_S = 0.5  # longest step: a process that was stopped for a while must not move far at once


class FlyKeys:
    """The keys that are held. Belongs to the windows' thread; takes key events of both windows."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._held: set[str] = set()
        self._counted_s = 0.0  # time up to which the held keys have moved the camera

    @property
    def is_on(self) -> bool:
        """Whether fly mode is on."""
        return self._store.state.tool.camera.flies

    @property
    def is_moving(self) -> bool:
        """Whether a key is held that moves the camera."""
        return self.is_on and any(name in MOVES for name in self._held)

    def press(self, name: str) -> bool:
        """A key went down without Ctrl or Alt; whether it moves the camera, and so is no command's."""
        if not self.is_on or name not in FLY_KEYS:
            return False
        self.advance()
        self._held.add(name)
        return name in MOVES

    def release(self, name: str) -> None:
        """A key went up. Moves are one undo step until no key is held."""
        if name not in self._held:
            return
        was_moving = self.is_moving
        self.advance()
        self._held.discard(name)
        if was_moving and not self.is_moving:
            self._store.end_gesture()

    def advance(self) -> None:
        """Move the camera by the time since the last call."""
        now = self._clock()
        seconds, self._counted_s = min(now - self._counted_s, LONGEST_S), now
        if not self.is_on:
            self._held.clear()
        if not self.is_moving or seconds <= 0:
            return
        is_fast = any(name in self._held for name in FAST_KEYS)
        metres = self._store.state.tool.camera.fly_m_s * seconds * (FAST if is_fast else 1.0)
        right, up, forward = (sum(MOVES[name][axis] for name in self._held if name in MOVES) for axis in range(3))
        length = (right * right + up * up + forward * forward) ** 0.5  # two keys together are as fast as one
        if length > 0:
            step = metres / length
            self._store.post(lambda s: fly(s, right * step, up * step, forward * step), "fly")
