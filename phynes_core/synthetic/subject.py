"""josh: a clothed, textured person on the bundled body, the ground truth of the synthetic capture."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.synthetic.bake import map_texels
from phynes_core.synthetic.drape import drape_cloth, shape_shoes
from phynes_core.synthetic.folds import fold_heights
from phynes_core.synthetic.garments import (
    Landmarks,
    hair_field,
    inside,
    shirt_field,
    shoe_field,
    snap_to_hems,
    trouser_field,
)
from phynes_core.synthetic.hair import hair_offset
from phynes_core.synthetic.noise import Noise, make_noise
from phynes_core.synthetic.subdivision import DenseMesh, find_neighbors, subdivide, vertex_normals
from phynes_core.synthetic.textures import Materials, paint_materials

Array = NDArray[np.float64]

SUBJECTS = ("josh",)
SUBJECT_VERSION = 1  # raised whenever geometry or textures change: a half-rendered capture must not mix two
JOSH_BETAS = (0.6, -1.3, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # taller, broader in the shoulders than the mean
_SEED = 7
_LEVELS = 2  # 6890 -> 110 210 vertices, edges of 3 to 5 mm
_NUM_NOISES = 8


@dataclass(frozen=True)
class Subject:
    """A clothed surface that follows the body: skinned rest shape plus pose-dependent folds."""

    name: str
    body: BodyModel
    betas: torch.Tensor  # [10]
    dense: DenseMesh
    marks: Landmarks
    rest: Array  # [Vd, 3] bare body, rest pose
    worn: Array  # [Vd, 3] clothed, rest pose
    skin_weights: Array  # [Vd, 24]
    shirt: Array  # [Vd] 0..1
    trousers: Array  # [Vd] 0..1, where they show
    noises: tuple[Noise, ...]

    def vertices(self, pose: Pose) -> Array:  # [Vd, 3] world, metres
        """The clothed surface in this pose; the pose's betas must be the subject's."""
        posed = pose_body(self.body, pose).vertices.double().numpy()
        bare = self.dense.refine(posed)
        folds = fold_heights(
            self.rest, self.shirt, self.trousers, pose.body_pose.double().numpy(), self.marks, self.noises
        )
        turns = np.einsum("vj,jab->vab", self.skin_weights, _joint_rotations(self.body, pose))
        surface = bare + np.einsum("vab,vb->va", turns, self.worn - self.rest)
        return surface + vertex_normals(surface, self.dense.faces) * folds[:, None]

    def paint(self, resolution: int) -> Materials:
        """Albedo and roughness textures of this many texels a side."""
        normals = vertex_normals(self.worn, self.dense.faces)
        snapped, _ = snap_to_hems(self.rest, self.dense.faces, self.marks)
        return paint_materials(map_texels(self.dense, resolution), snapped, self.worn, normals, self.marks, self.noises)


def build_subject(body: BodyModel, name: str = "josh") -> Subject:
    """Dress the body in its rest pose. Deterministic: the same body gives the same subject."""
    betas = torch.tensor(JOSH_BETAS)
    shaped = body.v_template + torch.einsum("vkb,b->vk", body.shapedirs[..., : len(betas)], betas)
    joints = (body.joint_regressor @ shaped).double().numpy()
    corner_uv = body.uv[body.uv_faces].double().numpy()
    dense = subdivide(body.num_vertices, body.faces.numpy(), corner_uv, _LEVELS)
    rest = dense.refine(shaped.double().numpy())
    marks = Landmarks(joints, float(rest[:, 1].min()))
    noises = tuple(make_noise(_SEED * 100 + k) for k in range(_NUM_NOISES))

    snapped, on_hem = snap_to_hems(rest, dense.faces, marks)
    shirt = inside(shirt_field(snapped, marks))
    trousers = inside(trouser_field(snapped, marks)) * (1 - shirt)
    normals = vertex_normals(rest, dense.faces)
    neighbors = find_neighbors(len(rest), dense.faces)
    worn = drape_cloth(snapped, normals, neighbors, shirt > 0.5, trousers > 0.5, on_hem, marks)
    shoe = np.where(trousers > 0.5, -1.0, shoe_field(snapped, marks))
    worn = shape_shoes(worn, snapped, neighbors, shoe, marks)
    hair = hair_field(snapped, marks, noises[4])
    worn = worn + hair_offset(snapped, normals, hair, marks, noises[6])
    weights = dense.refine(body.weights.double().numpy())
    weights = np.maximum(weights, 0) / np.maximum(weights, 0).sum(1, keepdims=True)
    return Subject(name, body, betas, dense, marks, rest, worn, weights, shirt, trousers, noises)


def _joint_rotations(body: BodyModel, pose: Pose) -> Array:  # [24, 3, 3] rest -> world
    vectors = torch.cat([pose.global_orient.reshape(1, 3), pose.body_pose.reshape(23, 3)])
    local = axis_angle_to_matrix(vectors).double()
    world: list[torch.Tensor] = []
    for joint, parent in enumerate(body.parents):
        world.append(local[joint] if parent < 0 else world[parent] @ local[joint])
    return torch.stack(world).numpy()
