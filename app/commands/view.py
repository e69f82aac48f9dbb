"""Open an avatar in the viewer: a window with the picture, a window with controls.

In the picture: left drag orbits, right drag pans, the wheel zooms; a click takes hold of a limb, its rings turn it; L
adds a lamp, drag its sun; B adds an avatar; 1-8 show buffers; space plays; F resets the view; R records a turntable;
Z and Y undo and redo. Motions, poses, environments and avatars can be dropped on it.

examples:
  python launch.py --avatar josh.ckpt
  python launch.py --avatar josh.ckpt --motion walk --probe studio
  python launch.py --avatar josh.ckpt --avatar ada.ckpt --motion dance.bvh --same-pose
  python launch.py --avatar mine.ckpt --smpl SMPL_NEUTRAL.pkl --smpl-uv smpl_uv.obj
  python launch.py josh_session.json
  python launch.py --restore
"""

from dataclasses import dataclass, replace
from pathlib import Path

from app.model.lights import Backdrop
from app.model.status import OpenedSession
from app.options.backends import check_backends
from app.options.bodies import PlaybackOptions
from app.options.view import ViewOptions
from phynes_core.avatar.checkpoint import resolve_avatar_path

MIN_SIZE, MAX_SIZE = 64, 2048
# repeated in the command lines it shows
ENGINE_OPTIONS = ("smpl", "smpl_uv", "backend", "device", "gpu_adapter", "raster", "maps")
DEFAULT_AVATAR = "josh.ckpt"  # shown where neither an avatar nor a session is named


@dataclass(frozen=True, kw_only=True)
class View(ViewOptions, PlaybackOptions):
    """Options of the viewer."""

    restore: bool = False
    """Open what was shown last, saved or not; a session that was lost comes before others."""
    background: Backdrop = "color"
    """What is seen behind the avatar: a color, a checkerboard, the surrounding light, also out of focus, or black."""
    size: int = 512
    """Width and height of the rendered picture in pixels; the window scales it."""


def run(args: View) -> int:
    """Open the windows; returns when one of them is closed."""
    from app.options.arguments import UsageError

    if not MIN_SIZE <= args.size <= MAX_SIZE:
        raise UsageError(f"--size: expected {MIN_SIZE} to {MAX_SIZE} pixels, got {args.size}")
    args, opened = _opened(args)
    if not args.avatar and not args.session:
        args = replace(args, avatar=(DEFAULT_AVATAR,))
    for name in args.avatar:  # torch takes seconds to import: only once the names are known to exist
        resolve_avatar_path(name)
    from rich.console import Console

    from app.model.exports import StillState, TurntableState
    from app.model.store import Store
    from app.model.tools import ToolState
    from app.options.backends import chosen_device
    from app.options.camera import camera_from_options
    from app.options.view import new_render_service, view_from_options
    from app.rendering.worker import Worker
    from app.viewer.event_record import EventRecord
    from app.viewer.loop import ViewerLoop

    device = chosen_device(args)
    check_backends(args, device.type)
    state = view_from_options(args)
    path = Path(state.body.avatar)
    with Console(stderr=True).status(f"Loading {path.name}"):
        service = new_render_service(args, device)
        home = service.home_camera(state)
        if not args.session:
            turntable = TurntableState(size=args.size // 2 * 2, path=f"{path.stem}_turntable.mp4")
            still = StillState(path=f"{path.stem}.png")
            state = replace(state, tool=ToolState(turntable=turntable, still=still))
        state = replace(state, camera=camera_from_options(args, state, home, bool(args.session)))
        service.check(state)
        choices = service.choices(state.body.avatar)
    events = EventRecord.from_environment()
    worker = Worker(service, args.size)
    ViewerLoop(Store(state), worker, choices, home, events, opened).run()
    events.close()
    return 0


def _opened(args: View) -> tuple[View, OpenedSession]:
    """The options with the session that --restore means, and where the session came from; raises UsageError."""
    from app.files.autosave import earlier_sessions
    from app.options.arguments import UsageError

    engine = {name: getattr(args, name) for name in ENGINE_OPTIONS}
    if not args.restore:
        is_file = bool(args.session) and not args.session.lstrip().startswith("{")
        return args, OpenedSession(Path(args.session) if is_file else None, engine=engine)
    earlier = earlier_sessions()
    if args.session or not earlier:
        raise UsageError(
            "--restore: expected it without --session, got both; leave one out" if args.session
            else "--restore: nothing was shown before; open a saved session with: python launch.py FILE.json"
        )  # fmt: skip
    return replace(args, session=str(earlier[0])), OpenedSession(None, True, engine)
