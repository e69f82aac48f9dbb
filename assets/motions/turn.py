"""Write turn.npz beside this file: a person who turns once on the spot, for a capture with a single camera.

    python assets/motions/turn.py

Nothing was recorded: every joint follows a formula. The pelvis turns to the left at a constant rate; a foot stands
where it is while the other one is lifted and put down 60 degrees further, and the legs reach both by inverse
kinematics. Arms stay away from the body, rise and sink three times, and sway; spine and head follow the weight.
Everything but the heading has the clip's length as a period, so it plays in a loop.
"""

import itertools
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
)
from phynes_core.conventions import JOINT_NAMES, rotation_about_y  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402

FPS, SECONDS = 30.0, 6.0
STEPS_A_FOOT = 6  # in a full turn
STANCE_M = 0.16  # of either ankle from the middle, so that a camera sees between the legs
LIFT_M = 0.045  # of the ankle in the middle of a step
SINK_M = 0.012  # of the pelvis from where straight legs would hold it
SWAY_M = 0.025  # of the pelvis toward the foot that stands
TOES_OUT_DEG = 9.0
RAISES = 3  # times that the arms rise beyond the horizontal and sink during the turn: their undersides are seen, too
HIP_SHARE = 0.8  # of the foot's heading that the hip turns; the ankle turns the rest


