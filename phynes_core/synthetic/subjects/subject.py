"""What all synthetic subjects share: a body, a refined surface that moves with it, textures, and their Mitsuba form."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.synthetic.mitsuba.scene import (
    SeamSplit,
    make_brdf,
    make_subject_mesh,
    make_texture,
    make_white_diffuse,
    split_at_seams,
)
from phynes_core.synthetic.subjects.textures import Materials
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import Noise, make_noise
from phynes_core.synthetic.surface.subdivision import Array, DenseMesh, SurfaceMesh, subdivide

_LEVELS = 2  # sixteen faces for each of the body's, edges of 3 to 5 mm
_NUM_NOISES = 8


@dataclass(frozen=True)
class Person:
    """The bare body under the clothes, refined, in its rest pose."""

    body: BodyModel
    betas: torch.Tensor  # [B]
    dense: DenseMesh
    marks: Landmarks
    rest: Array  # [Vd, 3]
    skin_weights: Array  # [Vd, J]
    joints: Array  # [J, 3]
    noises: tuple[Noise, ...]

    def turn(self, displacement: Array, pose: Pose) -> Array:  # [Vd, 3] rest -> world
        """Displacements of the dense surface, turned with the skin below them."""
        turns = np.einsum("vj,jab->vab", self.skin_weights, joint_rotations(self.body, pose))
        return np.einsum("vab,vb->va", turns, displacement)

    def carry(self, points: Array, weights: Array, pose: Pose) -> tuple[Array, Array]:
        """Rest points [N, 3] moved with the joints by weights [N, J], and the rotation at each [N, 3, 3]."""
        rotations = joint_rotations(self.body, pose)
        posed_joints = pose_body(self.body, pose).joints.double().numpy()
        moved = np.einsum("jab,njb->nja", rotations, points[:, None] - self.joints) + posed_joints
        left, _, right = np.linalg.svd(np.einsum("nj,jab->nab", weights, rotations))  # the nearest rotation to the mean
        return np.einsum("nj,nja->na", weights, moved), left @ right


@dataclass(frozen=True)
class Subject(ABC):
    """A clothed person that follows the body; the ground truth of a synthetic capture."""

    person: Person
    worn: Array  # [Vd, 3] the clothed surface, rest pose

    @property
    def betas(self) -> torch.Tensor:  # [B]
        """The person's shape."""
        return self.person.betas

    @property
    @abstractmethod
    def surface(self) -> SurfaceMesh:
        """Faces and UV of what `vertices` returns: the outermost surface."""

    @abstractmethod
    def vertices(self, pose: Pose) -> Array:  # [V, 3] world, metres
        """The surface in this pose; the pose's betas must be the subject's."""

    @abstractmethod
    def paint(self, resolution: int) -> Materials:
        """Albedo and roughness textures of this many texels a side."""


def make_person(body: BodyModel, betas: tuple[float, ...], seed: int) -> Person:
    """Shape and refine the body."""
    shape = torch.tensor(betas)
    shaped = body.v_template + torch.einsum("vkb,b->vk", body.shapedirs[..., : len(shape)], shape)
    joints = (body.joint_regressor @ shaped).double().numpy()
    corner_uv = body.uv[body.uv_faces].double().numpy()
    dense = subdivide(body.num_vertices, body.faces.numpy(), corner_uv, _LEVELS)
    rest = dense.refine(shaped.double().numpy())
    marks = Landmarks(joints, float(rest[:, 1].min()))
    noises = tuple(make_noise(seed * 100 + k) for k in range(_NUM_NOISES))
    weights = dense.refine(body.weights.double().numpy())
    weights = np.maximum(weights, 0) / np.maximum(weights, 0).sum(1, keepdims=True)
    return Person(body, shape, dense, marks, rest, weights, joints, noises)


def joint_rotations(body: BodyModel, pose: Pose) -> Array:  # [J, 3, 3] rest -> world
    """Each joint's rotation from the rest pose."""
    vectors = torch.cat([pose.global_orient.reshape(1, 3), pose.body_pose.reshape(-1, 3)])
    local = axis_angle_to_matrix(vectors).double()
    world: list[torch.Tensor] = []
    for joint, parent in enumerate(body.parents):
        world.append(local[joint] if parent < 0 else world[parent] @ local[joint])
    return torch.stack(world).numpy()


@dataclass(frozen=True)
class PreparedSubject:
    """The dressed subject as Mitsuba reads it: textures and materials, made once for all frames."""

    subject: Subject
    split: SeamSplit
    albedo: Any  # Mitsuba textures
    roughness: Any
    brdf: Any
    white: Any


@dataclass(frozen=True)
class PosedSubject:
    """The subject in one frame."""

    frame: int
    vertices: Array  # [Vd, 3] world
    mesh: Any
    white_mesh: Any  # the same in white, for the shading images


def prepare_subject(subject: Subject, texture_size: int) -> PreparedSubject:
    """Paint the subject's textures and build its materials."""
    materials = subject.paint(texture_size)
    albedo, roughness = make_texture(materials.albedo), make_texture(materials.roughness)
    split = split_at_seams(subject.surface.faces, subject.surface.corner_uv)
    return PreparedSubject(subject, split, albedo, roughness, make_brdf(albedo, roughness), make_white_diffuse())


def pose_subject(prepared: PreparedSubject, frame: int, pose: Pose) -> PosedSubject:
    """The subject's meshes in one frame."""
    vertices, faces = prepared.subject.vertices(pose), prepared.subject.surface.faces
    mesh, white = (make_subject_mesh(vertices, faces, prepared.split, bsdf) for bsdf in (prepared.brdf, prepared.white))
    return PosedSubject(frame, vertices, mesh, white)
