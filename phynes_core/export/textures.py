"""PBR textures of an avatar: base color, roughness, and a normal map with the detail between the vertices.

A texel inside a chart holds what the engine computes at its center. Base color and roughness are asked of the maps for
two texels around each chart as well, which bilinear look-ups at its border read; everything beyond holds the nearest
chart's texel, so that no mipmap mixes in another chart or a background.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn.functional import normalize

from phynes_core.body.atlas import CHART_RESOLUTION, face_image, open_bits, widened
from phynes_core.body.model import BodyModel
from phynes_core.body.texels import RIM, barycentric_at, texel_centers
from phynes_core.conventions import linear_to_srgb
from phynes_core.export.rig import Rig
from phynes_core.export.subject import ExportSubject
from phynes_core.export.tangents import ExportMesh, mesh_tangents
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.maps.material_edit import edited
from phynes_core.maps.texels import texel_differences
from phynes_core.render.detail_normals import detail_normals, face_frames

TEXELS_PER_STEP = 1 << 16
AfterPart = Callable[[int, int], None]  # (parts done, all parts); raises to stop


@dataclass(frozen=True, eq=False)
class Textures:
    """Images of R x R texels, row 0 is v = 1."""

    albedo: np.ndarray  # [R, R, 3] float32 linear in [0, 1]
    roughness: np.ndarray  # [R, R] float32, perceptual
    normal: np.ndarray | None  # [R, R, 3] float32 unit, in MikkTSpace's tangent space; None: the mesh's own normals

    def base_color_bytes(self) -> np.ndarray:  # [R, R, 3] uint8
        """The albedo as sRGB."""
        return to_bytes(linear_to_srgb(torch.from_numpy(self.albedo)).numpy())

    def roughness_bytes(self) -> np.ndarray:  # [R, R, 3] uint8
        """glTF's metallic-roughness texture: roughness in green, no metal in blue, red unused."""
        image = np.zeros((*self.roughness.shape, 3), np.uint8)
        image[..., 1] = to_bytes(self.roughness)
        return image

    def normal_bytes(self) -> np.ndarray:  # [R, R, 3] uint8
        """n / 2 + 1 / 2, green along growing v; ValueError without a normal map."""
        if self.normal is None:
            raise ValueError("normal: expected a normal map, got an avatar without detail between its vertices")
        return to_bytes(self.normal * 0.5 + 0.5)


def to_bytes(values: np.ndarray) -> np.ndarray:  # in [0, 1] -> uint8
    """Rounded to 8 bits."""
    return np.rint(values.clip(0.0, 1.0) * 255.0).astype(np.uint8)


