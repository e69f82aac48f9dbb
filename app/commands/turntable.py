"""Record a turntable video (mp4, H.264): the camera or all light goes round once. Needs no display.

examples:
  python launch.py turntable --avatar josh.ckpt --out t.mp4
  python launch.py turntable --avatar josh.ckpt --out light.mp4 --spin light --probe studio --seconds 6 --size 720
  python launch.py turntable --avatar josh.ckpt --out path.mp4 --camera-path path.json
  python launch.py turntable --avatar josh.ckpt --out walk.mp4 --motion walk --play --lamp 60,30,3.14
  python launch.py turntable --session josh_session.json --out t.mp4
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
    """The .mp4 file; it appears when it is complete."""
    spin: Literal["camera", "light", "path"] = "camera"
    """What goes round; path: the camera runs along the session's camera path."""
    camera_path: Path | None = None
    """A camera path's .json: the camera runs along it."""
    seconds: float | None = None
    """Length of the video; 4, or as long as the camera path."""
    fps: int = 30
    """Frames a second."""
    play: bool = False
    """Let the motion run while it turns."""
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
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from app.backend_options import check_backends, map_backend
    from app.devices import chosen_device
    from app.frames import Frame
    from app.opening_bodies import licensed_file
    from app.opening_camera import opening_camera
    from app.opening_view import keeps_clocks, opening_view
    from app.outputs import check_file
    from app.recording import check_video, record
    from app.session import AvatarSession
    from app.state import CAMERA_PATH, TurntableState
    from app.turntable import turntable_views

    view = _with_path(args, opening_view(args))
    spin = CAMERA_PATH if args.camera_path else args.spin
    settings = TurntableState(spin, _seconds(args, view), args.fps, args.size, args.play, str(args.out))
    check_video(args.out, args.size, args.fps)
    check_file(args.out)
    device = chosen_device(args)
    check_backends(args, device.type)
    session = AvatarSession(
        args.backend, licensed_file(args.smpl, "PHYNES_SMPL"), licensed_file(args.smpl_uv, "PHYNES_SMPL_UV"),
        args.antialias, args.raster, map_backend(args), device,
    )  # fmt: skip
    if not keeps_clocks(args):
        view = session.at_time(view, args.frame, args.time)
    view = replace(view, camera=opening_camera(args, view, session.home_camera(view)))
    session.check(view)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Recording {args.out.name}", total=settings.num_frames)

        def after_frame(num_done: int, frame: Frame) -> bool:
            progress.update(task, completed=num_done)
            return True

        record(session, turntable_views(view, settings, session.durations_s(view)), settings, after_frame)
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


def _seconds(args: Turntable, view: "ViewState") -> float:
    from app.camera_path import duration_s
    from app.cli import UsageError

    is_path = args.camera_path is not None or args.spin == "path"
    seconds = args.seconds if args.seconds is not None else duration_s(view.path) if is_path else DEFAULT_S
    if not 0.0 < seconds <= 600.0:
        raise UsageError(f"--seconds: expected more than 0 and at most 600, got {seconds:g}")
    return seconds
