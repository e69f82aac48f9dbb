"""Joint edits on top of a clip: small turns composed with what the motion says."""

import torch
from torch import Tensor

from app.state import Vector
from phynes_core.body.model import Pose
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle


def edited_pose(pose: Pose, joint_angles_deg: tuple[Vector, ...]) -> Pose:  # [24] x, y, z
    """Turn joints on top of a pose: limbs in their own rest frame, the root about the world's axes."""
    if not any(any(angles) for angles in joint_angles_deg):
        return pose
    turns = turn_matrices(torch.tensor(joint_angles_deg))
    limbs = axis_angle_to_matrix(pose.body_pose) @ turns[1:]
    root = turns[0] @ axis_angle_to_matrix(pose.global_orient)
    rotations = quaternion_to_axis_angle(matrix_to_quaternion(torch.cat([root[None], limbs])))
    return Pose(rotations[1:], rotations[0], pose.transl, pose.betas)


def turn_matrices(angles_deg: Tensor) -> Tensor:  # [N, 3] x, y, z -> [N, 3, 3]
    """About z first, then y, then x."""
    per_axis = torch.deg2rad(angles_deg)[:, :, None] * torch.eye(3)  # [N, 3 axes, 3]
    about_x, about_y, about_z = axis_angle_to_matrix(per_axis).unbind(1)
    return about_x @ about_y @ about_z
