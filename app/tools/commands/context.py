"""What a command may use: the store, what is on offer, and the controllers that the viewer brings, by subject."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.files.cameras import Bookmark
from app.model.store import Store

# dialogs that Windows.ask can show; the panels build them under these tags
OPEN_SESSION, SAVE_SESSION = "session.open_dialog", "session.save_dialog"
LOAD_ENVIRONMENT, EXPORT_LIGHT = "light.load_dialog", "light.export_dialog"
LOAD_RIG, SAVE_RIG = "rig.load_dialog", "rig.save_dialog"
LOAD_PATH, SAVE_PATH = "path.load_dialog", "path.save_dialog"
LOAD_POSE, SAVE_POSE = "poses.load_dialog", "poses.save_dialog"
LOAD_MATERIALS, SAVE_MATERIALS = "materials.load_dialog", "materials.save_dialog"
LOAD_MOTION = "timeline.dialog"


class Clock(Protocol):
    """The time of clips."""

    def clip(self) -> tuple[float, float]:
        """Length in seconds and frames a second of the active body's clip; zeros without one."""
        ...


class Sessions(Protocol):
    """Session files."""

    @property
    def can_restore(self) -> bool:
        """Whether an earlier viewer ended unexpectedly and what it showed can be brought back."""
        ...

    def save(self) -> None:
        """Write the session's file."""

    def save_as(self, path: str) -> None:
        """Write this file, which becomes the session's."""

    def open(self, path: str) -> None:
        """Show a session's file."""

    def restore(self) -> None:
        """Show what the viewer showed that ended unexpectedly."""

    def open_recent(self, kind: str, path: str) -> None:
        """Open one of the recent files; `kind` is one of status.RECENT_KINDS."""


class Rigs(Protocol):
    """Light rigs as JSON files."""

    def save(self, path: str) -> None:
        """Write all light."""

    def load(self, path: str) -> None:
        """Use a file's light."""


class Materials(Protocol):
    """Material edits as JSON files; without a path, the file beside the active avatar's checkpoint."""

    def save(self, path: str = "") -> None:
        """Write the active avatar's edits."""

    def load(self, path: str = "") -> None:
        """Use a file's edits."""


class Poses(Protocol):
    """The library of poses, and poses as JSON files."""

    @property
    def has_choices(self) -> bool:
        """Whether the library holds any pose."""
        ...

    def save(self, where: str) -> None:
        """Save the pose under a name in the library or to a .json path; "" finds a free name."""

    def load(self, path: str) -> None:
        """Hold a file's pose."""

    def step(self, steps: int) -> None:
        """Hold the library's next pose."""


class Cameras(Protocol):
    """Bookmarks, camera paths as JSON files, and the way home."""

    @property
    def bookmarks(self) -> tuple[Bookmark, ...]:
        """The places that are kept."""
        ...

    def go_home(self) -> None:
        """Frame the avatars as at the start."""

    def go_to(self, number: int) -> None:
        """Look from the bookmark of this number."""

    def keep_here(self, number: int) -> None:
        """Keep this place under a number."""

    def save_bookmark(self, name: str) -> None:
        """Keep this place under a name."""

    def remove_bookmark(self, name: str) -> None:
        """Forget a place."""

    def save_path(self, where: str) -> None:
        """Write the camera path."""

    def load_path(self, where: str) -> None:
        """Use a file's camera path."""


class Exports(Protocol):
    """Pictures, videos, light files, and the command lines that make them."""

    @property
    def is_running(self) -> bool:
        """Whether one is being made."""
        ...

    def record(self) -> None:
        """Make the video."""

    def photograph(self) -> None:
        """Make the picture."""

    def cancel(self) -> None:
        """Stop what is being made."""

    def export_light(self, path: str) -> None:
        """Write all light as an .hdr or .exr."""

    def copy_picture_command(self) -> None:
        """Copy the command line that makes the picture."""

    def copy_video_command(self) -> None:
        """Copy the command line that makes the video."""


class Windows(Protocol):
    """The two windows themselves."""

    def close(self) -> None:
        """End the viewer."""

    def ask(self, dialog: str) -> None:
        """Show a dialog of the controls and send the keyboard there."""

    def show_palette(self) -> None:
        """Show the list of commands and send the keyboard there."""

    def reset_layout(self) -> None:
        """Put the panels where they stood at first."""

    def next_theme(self) -> None:
        """Dark to light controls and back."""

    def step_scale(self, steps: int) -> None:
        """Larger or smaller controls; 0 as the screen has them."""


@dataclass(frozen=True, kw_only=True)
class CommandContext:
    """Made once by the viewer's loop."""

    store: Store
    say: Callable[[str], None]  # shows a message
    environments: tuple[str, ...]  # paths of those that ship
    avatars: tuple[str, ...]  # paths of those on offer
    clock: Clock
    sessions: Sessions
    rigs: Rigs
    materials: Materials
    poses: Poses
    cameras: Cameras
    exports: Exports
    windows: Windows