def main() -> None:
    """Write the clip and say how long it is."""
    body = load_bundled_body()
    count = round(FPS * SECONDS)
    clip = place_on_ground([pose_at(frame / count, body) for frame in range(count)], body)
    with replacing(HERE / "turn.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, fps=np.float32(FPS), **clip)
    print(f"turn: {count} frames, {count / FPS:.2f} s")


def pose_at(phase: float, body: BodyModel) -> Pose:  # of one turn, [0, 1)
    """The body at a moment of the turn; the ground is at the height of straight legs."""
    rest = pose_body(body, Pose.rest()).joints.double()
    turn = 2 * math.pi * phase
    step = 2 * math.pi * STEPS_A_FOOT * phase  # the left foot moves in the first half of each of its periods
    pose = torch.zeros(len(JOINT_NAMES), 3, dtype=torch.float64)

    def drive(joint: str, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:  # degrees of a rotation vector
        pose[JOINT_NAMES.index(joint)] = torch.deg2rad(torch.tensor([x, y, z], dtype=torch.float64))

    lean = math.sin(step)  # 1: the weight is on the right foot while the left one moves
    roll = axis_angle_to_matrix(torch.tensor([0.0, 0.0, math.radians(1.5 * lean)], dtype=torch.float64))
    pelvis = rotation_about_y(math.degrees(turn)).double() @ roll
    for joint in ("spine1", "spine2", "spine3"):
        drive(joint, 0.6 + 0.4 * math.cos(2 * step) + 1.5 * math.sin(2 * turn), 0.7 * lean + 1.5, -0.8 * lean)
    drive("neck", 1.5 * math.sin(turn), 3.0, 0.5 * lean)
    drive("head", 1.0 + 2.0 * math.sin(turn + 0.7), 4.0 + 2.0 * math.sin(2 * turn), 0.5 * lean)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        raised = 72.0 - 35.0 * math.cos(RAISES * turn) + sign * 5.0 * math.sin(2 * turn + 0.4)  # above straight down
        ahead = 5.0 + 8.0 * math.sin(turn + 1.1 * sign)
        drive(f"{side}_collar", 0.0, 0.0, sign * (-5.0 + 0.25 * (raised - 40.0)))
        drive(f"{side}_shoulder", 0.0, -sign * ahead, -sign * (85.0 - raised + 1.0 * lean))
        drive(f"{side}_elbow", 0.0, -sign * (14.0 + 5.0 * math.sin(turn + 2.0 * sign)), 0.0)
        drive(f"{side}_wrist", 0.0, 0.0, -sign * (6.0 + 4.0 * math.sin(2 * turn + sign)))

    across = torch.tensor([-SWAY_M * lean, 0.0, 0.0], dtype=torch.float64)
    middle = rotation_about_y(math.degrees(turn)).double() @ across
    middle[1] = rest[0, 1] - SINK_M + 0.006 * math.cos(2 * step)
    for side, sign, start in (("left", 1.0, 0.0), ("right", -1.0, 0.5)):
        facing, lift = foot_at(STEPS_A_FOOT * phase - start)
        foot = rotation_about_y(math.degrees(facing)).double()
        ankle = foot @ torch.tensor([sign * STANCE_M, 0.0, float(rest[JOINT_NAMES.index(f"{side}_ankle"), 2])]).double()
        ankle[1] = rest[JOINT_NAMES.index(f"{side}_ankle"), 1] + LIFT_M * lift
        sole = foot @ rotation_about_y(sign * TOES_OUT_DEG).double()
        toes_down = axis_angle_to_matrix(torch.tensor([math.radians(16.0 * lift), 0.0, 0.0], dtype=torch.float64))
        reach(pose, side, rest, pelvis, ankle - middle, sole @ toes_down)
    orient = quaternion_to_axis_angle(matrix_to_quaternion(pelvis))
    return Pose(pose[1:].float(), orient.float(), (middle - rest[0]).float(), torch.zeros(0))


def foot_at(position: float) -> tuple[float, float]:  # in steps -> heading (rad), lift in [0, 1]
    """A foot moves during the first half of a step and stands during the second."""
    done = math.floor(position)
    moved = min(2.0 * (position - done), 1.0)
    eased = moved * moved * (3.0 - 2.0 * moved)
    # on average the foot points where the pelvis does: it starts a quarter of a step behind and lands as far ahead
    return 2 * math.pi / STEPS_A_FOOT * (done - 0.25 + eased), math.sin(math.pi * moved) ** 2


def reach(
    pose: Tensor,  # [24, 3] rad; the leg's joints are written
    side: str,
    rest: Tensor,  # [24, 3] joints, metres
    pelvis: Tensor,  # [3, 3] rotation, world
    ankle: Tensor,  # [3] from the pelvis, world, metres
    foot: Tensor,  # [3, 3] rotation, world
) -> None:
    """Hip, knee and ankle that bring the ankle to its place, the knee bent about the thigh's x axis only."""
    joints = [JOINT_NAMES.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")]
    places = [rest[0], *(rest[joint] for joint in joints)]
    to_hip, thigh, shin = (after - before for before, after in itertools.pairwise(places))
    target = pelvis.T @ ankle - to_hip

    def bent(angle: float) -> Tensor:  # [3] from hip to ankle with this bend of the knee
        return thigh + axis_angle_to_matrix(torch.tensor([angle, 0.0, 0.0], dtype=torch.float64)) @ shin

    least, most = 0.0, math.radians(120.0)
    for _ in range(40):  # the more it bends, the nearer the ankle
        knee = 0.5 * (least + most)
        least, most = (knee, most) if bent(knee).norm() > target.norm() else (least, knee)
    ahead = (pelvis.T @ foot)[:, 2]
    turned = rotation_about_y(math.degrees(HIP_SHARE * math.atan2(ahead[0], ahead[2]))).double()
    hip = shortest_turn(turned @ bent(knee), target) @ turned
    bend = torch.tensor([knee, 0.0, 0.0], dtype=torch.float64)
    pose[joints[0]], pose[joints[1]] = quaternion_to_axis_angle(matrix_to_quaternion(hip)), bend
    remaining = (pelvis @ hip @ axis_angle_to_matrix(bend)).T @ foot
    pose[joints[2]] = quaternion_to_axis_angle(matrix_to_quaternion(remaining))


def shortest_turn(start: Tensor, end: Tensor) -> Tensor:  # [3], [3] -> [3, 3]
    """The smallest rotation that takes one direction to the other."""
    axis = torch.linalg.cross(start, end)
    angle = torch.atan2(axis.norm(), (start * end).sum())
    return axis_angle_to_matrix(axis / axis.norm().clamp(min=1e-12) * angle)


def place_on_ground(poses: list[Pose], body: BodyModel) -> dict[str, np.ndarray]:
    """Start above the origin, touch y = 0 at the lowest point of the clip; a turn past 180 degrees is continuous."""
    lowest = min(float(pose_body(body, pose).vertices[:, 1].min()) for pose in poses)
    start = pose_body(body, poses[0]).joints[0] * torch.tensor([1.0, 0.0, 1.0])
    orient = torch.stack([pose.global_orient for pose in poses])
    for frame in range(1, len(orient)):
        angle = orient[frame].norm()
        other = orient[frame] * (1 - 2 * math.pi / angle.clamp(min=1e-6))
        if (other - orient[frame - 1]).norm() < (orient[frame] - orient[frame - 1]).norm():
            orient[frame] = other
    return {
        "global_orient": orient.numpy(),
        "body_pose": torch.stack([pose.body_pose for pose in poses]).numpy(),
        "transl": (torch.stack([pose.transl for pose in poses]) - start - torch.tensor([0.0, lowest, 0.0])).numpy(),
    }


if __name__ == "__main__":
    main()
