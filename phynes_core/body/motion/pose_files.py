"""Held poses as JSON files: a name, and a rotation for each joint by its name."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.conventions import JOINT_NAMES, NUM_JOINTS
from phynes_core.errors import MotionError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind

FORMAT = "phynes pose 1"
POSE = FileKind("pose", 1_000_000, MotionError, "name a pose that the viewer saved")
LARGEST_ANGLE = 100.0  # rad
FIELDS = ("format", "name", "axis_angle_rad")


@dataclass(frozen=True)
class SavedPose:
    """A named pose without a place and a shape."""

    name: str
    rotations: tuple[tuple[float, float, float], ...]  # [24] axis-angle, rad, in the parent's axes; the root in world's

    def pose(self, betas: Tensor) -> Pose:  # [B]
        """The pose of a person of this shape, not moved from where the T-pose stands."""
        rotations = torch.tensor(self.rotations)
        return Pose(rotations[1:], rotations[0], torch.zeros(3), betas)


def read_pose(path: Path) -> SavedPose:
    """Read a pose; joints that the file leaves out do not turn. Raises MotionError."""
    path = Path(path)
    record = read_json(path, POSE)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise MotionError(f"{path}: expected JSON with format '{FORMAT}', got other JSON; {POSE.remedy}")
    if mistake := _mistake(record):
        raise MotionError(f"{path}: {mistake}; correct it or save the pose again")
    rotations = [(0.0, 0.0, 0.0)] * NUM_JOINTS
    for joint, (x, y, z) in record["axis_angle_rad"].items():
        rotations[JOINT_NAMES.index(joint)] = (float(x), float(y), float(z))
    return SavedPose(record.get("name") or path.stem, tuple(rotations))


def write_pose(path: Path, pose: SavedPose) -> None:
    """Write a pose atomically, joints by name; raises OutputError."""
    joints = {
        name: [round(angle, 6) for angle in rotation]
        for name, rotation in zip(JOINT_NAMES, pose.rotations, strict=True)
    }
    record = {"format": FORMAT, "name": pose.name, "axis_angle_rad": joints}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _mistake(record: dict[str, object]) -> str:
    """What is wrong with a record of this format; "" for nothing."""
    if unknown := sorted(set(record) - set(FIELDS)):
        return f"{unknown[0]:.60}: unknown; expected some of {', '.join(FIELDS)}"
    name, joints = record.get("name", ""), record.get("axis_angle_rad")
    if not isinstance(name, str):
        return f"name: expected a text, got {name!r:.60}"
    if not isinstance(joints, dict):
        return f"axis_angle_rad: expected rotations by joint, got {joints!r:.60}"
    for joint, rotation in joints.items():
        if joint not in JOINT_NAMES:
            return f"axis_angle_rad: expected joints such as {JOINT_NAMES[18]}, got {joint[:60]!r}"
        if not isinstance(rotation, list) or len(rotation) != 3 or not all(_is_angle(angle) for angle in rotation):
            expected = f"three numbers from {-LARGEST_ANGLE:g} to {LARGEST_ANGLE:g} radians"
            return f"axis_angle_rad.{joint}: expected {expected}, got {rotation!r:.60}"
    return ""


def _is_angle(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST_ANGLE <= value <= LARGEST_ANGLE  # false for NaN
