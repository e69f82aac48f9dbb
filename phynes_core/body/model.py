"""SMPL's forward pass in plain torch: shape, pose correctives, skeleton, linear blend skinning.

Equal to smplx (tests/body/test_model.py); written here so that the shipped demo depends on nothing licensed.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.checks import check_tensor
from phynes_core.conventions import NUM_JOINTS
from phynes_core.geometry.mesh import vertex_normals

if TYPE_CHECKING:
    from phynes_core.body.template import Template

SMPL_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)
MAX_BETAS = 10  # SMPL files hold 10 or 300 shape directions; datasets and tools use the first 10
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Pose:
    """One pose and shape in smplx's parameters: `transl` is added last, the root turns about the pelvis joint."""

    body_pose: Tensor  # [23, 3] axis-angle, rad, joints 1..23 in SMPL's order
    global_orient: Tensor  # [3] axis-angle, rad
    transl: Tensor  # [3] metres
    betas: Tensor  # [B], B <= 10; missing ones count as 0

    @staticmethod
    def rest(num_betas: int = MAX_BETAS) -> "Pose":
        """The T-pose of the mean shape, without translation."""
        return Pose(torch.zeros(NUM_JOINTS - 1, 3), torch.zeros(3), torch.zeros(3), torch.zeros(num_betas))

    def to(self, device: torch.device) -> "Pose":
        """The same pose on a device."""
        parts = self.body_pose, self.global_orient, self.transl, self.betas
        return Pose(*(part.to(device) for part in parts))

    def vector(self) -> Tensor:  # [72]
        """What the neural maps see: 24 axis-angle rotations, the root's three numbers zeroed."""
        return torch.cat([torch.zeros_like(self.global_orient), self.body_pose.reshape(-1)])


@dataclass(frozen=True, eq=False)
class BodyModel:
    """A body in SMPL's form, float32. `uv_faces` index `uv` per corner; each uv entry belongs to one vertex."""

    name: str
    v_template: Tensor  # [V, 3] metres, T-pose, +Y up, facing +Z
    shapedirs: Tensor  # [V, 3, B]
    posedirs: Tensor  # [207, V * 3]
    joint_regressor: Tensor  # [24, V]
    weights: Tensor  # [V, 24]
    parents: tuple[int, ...]
    faces: Tensor  # [F, 3] int64, counter-clockwise from outside
    uv: Tensor  # [U, 2] in [0, 1], v up
    uv_faces: Tensor  # [F, 3] int64
    uv_is_unwrapped: bool  # the atlas was unwrapped here, not read from a file
    content_hash: str  # sha256 of everything above but name and uv, before any split
    num_splits: int = 0  # midpoint splits since it was read (body/subdivide.py)
    template: "Template | None" = None  # where the mesh is a person's own (body/template.py)

    def to(self, device: torch.device) -> "BodyModel":
        """The same body on a device; itself if it is already there."""
        if self.v_template.device == device:
            return self
        tensors = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        moved = {name: value.to(device) for name, value in tensors.items() if isinstance(value, Tensor)}
        return replace(self, **moved)

    @property
    def num_vertices(self) -> int:
        """V."""
        return self.v_template.shape[0]

    @property
    def num_faces(self) -> int:
        """F."""
        return self.faces.shape[0]

    @cached_property
    def template_joints(self) -> Tensor:  # [24, 3]
        """Where the joints of the mean shape are."""
        return self.joint_regressor @ self.v_template

    @cached_property
    def shape_joints(self) -> Tensor:  # [24, 3, B]
        """How each shape direction moves them."""
        return torch.einsum("jv,vcb->jcb", self.joint_regressor, self.shapedirs)


@dataclass(frozen=True, eq=False)
class PosedBody:
    """The body in the world."""

    vertices: Tensor  # [V, 3] metres, world
    joints: Tensor  # [24, 3] metres, world
    blend: (
        Tensor  # [V, 3, 3] what turns steps in the T-pose's axes to the world's at each vertex (linear blend skinning)
    )


@dataclass(frozen=True, eq=False)
class PosedJoints:
    """The skeleton in the world."""

    positions: Tensor  # [24, 3] metres, world
    rotations: Tensor  # [24, 3, 3] world from each joint's own axes, which are the world's in the T-pose


def pose_joints(body: BodyModel, pose: Pose) -> PosedJoints:
    """The skeleton alone, much faster than `pose_body`."""
    pose = pose.to(body.v_template.device)
    num_betas = pose.betas.shape[0]
    rotations = axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]))
    rest_joints = body.template_joints + body.shape_joints[..., :num_betas] @ pose.betas
    joints, skinning = _skeleton(rotations, rest_joints, body.parents)
    return PosedJoints(joints + pose.transl, skinning[..., :3])


