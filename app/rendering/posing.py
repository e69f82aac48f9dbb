"""The pose of a body: its clip, a second clip mixed in, a held pose, and joint edits on top."""

from dataclasses import replace

import torch
from torch import Tensor

from app.model.avatar_row import BodyState
from app.model.fields import Vector
from app.model.joints import LIMITS
from phynes_core.body.joint_limits import limited
from phynes_core.body.model import Pose
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.rotations import (
    axis_angle_to_matrix,
    axis_angle_to_quaternion,
    matrix_to_quaternion,
    quaternion_to_axis_angle,
    slerp,
)


def posed_by(
    body: BodyState,
    clip: MotionClip | None,
    second: MotionClip | None,  # mixed in
    betas: Tensor,  # [B]
) -> tuple[Pose, Pose]:  # of the clips; with the held pose and the joint edits too
    """The poses at the body's time."""
    pose = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), betas)
    if clip is not None:
        pose = _at(clip, body.time_s, body.playback.is_smooth, betas)
        if second is not None and body.playback.mix > 0:
            share = body.time_s / clip.duration_s if clip.duration_s > 0 else 0.0
            other = _at(second, share * second.duration_s, body.playback.is_smooth, betas)
            pose = blended(pose, other, body.playback.mix)
    held = pose
    if body.held_pose and body.held_share > 0:
        rotations = torch.tensor(body.held_pose)
        # the held pose holds the root's rotation; the translation is the clip's
        held = blended(pose, Pose(rotations[1:], rotations[0], pose.transl, betas), body.held_share)
    return pose, within_limits(edited_pose(held, body.joint_angles_deg), held, body)


def within_limits(edited: Pose, held: Pose, body: BodyState) -> Pose:
    """The edited pose with the joints that the user turned limited; the others are unchanged."""
    touched = torch.tensor([any(angles) for angles in body.joint_angles_deg])
    groups = tuple(group for group in LIMITS if group not in body.unlimited)
    if not touched.any() or not groups:
        return edited
    rotations, base = (torch.cat([pose.global_orient[None], pose.body_pose]) for pose in (edited, held))
    kept = torch.where(touched[:, None], limited(rotations, base, groups), rotations)
    return replace(edited, body_pose=kept[1:], global_orient=kept[0])


def blended(first: Pose, second: Pose, share: float) -> Pose:
    """The pose between two: slerp of every joint, lerp of `transl`; share 0 is the first pose, 1 the second."""
    if share <= 0.0 or share >= 1.0:
        return first if share <= 0.0 else replace(second, betas=first.betas)
    ends = [axis_angle_to_quaternion(torch.cat([pose.global_orient[None], pose.body_pose])) for pose in (first, second)]
    rotations = quaternion_to_axis_angle(slerp(ends[0], ends[1], share))
    return Pose(rotations[1:], rotations[0], torch.lerp(first.transl, second.transl, share), first.betas)


def _at(clip: MotionClip, time_s: float, is_smooth: bool, betas: Tensor) -> Pose:
    if not 0.0 <= time_s <= clip.duration_s:  # the end itself is the last frame, not the first
        time_s = time_s % clip.duration_s if clip.duration_s > 0 else 0.0
    if not is_smooth:
        return clip.pose(min(int(time_s * clip.fps + 1e-4), clip.num_frames - 1), betas)
    return clip.pose_at(time_s, betas, loop=False)


def edited_pose(pose: Pose, joint_angles_deg: tuple[Vector, ...]) -> Pose:  # [24] x, y, z
    """Turn joints on top of a pose: the limbs about their own axes, the root about the world's axes."""
    if not any(any(angles) for angles in joint_angles_deg):
        return pose
    turns = turn_matrices(torch.tensor(joint_angles_deg))
    limbs = axis_angle_to_matrix(pose.body_pose) @ turns[1:]
    root = turns[0] @ axis_angle_to_matrix(pose.global_orient)
    rotations = quaternion_to_axis_angle(matrix_to_quaternion(torch.cat([root[None], limbs])))
    return Pose(rotations[1:], rotations[0], pose.transl, pose.betas)


def turn_matrices(angles_deg: Tensor) -> Tensor:  # [N, 3] x, y, z -> [N, 3, 3]
    """Rotation matrices about z first, then y, then x."""
    per_axis = torch.deg2rad(angles_deg)[:, :, None] * torch.eye(3)  # [N, 3 axes, 3]
    about_x, about_y, about_z = axis_angle_to_matrix(per_axis).unbind(1)
    return about_x @ about_y @ about_z
