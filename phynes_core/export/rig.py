"""An avatar as other programs move it: one mesh in the rest pose, 24 joints, and four weights a vertex.

Skinning is SMPL's, v = sum_j w_j A_j v_rest. What it leaves out, the engine's pose blend shapes and offsets of each
pose, is in `v_rest` for one pose, the reference, at which a skinned mesh is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.body.model import Pose, pose_joints, rest_to_posed
from phynes_core.export.subject import ExportSubject

MOST_WEIGHTS = 4  # of a vertex, in the files of other programs
LEAST_STRETCH = 0.1  # singular value of a vertex's blend; below it skinning has collapsed and cannot be undone


@dataclass(frozen=True, eq=False)
class Rig:
    """The mesh and its skeleton; V vertices of the body's own topology."""

    joints: Tensor  # [24, 3] metres: where the joints of the rest pose are
    parents: tuple[int, ...]
    index: Tensor  # [V, 4] int64: joints of each vertex, the heaviest first
    weights: Tensor  # [V, 4] >= 0, sum 1
    vertices: Tensor  # [V, 3] metres, rest pose, displaced as in the reference pose

    def blend(self, transforms: Tensor) -> Tensor:  # [24, 3, 4] -> [V, 3, 4]
        """The transform of each vertex."""
        return (self.weights[..., None, None] * transforms[self.index]).sum(1)


@dataclass(frozen=True)
class Distance:
    """How far vertices lie from where the engine puts them."""

    mean_mm: float
    most_mm: float
    num_poses: int

    def __str__(self) -> str:
        poses = f"{self.num_poses} pose{'s' * (self.num_poses != 1)}"
        return f"{self.mean_mm:.2f} mm on average and {self.most_mm:.1f} mm at most over {poses}"


@torch.no_grad()
def make_rig(subject: ExportSubject) -> Rig:
    """The rig of an avatar: its four heaviest weights, and the displaced reference pose taken back to the rest pose."""
    body = subject.avatar.body
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), subject.betas)
    weights, index = body.weights.topk(MOST_WEIGHTS, dim=1)
    weights = weights / weights.sum(1, keepdim=True)
    index = torch.where(weights > 0, index, 0)  # a joint that has no share is 0, as glTF wants it
    rig = Rig(pose_joints(body, rest).positions, body.parents, index, weights, body.v_template)
    return Rig(rig.joints, rig.parents, index, weights, rest_shape(subject, rig, subject.reference))


def skinned(rig: Rig, vertices: Tensor, transforms: Tensor) -> Tensor:  # [V, 3] rest, [24, 3, 4] -> [V, 3] world
    """Vertices of the rest pose moved by four weights."""
    return applied(rig.blend(transforms), vertices)


def applied(blend: Tensor, vertices: Tensor) -> Tensor:  # [V, 3, 4], [V, 3] -> [V, 3]
    """Each vertex moved by its transform."""
    return (blend[..., :3] @ vertices[..., None])[..., 0] + blend[..., 3]


@torch.no_grad()
def rest_shape(subject: ExportSubject, rig: Rig, pose: Pose) -> Tensor:  # [V, 3]
    """The rest mesh that four weights skin to the engine's displaced mesh of this pose.

    Directions in which the skinning of a vertex has collapsed keep the unposed body's place.
    """
    blend = rig.blend(rest_to_posed(subject.avatar.body, pose))
    target = subject.avatar.displaced_vertices(pose)
    start = shaped(subject)
    left, stretch, right = torch.linalg.svd(blend[..., :3])
    inverse = torch.where(stretch < LEAST_STRETCH, 0.0, 1.0 / stretch.clamp(min=LEAST_STRETCH))
    missing = target - applied(blend, start)
    return start + (right.mT @ (inverse[..., None] * (left.mT @ missing[..., None])))[..., 0]


def shaped(subject: ExportSubject) -> Tensor:  # [V, 3]
    """The body in this person's shape, unposed, without offsets."""
    body = subject.avatar.body
    return body.v_template + body.shapedirs[..., : len(subject.betas)] @ subject.betas


@torch.no_grad()
def weight_error(subject: ExportSubject, rig: Rig, poses: Sequence[Pose]) -> Distance:
    """What four weights a vertex cost against all of the body's, on the same rest mesh."""
    body = subject.avatar.body
    distances = []
    for pose in poses:
        transforms = rest_to_posed(body, pose)
        every = torch.einsum("vj,jrc->vrc", body.weights, transforms)
        distances.append((applied(every, rig.vertices) - skinned(rig, rig.vertices, transforms)).norm(dim=-1))
    return distance(distances)


@torch.no_grad()
def pose_error(subject: ExportSubject, rig: Rig, poses: Sequence[Pose], rest_meshes: Sequence[Tensor]) -> Distance:
    """What the file's mesh costs against the engine's displaced one, with a rest mesh [V, 3] for each pose."""
    distances = []
    for pose, vertices in zip(poses, rest_meshes, strict=True):
        moved = skinned(rig, vertices, rest_to_posed(subject.avatar.body, pose))
        distances.append((moved - subject.avatar.displaced_vertices(pose)).norm(dim=-1))
    return distance(distances)


def distance(distances: Sequence[Tensor]) -> Distance:  # of [V] metres, one for each pose
    """Their mean and the largest."""
    every = torch.stack(list(distances)) * 1000.0
    return Distance(float(every.mean()), float(every.max()), len(distances))
