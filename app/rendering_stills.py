"""`render --out FILE`: the picture that the window shows at rest, in any size, or one file with every buffer."""

from dataclasses import fields

from app.arguments import option_of
from app.cli import UsageError
from app.commands.render import ENGINE_ALONE, Render
from app.opening_session import open_session
from app.opening_view import opening_view
from app.state import StillState
from app.take_progress import run_shown
from app.takes import StillTake, check_still

OF_FOLDERS = ("buffers", "format", "save_scene", "export_probe", *ENGINE_ALONE)


def render_still(options: Render) -> None:
    """Write the file; raises PhynesError."""
    defaults = {entry.name: entry.default for entry in fields(options)}
    for name in OF_FOLDERS:
        if getattr(options, name) != defaults[name]:
            raise UsageError(
                f"{option_of(name)}: expected a folder as --out, got the file "
                f"{options.out.name}, which is the picture that the window shows"
            )  # fmt: skip
    check_still(options.out, options.size)
    session, view = open_session(options, opening_view(options))
    settings = StillState(options.size, options.transparent, str(options.out))
    run_shown(StillTake(view, settings), session)
