"""The poses that a person keeps, and those that ship: files in two folders."""

import re
from pathlib import Path

from app.pose_files import SUFFIX, SavedPose, read_pose, write_pose
from app.state import Vector
from app.user_files import settings_folder
from phynes_core.errors import MotionError, OutputError
from phynes_core.io.shipped_files import ASSETS

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


def pose_path(name: str) -> Path:
    """The file that a path or a bare name in the library means; raises MotionError that lists the names."""
    given = Path(name).expanduser()
    places = [given, *(folder / f"{name}{SUFFIX}" for folder in (own_folder(), SHIPPED))]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        names = ", ".join(dict.fromkeys(Path(path).stem for path in library()))
        raise MotionError(f"{name}: no such pose; in the library: {names}; or name a .json file")
    return found


def save_pose(where: str, rotations: tuple[Vector, ...]) -> Path:
    """Write a pose: to a .json path, else under a name in the library."""
    path = Path(where).expanduser()
    if path.suffix.lower() != SUFFIX:
        return save_to_library(where, rotations)
    write_pose(path, SavedPose(path.stem, rotations))
    return path


def free_name(poses: dict[str, SavedPose]) -> str:
    """A name that no pose has yet."""
    taken = {pose.name for pose in poses.values()}
    return next(name for number in range(1, len(taken) + 2) if (name := f"pose {number}") not in taken)


def save_to_library(name: str, rotations: tuple[Vector, ...]) -> Path:
    """Write a pose into the person's folder; one of that name is replaced."""
    stem = re.sub(r"[^\w-]+", "_", name.strip()).strip("_")[:60]
    if not stem:
        raise OutputError("pose: expected a name with letters or digits, got none; type one")
    path = own_folder() / f"{stem}{SUFFIX}"
    write_pose(path, SavedPose(name.strip()[:60], rotations))
    return path
