"""From a command's options to the view that it starts with: a session's, or one put together from single options."""

from dataclasses import MISSING, fields, replace
from pathlib import Path

from app.arguments import check_number, option_of
from app.body_options import BodyOptions, PlaybackOptions
from app.cli import UsageError
from app.light_options import LightOptions
from app.opening_bodies import opening_row, playback_of
from app.opening_camera import check_camera, with_path
from app.opening_light import background_color, opening_light, opening_stage
from app.opening_looking import with_looking
from app.scene_options import SceneOptions
from app.session_file import view_of_argument
from app.state import LookState, ViewState
from app.view_options import ViewOptions

NO_DESCRIPTION = ("smpl", "smpl_uv")  # of BodyOptions: where a file is, not what is seen
LOOKS = ("pixel_normals", "freeze_materials", "background", "exposure", "curve", "buffer")


def opening_view(options: ViewOptions) -> ViewState:
    """The view, its camera and clocks aside where no session sets them; raises PhynesError."""
    check_camera(options)
    if options.session:
        _refuse_descriptions(options)
        return with_looking(options, with_path(options, view_of_argument(options.session)))
    body, company = opening_row(options, playback_of(options) if isinstance(options, PlaybackOptions) else None)
    body = replace(body, detail=options.pixel_normals, freezes_materials=options.freeze_materials)
    plain = LookState()
    look = LookState(
        getattr(options, "buffer", plain.buffer), getattr(options, "exposure", plain.exposure_ev),
        getattr(options, "curve", plain.curve), background_color(options.background_color, plain.background),
    )  # fmt: skip
    check_number("--exposure", look.exposure_ev)
    stage = opening_stage(options, getattr(options, "background", "none"))
    view = ViewState(body, light=opening_light(options), look=look, stage=stage, company=company)
    return with_looking(options, with_path(options, view))


def keeps_clocks(options: SceneOptions) -> bool:
    """Whether clips stand where the session has them."""
    return bool(options.session) and not options.frame and options.time is None


def _refuse_descriptions(options: ViewOptions) -> None:
    describing = {entry.name for kind in (BodyOptions, LightOptions, PlaybackOptions) for entry in fields(kind)}
    describing = (describing | set(LOOKS)) - set(NO_DESCRIPTION)
    for entry in fields(options):
        if entry.name in describing and entry.default is not MISSING and getattr(options, entry.name) != entry.default:
            raise UsageError(
                f"{option_of(entry.name)}: --session {Path(options.session).name[:60]} says that already; leave one out"
            )
