"""What commands use: the store, the files on offer, and the protocols of the viewer's controllers, by subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from app.files.cameras import Bookmark
from app.model.preferences import Preferences
from app.model.store import Store
from app.tools.viewport import Point, Viewport

if TYPE_CHECKING:
    from app.tools.commands.command import Command

# tags of the dialogs that Windows.show_dialog shows; the panels build them
OPEN_SESSION, SAVE_SESSION = "session.open_dialog", "session.save_dialog"
LOAD_ENVIRONMENT, EXPORT_LIGHT = "light.load_dialog", "light.export_dialog"
LOAD_RIG, SAVE_RIG = "rig.load_dialog", "rig.save_dialog"
LOAD_PATH, SAVE_PATH = "path.load_dialog", "path.save_dialog"
LOAD_POSE, SAVE_POSE = "poses.load_dialog", "poses.save_dialog"
LOAD_MATERIALS, SAVE_MATERIALS = "materials.load_dialog", "materials.save_dialog"
LOAD_MOTION = "timeline.dialog"
EXPORT_AVATAR = "export.dialog"
ADD_AVATAR = "avatar_row.dialog"


class KeptPreferences(Protocol):
    """What a person prefers, kept for the next start."""

    @property
    def now(self) -> Preferences:
        """The present preferences."""
        ...

    def change(self, **changes: Any) -> None:
        """Use other values of some fields."""


class Clock(Protocol):
    """The clock of clips."""

    def clip(self) -> tuple[float, float]:
        """Length in seconds and frames a second of the active body's clip; zeros without one."""
        ...


class Sessions(Protocol):
    """Session files."""

    @property
    def can_restore(self) -> bool:
        """Whether something that earlier viewers showed can be brought back."""
        ...

    def save(self) -> None:
        """Write the session's file."""

    def save_as(self, path: str) -> None:
        """Write this file, which becomes the session's."""

    def open(self, path: str) -> None:
        """Show a session's file."""

    def restore(self) -> None:
        """Show what was shown last, a lost session before others; again: what was shown before."""

    def open_recent(self, kind: str, path: str) -> None:
        """Open one of the recent files; `kind` is one of status.RECENT_KINDS."""


class Lights(Protocol):
    """Environments as files."""

    def choose(self, path: str) -> None:
        """Light the avatars with an environment, once its file has been read; else say why it cannot be."""


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

    def save(self, name_or_path: str) -> None:
        """Save the pose under a name in the library or to a .json path; "" finds a free name."""

    def load(self, path: str) -> None:
        """Hold a file's pose."""

    def step(self, steps: int) -> None:
        """Hold the pose so many entries further in the library, which is cyclic."""


class Cameras(Protocol):
    """Bookmarks, camera paths as JSON files, and the view at the start."""

    @property
    def bookmarks(self) -> tuple[Bookmark, ...]:
        """The saved bookmarks."""
        ...

    def go_home(self) -> None:
        """Frame the avatars from the front, as a start without options does."""

    def frame(self) -> None:
        """Frame the limb that is held, else the whole avatars; the direction stays."""

    def frame_under(self, viewport: Viewport, point: Point) -> None:
        """Frame the limb at a position of the picture, beside the bodies the whole avatars; the direction stays."""

    def frame_part(self, name: str) -> None:
        """Frame a part (of framing.PARTS) of the active avatar; the direction stays."""

    def go_to(self, number: int) -> None:
        """Look from the bookmark of this number."""

    def keep_here(self, number: int) -> None:
        """Save the camera as the bookmark of this number."""

    def save_bookmark(self, name: str) -> None:
        """Save the camera as a bookmark of this name."""

    def remove_bookmark(self, name: str) -> None:
        """Remove the bookmark of this name."""

    def save_path(self, file: str) -> None:
        """Write the camera path."""

    def load_path(self, file: str) -> None:
        """Use a file's camera path."""


class Exports(Protocol):
    """Pictures, videos, light files, and the command lines that make them."""

    @property
    def is_running(self) -> bool:
        """Whether one is being made."""
        ...

    def record(self) -> None:
        """Make the video."""

    def take_picture(self) -> None:
        """Make the picture."""

    def cancel(self) -> None:
        """Stop what is being made."""

    def export_light(self, path: str) -> None:
        """Write all light as an .hdr or .exr."""

    def copy_picture_command(self) -> None:
        """Copy the command line that makes the picture."""

    def copy_video_command(self) -> None:
        """Copy the command line that makes the video."""

    def export_avatar(self) -> None:
        """Write the avatar for other programs."""

    def copy_avatar_command(self) -> None:
        """Copy the command line that writes the avatar."""


class Windows(Protocol):
    """The two windows themselves."""

    def close(self) -> None:
        """End the viewer; what is not saved is asked about first."""

    def close_popup(self) -> bool:
        """Close what is open over the panels; False where nothing is."""
        ...

    def show_dialog(self, dialog: str) -> None:
        """Show a dialog of the controls and give it the keyboard."""

    def show_palette(self) -> None:
        """Show the palette and give it the keyboard."""

    def show_choice(self, hint: str, offered: "Sequence[Command]") -> None:
        """Show things to choose from, as the palette shows commands; the chosen one runs."""

    def reset_layout(self) -> None:
        """Arrange the panels as at the first start."""

    def next_theme(self) -> None:
        """Dark to light controls and back."""

    def step_scale(self, steps: int) -> None:
        """Larger or smaller controls; 0 as the screen's density asks."""


@dataclass(frozen=True, kw_only=True)
class CommandContext:
    """Everything that a command's functions may use. Made once by the viewer's loop."""

    store: Store
    preferences: KeptPreferences
    say: Callable[[str], None]  # shows a message
    environments: tuple[str, ...]  # paths of the shipped ones
    avatars: tuple[str, ...]  # paths of those that can be chosen
    clock: Clock
    sessions: Sessions
    lights: Lights
    rigs: Rigs
    materials: Materials
    poses: Poses
    cameras: Cameras
    exports: Exports
    windows: Windows
