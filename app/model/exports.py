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
HEIGHT_PX = Number(0, 4096, "pixels")  # 0: as high as wide
PictureSize = int | tuple[int, int]  # width and height in pixels; one number for both


def width_height(size: PictureSize) -> tuple[int, int]:
    """Both of a size."""
    return (size, size) if isinstance(size, int) else size


def size_of(width: int, height: int) -> PictureSize:
    """The size of both, in its shortest form; a height of 0 is the width."""
    return width if height in (0, width) else (width, height)


def size_text(size: PictureSize) -> str:
    """The size as options and panels have it: 512 or 1920x1080."""
    return str(size) if isinstance(size, int) else f"{size[0]}x{size[1]}"


@dataclass(frozen=True)
class TurntableState:
    """Settings of the next video."""

    spin: Annotated[str, Choice(SPINS)] = "camera"
    seconds: Annotated[float, Number(0.01, 600.0, "seconds", soft=(0.5, 20.0), format="%.1f s")] = 4.0
    fps: Annotated[int, Number(1, 120, "frames a second")] = 30
    size: Annotated[int, SIZE_PX] = 512  # width
    plays_motion: bool = False
    path: str = "turntable.mp4"  # .mp4, .webm, or a folder for PNG files
    has_alpha: bool = False  # a transparent background, where the format has alpha
    fits: bool = True  # "timeline" and "path" take as long as the clip or the camera path, whatever `seconds` says
    height: Annotated[int, HEIGHT_PX] = 0

    @property
    def shape(self) -> PictureSize:
        """Width and height."""
        return size_of(self.size, self.height)

    @property
    def num_frames(self) -> int:
        """Number of frames in the video; at least 1."""
        return max(1, round(self.seconds * self.fps))


@dataclass(frozen=True)
class StillState:
    """Settings of the next exported picture."""

    size: Annotated[int, SIZE_PX] = 2048  # width
    has_alpha: bool = False  # a transparent background
    path: str = "picture.png"  # or .exr, with every buffer as a layer
    height: Annotated[int, HEIGHT_PX] = 0

    @property
    def shape(self) -> PictureSize:
        """Width and height."""
        return size_of(self.size, self.height)


MESH_FORMATS = ("ply", "obj", "html")  # of a folder; html: a page for a web server
TEXTURE_FORMATS = ("png", "exr", "none")
CLIPS = ("playing", "all", "none")


@dataclass(frozen=True)
class AvatarExportState:
    """Settings of the avatar's next export for other programs."""

    path: str = "avatar.glb"  # its suffix says what is written; a folder without suffix gets exact motion
    motions: tuple[str, ...] = ()  # files of the clips that go into it
    clips: Annotated[str, Choice(CLIPS)] = "playing"  # what the viewer makes these of
    texture_size: Annotated[int, Number(64, 4096, "texels")] = 2048  # width and height
    pose_morphs: Annotated[int, Number(0, 64, "morph targets")] = 0  # principal components of what follows the pose
    mesh_format: Annotated[str, Choice(MESH_FORMATS)] = "ply"  # of a folder
    texture_format: Annotated[str, Choice(TEXTURE_FORMATS)] = "png"  # of a folder
    has_licensed_body: bool = False  # an avatar on a licensed body may be written
    lights: tuple[str, ...] = ()  # files of the environments that go into a page
    has_video: bool = False  # a page shows a turntable where the browser has no WebGPU


def edit_turntable(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the video settings."""
    return edit_tool(state, turntable=changed(state.tool.turntable, **changes))


def edit_avatar_export(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the settings of the avatar's export."""
    return edit_tool(state, avatar_export=changed(state.tool.avatar_export, **changes))


def edit_still(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the picture settings."""
    return edit_tool(state, still=changed(state.tool.still, **changes))
