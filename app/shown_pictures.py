"""Pictures as the window shows them, in files: split, with numbers as colors and with lines over them."""

from collections.abc import Iterable
from pathlib import Path

import torch

from app.backend_options import BackendOptions, map_backend
from app.body_options import BodyOptions
from app.edits import edit_look
from app.opening_bodies import licensed_file
from app.session import AvatarSession
from app.state import ViewState
from phynes_core.image_files import write_png


def needs_window(view: ViewState) -> bool:
    """Whether the view shows what no single buffer holds."""
    look = view.look
    return view.compare.is_on or look.has_false_color or look.has_wireframe or look.has_joints


def write_shown(
    paths: Iterable[tuple[str, Path]],  # buffer, .png
    view: ViewState,
    size: int,
    bodies: BodyOptions,
    backends: BackendOptions,
    device: torch.device,
) -> None:
    """Each buffer as the left side of the picture, over the look's background; raises PhynesError."""
    licensed = licensed_file(bodies.smpl, "PHYNES_SMPL"), licensed_file(bodies.smpl_uv, "PHYNES_SMPL_UV")
    session = AvatarSession(
        backends.backend, *licensed, raster=backends.raster, maps=map_backend(backends), device=device
    )  # fmt: skip
    session.check(view)
    for name, path in paths:
        shown = edit_look(view, buffer=name)
        write_png(path, session.to_bytes(session.render(shown, size, is_final=True), shown.look))
