"""Clips as other programs play them: each joint's rotation from its parent and the root's place, frame by frame."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.rotations import axis_angle_to_quaternion, matrix_to_quaternion
from phynes_core.export.pose_morphs import PoseMorphs
from phynes_core.export.rig import Rig
from phynes_core.export.subject import CameraTrack, ExportSubject

OPENGL_FROM_OPENCV = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0]))  # cameras of files look along -Z, +Y up


@dataclass(frozen=True, eq=False)
class Keyframes:
    """One clip of N frames."""

    name: str
    fps: float
    times_s: Tensor  # [N] from 0
    rotations: Tensor  # [N, 24, 4] quaternions x, y, z, w from the parent's axes; neighbors on the same half
    root: Tensor  # [N, 3] metres: where the pelvis is
    morphs: Tensor  # [N, M] weights


@torch.no_grad()
def keyframes(subject: ExportSubject, rig: Rig, morphs: PoseMorphs, clip: MotionClip) -> Keyframes:
    """The clip for a rig's skeleton."""
    rotations = torch.cat([clip.global_orient[:, None], clip.body_pose], 1)
    weights = torch.zeros(clip.num_frames, morphs.count)
    if morphs.count:
        poses = [clip.pose(frame, subject.betas) for frame in range(clip.num_frames)]
        weights = torch.stack([morphs.weights(subject, rig, pose) for pose in poses])
    times = torch.arange(clip.num_frames) / clip.fps
    quaternions = _continuous(axis_angle_to_quaternion(rotations))
    return Keyframes(clip.name, clip.fps, times, quaternions, rig.joints[0] + clip.transl, weights)


@dataclass(frozen=True, eq=False)
class CameraKeys:
    """A camera track of K keys in OpenGL's axes."""

    name: str
    times_s: Tensor  # [K]
    places: Tensor  # [K, 3] metres, world
    rotations: Tensor  # [K, 4] quaternions x, y, z, w; neighbors on the same half


def camera_keys(track: CameraTrack) -> CameraKeys:
    """The track as nodes of files hold it."""
    matrices = track.T_world_cam @ OPENGL_FROM_OPENCV
    quaternions = _continuous(matrix_to_quaternion(matrices[:, :3, :3])[:, None])[:, 0]
    return CameraKeys(track.name, track.times_s, matrices[:, :3, 3], quaternions)


def _continuous(quaternions: Tensor) -> Tensor:  # [N, J, 4] w, x, y, z -> [N, J, 4] x, y, z, w
    """The same rotations, each on its predecessor's half of the sphere: in between, nothing turns the long way."""
    turns = (quaternions[1:] * quaternions[:-1]).sum(-1, keepdim=True)
    signs = torch.cat([torch.ones_like(quaternions[:1, :, :1]), torch.where(turns < 0, -1.0, 1.0)]).cumprod(0)
    return (quaternions * signs)[..., [1, 2, 3, 0]]
