"""Ctrl-C, and a scheduler's SIGTERM, ask for a stop after the step that is being done; a second is not waited for."""

import signal
import threading
import time
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
IMPATIENCE_S = 1.0  # a second signal sooner than that is the first once more, which torchrun passes on


class Interruption:
    """A context manager; outside the main thread, where Python has no signals, it hears nothing."""

    def __init__(self) -> None:
        self.is_asked = False
        self._heard = float("inf")  # when it was asked first
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.is_asked and time.monotonic() - self._heard > IMPATIENCE_S:
            raise KeyboardInterrupt("stopped in the middle of a step; the last state stands; go on with")
        self.is_asked, self._heard = True, min(self._heard, time.monotonic())
