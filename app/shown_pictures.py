"""Pictures as the window shows them, in files: split, with numbers as colors and with lines over them."""

from collections.abc import Iterable
from pathlib import Path

import torch

from app.edits import edit_look
from app.opening_session import new_session
from app.scene_options import SceneOptions
from app.state import ViewState
from phynes_core.io.image_files import write_png


def needs_window(view: ViewState) -> bool:
    """Whether the view shows what no single buffer holds."""
    look = view.look
    return view.compare.is_on or look.has_false_color or look.has_wireframe or look.has_joints


def write_shown(
    paths: Iterable[tuple[str, Path]],  # buffer, .png
    view: ViewState,
    options: SceneOptions,
    device: torch.device,
) -> None:
    """Each buffer as the left side of the picture, over the look's background; raises PhynesError."""
    session = new_session(options, device)
    session.check(view)
    for name, path in paths:
        shown = edit_look(view, buffer=name)
        write_png(path, session.to_bytes(session.render(shown, options.size, is_final=True), shown.look))
