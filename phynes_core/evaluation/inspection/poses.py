"""Which poses a capture covers: how far each joint moves, which sides the person shows, frames that repeat another."""

import math

import numpy as np
import torch

from phynes_core.body.model import BodyModel, pose_joints
from phynes_core.conventions import JOINT_NAMES
from phynes_core.data.capture import Capture
from phynes_core.evaluation.inspection.findings import GOOD, USABLE, Finding, Section, listed
from phynes_core.evaluation.report.elements import Table

_SECTORS = 12  # of the circle around the person, 30 degrees each
_SAME_M = 0.01  # frames whose joints differ by no more in the mean show one pose
_STILL_DEG = 10.0  # a joint that turns less hardly moves
_MOVED_JOINTS = (1, 2, 4, 5, 16, 17, 18, 19)  # hips, knees, shoulders, elbows: what novel motion turns most
_LEAST_UPRIGHT = 0.8  # of the trunk's mean direction along an axis
_NOTE = (
    "Materials and offsets are learned from what is shown: arms that never leave the trunk hide what lies below them,"
    " and creases that no frame shows cannot be learned. Thirty distinct poses from all sides are enough."
)


def pose_section(capture: Capture, body: BodyModel) -> Section:
    """Over all training frames."""
    frames = [frame for frame in capture.frames if capture.frame_split[frame] == "train"]
    rotations = torch.stack([capture.poses[frame].body_pose for frame in frames])  # [N, 23, 3]
    with torch.no_grad():
        joints = torch.stack([pose_joints(body, capture.poses[frame]).positions for frame in frames])  # [N, 24, 3]
    ranges = torch.rad2deg(rotations.amax(0) - rotations.amin(0)).amax(-1)  # [23] about the axis that turns most
    groups = repeated(joints)
    sides = sides_shown(capture, joints, frames)
    findings = [_sides(sides), _repeats(frames, groups), _still(ranges), *_up(capture, joints)]
    rows = tuple(
        (name, f"{float(value):.0f}°") for name, value in zip(JOINT_NAMES[1:], ranges, strict=True)
        if "foot" not in name and "hand" not in name
    )  # fmt: skip
    tables = (
        Table("Range of each joint", "About the axis that turns most, over the training frames.", ("", "range"), rows),
    )
    return Section("Poses covered", _NOTE, tuple(findings), tables, drawings=(_top_view(capture, sides),))


def repeated(joints: torch.Tensor) -> list[int]:  # [N, 24, 3] world, metres -> N group numbers
    """Frames that show one pose at one place have one number: each joins the first frame that it repeats."""
    groups: list[int] = []
    for index in range(len(joints)):
        distance = (joints[:index] - joints[index]).norm(dim=-1).mean(-1)
        same = torch.nonzero(distance <= _SAME_M)[:, 0]
        groups.append(groups[int(same[0])] if len(same) else index)
    return groups


def sides_shown(capture: Capture, joints: torch.Tensor, frames: list[int]) -> dict[str, np.ndarray]:
    """By training camera: from how many degrees to its left the person's front is seen, [N] in -180 to 180."""
    left_right = joints[:, 1] - joints[:, 2] + joints[:, 16] - joints[:, 17]  # hips and shoulders, toward the left
    made = {}
    for name, camera in capture.cameras.items():
        if capture.camera_split[name] == "train":
            to_camera = camera.center - joints[:, 0]
            # the front is the left side turned by -90 degrees about +Y: (x, z) -> (-z, x)
            front = torch.atan2(-left_right[:, 2], left_right[:, 0])
            seen_from = torch.atan2(to_camera[:, 0], to_camera[:, 2])
            turn = torch.rad2deg(seen_from - front)
            made[name] = ((turn + 180.0) % 360.0 - 180.0).numpy()
    return made


