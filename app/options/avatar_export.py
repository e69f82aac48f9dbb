"""The options of the command `export`, and what a file of each kind makes of them."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import tyro

from app.model.exports import AvatarExportState
from app.model.view_state import ViewState
from app.options.arguments import UsageError, check_field, option_of
from app.options.bodies import motion_path
from app.options.view import ViewOptions

NO_MOTIONS = "none"
DEFAULT_MOTIONS = ("walk",)


@dataclass(frozen=True, kw_only=True)
class Export(ViewOptions):
    """Options of `export`."""

    out: Path
    """The file, whose suffix says what is written, or a folder for exact motion."""
    motions: Annotated[str, tyro.conf.arg(metavar="NAME,...")] = ""
    """Clips that go into the file, by name or path, with commas between them, beside that of --motion; none: no clip.
    When left out: walk, where --motion names none."""
    camera_path: Path | None = None
    """A camera path's .json, which becomes an animated camera."""
    texture_size: int = 2048
    """Width and height of the textures, in texels."""
    pose_morphs: int = 0
    """Morph targets that follow the pose: offsets and pose blend shapes as principal components over the clips."""
    format: Literal["ply", "obj"] = "ply"
    """The meshes of a folder."""
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


def export_settings(options: Export, view: ViewState) -> AvatarExportState:
    """The settings of the options; raises UsageError."""
    for name in ("texture_size", "pose_morphs"):
        check_field(option_of(name), getattr(options, name), AvatarExportState, name)
    return AvatarExportState(
        str(options.out), _motions(options, view), options.texture_size, options.pose_morphs, options.format,
        options.textures, options.with_licensed_body,
    )  # fmt: skip


def _motions(options: Export, view: ViewState) -> tuple[str, ...]:
    """The files of --motion and --motions, each once."""
    own = (view.body.motion,) if view.body.motion else ()
    if options.motions == NO_MOTIONS:
        return ()
    names = [name.strip() for name in options.motions.split(",") if name.strip()] or ([] if own else DEFAULT_MOTIONS)
    return tuple(dict.fromkeys([*own, *(motion_path(name) for name in names)]))
