"""Motion clips: SMPL poses over time."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.body.model import MAX_BETAS, Pose
from phynes_core.body.rotations import (
    axis_angle_to_matrix,
    axis_angle_to_quaternion,
    matrix_to_quaternion,
    quaternion_to_axis_angle,
    slerp,
)


@dataclass(frozen=True, eq=False)
class MotionClip:
    """Poses at a constant rate, in smplx's parameters."""

    name: str
    fps: float
    global_orient: Tensor  # [N, 3] axis-angle, rad
    body_pose: Tensor  # [N, 23, 3] axis-angle, rad
    transl: Tensor  # [N, 3] metres, world; `placed_on` gives its reference point
    betas: Tensor | None  # [B] of the person recorded, if known
    is_z_up: bool = False  # the recording's world has +Z up
    leg_length: float = 0.0  # > 0: `transl` is the pelvis's position, in units in which a leg has this length

    @property
    def num_frames(self) -> int:
        """N."""
        return self.global_orient.shape[0]

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (self.num_frames - 1) / self.fps

    def placed_on(self, rest_joints: Tensor) -> "MotionClip":  # [24, 3] metres: T-pose of the body that will move
        """The clip in smplx's parameters for this body, +Y up; `transl` depends on the pelvis's rest position J.

        A recording with +Z up is rotated as a whole, v' = A v: the pelvis at J + t goes to A (J + t). For a skeleton of
        another size, translations are scaled by the length of the legs.
        """
        pelvis, orient, transl = rest_joints[0], self.global_orient, self.transl
        if self.leg_length > 0:
            leg_m = (rest_joints[4] - rest_joints[1]).norm() + (rest_joints[7] - rest_joints[4]).norm()
            transl = transl * (leg_m / self.leg_length) - pelvis
        if self.is_z_up:
            turn = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
            turned = turn @ axis_angle_to_matrix(orient)
            orient = quaternion_to_axis_angle(matrix_to_quaternion(turned))
            transl = (transl + pelvis) @ turn.T - pelvis
        return replace(self, global_orient=orient, transl=transl, is_z_up=False, leg_length=0.0)

    def pose(self, frame: int, betas: Tensor | None = None) -> Pose:
        """The pose of one frame; `betas` None takes the clip's own, else the mean shape."""
        if not 0 <= frame < self.num_frames:
            raise ValueError(f"frame: expected 0..{self.num_frames - 1} of the clip '{self.name}', got {frame}")
        return Pose(self.body_pose[frame], self.global_orient[frame], self.transl[frame], self._betas(betas))

    def pose_at(self, time_s: float, betas: Tensor | None = None, loop: bool = True) -> Pose:
        """The pose at any time, by slerp. Looping jumps from the last frame to the first; else the end poses hold."""
        duration = self.duration_s
        if loop and duration > 0:
            time_s = time_s % duration
        position = min(max(time_s, 0.0), duration) * self.fps  # in frames
        frame = min(int(position), max(self.num_frames - 2, 0))
        fraction = position - frame
        if fraction < 1e-6:
            return self.pose(frame, betas)
        following = frame + 1
        start, end = (
            axis_angle_to_quaternion(torch.cat([self.global_orient[index][None], self.body_pose[index]]))
            for index in (frame, following)
        )
        between = quaternion_to_axis_angle(slerp(start, end, fraction))
        transl = torch.lerp(self.transl[frame], self.transl[following], fraction)
        return Pose(between[1:], between[0], transl, self._betas(betas))

    def _betas(self, betas: Tensor | None) -> Tensor:
        if betas is not None:
            return betas
        return torch.zeros(MAX_BETAS) if self.betas is None else self.betas
