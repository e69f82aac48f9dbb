"""Record a video: the camera or all light goes round once, the clip plays, or the camera runs along a path.

.mp4 is H.264; .webm is VP9, clear behind the avatar with --transparent; a folder's name gets numbered PNG pictures.
Needs no display.

examples:
  python launch.py turntable --avatar josh.ckpt --out t.mp4
  python launch.py turntable --avatar josh.ckpt --out light.mp4 --spin light --probe studio --seconds 6 --size 720
  python launch.py turntable --avatar josh.ckpt --out path.mp4 --camera-path path.json
  python launch.py turntable --avatar josh.ckpt --out walk.mp4 --motion walk --play --lamp 60,30,3.14
  python launch.py turntable --avatar josh.ckpt --out dance.webm --motion dance_a --spin timeline --transparent
  python launch.py turntable --session josh_session.json --out frames --spin path
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.body_options import PlaybackOptions
from app.scene_options import SceneOptions

if TYPE_CHECKING:
    from app.state import ViewState

DEFAULT_S = 4.0


@dataclass(frozen=True, kw_only=True)
class Turntable(SceneOptions, PlaybackOptions):
    """Options of `turntable`."""

    out: Path
    """A .mp4 or .webm file, or a folder for PNG pictures; it appears when it is complete."""
    spin: Literal["camera", "light", "timeline", "path"] = "camera"
    """What goes round; timeline: nothing, the clip plays; path: the camera runs along the session's camera path."""
    camera_path: Path | None = None
    """A camera path's .json: the camera runs along it."""
    seconds: float | None = None
    """Length of the video; 4, or as long as the clip or the camera path."""
    fps: int = 30
    """Frames a second."""
    play: bool = False
    """Let the motion run while it turns."""
    transparent: bool = False
    """Nothing behind the avatar, in .webm and PNG."""
    buffer: Literal[
        "radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth", "light_visibility"
    ] = "radiance"
    """What to show."""
    antialias: bool = True
    """Smooth silhouettes by coverage."""
    exposure: float = 0.0
    """Stops of light (EV), for radiance and shading."""
    curve: Literal["linear", "filmic", "reinhard", "aces", "agx"] = "linear"
    """Tone curve, for radiance and shading."""
    background: Literal["color", "checker", "blurred", "environment", "none"] = "color"
    """What is seen behind the avatar: a color, a checkerboard, the surrounding light, also out of focus, or black."""


def run(args: Turntable) -> int:
    """Render, encode, and say where the file is."""
    from app.opening_session import open_session
    from app.opening_view import opening_view
    from app.state import CAMERA_PATH, TurntableState
    from app.take_progress import run_shown
    from app.takes import VideoTake
    from app.video_files import check_video

    check_video(args.out, args.size, args.fps)
    view = _with_path(args, opening_view(args))
    settings = TurntableState(
        CAMERA_PATH if args.camera_path else args.spin, _seconds(args.seconds), args.fps, args.size, args.play,
        str(args.out), args.transparent, fits=args.seconds is None,
    )  # fmt: skip
    session, view = open_session(args, view, args.antialias)
    run_shown(VideoTake(view, settings, session.durations_s(view)), session)
    print(args.out)
    return 0


def _with_path(args: Turntable, view: "ViewState") -> "ViewState":
    """The view with the camera path that the video follows; raises UsageError where there is none."""
    from app.camera_files import read_path
    from app.camera_path import duration_s
    from app.cli import UsageError

    if args.camera_path is None and args.spin != "path":
        return view
    if args.camera_path is not None:
        if args.camera:
            raise UsageError("--camera and --camera-path: expected one of them, got both")
        view = replace(view, path=read_path(args.camera_path))
    if duration_s(view.path) <= 0:
        where = args.camera_path or "--session or --camera"
        raise UsageError(f"--spin path: expected a camera path of two keys at least, got none in {where}")
    return view


def _seconds(seconds: float | None) -> float:
    from app.cli import UsageError

    if seconds is not None and not 0.0 < seconds <= 600.0:
        raise UsageError(f"--seconds: expected more than 0 and at most 600, got {seconds:g}")
    return DEFAULT_S if seconds is None else seconds
