"""What pictures and videos that are taken away are like."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.model.edits import edit_tool

if TYPE_CHECKING:
    from app.model.view_state import ViewState


CAMERA_PATH = "path"
SPINS = ("camera", "light", "timeline", CAMERA_PATH)  # kinds of videos; turntable.py makes them


@dataclass(frozen=True)
class TurntableState:
    """What the record button makes."""

    spin: str = "camera"  # of SPINS
    seconds: float = 4.0
    fps: int = 30
    size: int = 512
    plays_motion: bool = False
    path: str = "turntable.mp4"  # .mp4, .webm, or a folder for PNG files
    has_alpha: bool = False  # a clear background, where the format can
    fits: bool = True  # as long as the clip or the path, whatever `seconds` says, of kinds that have one

    @property
    def num_frames(self) -> int:
        """Frames in the video; one at least."""
        return max(1, round(self.seconds * self.fps))


@dataclass(frozen=True)
class StillState:
    """What a picture that is taken away is like."""

    size: int = 2048
    has_alpha: bool = False  # a clear background
    path: str = "picture.png"  # or .exr, with every buffer as a layer


def edit_turntable(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the turntable settings."""
    return edit_tool(state, turntable=replace(state.tool.turntable, **changes))


def edit_still(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of what pictures that are taken away are like."""
    return edit_tool(state, still=replace(state.tool.still, **changes))
