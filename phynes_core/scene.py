"""What a frame shows: avatars in their poses, a camera and the light; and all bodies as one mesh."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.avatar import Avatar
from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import Pose
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.ground import Ground
from phynes_core.render.lighting import Lighting


@dataclass(frozen=True)
class PosedAvatar:
    """An avatar in a pose."""

    avatar: Avatar
    pose: Pose


@dataclass(frozen=True)
class Scene:
    """Everything that decides what a frame shows."""

    avatars: tuple[PosedAvatar, ...]
    camera: Camera
    lighting: Lighting
    ground: Ground | None = None


@dataclass(frozen=True)
class SceneMesh:
    """All displaced bodies of a scene as one mesh, so that they shadow each other."""

    vertices: Tensor  # [V, 3] world
    faces: Tensor  # [F, 3]
    normals: Tensor  # [V, 3] unit, world
    offsets: Tensor  # [V] metres, what the vertices were moved by along the body's normal
    corner_uv: Tensor  # [F, 3, 2]
    first_face: tuple[int, ...]  # of each avatar, and the total


@torch.no_grad()
def build_mesh(avatars: tuple[PosedAvatar, ...]) -> SceneMesh:
    """Pose and displace every body."""
    vertices, faces, offsets, uv, first_face, num_vertices = [], [], [], [], [0], 0
    for posed in avatars:
        body = posed.avatar.body
        offsets.append(posed.avatar.vertex_offsets(posed.pose.vector()))
        vertices.append(posed.avatar.displaced_vertices(posed.pose, offsets[-1]))
        faces.append(body.faces + num_vertices)
        uv.append(corner_uv(body))
        first_face.append(first_face[-1] + body.num_faces)
        num_vertices += body.num_vertices
    all_vertices, all_faces = torch.cat(vertices), torch.cat(faces)
    normals = vertex_normals(all_vertices, all_faces)
    return SceneMesh(all_vertices, all_faces, normals, torch.cat(offsets), torch.cat(uv), tuple(first_face))
