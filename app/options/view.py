"""The options that describe a view, the ViewState made from them, and the render service for it."""

from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from app.files.sessions import view_of_argument
from app.model.avatar_row import BodyState, DetailMode
from app.model.display_settings import DisplaySettings
from app.model.exports import PictureSize
from app.model.view_state import ViewState
from app.options.arguments import UsageError, check_field, option_of, picture_size
from app.options.backends import BackendOptions, check_backends, chosen_device, map_backend
from app.options.bodies import FILE_OPTIONS, BodyOptions, PlaybackOptions, licensed_files, playback_of, row_from_options
from app.options.camera import CameraOptions, camera_from_options, check_camera, with_path
from app.options.display import DisplayOptions, with_display_options
from app.options.light import LightOptions, background_color, light_from_options, surroundings_from_options

if TYPE_CHECKING:
    import torch

    from app.rendering.render_service import RenderService
    from phynes_core.kernels.gpu.device import GpuDevice


@dataclass(frozen=True, kw_only=True)
class ViewOptions(BodyOptions, LightOptions, CameraOptions, DisplayOptions, BackendOptions):
    """A session, or avatars, poses, light, camera, display and backends."""

    session: str = ""
    """A session saved in the viewer (.json): everything that it showed, instead of the options that describe it."""
    pixel_normals: DetailMode = "auto"
    """Normals with detail between the vertices, from the offset map; auto: as the avatar was trained."""
    freeze_materials: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Let albedo and roughness follow the pose; without --no-freeze-materials those of the first training pose stay."""


@dataclass(frozen=True, kw_only=True)
class SceneOptions(ViewOptions):
    """A view at a time of its clips, and the picture's size."""

    frame: int = 0
    """Frame of the clip."""
    time: float | None = None
    """Seconds into the clip, between frames too; instead of --frame."""
    size: Annotated[str, tyro.conf.arg(metavar="N|WxH")] = "512"
    """Width and height in pixels: one number for a square, or as in 1920x1080. The field of view spans the height."""


MIN_SIZE, MAX_SIZE = 16, 8192  # pixels a side; above the latter the buffers of one frame no longer fit in memory
SESSION_OPTIONS = (  # options of single commands that a session holds
    "pixel_normals",
    "freeze_materials",
    "background",
    "exposure",
    "curve",
    "buffer",
)


def view_from_options(options: ViewOptions) -> ViewState:
    """The view of the options; without a session it still lacks its camera and clip times. Raises PhynesError."""
    check_camera(options)
    if options.session:
        _refuse_descriptions(options)
        return with_display_options(options, with_path(options, view_of_argument(options.session)))
    body, row = row_from_options(options, playback_of(options) if isinstance(options, PlaybackOptions) else None)
    body = replace(body, detail=options.pixel_normals, freezes_materials=options.freeze_materials)
    plain = DisplaySettings()
    display = DisplaySettings(
        getattr(options, "buffer", plain.buffer), getattr(options, "exposure", None) or plain.exposure_ev,
        getattr(options, "curve", plain.curve), background_color(options.background_color, plain.background),
    )  # fmt: skip
    check_field("--exposure", display.exposure_ev, DisplaySettings, "exposure_ev")
    surroundings = surroundings_from_options(options, getattr(options, "background", "none"))
    view = ViewState(
        body, light=light_from_options(options), display=display, surroundings=surroundings, avatar_row=row
    )
    return with_display_options(options, with_path(options, view))


def _refuse_descriptions(options: ViewOptions) -> None:
    """Raise UsageError where an option beside --session sets what the session holds."""
    describing = {entry.name for kind in (BodyOptions, LightOptions, PlaybackOptions) for entry in fields(kind)}
    describing = (describing | set(SESSION_OPTIONS)) - set(FILE_OPTIONS)
    for entry in fields(options):
        if entry.name in describing and entry.default is not MISSING and getattr(options, entry.name) != entry.default:
            raise UsageError(
                f"{option_of(entry.name)}: --session {Path(options.session).name[:60]} says that already; leave one out"
            )


def new_render_service(
    options: ViewOptions, device: "torch.device | GpuDevice", has_antialias: bool = True
) -> "RenderService":
    """The render service with the options' backends and files; nothing is loaded yet."""
    from app.rendering.render_service import RenderService

    return RenderService(
        options.backend, *licensed_files(options), has_antialias, options.raster, map_backend(options), device
    )  # fmt: skip


def picture_size_of(options: SceneOptions) -> PictureSize:
    """The size of --size; raises UsageError."""
    return picture_size("--size", options.size, MIN_SIZE, MAX_SIZE)


def open_render_service(
    options: SceneOptions, view: ViewState, has_antialias: bool = True
) -> tuple["RenderService", ViewState]:  # fmt: skip
    """The render service, and the view with its clip times and its camera; raises PhynesError."""
    picture_size_of(options)
    if options.time is not None:
        check_field("--time", options.time, BodyState, "time_s")
    device = chosen_device(options)
    check_backends(options, device.type)
    service = new_render_service(options, device, has_antialias)
    keeps_clocks = bool(options.session) and not options.frame and options.time is None
    if not keeps_clocks:
        view = service.at_time(view, options.frame, options.time)
    home = service.home_camera(view)
    view = replace(view, camera=camera_from_options(options, view, home, bool(options.session), service.camera_on))
    service.check(view)
    return service, view
