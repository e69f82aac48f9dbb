"""What the engine thread is doing, in plain values, for panels and captions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One line for the user."""

    text: str
    is_error: bool = False
    time_s: float = 0.0  # time.monotonic()


@dataclass(frozen=True)
class RecordingStatus:
    """How far a video or a large picture is; `state` is one of idle, running, done, cancelled, failed."""

    state: str = "idle"
    num_done: int = 0
    num_frames: int = 0
    path: str = ""
    noun: str = "video"  # what is made
    left_s: float | None = None  # until it is done, by the pace so far

    @property
    def share(self) -> float:
        """Part that is done, in [0, 1]."""
        return self.num_done / self.num_frames if self.num_frames else 0.0


@dataclass(frozen=True)
class Status:
    """A snapshot of the engine thread."""

    is_ready: bool = False  # warmed up and able to show frames
    activity: str = ""  # a slow step in progress, "" when none
    share: float | None = None  # of that step
    render_fps: float = 0.0  # frames finished a second, lately
    recording: RecordingStatus = RecordingStatus()
    messages: tuple[Message, ...] = ()
