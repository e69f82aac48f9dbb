"""Rest points that follow the joints as cloth does: dual quaternion skinning with smooth weights (Kavan et al. 2007).

Linear blending narrows a tube of cloth at a bent knee; blended dual quaternions keep its width.
"""

from dataclasses import dataclass

import numpy as np
import torch

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.rotations import axis_angle_to_quaternion
from phynes_core.synthetic.surface.subdivision import Array, Neighbors


@dataclass(frozen=True)
class JointMotion:
    """Where each joint goes from the rest pose."""

    turns: Array  # [J, 4] unit quaternions (w, x, y, z)
    shifts: Array  # [J, 3] x -> turn(x) + shift, metres

    def carry(self, points: Array, weights: Array) -> Array:  # [N, 3] rest, [N, J] -> [N, 3] world
        """Blend the joints' motions by weights that sum to 1."""
        zero = np.zeros(len(self.shifts))
        dual = 0.5 * multiply(np.column_stack([zero, self.shifts]), self.turns)
        # q and -q are one rotation: all are taken on the side of the heaviest joint's
        side = np.where(self.turns @ self.turns.T < 0, -1.0, 1.0)
        signed = weights * side[weights.argmax(1)]
        real, moved = signed @ self.turns, signed @ dual
        length = np.linalg.norm(real, axis=1, keepdims=True)
        real, moved = real / length, moved / length
        shift = 2 * multiply(moved, real * [1, -1, -1, -1])[:, 1:]
        return rotate(real, points) + shift


def joint_motion(body: BodyModel, rest_joints: Array, pose: Pose) -> JointMotion:  # [J, 3]
    """Each joint's motion in this pose."""
    vectors = torch.cat([pose.global_orient.reshape(1, 3), pose.body_pose.reshape(-1, 3)])
    local = axis_angle_to_quaternion(vectors.double()).numpy()
    turns: list[Array] = []
    for joint, parent in enumerate(body.parents):
        turns.append(local[joint] if parent < 0 else multiply(turns[parent], local[joint]))
    world = np.stack(turns)
    posed = pose_body(body, pose).joints.double().numpy()
    return JointMotion(world, posed - rotate(world, rest_joints))


def multiply(a: Array, b: Array) -> Array:  # [..., 4], [..., 4] -> [..., 4]
    """Hamilton's product."""
    w, u = a[..., :1], a[..., 1:]
    t, v = b[..., :1], b[..., 1:]
    real = w * t - (u * v).sum(-1, keepdims=True)
    return np.concatenate([real, w * v + t * u + np.cross(u, v)], -1)


def rotate(turn: Array, points: Array) -> Array:  # [N, 4] unit, [N, 3] -> [N, 3]
    """Points turned by unit quaternions."""
    w, u = turn[:, :1], turn[:, 1:]
    across = 2 * np.cross(u, points)
    return points + w * across + np.cross(u, across)


def diffuse(values: Array, neighbors: Neighbors, steps: int, share: float = 0.8) -> Array:  # [V, C] -> [V, C]
    """Smooth a vertex attribute over the mesh; about `sqrt(steps)` edges wide."""
    for _ in range(steps):
        values = values + share * (neighbors.mean(values) - values)
    return values