def pose_body(body: BodyModel, pose: Pose) -> PosedBody:
    """v = sum_j w_j A_j(theta, J) (v_template + B_s(beta) + B_p(theta)) + transl; differentiable in every parameter.

    The pose may be on any device; the result is on the body's.
    """
    check_tensor("pose.body_pose", pose.body_pose, (NUM_JOINTS - 1, 3))
    check_tensor("pose.global_orient", pose.global_orient, (3,))
    check_tensor("pose.transl", pose.transl, (3,))
    check_tensor("pose.betas", pose.betas, ("B",))
    pose = pose.to(body.v_template.device)
    num_betas = pose.betas.shape[0]
    if num_betas > body.shapedirs.shape[2]:
        raise ValueError(f"pose.betas: expected at most {body.shapedirs.shape[2]} numbers, got {num_betas}; cut them")
    rotations = axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]))  # [24, 3, 3]
    rest_joints = body.template_joints + body.shape_joints[..., :num_betas] @ pose.betas
    shaped = body.v_template + body.shapedirs[..., :num_betas] @ pose.betas
    corrected = shaped + pose_correctives(body, pose)

    joints, skinning = _skeleton(rotations, rest_joints, body.parents)
    blended = (body.weights @ skinning.reshape(NUM_JOINTS, 12)).view(-1, 3, 4)
    skinned = (blended[..., :3] @ corrected[..., None])[..., 0] + blended[..., 3]
    return PosedBody(skinned + pose.transl, joints + pose.transl, blended[..., :3])


def displaced(posed: PosedBody, faces: Tensor, offsets: Tensor) -> Tensor:  # [V, 3] world
    """The posed body moved by its offsets; differentiable.

    `offsets` [V] are metres along the posed normals (paper, Eq. 4): v + l n. Vectors [V, 3] are metres along the
    T-pose's axes, which the skinning carries: v + B d, the surface of a rest pose that was moved by d. Unlike tangents
    of the uv chart these axes are the same on both sides of a seam, and nowhere singular.
    """
    if offsets.dim() == 1:
        return posed.vertices + offsets[:, None] * vertex_normals(posed.vertices, faces)
    return posed.vertices + carried(posed.blend, offsets)


def carried(blend: Tensor, vectors: Tensor) -> Tensor:  # [..., 3, 3], [..., 3] -> [..., 3]
    """Steps in the T-pose's axes as steps in the world."""
    return (blend @ vectors[..., None])[..., 0]


def rest_to_posed(body: BodyModel, pose: Pose) -> Tensor:  # [24, 3, 4]
    """The transform of each joint that takes points of the rest pose to the world, translation included."""
    pose = pose.to(body.v_template.device)
    rotations = axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]))
    rest_joints = body.template_joints + body.shape_joints[..., : pose.betas.shape[0]] @ pose.betas
    skinning = _skeleton(rotations, rest_joints, body.parents)[1]
    return torch.cat([skinning[..., :3], skinning[..., 3:] + pose.transl[:, None]], -1)


def pose_correctives(body: BodyModel, pose: Pose) -> Tensor:  # [V, 3]
    """B_p(theta): what pose blend shapes add to the rest pose before it is skinned."""
    rotations = axis_angle_to_matrix(pose.to(body.v_template.device).body_pose)
    feature = rotations - torch.eye(3, dtype=rotations.dtype, device=rotations.device)
    return (feature.reshape(1, -1) @ body.posedirs).view(-1, 3)


def _skeleton(rotations: Tensor, rest_joints: Tensor, parents: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Posed joints [24, 3] and the rest-to-posed transforms A_j [24, 3, 4], one level of the tree at a time."""
    world_rotation: list[Tensor] = [rotations[0]]
    world_position: list[Tensor] = [rest_joints[0]]
    for joint in range(1, len(parents)):
        parent = parents[joint]
        turn = world_rotation[parent]
        world_rotation.append(turn @ rotations[joint])
        world_position.append(turn @ (rest_joints[joint] - rest_joints[parent]) + world_position[parent])
    turned, joints = torch.stack(world_rotation), torch.stack(world_position)
    offset = joints - (turned @ rest_joints[..., None])[..., 0]
    return joints, torch.cat([turned, offset[..., None]], -1)


def cached_per_body(make: Callable[[BodyModel], Made]) -> Callable[[BodyModel], Made]:
    """A function's result kept for each body as long as that body lives.

    Results are shared, so do not write into them; they must not refer to the body. A cache of fixed size would keep
    bodies that no one uses any more.
    """
    made: WeakKeyDictionary[BodyModel, Made] = WeakKeyDictionary()

    @functools.wraps(make)
    def cached(body: BodyModel) -> Made:
        if body not in made:
            made[body] = make(body)
        return made[body]

    return cached
