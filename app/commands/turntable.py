"""Record a video: the camera or all light goes round once, the clip plays, or the camera runs along a path.

.mp4 is H.264; .webm is VP9, clear behind the avatar with --transparent; a folder's name gets numbered PNG pictures.
Needs no display.

examples:
  python launch.py turntable --avatar josh.ckpt --out t.mp4
  python launch.py turntable --avatar josh.ckpt --out light.mp4 --spin light --probe studio --seconds 6 --size 1280x720
  python launch.py turntable --avatar josh.ckpt --out path.mp4 --camera-path path.json
  python launch.py turntable --avatar josh.ckpt --out walk.mp4 --motion walk --play --lamp 60,30,3.14
  python launch.py turntable --avatar josh.ckpt --out dance.webm --motion dance_a --spin timeline --transparent
  python launch.py turntable --session josh_session.json --out frames --spin path
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from app.options.exports import Turntable

if TYPE_CHECKING:
    from app.model.view_state import ViewState


def run(args: Turntable) -> int:
    """Render and encode the video, and print its path."""
    from app.files.videos import check_video
    from app.model.exports import CAMERA_PATH, TurntableState, width_height
    from app.options.view import open_render_service, picture_size_of, view_from_options
    from app.rendering.exports.export_jobs import VideoJob, run_with_progress
    from phynes_core.io.output_locks import claiming

    size = picture_size_of(args)
    check_video(args.out, size, args.fps)
    width, height = width_height(size)
    view = _with_path(args, view_from_options(args))
    settings = TurntableState(
        CAMERA_PATH if args.camera_path else args.spin, _seconds(args.seconds), args.fps, width, args.play,
        str(args.out), args.transparent, fits=args.seconds is None, height=height,
    )  # fmt: skip
    with claiming(args.out):
        service, view = open_render_service(args, view, args.antialias)
        run_with_progress(VideoJob(view, settings, service.durations_s(view)), service)
    print(args.out)
    return 0


def _with_path(args: Turntable, view: "ViewState") -> "ViewState":
    """The view with the camera path of --camera-path; raises UsageError where --spin path has no path."""
    from app.files.cameras import read_path
    from app.model.camera_paths import duration_s
    from app.options.arguments import UsageError

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
    from app.model.exports import TurntableState
    from app.options.arguments import check_field

    if seconds is None:
        return TurntableState().seconds
    check_field("--seconds", seconds, TurntableState, "seconds")
    return seconds
