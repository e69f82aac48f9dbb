"""What exported pictures and videos are like."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from app.model.edits import edit_tool
from app.model.fields import Choice, Number, changed

if TYPE_CHECKING:
    from app.model.view_state import ViewState


CAMERA_PATH = "path"
SPINS = ("camera", "light", "timeline", CAMERA_PATH)  # kinds of videos; turntable.py makes them


SIZE_PX = Number(16, 4096, "pixels")  # a side


@dataclass(frozen=True)
class TurntableState:
    """What the record button makes."""

    spin: Annotated[str, Choice(SPINS)] = "camera"
    seconds: Annotated[float, Number(0.01, 600.0, "seconds", soft=(0.5, 20.0), format="%.1f s")] = 4.0
    fps: Annotated[int, Number(1, 120, "frames a second")] = 30
    size: Annotated[int, SIZE_PX] = 512
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
    """What an exported picture is like."""

    size: Annotated[int, SIZE_PX] = 2048
    has_alpha: bool = False  # a clear background
    path: str = "picture.png"  # or .exr, with every buffer as a layer


def edit_turntable(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the turntable settings."""
    return edit_tool(state, turntable=changed(state.tool.turntable, **changes))


def edit_still(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the settings of exported pictures."""
    return edit_tool(state, still=changed(state.tool.still, **changes))
