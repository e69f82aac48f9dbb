"""What a person can ask for that is no edit of the ViewState; the loop fills it in."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    pass


def _no_clip() -> tuple[float, float]:
    return 0.0, 0.0


@dataclass(frozen=True)
class Actions:
    """Asked for by keys in the picture and by buttons in the panels."""

    record: Callable[[], None] = _nothing
    cancel_recording: Callable[[], None] = _nothing
    undo: Callable[[], None] = _nothing
    redo: Callable[[], None] = _nothing
    reset_camera: Callable[[], None] = _nothing
    close: Callable[[], None] = _nothing
    reset_layout: Callable[[], None] = _nothing  # the panels where they stood at first
    clip: Callable[[], tuple[float, float]] = _no_clip  # length in seconds and frames a second of the active body's
