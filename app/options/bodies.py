"""The options for avatars, poses and clips, and the row of bodies made from them."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from app.files.materials import load_materials, materials_path
from app.model.avatar_row import MAX_BODIES, NUM_SHAPES, AvatarRowState, BodyState
from app.model.materials import MaterialState
from app.model.playback import PlaybackState
from app.options.arguments import UsageError, check_field, parse_numbers
from phynes_core.io.shipped_files import shipped_path

FILE_OPTIONS = ("smpl", "smpl_uv")  # of BodyOptions: allowed beside a session, which does not name these files
REST_POSE = "rest"  # a name of --pose that no file has


@dataclass(frozen=True, kw_only=True)
class BodyOptions:
    """Avatars, their poses and materials."""

    avatar: tuple[str, ...] = ()
    """A .ckpt file, or its bare name in checkpoints/; repeat it to see several side by side."""
    motion: tuple[str, ...] = ()
    """A motion clip (our .npz, AMASS .npz, AIST++ .pkl, .bvh), or the bare name of one in assets/motions; the rest pose
    when left out. With several avatars: one for all, or one for each in order."""
    pose: tuple[str, ...] = ()
    """A pose saved in the viewer (.json), or the bare name of one in the library, instead of a motion; `rest` is the
    rest pose. One for all avatars, or one for each."""
    shape: Annotated[str, tyro.conf.arg(metavar="B1,B2,...")] = ""
    """Up to ten shape coefficients, added to each avatar's own, in standard deviations."""
    materials: tuple[str, ...] = ()
    """Material edits saved in the viewer (.materials.json); `beside` takes those beside each avatar's checkpoint. One
    for all avatars, or one for each; without, the maps are shown as they are."""
    spacing: float = 1.8
    """Metres between avatars that stand side by side."""
    same_pose: bool = False
    """All avatars do what the first one does."""
    smpl: Path | None = None
    """The licensed SMPL file of an avatar that was trained on one; or the environment variable PHYNES_SMPL."""
    smpl_uv: Path | None = None
    """OBJ with that body's UV atlas; or PHYNES_SMPL_UV."""


@dataclass(frozen=True, kw_only=True)
class PlaybackOptions:
    """How motion clips are played."""

    range: Annotated[str, tyro.conf.arg(metavar="START,END")] = ""
    """The part of the motion that plays, in seconds; all of it when left out."""
    speed: float = 1.0
    """Of the motion: 0.5 is slow motion, -1 runs backward."""
    loop: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Stop at the end of the motion; without --no-loop it begins again."""
    smooth: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Show the motion's frames alone; without --no-smooth also the poses between them."""
    mix: Annotated[str, tyro.conf.arg(metavar="MOTION[,SHARE]")] = ""
    """Mix a second clip into the motion, stretched to its length; the share is 0.5 when left out."""


def row_from_options(options: BodyOptions, playback: PlaybackState | None = None) -> tuple[BodyState, AvatarRowState]:
    """The first avatar, active, and the row with the others to its right; raises PhynesError for unknown names."""
    from app.files.poses import pose_path
    from phynes_core.avatar.checkpoint import resolve_avatar_path
    from phynes_core.body.motion.pose_files import read_pose

    if not options.avatar:
        raise UsageError("missing --avatar (-h shows the options)")
    if len(options.avatar) > MAX_BODIES:
        raise UsageError(f"--avatar: expected at most {MAX_BODIES} of them, got {len(options.avatar)}")
    check_field("--spacing", options.spacing, AvatarRowState, "spacing_m")
    motions = _one_each("--motion", options.motion, len(options.avatar))
    poses = _one_each("--pose", options.pose, len(options.avatar))
    edits = _one_each("--materials", options.materials, len(options.avatar))
    shape = _shape(options.shape)
    bodies = []
    for avatar, motion, pose, edit in zip(options.avatar, motions, poses, edits, strict=True):
        if motion and pose:
            raise UsageError("--pose: expected it instead of --motion, got both; leave one out")
        path = str(resolve_avatar_path(avatar).resolve())
        body = BodyState(
            path, motion_path(motion) if motion else "", shape=shape, playback=playback or PlaybackState(),
            materials=_materials(edit, path),
        )  # fmt: skip
        is_held = pose and pose != REST_POSE
        bodies.append(replace(body, held_pose=read_pose(pose_path(pose)).rotations) if is_held else body)
    row = AvatarRowState(tuple(bodies[1:]), 0, options.spacing, options.same_pose)
    return bodies[0], row


def playback_of(options: PlaybackOptions) -> PlaybackState:
    """The playback state of --range, --speed, --loop, --smooth and --mix."""
    check_field("--speed", options.speed, PlaybackState, "speed")
    start, end = parse_numbers("--range", options.range, ("start", "end")) if options.range else (0.0, 0.0)
    if options.range and not 0 <= start < end:
        raise UsageError(f"--range: expected start,end with 0 <= start < end seconds, got {options.range!r}")
    check_field("--range", end, PlaybackState, "end_s")
    second, _, share = options.mix.partition(",")
    mix = parse_numbers("--mix", share, ("share",))[0] if share else 0.5
    check_field("--mix", mix, PlaybackState, "mix")
    return PlaybackState(
        options.speed, options.loop, start, end, options.smooth, motion_path(second) if second else "", mix
    )


def motion_path(name: str) -> str:
    """The file of a bare name in assets/motions or of a path."""
    from phynes_core.io.shipped_files import bundled_motions

    path = bundled_motions().get(name) or shipped_path(name)
    return str(path.resolve() if path.exists() else path)


def licensed_files(options: BodyOptions) -> tuple[Path | None, Path | None]:
    """The licensed body and its UV atlas: --smpl and --smpl-uv, else PHYNES_SMPL and PHYNES_SMPL_UV."""
    return licensed_paths(options.smpl, options.smpl_uv)


def licensed_paths(smpl: Path | None, smpl_uv: Path | None) -> tuple[Path | None, Path | None]:
    """The same for files that were named, or were not."""
    return _licensed_file(smpl, "PHYNES_SMPL"), _licensed_file(smpl_uv, "PHYNES_SMPL_UV")


def _licensed_file(path: Path | None, variable: str) -> Path | None:
    """The file of an option, else of an environment variable."""
    named = os.environ.get(variable, "")
    return path if path is not None or not named else Path(named)


def _materials(name: str | None, avatar: str) -> MaterialState:
    if not name:
        return MaterialState()
    return load_materials(materials_path(avatar) if name == "beside" else Path(name))


def _one_each(option: str, values: tuple, count: int) -> tuple:
    """One value for each avatar; None for each where there are no values."""
    if len(values) not in (0, 1, count):
        raise UsageError(f"{option}: expected one for all {count} avatars or one for each, got {len(values)}")
    return values if len(values) == count else (values or (None,)) * count


def _shape(text: str) -> tuple[float, ...]:
    if not text:
        return (0.0,) * NUM_SHAPES
    values = parse_numbers("--shape", text, [f"b{index}" for index in range(1, NUM_SHAPES + 1)], num_required=1)
    for value in values:
        check_field("--shape", value, BodyState, "shape")
    return *values, *(0.0,) * (NUM_SHAPES - len(values))
