"""Short texts that windows share."""

import textwrap
from pathlib import PurePath

from app.status import RecordingStatus

LONGEST = 96  # characters; a click on the line, and the menu Messages, show the rest


def one_line(error: object) -> str:
    """An error's text without breaks."""
    return " ".join(str(error).split())


def shortened(text: str) -> str:
    """One line that fits a window."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def in_full(text: str) -> list[str]:
    """Lines that fit a window and hold all of it."""
    return textwrap.wrap(text, LONGEST, break_on_hyphens=False) or [""]


def recording_text(recording: RecordingStatus) -> str:
    """How far, and how long it still takes."""
    left = f"   ·   {clock(recording.left_s)} left" if recording.left_s is not None else ""
    so_far = f"   {recording.num_done} of {recording.num_frames}" if recording.num_frames else ""
    return f"Making the {recording.noun}{so_far}{left}   ·   Shift+R cancels"


def with_suffix(path: str, suffix: str, name: str) -> str:
    """The path in another format; `name` where it names no file, such as "/"."""
    given = PurePath(path)
    return str(given.with_suffix(suffix) if given.name else given / f"{name}{suffix}")


def clock(seconds: float) -> str:
    """Seconds as 0:07 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
