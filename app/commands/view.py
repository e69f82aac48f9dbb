"""Open an avatar in the viewer: a window with the picture, a window with controls.

In the picture: left drag orbits, right drag pans, the wheel zooms; a click takes hold of a limb, its rings turn it; L
adds a lamp, drag its sun; B adds an avatar; 1-8 show buffers; space plays; F resets the view; R records a turntable;
Z and Y undo and redo. Motions, poses, environments and avatars can be dropped on it.

examples:
  python launch.py --avatar josh.ckpt
  python launch.py --avatar josh.ckpt --motion walk --probe studio
  python launch.py --avatar josh.ckpt --avatar ada.ckpt --motion dance.bvh --same-pose
  python launch.py --avatar mine.ckpt --smpl SMPL_NEUTRAL.pkl --smpl-uv smpl_uv.obj
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from app.backend_options import BackendOptions, check_backends, map_backend
from app.body_options import BodyOptions, PlaybackOptions
from app.light_options import LightOptions
from phynes_core.checkpoint import resolve_avatar_path

MIN_SIZE, MAX_SIZE = 64, 2048


@dataclass(frozen=True, kw_only=True)
class View(BodyOptions, PlaybackOptions, LightOptions, BackendOptions):
    """Options of the viewer."""

    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, from the offset map; auto: as the avatar was trained."""
    freeze_materials: bool = True
    """Albedo and roughness of the first training pose, whatever the pose; --no-freeze-materials lets them follow."""
    background: Literal["color", "checker", "blurred", "environment", "none"] = "color"
    """What is seen behind the avatar: a color, a checkerboard, the surrounding light, also out of focus, or black."""
    size: int = 512
    """Width and height of the rendered picture in pixels; the window scales it."""


def run(args: View) -> int:
    """Open the windows; returns when one of them is closed."""
    from app.cli import UsageError

    if not MIN_SIZE <= args.size <= MAX_SIZE:
        raise UsageError(f"--size: expected {MIN_SIZE} to {MAX_SIZE} pixels, got {args.size}")
    for name in args.avatar:  # torch takes seconds to import: only once the names are known to exist
        resolve_avatar_path(name)
    from rich.console import Console

    from app.devices import chosen_device
    from app.loop import ViewerLoop
    from app.opening_bodies import licensed_file, opening_row, playback_of
    from app.opening_light import background_color, opening_light, opening_stage
    from app.session import AvatarSession
    from app.state import LookState, Store, ToolState, TurntableState, ViewState
    from app.trace import Trace
    from app.worker import Worker

    device = chosen_device(args)
    check_backends(args, device.type)
    body, company = opening_row(args, playback_of(args))
    path = Path(body.avatar)
    with Console(stderr=True).status(f"Loading {path.name}"):
        session = AvatarSession(
            args.backend, licensed_file(args.smpl, "PHYNES_SMPL"), licensed_file(args.smpl_uv, "PHYNES_SMPL_UV"),
            raster=args.raster, maps=map_backend(args), device=device,
        )  # fmt: skip
        body = replace(body, detail=args.pixel_normals, freezes_materials=args.freeze_materials)
        turntable = TurntableState(size=args.size // 2 * 2, path=f"{path.stem}_turntable.mp4")
        look = LookState(background=background_color(args.background_color, LookState().background))
        stage = opening_stage(args, args.background)
        tool = ToolState(turntable=turntable)
        state = ViewState(body, light=opening_light(args), look=look, stage=stage, tool=tool, company=company)
        home = session.home_camera(state)
        state = replace(state, camera=home)
        session.check(state)
        choices = session.choices(body.avatar)
    trace = Trace.from_environment()
    worker = Worker(session, args.size)
    ViewerLoop(Store(state), worker, choices, home, trace).run()
    trace.close()
    return 0
