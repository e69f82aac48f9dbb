"""Poses as JSON files with a name and a rotation for each joint; the library is the files of two folders."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from app.files.records import RecordError, from_record
from app.files.settings import settings_folder
from app.model.fields import Rule, Vector
from app.model.joints import NUM_JOINTS, Rotation
from phynes_core.conventions import JOINT_NAMES
from phynes_core.errors import MotionError, OutputError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import ASSETS
from phynes_core.io.untrusted import FileKind, is_readable_file

SUFFIX = ".json"
FORMAT = "phynes pose 1"
POSE = FileKind("pose", 1_000_000, MotionError, "name a pose that the viewer saved")


@dataclass(frozen=True)
class SavedPose:
    """A named pose."""

    name: str
    rotations: tuple[Vector, ...]  # [24] axis-angle, rad, in the parent's frame; the root in the world's


def mistake_in_joints(rotations: dict[str, Rotation]) -> str | None:
    """Why a name is no joint's; None where all are."""
    unknown = sorted(set(rotations) - set(JOINT_NAMES))
    return f"expected joints such as {JOINT_NAMES[18]}, got {unknown[0][:60]!r}" if unknown else None


@dataclass(frozen=True)
class PoseRecord:
    """The content of a pose's file."""

    format: str
    axis_angle_rad: Annotated[dict[str, Rotation], Rule(mistake_in_joints)]  # joints left out do not turn
    name: str = ""  # "" means the file's name


def write_pose(path: Path, pose: SavedPose) -> None:
    """Write a pose atomically, joints by name; raises OutputError."""
    joints = {
        name: [round(angle, 6) for angle in rotation]
        for name, rotation in zip(JOINT_NAMES, pose.rotations, strict=True)
    }
    record = {"format": FORMAT, "name": pose.name, "axis_angle_rad": joints}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read_pose(path: Path) -> SavedPose:
    """Read a pose; joints that the file leaves out do not turn. Raises MotionError."""
    path = Path(path)
    record = read_json(path, POSE)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise MotionError(f"{path}: expected JSON with format '{FORMAT}', got other JSON; {POSE.remedy}")
    try:
        read = from_record(PoseRecord, record)
    except RecordError as error:
        raise MotionError(f"{path}: {error}; correct it or save the pose again") from error
    rotations: list[Vector] = [(0.0, 0.0, 0.0)] * NUM_JOINTS
    for name, rotation in read.axis_angle_rad.items():
        rotations[JOINT_NAMES.index(name)] = rotation
    return SavedPose(read.name or path.stem, tuple(rotations))


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
