"""The status of the engine thread and of the session, as plain values and as texts."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath


@dataclass(frozen=True)
class Message:
    """One line for the user."""

    text: str
    is_error: bool = False
    time_s: float = 0.0  # time.monotonic()


@dataclass(frozen=True)
class RecordingStatus:
    """Progress of a video or a picture; `state` is one of idle, running, done, cancelled, failed."""

    state: str = "idle"
    num_done: int = 0
    num_frames: int = 0
    path: str = ""
    noun: str = "video"  # what is made: video, picture or light
    left_s: float | None = None  # estimated seconds until it is done

    @property
    def share(self) -> float:
        """The part that is done, in [0, 1]."""
        return self.num_done / self.num_frames if self.num_frames else 0.0


@dataclass(frozen=True)
class Status:
    """The status of the engine thread."""

    is_ready: bool = False  # the warm-up is done
    activity: str = ""  # a slow step in progress, "" when none
    share: float | None = None  # of that step, in [0, 1]
    render_fps: float = 0.0  # frames finished in the last second
    recording: RecordingStatus = RecordingStatus()
    messages: tuple[Message, ...] = ()


RECENT_KINDS = ("avatar", "light", "session")


@dataclass(frozen=True)
class OpenedSession:
    """Where the viewer's first state came from."""

    path: Path | None = None  # a session file
    is_restored: bool = False  # what an earlier viewer showed last
    engine: Mapping[str, object] = field(default_factory=dict)  # options that say where files are and how to compute
    fits_exposure: bool = False  # whether it has no exposure of its own


FROM_OPTIONS = OpenedSession()


@dataclass(frozen=True)
class SessionStatus:
    """The status of the session."""

    name: str = ""  # of the file; "" before it has one
    is_saved: bool = True  # whether the file holds the present state
    recent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of RECENT_KINDS: paths, newest first


LONGEST = 96  # characters; a click on the line, and the menu Messages, show the rest


def one_line(error: object) -> str:
    """An error's text without line breaks."""
    return " ".join(str(error).split())


def shortened(text: str) -> str:
    """The text cut to LONGEST characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def in_full(text: str) -> list[str]:
    """The whole text in lines of at most LONGEST characters."""
    return textwrap.wrap(text, LONGEST, break_on_hyphens=False) or [""]


def recording_text(recording: RecordingStatus) -> str:
    """The line that shows a recording's progress and the time left."""
    left = f"   ·   {clock(recording.left_s)} left" if recording.left_s is not None else ""
    so_far = f"   {recording.num_done} of {recording.num_frames}" if recording.num_frames else ""
    return f"Making the {recording.noun}{so_far}{left}   ·   {{export.cancel}} cancels"


def with_suffix(path: str, suffix: str, name: str) -> str:
    """The path with another suffix; `name` is the file's name where the path has none, such as "/"."""
    given = PurePath(path)
    return str(given.with_suffix(suffix) if given.name else given / f"{name}{suffix}")


def clock(seconds: float) -> str:
    """Seconds as 0:07 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
