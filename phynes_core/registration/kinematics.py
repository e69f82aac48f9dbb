"""How points on a body move with joints and shape, bodies turned by small rotations, and how smooth offsets are."""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_joints
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import NUM_JOINTS

POSE_UNKNOWNS = 3 * NUM_JOINTS + 3  # a twist of every joint, then the translation


def joint_influence(body: BodyModel) -> np.ndarray:  # [V, 24] float32
    """The share of each vertex that turns with each joint: the skinning weights of the joint and all beneath it."""
    beneath = np.zeros((NUM_JOINTS, NUM_JOINTS), np.float32)
    for joint in range(NUM_JOINTS):
        ancestor = joint
        while ancestor >= 0:
            beneath[joint, ancestor] = 1.0
            ancestor = body.parents[ancestor] if ancestor > 0 else -1
    return body.weights.numpy() @ beneath


def point_motion(
    gradients: np.ndarray,  # [R, 3] of something by the point's position, world
    points: np.ndarray,  # [R, 3] world, metres
    influence: np.ndarray,  # [R, 24] of the joints on each point
    joints: np.ndarray,  # [24, 3] world, metres
) -> np.ndarray:  # [R, 75] float32
    """The gradient by the body's unknowns: a rotation vector of every joint, in world axes, and the translation.

    Exact but for the pose blend shapes, and where a vertex is skinned to several joints of one chain (there within the
    rounding of skin around a joint).
    """
    away = points[:, None, :] - joints[None]  # [R, 24, 3]
    g = gradients[:, None, :]
    turn = np.empty((len(points), NUM_JOINTS, 3), np.float32)
    turn[..., 0] = away[..., 1] * g[..., 2] - away[..., 2] * g[..., 1]
    turn[..., 1] = away[..., 2] * g[..., 0] - away[..., 0] * g[..., 2]
    turn[..., 2] = away[..., 0] * g[..., 1] - away[..., 1] * g[..., 0]
    turn *= influence[..., None]
    return np.concatenate([turn.reshape(len(points), 3 * NUM_JOINTS), gradients], 1, dtype=np.float32)


@torch.no_grad()
def shape_motion(body: BodyModel, pose: Pose) -> np.ndarray:  # [V, 3, B] metres per unit of each beta, world
    """d vertices / d betas; exact, for the vertices are linear in them."""
    num_betas = pose.betas.shape[0]
    rotations = axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]))
    rest = torch.einsum("jv,vcb->jcb", body.joint_regressor, body.shapedirs[..., :num_betas])
    turned, moved = [rotations[0]], [rest[0]]
    for joint in range(1, NUM_JOINTS):
        parent = body.parents[joint]
        moved.append(turned[parent] @ (rest[joint] - rest[parent]) + moved[parent])
        turned.append(turned[parent] @ rotations[joint])
    world, offset = torch.stack(turned), torch.stack(moved) - torch.stack(turned) @ rest
    blended = (body.weights @ world.view(NUM_JOINTS, 9)).view(-1, 3, 3)
    shift = (body.weights @ offset.reshape(NUM_JOINTS, -1)).view(-1, 3, num_betas)
    return (blended @ body.shapedirs[..., :num_betas] + shift).numpy()


@torch.no_grad()
def turned_pose(body: BodyModel, pose: Pose, change: np.ndarray) -> Pose:  # change [75], as in `point_motion`
    """The pose with every joint turned about itself by a rotation vector in world axes, and the body moved."""
    twist = torch.from_numpy(np.asarray(change[:-3], np.float64)).view(NUM_JOINTS, 3)
    world = pose_joints(body, pose).rotations.double()
    before = torch.cat([pose.global_orient[None], pose.body_pose]).double()
    own = axis_angle_to_matrix(before)
    parents = torch.tensor(body.parents[1:])
    in_parent = torch.cat([twist[:1], (world[parents].transpose(1, 2) @ twist[1:, :, None])[..., 0]])
    turned = _nearest(_axis_angle(axis_angle_to_matrix(in_parent) @ own), before).float()
    shift = torch.from_numpy(np.asarray(change[-3:], np.float32))
    return replace(pose, body_pose=turned[1:], global_orient=turned[0], transl=pose.transl + shift)


def _axis_angle(matrices: Tensor) -> Tensor:
    return quaternion_to_axis_angle(matrix_to_quaternion(matrices))


def _nearest(vectors: Tensor, before: Tensor) -> Tensor:  # [24, 3] rad
    """The same rotations by the vectors nearest to those before, which may turn by more than pi: maps see vectors."""
    axis = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-9)
    turns = torch.round(((before - vectors) * axis).sum(1, keepdim=True) / (2.0 * math.pi))
    return vectors + 2.0 * math.pi * turns * axis
