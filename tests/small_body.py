"""A body of a few hundred faces in SMPL's form, for tests that run slow references over every face."""

import torch
import trimesh

from phynes_core.body.atlas import unwrap
from phynes_core.body.model import SMPL_PARENTS, BodyModel


def small_body() -> BodyModel:
    """A torso, a head and two arms made of spheres; the arms hang on the shoulder joints and throw shadows."""
    parts = [((0.0, 0.0, 0.0), (0.22, 0.5, 0.15), 0), ((0.0, 0.68, 0.02), (0.1, 0.14, 0.11), 15)]
    parts += [((side * 0.45, 0.35, 0.05), (0.2, 0.06, 0.06), joint) for side, joint in ((1, 16), (-1, 17))]
    vertices, faces, owners, count = [], [], [], 0
    for center, radii, joint in parts:
        sphere = trimesh.creation.icosphere(subdivisions=1)
        vertices.append(torch.tensor(sphere.vertices, dtype=torch.float32) * torch.tensor(radii) + torch.tensor(center))
        faces.append(torch.tensor(sphere.faces, dtype=torch.int64) + count)
        owners += [joint] * len(sphere.vertices)
        count += len(sphere.vertices)
    template, triangles, owner = torch.cat(vertices), torch.cat(faces), torch.tensor(owners)
    weights = torch.nn.functional.one_hot(owner, 24).float()
    regressor = weights.T.clone()
    regressor[regressor.sum(1) == 0] = 1.0
    regressor /= regressor.sum(1, keepdim=True)
    uv, uv_faces = unwrap(template, triangles)
    return BodyModel(
        name="small",
        v_template=template,
        shapedirs=torch.zeros(count, 3, 10),
        posedirs=torch.zeros(207, count * 3),
        joint_regressor=regressor,
        weights=weights,
        parents=SMPL_PARENTS,
        faces=triangles,
        uv=uv,
        uv_faces=uv_faces,
        uv_is_unwrapped=True,
        content_hash="small",
    )
