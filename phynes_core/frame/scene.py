"""What a frame shows: avatars in their poses, a camera and the light; and all bodies as one mesh."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.material_texels import MaterialTexels
from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import Pose, displaced, pose_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.camera import Camera
from phynes_core.render.detail_normals import FaceFrames, face_frames
from phynes_core.render.ground import Ground
from phynes_core.render.lighting import Lighting


@dataclass(frozen=True)
class PosedAvatar:
    """An avatar in a pose."""

    avatar: Avatar
    pose: Pose  # on any device, as cameras and lights are; small, and usually made on the host
    materials: MaterialEdit | None = None  # on top of the maps; None: as they are
    texels: MaterialTexels | None = None  # read instead of the maps where RenderOptions.reads_texels lets it

    @property
    def f0(self) -> float:
        """Reflectance at normal incidence, edits included."""
        own = self.avatar.record.f0
        return own if self.materials is None else self.materials.f0(own)


@dataclass(frozen=True)
class Scene:
    """Everything that decides what a frame shows."""

    avatars: tuple[PosedAvatar, ...]
    camera: Camera
    lighting: Lighting
    ground: Ground | None = None

    @property
    def device(self) -> torch.device:
        """Where the frame is computed: where the bodies lie."""
        return self.avatars[0].avatar.body.v_template.device


@dataclass(frozen=True)
class SceneMesh:
    """All displaced bodies of a scene as one mesh, so that they shadow each other."""

    vertices: Tensor  # [V, 3] world
    faces: Tensor  # [F, 3]
    normals: Tensor  # [V, 3] unit, world
    offsets: tuple[Tensor, ...]  # [V] or [V, 3] of each avatar, metres: what its vertices were moved by
    blends: tuple[Tensor | None, ...]  # [V, 3, 3] of each avatar whose offsets are vectors: what carried them
    corner_uv: Tensor  # [F, 3, 2]
    first_face: tuple[int, ...]  # of each avatar, and the total

    def cpu(self) -> "SceneMesh":
        """The same mesh on the host."""
        return SceneMesh(
            self.vertices.cpu(), self.faces.cpu(), self.normals.cpu(), tuple(part.cpu() for part in self.offsets),
            tuple(None if part is None else part.cpu() for part in self.blends), self.corner_uv.cpu(),
            self.first_face,
        )  # fmt: skip


@torch.no_grad()
def build_mesh(avatars: tuple[Avatar, ...], poses: tuple[Pose, ...]) -> SceneMesh:
    """Pose and displace every body."""
    vertices, faces, offsets, blends, uv, first_face, num_vertices = [], [], [], [], [], [0], 0
    for avatar, pose in zip(avatars, poses, strict=True):
        body = avatar.body
        offsets.append(avatar.vertex_offsets(pose.vector()))
        posed = pose_body(body, pose)
        vertices.append(displaced(posed, body.faces, offsets[-1]))
        blends.append(posed.blend if offsets[-1].dim() == 2 else None)
        faces.append(body.faces + num_vertices)
        uv.append(corner_uv(body))
        first_face.append(first_face[-1] + body.num_faces)
        num_vertices += body.num_vertices
    all_vertices, all_faces = torch.cat(vertices), torch.cat(faces)
    normals = vertex_normals(all_vertices, all_faces)
    return SceneMesh(all_vertices, all_faces, normals, tuple(offsets), tuple(blends), torch.cat(uv), tuple(first_face))


def frames_of_avatars(mesh: SceneMesh) -> tuple[FaceFrames, ...]:
    """The face frames of each avatar, whose faces count from 0."""
    frames, first_vertex = [], 0
    for number, (offsets, blend) in enumerate(zip(mesh.offsets, mesh.blends, strict=True)):
        own = slice(mesh.first_face[number], mesh.first_face[number + 1])
        vertices = mesh.vertices[first_vertex : first_vertex + len(offsets)]
        frames.append(face_frames(vertices, mesh.faces[own] - first_vertex, mesh.corner_uv[own], offsets, blend))
        first_vertex += len(offsets)
    return tuple(frames)


class AvatarCopies:
    """Copies of a scene's avatars on a device, as they were when first seen; freed when they leave the scene."""

    def __init__(self, device: torch.device | None) -> None:
        """None: scenes stay where their avatars lie."""
        self._device = device
        self._kept: dict[int, tuple[Avatar, Avatar]] = {}  # by id: the original, which must not be freed, and its copy
        self._edits: dict[int, tuple[MaterialEdit, MaterialEdit]] = {}  # likewise

    def placed(self, scene: Scene) -> Scene:
        """The scene with its avatars on the device."""
        device = self._device
        if device is None or all(posed.avatar.body.v_template.device == device for posed in scene.avatars):
            return scene
        originals = {id(posed.avatar): posed.avatar for posed in scene.avatars}
        self._kept = {
            key: self._kept.get(key) or (avatar, avatar.copied_to(device)) for key, avatar in originals.items()
        }
        edits = {id(posed.materials): posed.materials for posed in scene.avatars if posed.materials is not None}
        self._edits = {key: self._edits.get(key) or (edit, edit.to(device)) for key, edit in edits.items()}
        posed = tuple(
            replace(
                entry, avatar=self._kept[id(entry.avatar)][1],
                materials=None if entry.materials is None else self._edits[id(entry.materials)][1],
            )
            for entry in scene.avatars
        )  # fmt: skip
        return replace(scene, avatars=posed)
