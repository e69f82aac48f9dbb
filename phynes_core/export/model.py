"""Everything that a GLB and a USD file hold of an avatar, and what it costs against the engine."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from phynes_core.export.animation import CameraKeys, Keyframes, camera_keys, keyframes
from phynes_core.export.pose_morphs import PoseMorphs, pose_morphs, poses_of
from phynes_core.export.rig import Rig, make_rig, pose_error, weight_error
from phynes_core.export.subject import CameraTrack, ExportSubject
from phynes_core.export.tangents import ExportMesh, export_mesh, mesh_tangents
from phynes_core.export.textures import Textures, bake, has_border
from phynes_core.geometry.mesh import vertex_normals

AfterPart = Callable[[int, int], None]  # (parts done, all parts); raises to stop


@dataclass(frozen=True, eq=False)
class ExportModel:
    """A skinned, textured mesh, its clips and cameras. W vertices of the file."""

    rig: Rig
    mesh: ExportMesh
    normals: Tensor  # [W, 3] unit, rest pose
    tangents: Tensor  # [W, 4]
    textures: Textures
    morphs: PoseMorphs
    clips: tuple[Keyframes, ...]
    cameras: tuple[tuple[CameraKeys, CameraTrack], ...]
    is_open: bool  # its inside may be seen
    costs: tuple[str, ...]  # sentences


def make_model(subject: ExportSubject, texture_size: int, num_morphs: int, after_part: AfterPart) -> ExportModel:
    """The model; `after_part` counts clips and steps of the textures."""
    body, num_clips = subject.avatar.body, len(subject.clips)
    rig, mesh = make_rig(subject), export_mesh(subject.avatar.body)
    morphs = pose_morphs(subject, rig, num_morphs)
    clips = []
    for done, clip in enumerate(subject.clips):
        after_part(done, num_clips + 1)
        clips.append(keyframes(subject, rig, morphs, clip))
    normals = vertex_normals(rig.vertices, body.faces)[mesh.vertex]
    textures = bake(
        subject, rig, mesh, texture_size, lambda done, of: after_part(num_clips * of + done, (num_clips + 1) * of)
    )
    return ExportModel(
        rig, mesh, normals, mesh_tangents(mesh, rig.vertices[mesh.vertex], normals), textures, morphs, tuple(clips),
        tuple((camera_keys(track), track) for track in subject.cameras), has_border(body),
        _costs(subject, rig, morphs),
    )  # fmt: skip


def ior_of(f0: float) -> float:
    """The index of refraction whose reflectance at normal incidence this is; 0 is glTF's word for all of it."""
    root = math.sqrt(f0)
    return (1.0 + root) / (1.0 - root) if root < 1.0 else 0.0


def _costs(subject: ExportSubject, rig: Rig, morphs: PoseMorphs) -> tuple[str, ...]:
    """What four weights, and one rest mesh for all poses, cost in millimetres."""
    poses = poses_of(subject)
    held = pose_error(subject, rig, poses, [rig.vertices] * len(poses))
    sentences = [
        f"four weights a vertex cost {weight_error(subject, rig, poses)}",
        f"holding the reference pose's offsets and pose blend shapes costs {held}",
    ]
    if morphs.count:
        meshes = [morphs.applied(rig, morphs.weights(subject, rig, pose)) for pose in poses]
        cost = pose_error(subject, rig, poses, meshes)
        sentences.append(f"{morphs.count} morph targets bring that down to {cost}")
    return tuple(sentences)
