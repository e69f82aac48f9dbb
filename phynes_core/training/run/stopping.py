"""What ends a run before its last step: numbers that diverge, and signals.

Image error and gradient are summarized over blocks of steps; a level is the median of the last blocks, so that single
bad steps are no alarm. The bounds are wide: no run that recovered was seen to pass a third of them.
"""

import math
import signal
import statistics
import threading
import time
from types import FrameType

BLOCK = 20  # steps
BLOCKS = 5  # that make a level
WORSE = 10.0  # times its lowest level: the image error does not come back from there
DOUBTFUL = 3.0  # times its lowest level: what is saved now may already be spoiled
STEEPER = 1e4  # times its lowest level, for the gradient, while the image error is above its own lowest level too
SIGNALS = (signal.SIGINT, signal.SIGTERM)
REPEATED_S = 1.0  # a second signal sooner than that is the first once more, which torchrun passes on


class DivergenceWatch:
    """Takes every step's terms; `trouble` is a line, or empty."""

    def __init__(self) -> None:
        self._image, self._gradient = _Level(), _Level()

    def see(self, terms: dict[str, float]) -> str:
        """What is wrong after this step; empty when nothing is."""
        for name in ("loss", "gradient"):
            if not math.isfinite(terms.get(name, 0.0)):
                return f"{name} {terms[name]}"
        self._image.add(terms["image"])
        self._gradient.add(terms.get("gradient", 0.0))
        if self._image.rise() > WORSE:
            return f"image error {self._image.now:.3g} over {BLOCK * BLOCKS} steps, after {self._image.lowest:.3g}"
        if self._gradient.rise() > STEEPER and self._image.rise() > 1.5:
            return f"gradient {self._gradient.now:.3g} over {BLOCK * BLOCKS} steps, after {self._gradient.lowest:.3g}"
        return ""

    @property
    def is_doubtful(self) -> bool:
        """Whether the last block is so bad that the state before it should be kept."""
        return self._image.last > DOUBTFUL * self._image.lowest


class _Level:
    """Median over blocks, and the lowest it has been."""

    def __init__(self) -> None:
        self.now = self.lowest = math.inf
        self.last = 0.0  # the last whole block
        self._block: list[float] = []
        self._blocks: list[float] = []

    def add(self, value: float) -> None:
        self._block.append(value)
        if len(self._block) < BLOCK:
            return
        self.last = statistics.median(self._block)
        self._blocks = [*self._blocks, self.last][-BLOCKS:]
        self._block = []
        if len(self._blocks) == BLOCKS:
            self.now = statistics.median(self._blocks)
            self.lowest = min(self.lowest, self.now)

    def rise(self) -> float:
        """How many times its lowest level it is at; 0 before there is one."""
        return self.now / max(self.lowest, 1e-12) if self.lowest < math.inf else 0.0


class Interruption:
    """A context manager: Ctrl-C, or a scheduler's SIGTERM, asks for a stop after the step that is being done.

    A second signal stops at once. Outside the main thread, where Python has no signals, nothing is asked.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._first_s = float("inf")  # when it was asked first
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.is_asked and time.monotonic() - self._first_s > REPEATED_S:
            raise KeyboardInterrupt("stopped in the middle of a step; the last state stands; go on with")
        self.is_asked, self._first_s = True, min(self._first_s, time.monotonic())
