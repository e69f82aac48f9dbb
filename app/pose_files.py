"""Poses in files: one JSON with a name and 24 rotations, in SMPL's order."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from app.json_files import read_json
from app.state import NUM_JOINTS, Vector
from phynes_core.conventions import JOINT_NAMES
from phynes_core.errors import MotionError
from phynes_core.io.atomic_file import replacing

SUFFIX = ".json"
FORMAT = "phynes pose 1"
MOST_BYTES = 1_000_000
REMEDY = "name a pose that the viewer saved"


@dataclass(frozen=True)
class SavedPose:
    """A pose of the library."""

    name: str
    rotations: tuple[Vector, ...]  # [24] axis-angle, rad: each joint in its parent's axes, the root in the world's


def write_pose(path: Path, pose: SavedPose) -> None:
    """Whole or not at all; joints by name, so that a person can read and edit it."""
    joints = {
        name: [round(angle, 6) for angle in rotation]
        for name, rotation in zip(JOINT_NAMES, pose.rotations, strict=True)
    }
    record = {"format": FORMAT, "name": pose.name, "axis_angle_rad": joints}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read_pose(path: Path) -> SavedPose:
    """Raises MotionError unless the file holds a whole pose. Joints that it leaves out do not turn."""
    path = Path(path)
    record = read_json(path, "this pose", MOST_BYTES, MotionError, REMEDY)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise MotionError(f"{path}: expected a JSON with format '{FORMAT}', got another; {REMEDY}")
    joints = record.get("axis_angle_rad")
    unknown = sorted(set(joints) - set(JOINT_NAMES)) if isinstance(joints, dict) else ["no joints"]
    if not isinstance(joints, dict) or unknown:
        raise MotionError(f"{path}: axis_angle_rad: expected joints such as {JOINT_NAMES[18]}, got {unknown[0]}")
    rotations: list[Vector] = [(0.0, 0.0, 0.0)] * NUM_JOINTS
    for name, values in joints.items():
        is_sound = isinstance(values, list) and len(values) == 3
        numbers = [float(value) for value in values if isinstance(value, int | float)] if is_sound else []
        if len(numbers) != 3 or not all(math.isfinite(number) and abs(number) < 100 for number in numbers):
            raise MotionError(f"{path}: {name}: expected three finite angles in radians, got {values!r:.60}")
        rotations[JOINT_NAMES.index(name)] = (numbers[0], numbers[1], numbers[2])
    name = record.get("name")
    return SavedPose(name if isinstance(name, str) and name else path.stem, tuple(rotations))
