"""The settings of exported pictures, videos and avatars, and their edits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from app.model.edits import edit_tool
from app.model.fields import Choice, Number, changed

if TYPE_CHECKING:
    from app.model.view_state import ViewState


CAMERA_PATH = "path"
Spin = Literal["camera", "light", "timeline", "path"]  # kinds of videos, defined in rendering/video_views.py
SPINS: tuple[str, ...] = get_args(Spin)


SIZE_PX = Number(16, 4096, "pixels")  # width and height


@dataclass(frozen=True)
class TurntableState:
    """Settings of the next video."""

    spin: Annotated[str, Choice(SPINS)] = "camera"
    seconds: Annotated[float, Number(0.01, 600.0, "seconds", soft=(0.5, 20.0), format="%.1f s")] = 4.0
    fps: Annotated[int, Number(1, 120, "frames a second")] = 30
    size: Annotated[int, SIZE_PX] = 512
    plays_motion: bool = False
    path: str = "turntable.mp4"  # .mp4, .webm, or a folder for PNG files
    has_alpha: bool = False  # a transparent background, where the format has alpha
    fits: bool = True  # "timeline" and "path" take as long as the clip or the camera path, whatever `seconds` says

    @property
    def num_frames(self) -> int:
        """Number of frames in the video; at least 1."""
        return max(1, round(self.seconds * self.fps))


@dataclass(frozen=True)
class StillState:
    """Settings of the next exported picture."""

    size: Annotated[int, SIZE_PX] = 2048
    has_alpha: bool = False  # a transparent background
    path: str = "picture.png"  # or .exr, with every buffer as a layer


MESH_FORMATS = ("ply", "obj")
TEXTURE_FORMATS = ("png", "exr", "none")


@dataclass(frozen=True)
class AvatarExportState:
    """Settings of the avatar's next export for other programs."""

    path: str = "avatar.glb"  # its suffix says what is written; a folder without suffix gets exact motion
    motions: tuple[str, ...] = ()  # files of the clips that go into it
    texture_size: Annotated[int, Number(64, 4096, "texels")] = 2048  # width and height
    pose_morphs: Annotated[int, Number(0, 64, "morph targets")] = 0  # principal components of what follows the pose
    mesh_format: Annotated[str, Choice(MESH_FORMATS)] = "ply"  # of a folder
    texture_format: Annotated[str, Choice(TEXTURE_FORMATS)] = "png"  # of a folder
    has_licensed_body: bool = False  # an avatar on a licensed body may be written


def edit_turntable(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the video settings."""
    return edit_tool(state, turntable=changed(state.tool.turntable, **changes))


def edit_still(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the picture settings."""
    return edit_tool(state, still=changed(state.tool.still, **changes))
