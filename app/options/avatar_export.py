"""The options of the command `export`, and what a file of each kind makes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from app.model.avatar_row import AvatarRowState, BodyState
from app.model.cameras import CameraState
from app.model.comparison import CompareState
from app.model.display_settings import BufferName, DisplaySettings, ToneCurve
from app.model.exports import AvatarExportState
from app.model.lights import LightState
from app.model.playback import PlaybackState
from app.model.view_state import ViewState
from app.options.arguments import UsageError, check_field, option_of
from app.options.bodies import motion_path
from app.options.camera import OnPart, camera_from_options, camera_of_view
from app.options.command_lines import (
    CommandLine,
    arguments_of,
    avatar_name,
    by_session,
    environment_name,
    motion_name,
    pose_names,
    typed_value,
    view_values,
    visible_part,
)
from app.options.light import probe_file
from app.options.view import ViewOptions, view_from_options
from app.rendering.exports.avatar_export import format_of
from phynes_core.errors import PhynesError

NONE = "none"  # of --motions and --probes
DEFAULT_MOTIONS = ("walk",)
PAGE_MOTIONS = ("walk", "dance_a", "kick", "punch")
PAGE_PROBES = ("studio", "sunset", "forest", "city")


@dataclass(frozen=True, kw_only=True)
class Export(ViewOptions):
    """Options of `export`."""

    out: Path
    """The file, whose suffix says what is written, or a folder for exact motion."""
    motions: Annotated[str, tyro.conf.arg(metavar="NAME,...")] = ""
    """Clips that go into the file, by name or path, with commas between them, beside that of --motion; none: no clip.
    When left out: walk, where --motion names none; in a page also dance_a, kick and punch."""
    probes: Annotated[str, tyro.conf.arg(metavar="NAME,...")] = ""
    """Environments that go into a page beside the light that the avatar learned, by name or path, with commas between
    them; none: no other. When left out: studio, sunset, forest and city."""
    fallback_video: bool = False
    """A page shows a turntable video, not a still, where the browser has no WebGPU."""
    time: float | None = None
    """Seconds into the clip of --motion where a page begins, standing still; when left out the clip plays."""
    buffer: BufferName = "radiance"
    """What a page shows at first."""
    exposure: float = 0.0
    """Stops of light (EV) that a page begins with."""
    curve: ToneCurve = "linear"
    """Tone curve that a page begins with."""
    camera_path: Path | None = None
    """A camera path's .json, which becomes an animated camera."""
    texture_size: int = 2048
    """Width and height of the textures, in texels."""
    pose_morphs: int = 0
    """Morph targets that follow the pose: offsets and pose blend shapes as principal components over the clips."""
    format: Literal["ply", "obj", "html"] = "ply"
    """The meshes of a folder; html: a page for a web server instead."""
    textures: Literal["png", "exr", "none"] = "png"
    """The textures of a folder."""
    with_licensed_body: bool = False
    """Write an avatar whose mesh is a licensed body: who passes such a file on needs the right to pass on that body."""


def refuse_unused(options: Export, used: frozenset[str], kind: str) -> None:
    """Raise UsageError where an option is set that has no effect on this kind of file."""
    always = {"avatar", "session", "out", "smpl", "smpl_uv", "with_licensed_body"}
    for entry in fields(options):
        if entry.name not in used | always and getattr(options, entry.name) != entry.default:
            raise UsageError(f"{option_of(entry.name)}: has no effect on {kind}; leave it out")


def started(
    options: Export, view: ViewState, home: Callable[[ViewState], CameraState], on_part: OnPart = camera_of_view
) -> ViewState:  # fmt: skip
    """The view that a page begins with: its camera, and its clip in motion unless --time stops it; raises UsageError.

    `home` gives the camera from which the whole avatar is seen, `on_part` is that of camera_from_options.
    """
    if options.time is not None:
        check_field("--time", options.time, BodyState, "time_s")
        view = replace(view, body=replace(view.body, time_s=options.time, playing=False))
    elif not options.session:
        view = replace(view, body=replace(view.body, playing=bool(view.body.motion)))
    if options.camera or options.lens is not None or options.fov is not None:
        camera = view.camera if options.session else home(view)
        view = replace(view, camera=camera_from_options(options, view, camera, bool(options.session), on_part))
    return view


def export_settings(options: Export, view: ViewState) -> AvatarExportState:
    """The settings of the options; raises UsageError."""
    for name in ("texture_size", "pose_morphs"):
        check_field(option_of(name), getattr(options, name), AvatarExportState, name)
    motions = _motions(options, view)
    if options.pose_morphs and not motions:
        raise UsageError("--pose-morphs: expected a clip to take them from, got --motions none; leave one out")
    return AvatarExportState(
        str(options.out), motions, "playing", options.texture_size, options.pose_morphs, options.format,
        options.textures, options.with_licensed_body, _lights(options, view), options.fallback_video,
    )  # fmt: skip


