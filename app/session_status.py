"""What is known of the session as a file, in plain values for panels and menus."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RECENT_KINDS = ("avatar", "light", "session")


@dataclass(frozen=True)
class OpenedSession:
    """Where the state came from that the viewer starts with."""

    path: Path | None = None  # a session file
    is_restored: bool = False  # what a viewer that ended unexpectedly left
    engine: Mapping[str, object] = field(default_factory=dict)  # options that say where files are and how to compute


FROM_OPTIONS = OpenedSession()


@dataclass(frozen=True)
class SessionStatus:
    """A snapshot of SessionDesk."""

    name: str = ""  # of the file; "" has none yet
    is_saved: bool = True  # the file holds what is shown
    can_restore: bool = False  # an earlier viewer ended unexpectedly, and what it showed is kept
    recent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of RECENT_KINDS: paths, newest first