def _sides(sides: dict[str, np.ndarray]) -> Finding:
    angles = np.concatenate(list(sides.values()))
    filled = len(np.unique(((angles + 180.0) // (360.0 / _SECTORS)).astype(int) % _SECTORS))
    said = f"cameras see the person from {filled} of {_SECTORS} sides"
    if filled >= 0.75 * _SECTORS:
        return Finding("poses", GOOD, said)
    return Finding("poses", USABLE, said, "let the person turn once around, or add cameras at the missing sides")


def _repeats(frames: list[int], groups: list[int]) -> Finding:
    distinct = len(set(groups))
    said = f"{distinct} distinct poses in {len(frames)} training frames"
    if distinct >= min(10, 0.8 * len(frames)):
        return Finding("poses", GOOD, said)
    largest = max(set(groups), key=groups.count)
    same = [frame for frame, group in zip(frames, groups, strict=True) if group == largest]
    return Finding(
        "poses", USABLE, f"{said}; frames {listed(same)} repeat one", "take frames that are farther apart"
    )  # fmt: skip


def _still(ranges: torch.Tensor) -> Finding:
    still = [JOINT_NAMES[joint].replace("_", " ") for joint in _MOVED_JOINTS if ranges[joint - 1] < _STILL_DEG]
    if not still:
        return Finding("poses", GOOD, "hips, knees, shoulders and elbows move")
    return Finding(
        "poses", USABLE, f"{listed(still)} turn less than {_STILL_DEG:.0f}°",
        "record motion with lifted arms and bent knees, or expect new poses to look stiff there",
    )  # fmt: skip


def _up(capture: Capture, joints: torch.Tensor) -> list[Finding]:
    """A world whose up axis is not +Y, cameras and poses alike: silhouettes cannot show it."""
    cameras = torch.stack([-camera.T_cam_world[1, :3] for camera in capture.cameras.values()]).mean(0)
    trunk = torch.nn.functional.normalize(joints[:, 15] - joints[:, 0], dim=-1).mean(0)
    both = torch.nn.functional.normalize(cameras, dim=0)
    axis = int(both.abs().argmax())
    up = ("-" if both[axis] < 0 else "+") + "xyz"[axis]
    agrees = float(both[axis].abs()) > _LEAST_UPRIGHT and float(trunk[axis] * both[axis].sign()) > _LEAST_UPRIGHT
    if up == "+y" or not agrees:
        return []
    return [Finding(
        "cameras and poses", USABLE, f"cameras and bodies agree that {up} points up, where +y should",
        f"turn cameras, global_orient and transl together until +y is up (public datasets: --up {up}): the "
        "light is learned in world axes",
    )]  # fmt: skip


def _top_view(capture: Capture, sides: dict[str, np.ndarray]) -> str:
    """The person from above, facing down, and a tick where each picture was taken from."""
    size, radius = 320, 120
    colors = ("#2166ac", "#b2182b", "#1b7837", "#762a83", "#b35806", "#4d4d4d")
    middle = size / 2
    parts = [
        f'<svg viewBox="0 0 {size + 160} {size}" style="max-width: 480px" role="img" aria-label="Sides shown">'
        f"<title>Sides from which the person was seen</title>"
        f'<circle cx="{middle}" cy="{middle}" r="{radius}" fill="none" stroke="#ddd"/>'
        f'<ellipse cx="{middle}" cy="{middle}" rx="34" ry="16" fill="#ddd"/>'
        f'<circle cx="{middle}" cy="{middle + 8}" r="12" fill="#bbb"/>'
        f'<text x="{middle}" y="{middle + 44}" text-anchor="middle">front</text>'
    ]
    for index, (name, angles) in enumerate(sides.items()):
        color, reach = colors[index % len(colors)], radius + 6 * (index % 5)
        for angle in angles:
            across, down = math.sin(math.radians(angle)), math.cos(math.radians(angle))
            parts.append(
                f'<circle cx="{middle + reach * across:.1f}" cy="{middle + reach * down:.1f}" r="3" fill="{color}"/>'
            )
        row = 20 + 18 * index
        parts.append(f'<circle cx="{size + 10}" cy="{row - 4}" r="4" fill="{color}"/>')
        parts.append(f'<text x="{size + 20}" y="{row}">camera {name}</text>')
    return "".join([*parts, "</svg>"])
