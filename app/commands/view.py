"""Open an avatar in the viewer: a window with the picture, a window with controls.

In the picture: left drag orbits, right drag pans, the wheel zooms; a click takes hold of a limb, its rings turn it; L
adds a lamp, drag its sun; B adds an avatar; 1-9 show buffers; space plays; F frames the avatar; R records a video;
Ctrl+Z and Ctrl+Y undo and redo. Motions, poses, environments and avatars can be dropped on it.

It opens on a relaxed pose in a studio with a key light, seen from three quarters and exposed to fit, where no option
says otherwise; --pose rest --probe captured --camera front --no-ground shows the avatar as it was captured.

examples:
  python launch.py --avatar josh.ckpt
  python launch.py --avatar josh.ckpt --motion walk --probe studio
  python launch.py --avatar josh.ckpt --avatar ada.ckpt --motion dance.bvh --same-pose
  python launch.py --avatar mine.ckpt --smpl SMPL_NEUTRAL.pkl --smpl-uv smpl_uv.obj
  python launch.py --pose rest --probe captured --camera front --no-ground
  python launch.py josh_session.json
  python launch.py --restore
"""

from dataclasses import dataclass, replace
from pathlib import Path

from app.model.display_settings import ToneCurve
from app.model.lights import Backdrop
from app.model.status import OpenedSession
from app.options.backends import check_backends
from app.options.bodies import PlaybackOptions
from app.options.view import ViewOptions
from phynes_core.avatar.checkpoint import resolve_avatar_path

MIN_SIZE, MAX_SIZE = 64, 2048
# repeated in the command lines it shows
ENGINE_OPTIONS = ("smpl", "smpl_uv", "backend", "device", "gpu_adapter", "raster", "maps")
FIRST_POSE, FIRST_LIGHT, FIRST_LAMP, FIRST_BACKGROUND = "relaxed", "studio", "65,40,3,5@4800", "5a5d63"
FIRST_AZIMUTH_DEG, FIRST_ELEVATION_DEG = 30.0, 8.0  # of the camera
DEFAULT_AVATAR = "josh.ckpt"  # shown where neither an avatar nor a session is named


@dataclass(frozen=True, kw_only=True)
class View(ViewOptions, PlaybackOptions):
    """Options of the viewer."""

    restore: bool = False
    """Open what was shown last, saved or not; a session that was lost comes before others."""
    background: Backdrop = "color"
    """What is seen behind the avatar: a color, a checkerboard, the surrounding light, also out of focus, or black."""
    no_ground: bool = False
    """No floor, and the dark background of `render`; without this there is one, as with --ground."""
    exposure: float | None = None
    """Stops of light (EV); when left out, what fits the light and the avatar, as the preferences say."""
    curve: ToneCurve = "filmic"
    """Tone curve; linear is for measuring. `render` and `turntable` use linear unless they are told otherwise."""
    one_window: bool = False
    """The picture as a panel of the controls' window, which docks as they do, instead of two windows."""
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
    args = _with_first_look(args)
    for name in args.avatar:  # torch takes seconds to import: only once the names are known to exist
        resolve_avatar_path(name)
    from rich.console import Console

    from app.files.preferences import KeptPreferences
    from app.model.exports import StillState, TurntableState
    from app.model.store import Store
    from app.model.tools import ToolState
    from app.options.backends import chosen_device
    from app.options.camera import camera_from_options
    from app.options.view import new_render_service, view_from_options
    from app.rendering.worker import Worker
    from app.viewer.event_record import EventRecord
    from app.viewer.guide import is_first_start
    from app.viewer.loop import ViewerLoop

    device = chosen_device(args)
    check_backends(args, device.type)
    state = view_from_options(args)
    path, preferences = Path(state.body.avatar), KeptPreferences()
    with Console(stderr=True).status(f"Loading {path.name}"):
        service = new_render_service(args, device)
        home = service.home_camera(state)
        if not args.session:
            folder = Path(preferences.now.output_folder).expanduser()
            turntable = TurntableState(size=args.size // 2 * 2, path=str(folder / f"{path.stem}_turntable.mp4"))
            still = StillState(path=str(folder / f"{path.stem}.png"))
            state = replace(state, tool=ToolState(turntable=turntable, still=still, guide_step=int(is_first_start())))
        first = replace(home, azimuth_deg=FIRST_AZIMUTH_DEG, elevation_deg=FIRST_ELEVATION_DEG)
        state = replace(state, camera=camera_from_options(args, state, first, bool(args.session), service.camera_on))
        service.check(state)
        choices = service.choices(state.body.avatar)
    events = EventRecord.from_environment()
    worker = Worker(service, args.size)
    store = Store(state, lambda: preferences.now.undoes_camera)
    ViewerLoop(store, worker, choices, home, events, preferences, opened, args.one_window).run()
    events.close()
    return 0


def _with_first_look(args: View) -> View:
    """The options with something that one wants to look at, where they say nothing about pose, light or background."""
    if args.session:
        return args
    if not (args.motion or args.pose):
        args = replace(args, pose=(FIRST_POSE,))
    if not (args.probe or args.rig or args.lamp):
        args = replace(args, probe=FIRST_LIGHT, lamp=(FIRST_LAMP,))
    if args.no_ground:
        return args
    if args.background == "color" and not args.background_color:  # on black no shadow is seen
        args = replace(args, background_color=FIRST_BACKGROUND)
    return replace(args, ground=True)


def _opened(args: View) -> tuple[View, OpenedSession]:
    """The options with the session that --restore means, and where the session came from; raises UsageError."""
    from app.files.autosave import earlier_sessions
    from app.options.arguments import UsageError

    engine = {name: getattr(args, name) for name in ENGINE_OPTIONS}
    if not args.restore:
        is_file = bool(args.session) and not args.session.lstrip().startswith("{")
        fits = not args.session and args.exposure is None
        return args, OpenedSession(Path(args.session) if is_file else None, engine=engine, fits_exposure=fits)
    earlier = earlier_sessions()
    if args.session or not earlier:
        raise UsageError(
            "--restore: expected it without --session, got both; leave one out" if args.session
            else "--restore: nothing was shown before; open a saved session with: python launch.py FILE.json"
        )  # fmt: skip
    return replace(args, session=str(earlier[0])), OpenedSession(None, True, engine)
