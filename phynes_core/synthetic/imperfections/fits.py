"""What is estimated before training and therefore wrong: body parameters, and where cameras stand.

Body noise of A degrees and B mm. Every joint's rotation R, the root's included, becomes R exp(n): n is an axis-angle
vector in the joint's own axes, and each of its three components has the standard deviation A. Each component of
`transl` is moved by a number of standard deviation B. Half of either variance is white, new in every frame, and half is
smooth: a Gaussian process whose correlation is exp(-lag^2 / (2 * 8^2)) after `lag` frames, as tracked fits drift. The
capture's one set of betas is off by the same amount in all frames, each component with a standard deviation of 0.1 A:
5 mm at the vertices of the bundled body for one degree, stature included, which is what clothing does to a fit. All
frames are altered, those of novel motion as well: they come out of the same fitting program.

An offset of D frames: pictures are taken D frames later than the body parameters say. There are no pictures between
frames, so the parameters are moved in time instead, the same for all cameras: those of frame t become an interpolation
between frames t - 1 and t at t - D, rotations along the shorter arc. A frame without a predecessor is extrapolated from
its successor, and one with neither stays.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.body.rotations import (
    axis_angle_to_matrix,
    axis_angle_to_quaternion,
    matrix_to_quaternion,
    quaternion_to_axis_angle,
    slerp,
)
from phynes_core.conventions import NUM_JOINTS
from phynes_core.render.camera import Camera
from phynes_core.synthetic.imperfections.settings import Imperfections

CORRELATION_FRAMES = 8.0  # of the smooth half of the body noise
BETAS_PER_DEG = 0.1  # standard deviation of each beta's error for a degree of noise on the joints
_REACH = 24  # frames: the kernel below is under 2e-4 of its peak there


def noise_over_time(
    frames: tuple[int, ...],  # N frame numbers, any gaps
    channels: int,
    generator: np.random.Generator,
) -> np.ndarray:  # [N, channels], standard deviation 1
    """Half white, half smooth over time: the variances add to 1."""
    kernel = np.exp(-((np.arange(-_REACH, _REACH + 1) / CORRELATION_FRAMES) ** 2))  # its autocorrelation is the above
    kernel /= np.sqrt((kernel**2).sum())
    numbers = np.asarray(frames, np.int64)
    around = numbers[:, None] + np.arange(-_REACH, _REACH + 1)  # [N, 49]
    moments, index = np.unique(around, return_inverse=True)
    source = generator.standard_normal((len(moments), channels))
    smooth = np.einsum("k,nkc->nc", kernel, source[index.reshape(around.shape)])
    white = generator.standard_normal((len(numbers), channels))
    return (smooth + white) * math.sqrt(0.5)


def noisy_poses(poses: Mapping[int, Pose], settings: Imperfections, generator: np.random.Generator) -> dict[int, Pose]:
    """Body parameters with the noise above: rotations, translation and the betas of all frames."""
    frames = tuple(sorted(poses))
    noise = noise_over_time(frames, 3 * NUM_JOINTS + 3, generator)
    turns = torch.from_numpy(noise[:, :-3]).view(-1, NUM_JOINTS, 3) * math.radians(settings.body_deg)
    moves = torch.from_numpy(noise[:, -3:]) * (settings.body_mm / 1000.0)
    offset = generator.standard_normal(poses[frames[0]].betas.shape[0]) * (BETAS_PER_DEG * settings.body_deg)
    betas = (poses[frames[0]].betas.double() + torch.from_numpy(offset)).float()
    made = {}
    for frame, turn, move in zip(frames, turns, moves, strict=True):
        rotations = axis_angle_to_matrix(_rotations(poses[frame])) @ axis_angle_to_matrix(turn)
        transl = (poses[frame].transl.double() + move).float()
        made[frame] = _pose(quaternion_to_axis_angle(matrix_to_quaternion(rotations)), transl, betas)
    return made


def earlier_poses(poses: Mapping[int, Pose], offset_frames: float) -> dict[int, Pose]:
    """Body parameters of the moments `offset_frames` (in [0, 1]) before each frame."""
    made = {}
    for frame, pose in poses.items():
        if frame - 1 in poses:
            made[frame] = _between(poses[frame - 1], pose, 1.0 - offset_frames)
        else:
            made[frame] = _between(pose, poses[frame + 1], -offset_frames) if frame + 1 in poses else pose
    return made


def noisy_camera(camera: Camera, settings: Imperfections, generator: np.random.Generator) -> Camera:
    """The camera turned about its own center by exp(n), n in camera axes, and its center moved; intrinsics stay."""
    turn = torch.from_numpy(generator.standard_normal(3)) * math.radians(settings.camera_deg)
    move = torch.from_numpy(generator.standard_normal(3)) * (settings.camera_mm / 1000.0)
    extrinsics = camera.T_cam_world.double()
    center = -extrinsics[:3, :3].T @ extrinsics[:3, 3] + move
    changed = torch.eye(4, dtype=torch.float64)
    changed[:3, :3] = axis_angle_to_matrix(turn) @ extrinsics[:3, :3]
    changed[:3, 3] = -changed[:3, :3] @ center
    return Camera(camera.intrinsics, changed.float(), camera.width, camera.height)


def _between(start: Pose, end: Pose, fraction: float) -> Pose:
    """fraction 0: start, 1: end; below 0 beyond the start."""
    first, second = (axis_angle_to_quaternion(_rotations(pose)) for pose in (start, end))
    transl = start.transl + (end.transl - start.transl) * fraction
    return _pose(quaternion_to_axis_angle(slerp(first, second, fraction)), transl, end.betas)


def _rotations(pose: Pose) -> Tensor:  # [24, 3] axis-angle, rad, float64
    return torch.cat([pose.global_orient[None], pose.body_pose]).double()


def _pose(rotations: Tensor, transl: Tensor, betas: Tensor) -> Pose:
    rotations = rotations.float()
    return Pose(rotations[1:], rotations[0], transl, betas)
