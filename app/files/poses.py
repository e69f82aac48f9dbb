"""The library of poses: the files of two folders, by name."""

import re
from pathlib import Path

from app.files.settings import settings_folder
from app.model.fields import Vector
from phynes_core.body.motion.pose_files import SavedPose, read_pose, write_pose
from phynes_core.errors import MotionError, OutputError
from phynes_core.io.shipped_files import ASSETS
from phynes_core.io.untrusted import is_readable_file

SUFFIX = ".json"
SHIPPED = ASSETS / "poses"
MOST_POSES = 200


def own_folder() -> Path:
    """The folder of the user's own poses; it need not exist."""
    return settings_folder() / "poses"


def library() -> dict[str, SavedPose]:
    """Path -> pose: the bundled ones, then the user's own, by file name. Invalid files are left out."""
    poses = {}
    for folder in (SHIPPED, own_folder()):
        for path in sorted(folder.glob(f"*{SUFFIX}"))[:MOST_POSES]:
            try:
                poses[str(path)] = read_pose(path)
            except MotionError:
                continue
    return poses


def pose_path(name: str) -> Path:
    """The file of a path or of a bare name in the library; raises MotionError, which lists the names."""
    given = Path(name).expanduser()
    paths = [given, *(folder / f"{name}{SUFFIX}" for folder in (own_folder(), SHIPPED))]
    found = next((path for path in paths if is_readable_file(path)), None)
    if found is None:
        names = ", ".join(dict.fromkeys(Path(path).stem for path in library()))
        raise MotionError(f"{name}: no such pose; in the library: {names}; or name a .json file")
    return found


def save_pose(target: str, rotations: tuple[Vector, ...]) -> Path:
    """Write a pose to a .json path, or under a name into the library; returns the file."""
    path = Path(target).expanduser()
    if path.suffix.lower() != SUFFIX:
        return save_to_library(target, rotations)
    write_pose(path, SavedPose(path.stem, rotations))
    return path


def free_name(poses: dict[str, SavedPose]) -> str:
    """The first name "pose 1", "pose 2", ... that is not taken."""
    taken = {pose.name for pose in poses.values()}
    return next(name for number in range(1, len(taken) + 2) if (name := f"pose {number}") not in taken)


def save_to_library(name: str, rotations: tuple[Vector, ...]) -> Path:
    """Write a pose into the user's folder, replacing one of that name; returns the file."""
    stem = re.sub(r"[^\w-]+", "_", name.strip()).strip("_")[:60]
    if not stem:
        raise OutputError("pose: expected a name with letters or digits, got none; type one")
    path = own_folder() / f"{stem}{SUFFIX}"
    write_pose(path, SavedPose(name.strip()[:60], rotations))
    return path
