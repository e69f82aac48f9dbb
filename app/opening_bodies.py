"""From options to the row of bodies that a command starts with."""

import os
from dataclasses import replace
from pathlib import Path

from app.arguments import check_number, parse_numbers
from app.body_options import BodyOptions, PlaybackOptions
from app.cli import UsageError
from app.company_edits import MAX_BODIES
from app.material_files import load_materials, materials_path
from app.material_state import MaterialState
from app.pose_files import read_pose
from app.pose_library import pose_path
from app.shipped_files import shipped_path
from app.state import NUM_SHAPES, BodyState, CompanyState, PlaybackState
from phynes_core.avatar.checkpoint import resolve_avatar_path
from phynes_core.io.shipped_files import bundled_motions

LEAST_SPACING_M, MOST_SPACING_M = 0.2, 10.0
MOST_SPEED = 20.0


def opening_row(options: BodyOptions, playback: PlaybackState | None = None) -> tuple[BodyState, CompanyState]:
    """The first avatar active, the others to its right; raises PhynesError for names of nothing."""
    if not options.avatar:
        raise UsageError("missing --avatar (-h shows the options)")
    if len(options.avatar) > MAX_BODIES:
        raise UsageError(f"--avatar: expected at most {MAX_BODIES} of them, got {len(options.avatar)}")
    check_number("--spacing", options.spacing, LEAST_SPACING_M, MOST_SPACING_M)
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
        bodies.append(replace(body, held_pose=read_pose(pose_path(pose)).rotations) if pose else body)
    company = CompanyState(tuple(bodies[1:]), 0, options.spacing, options.same_pose)
    return bodies[0], company


def playback_of(options: PlaybackOptions) -> PlaybackState:
    """What --range, --speed, --loop, --smooth and --mix say."""
    check_number("--speed", options.speed, -MOST_SPEED, MOST_SPEED)
    start, end = parse_numbers("--range", options.range, ("start", "end")) if options.range else (0.0, 0.0)
    if options.range and not 0 <= start < end:
        raise UsageError(f"--range: expected start,end with 0 <= start < end seconds, got {options.range!r}")
    second, _, share = options.mix.partition(",")
    mix = parse_numbers("--mix", share, ("share",))[0] if share else 0.5
    check_number("--mix", mix, 0.0, 1.0)
    return PlaybackState(
        options.speed, options.loop, start, end, options.smooth, motion_path(second) if second else "", mix
    )


def motion_path(name: str) -> str:
    """The file that a bare name in assets/motions or a path means."""
    path = bundled_motions().get(name) or shipped_path(name)
    return str(path.resolve() if path.exists() else path)


def licensed_files(options: BodyOptions) -> tuple[Path | None, Path | None]:
    """The licensed body and its UV layout, of --smpl and --smpl-uv or what the environment names instead."""
    return _licensed_file(options.smpl, "PHYNES_SMPL"), _licensed_file(options.smpl_uv, "PHYNES_SMPL_UV")


def _licensed_file(path: Path | None, variable: str) -> Path | None:
    """A file the user names by option or by environment variable."""
    named = os.environ.get(variable, "")
    return path if path is not None or not named else Path(named)


def _materials(name: str | None, avatar: str) -> MaterialState:
    if not name:
        return MaterialState()
    return load_materials(materials_path(avatar) if name == "beside" else Path(name))


def _one_each(option: str, values: tuple, count: int) -> tuple:
    """One value for each avatar, from none, one for all, or as many."""
    if len(values) not in (0, 1, count):
        raise UsageError(f"{option}: expected one for all {count} avatars or one for each, got {len(values)}")
    return values if len(values) == count else (values or (None,)) * count


def _shape(text: str) -> tuple[float, ...]:
    if not text:
        return (0.0,) * NUM_SHAPES
    values = parse_numbers("--shape", text, [f"b{index}" for index in range(1, NUM_SHAPES + 1)], num_required=1)
    return *values, *(0.0,) * (NUM_SHAPES - len(values))
