"""Open an avatar in the viewer: a window with the picture, a window with controls.

In the picture: left drag orbits, right drag pans, the wheel zooms; L adds a lamp, drag its sun; 1-8 show buffers; space
plays; F resets the view; R records a turntable; Z and Y undo and redo.

examples:
  python launch.py --avatar josh.ckpt
  python launch.py --avatar josh.ckpt --motion walk --probe studio
  python launch.py --avatar mine.ckpt --smpl SMPL_NEUTRAL.pkl --smpl-uv smpl_uv.obj
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from phynes_core.checkpoint import resolve_avatar_path

MIN_SIZE, MAX_SIZE = 64, 2048


@dataclass(frozen=True, kw_only=True)
class View:
    """Options of the viewer."""

    avatar: str
    """A .ckpt file, or its bare name in checkpoints/."""
    motion: str = ""
    """Start with this clip: an .npz, or the bare name of one in assets/motions."""
    probe: str = "captured"
    """Start under this light: a lat-long .exr, .hdr or .png, a bare name in assets/probes, "captured" (the light
    learned in training) or "none" (lamps alone)."""
    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, from the offset map; auto: as the avatar was trained."""
    freeze_materials: bool = True
    """Albedo and roughness of the first training pose, whatever the pose; --no-freeze-materials lets them follow."""
    size: int = 512
    """Width and height of the rendered picture in pixels; the window scales it."""
    backend: str = "auto"
    """auto, reference (plain torch), numba: how the engine computes."""
    smpl: Path | None = None
    """The licensed SMPL file of an avatar that was trained on one; or the environment variable PHYNES_SMPL."""
    smpl_uv: Path | None = None
    """OBJ with that body's UV atlas; or PHYNES_SMPL_UV."""


def run(args: View) -> int:
    """Open the windows; returns when one of them is closed."""
    from app.cli import UsageError

    if not MIN_SIZE <= args.size <= MAX_SIZE:
        raise UsageError(f"--size: expected {MIN_SIZE} to {MAX_SIZE} pixels, got {args.size}")
    path = resolve_avatar_path(args.avatar).resolve()
    # torch takes seconds to import: only once the name is known to exist
    from rich.console import Console

    from app.loop import ViewerLoop
    from app.scene_builder import check_backend, licensed_file
    from app.session import AvatarSession
    from app.state import Store, ToolState, TurntableState, ViewState
    from app.trace import Trace
    from app.worker import Worker

    check_backend(args.backend)
    with Console(stderr=True).status(f"Loading {path.name}"):
        session = AvatarSession(
            args.backend, licensed_file(args.smpl, "PHYNES_SMPL"), licensed_file(args.smpl_uv, "PHYNES_SMPL_UV")
        )
        body, light = session.opening(path, args.motion, args.probe)
        body = replace(body, detail=args.pixel_normals, freezes_materials=args.freeze_materials)
        home = session.home_camera(body)
        turntable = TurntableState(size=args.size // 2 * 2, path=f"{path.stem}_turntable.mp4")
        state = ViewState(body, home, light, tool=ToolState(turntable=turntable))
        session.check(state)
        choices = session.choices(body.avatar)
    trace = Trace.from_environment()
    worker = Worker(session, args.size)
    ViewerLoop(Store(state), worker, choices, home, trace).run()
    trace.close()
    return 0