@torch.no_grad()
def bake(subject: ExportSubject, rig: Rig, mesh: ExportMesh, side: int, after_part: AfterPart) -> Textures:
    """The textures of the reference pose."""
    body = subject.avatar.body
    faces = face_image(body, side)
    around = faces
    for _ in range(RIM):
        around = widened(around)
    rim = torch.nonzero(around.view(-1) >= 0)[:, 0]
    inside = torch.nonzero(faces.view(-1) >= 0)[:, 0] if subject.has_detail else rim[:0]
    steps = -(-len(rim) // TEXELS_PER_STEP) + -(-len(inside) // TEXELS_PER_STEP) * (1 + _has_offset_texture(side))
    done = 0

    def count(part: Tensor) -> Tensor:
        nonlocal done
        after_part(done, steps)
        done += 1
        return part

    values = torch.zeros(side * side, 4)
    for part in rim.split(TEXELS_PER_STEP):
        uv = texel_centers(count(part), side)
        albedo = subject.avatar.query_albedo(uv, subject.material_pose)
        roughness = subject.avatar.query_roughness(uv, subject.material_pose)
        if subject.materials is not None:
            albedo, roughness = edited(subject.materials, uv, albedo, roughness)
        values[part] = torch.cat([albedo, roughness[:, None]], -1)
    materials = _filled(values.view(side, side, 4), around >= 0)
    normal = None
    if subject.has_detail:
        normals = torch.zeros(side * side, 3)
        slopes = _Slopes(subject, inside, side, count)
        frame = _TangentFrames(subject, rig, mesh)
        for part in inside.split(TEXELS_PER_STEP):
            uv, face = texel_centers(count(part), side), faces.view(-1)[part].long()
            normals[part] = frame.detail(face, barycentric_at(body, face, uv), slopes.at(uv))
        normal = _filled(normals.view(side, side, 3), faces >= 0)
    after_part(steps, steps)
    return Textures(materials[..., :3].copy(), materials[..., 3].copy(), normal)


def _filled(image: Tensor, is_known: Tensor) -> np.ndarray:  # [R, R, C], [R, R] bool -> [R, R, C]
    """Unknown texels take the value of the nearest known one."""
    nearest = distance_transform_edt(~is_known.numpy(), return_distances=False, return_indices=True)
    row, column = np.asarray(nearest)
    return image.numpy()[row, column]


def _has_offset_texture(side: int) -> bool:
    """Whether slopes come from a texture of offsets as large as the others; a smaller one would blur them."""
    return side >= 2 * CHART_RESOLUTION


class _Slopes:
    """d offset / d(u, v) at texel centers, as Avatar.offset_gradient has it."""

    def __init__(self, subject: ExportSubject, index: Tensor, side: int, count: Callable[[Tensor], Tensor]) -> None:
        self._avatar, self._vector = subject.avatar, subject.reference.vector()
        self._values: Tensor | None = None
        if _has_offset_texture(side):
            channels = self._avatar.offset.config.output_channels
            self._values = torch.zeros(side, side, channels)
            for part in index.split(TEXELS_PER_STEP):
                self._values.view(-1, channels)[part] = self._avatar.offset(
                    texel_centers(count(part), side), self._vector
                )
            self._values = torch.from_numpy(_filled(self._values, _mask(index, side)))

    def at(self, uv: Tensor) -> Tensor:  # [P, 2] -> [P, 2], of vectors [P, 3, 2]
        if self._values is None:
            return self._avatar.offset_gradient(uv, self._vector)
        slopes = texel_differences(self._values, uv, open_bits(self._avatar.body))
        return slopes[:, 0] if slopes.shape[1] == 1 else slopes


def _mask(index: Tensor, side: int) -> Tensor:  # [R, R] bool
    mask = torch.zeros(side * side, dtype=torch.bool)
    mask[index] = True
    return mask.view(side, side)


class _TangentFrames:
    """The rest mesh's interpolated frames, and detail normals in them."""

    def __init__(self, subject: ExportSubject, rig: Rig, mesh: ExportMesh) -> None:
        body, offsets = subject.avatar.body, subject.avatar.vertex_offsets(subject.reference.vector())
        blend = torch.eye(3).expand(len(offsets), 3, 3) if offsets.dim() == 2 else None
        self._frames = face_frames(rig.vertices, body.faces, body.uv[body.uv_faces], offsets, blend)
        normals = vertex_normals(rig.vertices, body.faces)[mesh.vertex]
        tangents = mesh_tangents(mesh, rig.vertices[mesh.vertex], normals)
        self._normals, self._tangents = normals[mesh.faces], tangents[mesh.faces][..., :3]  # [F, 3, 3]
        self._handedness = mesh.handedness

    def detail(self, face: Tensor, barycentric: Tensor, gradient: Tensor) -> Tensor:  # [P], [P, 3], ... -> [P, 3]
        """The detail normal in the basis (t, w (n x t), n), which is interpolated and left as long as it is."""
        n = (barycentric[..., None] * self._normals[face]).sum(1)
        t = (barycentric[..., None] * self._tangents[face]).sum(1)
        b = self._handedness[face, None] * torch.linalg.cross(n, t)
        wanted = detail_normals(normalize(n, dim=-1), gradient, face, self._frames)
        # the inverse of the basis, its rows in turn, without their common divisor
        rows = torch.stack([torch.linalg.cross(b, n), torch.linalg.cross(n, t), torch.linalg.cross(t, b)], 1)
        volume = (t * rows[:, 0]).sum(-1)
        local = (rows @ wanted[..., None])[..., 0] / torch.where(volume.abs() < 1e-8, 1e-8, volume)[:, None]
        local = torch.where((volume.abs() < 1e-8)[:, None], local.new_tensor([0.0, 0.0, 1.0]), local)
        return normalize(local, dim=-1)


def has_border(body: BodyModel) -> bool:
    """Whether the mesh is open, so that its inside may be seen."""
    edges = torch.cat([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]]).sort(1).values
    return bool((torch.unique(edges, dim=0, return_counts=True)[1] != 2).any())