def is_page(out: Path, mesh_format: str) -> bool:
    """Whether a page is written."""
    return out.suffix.lower() == ".html" or (not out.suffix and mesh_format == "html")


def _lights(options: Export, view: ViewState) -> tuple[str, ...]:
    """The files of --probe and --probes, each once; raises ImageError for one that is missing."""
    if not is_page(options.out, options.format):
        return ()
    named = [name.strip() for name in options.probes.split(",") if name.strip()] or list(PAGE_PROBES)
    own = [view.light.environment] if view.light.mode == "environment" and view.light.environment else []
    files = [str(probe_file(name, "--probes").resolve()) for name in named if options.probes != NONE]
    return tuple(dict.fromkeys([*own, *files]))


def _motions(options: Export, view: ViewState) -> tuple[str, ...]:
    """The files of --motion and --motions, each once."""
    if options.motions == NONE:
        return ()
    names = [name.strip() for name in options.motions.split(",") if name.strip()]
    own = view.body.motion if options.motion or not names else ""
    if not names and not own:
        names = list(PAGE_MOTIONS if is_page(options.out, options.format) else DEFAULT_MOTIONS)
    return tuple(dict.fromkeys([*([own] if own else []), *(motion_path(name) for name in names)]))


def _page_command(state: ViewState, common: dict[str, Any], used: frozenset[str], beside: str) -> CommandLine:
    """The command of a page that begins with this view: options where they describe it, else a session."""
    seen = _page_part(state)
    time_s = seen.body.time_s if seen.body.motion and not seen.body.playing else None
    values = {**view_values(seen), "time": time_s, "buffer": seen.display.buffer}
    values = {name: value for name, value in values.items() if name in used | {"avatar"}} | common
    try:
        options = Export(**values)
        read = _page_part(started(options, view_from_options(options), lambda view: CameraState()))
        is_described = visible_part(read, is_video=True) == visible_part(seen, is_video=True)
    except (PhynesError, OSError):
        is_described = False
    if is_described and read.body.playing == seen.body.playing:
        return CommandLine(("export", *arguments_of(Export, values)))
    return by_session("export", Export, state, common, beside)


def _page_part(state: ViewState) -> ViewState:
    """The state with defaults for everything that no page begins with."""
    body, plain = state.body, DisplaySettings()
    body = replace(body, playing=body.playing and bool(body.motion), time_s=0.0 if body.playing else body.time_s)
    display = replace(state.display, has_false_color=False, has_wireframe=False, has_joints=False, slider=plain.slider)
    plain_light = LightState()
    light = replace(
        state.light,
        tint=plain_light.tint,
        probe_edits=(),
        captured_of="",
        bright_sources=plain_light.bright_sources,
    )
    surroundings = replace(state.surroundings, backdrop="color", has_balls=False)
    return replace(
        state, body=body, avatar_row=AvatarRowState(), display=display, light=light, surroundings=surroundings,
        compare=CompareState(),
    )  # fmt: skip


def export_command(
    state: ViewState,
    settings: AvatarExportState,
    files: Mapping[str, object],  # smpl and smpl_uv, where named
) -> CommandLine:
    """The `export` command of this avatar: options where they describe the body, else a session."""
    body, kind = state.body, format_of(Path(settings.path), settings.mesh_format)
    common: dict[str, Any] = {
        "out": Path(settings.path),
        "motions": ",".join(motion_name(path) for path in settings.motions) or NONE,
        "texture_size": settings.texture_size, "pose_morphs": settings.pose_morphs, "format": settings.mesh_format,
        "textures": settings.texture_format, "fallback_video": settings.has_video,
        "probes": ",".join(map(environment_name, settings.lights)) or NONE,
    }  # fmt: skip
    common = {name: value for name, value in common.items() if name in kind.options | {"out"}}
    common |= {"with_licensed_body": settings.has_licensed_body, **files}
    if is_page(Path(settings.path), settings.mesh_format):
        return _page_command(state, {**common, "out": Path(settings.path)}, kind.options, settings.path)
    described = {
        "avatar": (avatar_name(body.avatar),), "pose": pose_names((body,)),
        "shape": ",".join(map(typed_value, body.shape)) if any(body.shape) else "",
        "pixel_normals": body.detail, "freeze_materials": body.freezes_materials,
    }  # fmt: skip
    bare = replace(body, motion="", time_s=0.0, playing=False, playback=PlaybackState())
    try:
        is_described = view_from_options(Export(**described, **common)).body == bare and not state.path.keys
    except (PhynesError, OSError):
        is_described = False
    if is_described:
        return CommandLine(("export", *arguments_of(Export, {**described, **common})))
    return by_session("export", Export, state, common, settings.path)
