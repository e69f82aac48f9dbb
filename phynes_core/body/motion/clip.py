"""Motion clips: SMPL poses over time."""

from dataclasses import dataclass, replace
from pathlib import Path

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
from phynes_core.io.shipped_files import ASSETS


@dataclass(frozen=True, eq=False)
class MotionClip:
    """Poses at a constant rate, in smplx's parameters."""

    name: str
    fps: float
    global_orient: Tensor  # [N, 3] axis-angle, rad
    body_pose: Tensor  # [N, 23, 3] axis-angle, rad
    transl: Tensor  # [N, 3] metres, world; what it moves says `placed_on`
    betas: Tensor | None  # [B] of the person recorded, if known
    is_z_up: bool = False  # the recording's world, pelvis and all, has +Z for its up
    leg_length: float = 0.0  # not 0: `transl` is where the pelvis is, in units in which a leg is so long

    @property
    def num_frames(self) -> int:
        """N."""
        return self.global_orient.shape[0]

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (self.num_frames - 1) / self.fps

    def placed_on(self, rest_joints: Tensor) -> "MotionClip":  # [24, 3] metres: of the T-pose of who is to move
        """The clip in smplx's parameters for this person, +Y up: how a world turns depends on where the pelvis rests.

        A recording with +Z up is turned whole, v' = A v: the pelvis at J + t goes to A (J + t). A skeleton of another
        size keeps its steps in proportion to its legs.
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
        """The pose at any time, by slerp. Looping jumps from the last frame to the first; else the ends are held."""
        duration = self.duration_s
        if loop and duration > 0:
            time_s = time_s % duration
        place = min(max(time_s, 0.0), duration) * self.fps
        frame = min(int(place), max(self.num_frames - 2, 0))
        fraction = place - frame
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


def bundled_motions() -> dict[str, Path]:
    """Name -> file of the clips that ship with the project, by name."""
    return {path.stem: path for path in sorted((ASSETS / "motions").glob("*.npz"))}
