"""Rebuild the .npz clips beside this file from the DeepMimic texts in source/.

    python assets/motions/retarget.py

Each text frame is 44 numbers: duration; root position; then rotations as quaternions (w, x, y, z), hinges as one angle:
root, chest, neck, right hip, right knee, right ankle, right shoulder, right elbow, and the left side likewise.
DeepMimic's axes are x forward, y up, z right, and its arms hang down at rest; SMPL's are x left, y up, z forward, with
the arms out. Collars, wrists, hands and toes are not driven.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from phynes_core.body.files import load_bundled_body  # noqa: E402
from phynes_core.body.model import BodyModel, Pose, pose_body  # noqa: E402
from phynes_core.body.rotations import (  # noqa: E402
    axis_angle_to_matrix,
    matrix_to_quaternion,
    quaternion_to_axis_angle,
    slerp,
)
from phynes_core.conventions import JOINT_NAMES, rotation_about_y  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402

FPS = 30.0
SOURCE_LEG_M = 0.421546 + 0.409870  # thigh and shin of DeepMimic's humanoid3d.txt
SMPL_FROM_SOURCE = torch.tensor([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
LARGEST_HEADING_DEG = 30.0  # a smaller turn at the start is the gait's own sway and stays
SPHERICAL = {"root": 4, "chest": 8, "neck": 12}  # first column of each quaternion
SIDES = {"right": 16, "left": 30}  # first column of each side: hip 4, knee 1, ankle 4, shoulder 4, elbow 1


def main() -> None:
    """Write every clip and say how long it is and how far it goes."""
    body = load_bundled_body()
    for source in sorted((HERE / "source").glob("humanoid3d_*.txt")):
        name = source.stem.removeprefix("humanoid3d_")
        clip = place_on_ground(retarget(resample(read_clip(source))), body)
        with replacing(HERE / f"{name}.npz") as temporary, open(temporary, "wb") as file:
            np.savez_compressed(file, fps=np.float32(FPS), **{key: value.numpy() for key, value in clip.items()})
        count, travel = len(clip["transl"]), (clip["transl"][-1] - clip["transl"][0]).tolist()
        print(f"{name}: {count} frames, {(count - 1) / FPS:.2f} s, {travel[0]:+.2f} m left, {travel[2]:+.2f} m ahead")


def read_clip(path: Path) -> tuple[Tensor, Tensor]:  # time [N] s, values [N, 43]
    """The frames of a DeepMimic text and when each begins."""
    frames = torch.tensor(json.loads(path.read_text())["Frames"], dtype=torch.float64)
    starts = torch.cat([torch.zeros(1, dtype=torch.float64), frames[:-1, 0].cumsum(0)])
    return starts, frames[:, 1:]


def resample(clip: tuple[Tensor, Tensor]) -> Tensor:  # [M, 43] at FPS
    """Frames at a constant rate: quaternions by slerp, positions and hinges linearly."""
    starts, values = clip
    columns = [column - 1 for column in SPHERICAL.values()]
    columns += [first - 1 + offset for first in SIDES.values() for offset in (0, 5, 9)]
    frames = []
    for index in range(int(float(starts[-1]) * FPS + 1e-6) + 1):
        time = index / FPS
        after = min(int(torch.searchsorted(starts, time, right=True)), len(starts) - 1)
        before = after - 1
        fraction = min(1.0, float((time - starts[before]) / (starts[after] - starts[before])))
        frame = torch.lerp(values[before], values[after], fraction)
        for column in columns:
            part = slice(column, column + 4)
            ends = [end / end.norm() for end in (values[before, part], values[after, part])]
            frame[part] = slerp(*ends, fraction)
        frames.append(frame)
    return torch.stack(frames)


def retarget(values: Tensor) -> dict[str, Tensor]:  # [M, 43] -> global_orient, body_pose, root (source's metres)
    """Rotations of SMPL's joints: change of axes, bends of the spine shared out, arms from hanging to out."""

    def spherical(column: int) -> Tensor:  # [M, 3, 3]
        axis_angle = quaternion_to_axis_angle(values[:, column - 1 : column + 3])
        return axis_angle_to_matrix(axis_angle @ SMPL_FROM_SOURCE.T)

    def hinge(column: int) -> Tensor:  # [M, 3, 3] about the source's z
        axis = SMPL_FROM_SOURCE @ torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
        return axis_angle_to_matrix(values[:, column - 1, None] * axis)

    pose = torch.zeros(len(values), len(JOINT_NAMES), 3, dtype=torch.float64)

    def drive(joint: str, rotation: Tensor, share: float = 1.0) -> None:
        pose[:, JOINT_NAMES.index(joint)] = quaternion_to_axis_angle(matrix_to_quaternion(rotation)) * share

    drive("pelvis", spherical(SPHERICAL["root"]))
    for joint in ("spine1", "spine2", "spine3"):
        drive(joint, spherical(SPHERICAL["chest"]), 1 / 3)
    for joint in ("neck", "head"):
        drive(joint, spherical(SPHERICAL["neck"]), 1 / 2)
    for side, first in SIDES.items():
        turn = -math.pi / 2 if side == "left" else math.pi / 2
        hang = axis_angle_to_matrix(torch.tensor([0.0, 0.0, turn], dtype=torch.float64))
        drive(f"{side}_hip", spherical(first))
        drive(f"{side}_knee", hinge(first + 4))
        drive(f"{side}_ankle", spherical(first + 5))
        drive(f"{side}_shoulder", spherical(first + 9) @ hang)
        drive(f"{side}_elbow", hang.T @ hinge(first + 13) @ hang)
    return {"global_orient": pose[:, 0], "body_pose": pose[:, 1:], "root": values[:, :3] @ SMPL_FROM_SOURCE.T}


