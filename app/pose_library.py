"""The poses that a person keeps, and those that ship: files in two folders, and what a pose does to a body."""

import re
from dataclasses import replace
from pathlib import Path

from app.edits import edit_body
from app.pose_files import SUFFIX, SavedPose, read_pose, write_pose
from app.state import REST_ANGLES, Vector, ViewState
from app.user_files import settings_folder
from phynes_core.errors import MotionError, OutputError
from phynes_core.paths import ASSETS

SHIPPED = ASSETS / "poses"
MOST_POSES = 200


def own_folder() -> Path:
    """Where a person's poses lie; it need not exist."""
    return settings_folder() / "poses"


def library() -> dict[str, SavedPose]:
    """Path -> pose: those that ship, then the person's own, by name. A broken file is left out."""
    poses = {}
    for folder in (SHIPPED, own_folder()):
        for path in sorted(folder.glob(f"*{SUFFIX}"))[:MOST_POSES]:
            try:
                poses[str(path)] = read_pose(path)
            except MotionError:
                continue
    return poses


def save_to_library(name: str, rotations: tuple[Vector, ...]) -> Path:
    """Write a pose into the person's folder; one of that name is replaced."""
    stem = re.sub(r"[^\w-]+", "_", name.strip()).strip("_")[:60]
    if not stem:
        raise OutputError("pose: expected a name with letters or digits, got none; type one")
    path = own_folder() / f"{stem}{SUFFIX}"
    write_pose(path, SavedPose(name.strip()[:60], rotations))
    return path


def hold_pose(state: ViewState, rotations: tuple[Vector, ...], share: float = 1.0) -> ViewState:
    """Put the active body into a pose, over its clip; what hands did to joints goes."""
    return edit_body(state, held_pose=rotations, held_share=share, joint_angles_deg=REST_ANGLES, playing=False)


def set_share(state: ViewState, share: float) -> ViewState:
    """How much of the held pose shows: 0 is the clip's own, every joint on the shorter arc between."""
    return edit_body(state, held_share=min(max(share, 0.0), 1.0))


def drop_pose(state: ViewState) -> ViewState:
    """Back to the clip."""
    return replace(state, body=replace(state.body, held_pose=(), held_share=1.0))
