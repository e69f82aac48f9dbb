"""What is believed before pictures are asked: of poses, of all translations together, and of the surface over the body.

Poses go as far from the given ones as corrections of all frames say that given poses are wrong.

A registered surface lies near the body, and is smooth but for folds. Soles, hems and hair leave the body at a fold. A
surface that cannot fold there has the body stretch between soles and hair instead, for outlines must be explained; so
the Laplacian is not normally distributed but has the long tails of Cauchy's distribution, as in robust regression, and
each step weighs it by its present size.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import scipy.sparse as sparse
import torch
from torch import Tensor

from phynes_core.body.joint_limits import GROUPS, limited
from phynes_core.body.model import BodyModel, Pose, pose_joints
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.geometry.mesh import unique_edges
from phynes_core.registration.config import RegistrationConfig
from phynes_core.registration.kinematics import POSE_UNKNOWNS

NARROWEST_RAD, NARROWEST_M = math.radians(0.02), 1e-4  # standard deviations
HELD = 1e12  # precision of a pose that must not move
TAIL = 2.0  # standard deviations from which on a fold counts less and less


class PosePrior:
    """Given poses, and the variances of their joint rotations and translations, each component alike."""

    def __init__(self, body: BodyModel, given: Mapping[int, Pose], joint_rad: float, shift_m: float) -> None:
        self._body, self._given = body, given
        self._widest = np.array([joint_rad**2, shift_m**2])
        self.variances = self._widest.copy()  # rad^2, m^2

    def pull(self, frame: int, pose: Pose, holds: bool) -> tuple[np.ndarray, np.ndarray]:  # [75], [75]
        """Precision, and how far the pose is from the given one, as `turned_pose` would turn it back."""
        if holds:
            return np.full(POSE_UNKNOWNS, HELD), np.zeros(POSE_UNKNOWNS)
        precision = np.full(POSE_UNKNOWNS, 1.0 / self.variances[0])
        precision[-3:] = 1.0 / self.variances[1]
        return precision, self._correction(frame, pose)

    def learn(self, poses: Mapping[int, Pose]) -> None:
        """How wrong given poses are is learned from their corrections (empirical Bayes).

        Where the corrections are small, as for exact poses, so becomes the width, and they grow smaller still; it never
        grows beyond its start.
        """
        corrections = np.stack([self._correction(frame, pose) for frame, pose in poses.items()])
        squares = (corrections[:, :-3] ** 2).mean(), (corrections[:, -3:] ** 2).mean()
        self.variances = np.clip(np.array(squares), np.square([NARROWEST_RAD, NARROWEST_M]), self._widest)

    def _correction(self, frame: int, pose: Pose) -> np.ndarray:  # [75]
        given = self._given[frame]
        turned = quaternion_to_axis_angle(matrix_to_quaternion(_rotations(pose) @ _rotations(given).transpose(1, 2)))
        world = pose_joints(self._body, pose).rotations
        turned[1:] = (world[list(self._body.parents[1:])] @ turned[1:, :, None])[..., 0]
        return torch.cat([turned.reshape(-1), pose.transl - given.transl]).numpy().astype(np.float64)


def without_common_shift(poses: Mapping[int, Pose], given: Mapping[int, Pose], shift_m: float) -> dict[int, Pose]:
    """The poses without what their translations have in common, as the bodies' roots see it, less the given ones'.

    A surface that lies lower on the body in all frames and bodies that stand higher look alike. Soles and trousers
    would pull the body with them; so what is common to all frames is left to the surface, but for the standard error of
    a mean of given translations, each of which is off by `shift_m`, metres, in each component.
    """
    turns = {frame: axis_angle_to_matrix(pose.global_orient[None])[0] for frame, pose in given.items()}
    own = [turns[frame].T @ (pose.transl - given[frame].transl) for frame, pose in poses.items()]
    common = torch.stack(own).mean(0)
    common = common - common.clamp(-(error := shift_m / math.sqrt(len(own))), error)
    return {frame: replace(pose, transl=pose.transl - turns[frame] @ common) for frame, pose in poses.items()}


def within_limits(pose: Pose, given: Pose) -> Pose:
    """Joints do not turn farther beyond their limits (body/joint_limits.py) than they were given."""
    now = torch.cat([pose.global_orient[None], pose.body_pose])
    base = torch.cat([given.global_orient[None], given.body_pose])
    return replace(pose, body_pose=limited(now, base, tuple(GROUPS))[1:])


def surface_prior(
    laplacian: sparse.csr_matrix,  # [V, V]
    offsets: np.ndarray,  # [V] metres, at present
    config: RegistrationConfig,
) -> sparse.csc_matrix:  # [V, V]
    """The precision of offsets."""
    folds = laplacian @ offsets / config.relief_m
    weights = sparse.diags(1.0 / (1.0 + (folds / TAIL) ** 2))
    stiffness = laplacian.T @ weights @ laplacian / config.relief_m**2
    return (stiffness + sparse.eye(len(folds)) / config.offset_m**2).tocsc()


def uniform_laplacian(body: BodyModel) -> sparse.csr_matrix:  # [V, V]
    """Of values at the vertices: what each differs by from the mean of its neighbors."""
    edges, size = unique_edges(body.faces).numpy(), body.num_vertices
    ends = np.concatenate([edges, edges[:, ::-1]])
    joined = sparse.csr_matrix((np.ones(len(ends)), ends.T), shape=(size, size))
    mean = sparse.diags(1.0 / np.maximum(np.asarray(joined.sum(1)).reshape(-1), 1.0)) @ joined
    return sparse.csr_matrix(sparse.eye(size) - mean)


def _rotations(pose: Pose) -> Tensor:  # [24, 3, 3]
    return axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]))