def place_on_ground(clip: dict[str, Tensor], body: BodyModel) -> dict[str, Tensor]:
    """Scale the path by leg length, face +Z, start above the origin, touch y = 0 at the clip's lowest point."""
    rest = pose_body(body, Pose.rest()).joints.double()
    hip, knee, ankle = (rest[JOINT_NAMES.index(f"left_{joint}")] for joint in ("hip", "knee", "ankle"))
    scale = ((hip - knee).norm() + (knee - ankle).norm()) / SOURCE_LEG_M
    turns = axis_angle_to_matrix(clip["global_orient"])
    face_ahead = rotation_about_y(-heading_deg(turns)).double()
    global_orient = quaternion_to_axis_angle(matrix_to_quaternion(face_ahead @ turns))
    root = scale * (clip["root"] - clip["root"][0] * torch.tensor([1.0, 0.0, 1.0])) @ face_ahead.T
    moved = {
        "global_orient": keep_continuous(global_orient[:, None])[:, 0].float(),
        "body_pose": keep_continuous(clip["body_pose"]).float(),
        "transl": (root - rest[0]).float(),
    }
    lowest = min(
        float(pose_body(body, Pose(pose, orient, transl, torch.zeros(0))).vertices[:, 1].min())
        for pose, orient, transl in zip(moved["body_pose"], moved["global_orient"], moved["transl"], strict=True)
    )
    moved["transl"][:, 1] -= lowest
    return moved


def heading_deg(turns: Tensor) -> float:  # [M, 3, 3] of the pelvis
    """Azimuth the chest faces when the body first stands, or where the head points if it never does (crawl).

    0 for the gait's own sway.
    """
    upright = (turns[:, 1, 1] > math.cos(math.radians(45))).nonzero()
    ahead = turns[int(upright[0]), :, 2] if len(upright) else turns[0, :, 1]
    azimuth = math.degrees(math.atan2(ahead[0], ahead[2]))
    return azimuth if abs(azimuth) > LARGEST_HEADING_DEG else 0.0


def keep_continuous(axis_angle: Tensor) -> Tensor:  # [M, J, 3]
    """Of the two axis-angles of each rotation (about v by a, or by a - 2 pi) the one nearer to the frame before."""
    out = axis_angle.clone()
    for frame in range(1, len(out)):
        now, before = out[frame], out[frame - 1]
        angle = now.norm(dim=-1, keepdim=True)
        other = now * (1 - 2 * math.pi / angle.clamp(min=1e-6))
        is_nearer = ((other - before).norm(dim=-1) < (now - before).norm(dim=-1)) & (angle[:, 0] > 1e-6)
        out[frame] = torch.where(is_nearer[:, None], other, now)
    return out


if __name__ == "__main__":
    main()
