"""What the pixels of a picture show: which avatar, with which normal and of which material.

The same functions serve packed gbuffers, whose rows are taken avatar by avatar, and fixed ones, where each avatar is
asked for every row and keeps its own: there no shape depends on a value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.material_texels import MaterialTexels
from phynes_core.body.model import Pose
from phynes_core.frame.offset_texels import OffsetTexels
from phynes_core.frame.scene import SceneMesh
from phynes_core.maps.material_edit import MaterialEdit, edited
from phynes_core.render.camera import Camera
from phynes_core.render.coverage import antialiased_fragments
from phynes_core.render.detail_normals import FaceFrames, detail_normals
from phynes_core.render.gbuffer import FixedGBuffer, GBuffer
from phynes_core.render.rasterize import Fragments, rasterize
from phynes_core.render.shade import Surface

ROWS_AT_ONCE = 1 << 16  # of fixed gbuffers, that maps are asked for: what layers leave in between stays below 100 MB


class Raster(NamedTuple):
    """What stands in each pixel."""

    fragments: Fragments
    coverage: Tensor  # [H, W, 1] share of the pixel that the mesh covers; 0 or 1 without antialiasing


@dataclass(frozen=True)
class AvatarPixels:
    """The rows of a gbuffer that show one avatar; of a fixed one all rows are taken."""

    avatar: Avatar
    gbuffer: GBuffer
    rows: slice | Tensor  # that are taken
    belongs: Tensor | None = None  # [P, 1] bool, which of them show the avatar; None: all
    first_face: int = 0  # of the avatar in the scene's mesh

    def of(self, column: Tensor) -> Tensor:  # [P] or [P, C] -> [N] or [N, C]
        """The rows that are taken."""
        return column[self.rows]

    def faces(self) -> Tensor:  # [N] int64
        """Their faces, counted from the avatar's first; any where a row shows another avatar."""
        faces = self.of(self.gbuffer.face_index)
        if self.belongs is None and self.first_face == 0:
            return faces
        return (faces - self.first_face).clamp(0, self.avatar.body.num_faces - 1)

    def ask(self, answers: Callable[..., Tensor], pose: Tensor) -> Tensor:
        """A map's answers for these rows and a pose vector [72]; of fixed ones it is told how many are meant."""
        if not isinstance(self.gbuffer, FixedGBuffer):
            return answers(self.of(self.gbuffer.uv), pose)
        parts, count = enumerate(self.gbuffer.uv.split(ROWS_AT_ONCE)), self.gbuffer.count
        return torch.cat([answers(part, pose, count=count - number * ROWS_AT_ONCE) for number, part in parts])

    def put(self, column: Tensor, values: Tensor) -> Tensor:
        """The column with `values` where it shows the avatar; it may be written into."""
        if self.belongs is not None:
            return torch.where(self.belongs if column.dim() == 2 else self.belongs[:, 0], values, column)
        column[self.rows] = values
        return column


Pixels = tuple[AvatarPixels, ...]  # of each avatar


def pixels_of_avatars(avatars: tuple[Avatar, ...], gbuffer: GBuffer, first_face: tuple[int, ...]) -> Pixels:
    """Which rows show each avatar, whose faces begin at `first_face`."""
    if len(avatars) == 1:
        return (AvatarPixels(avatars[0], gbuffer, slice(None)),)
    face = gbuffer.face_index[:, None]
    belongs = [(face >= first) & (face < last) for first, last in pairwise(first_face)]
    if isinstance(gbuffer, FixedGBuffer):
        return tuple(
            AvatarPixels(avatar, gbuffer, slice(None), own, first)
            for avatar, own, first in zip(avatars, belongs, first_face, strict=False)
        )
    rows = (torch.nonzero(own[:, 0]).squeeze(1) for own in belongs)
    return tuple(
        AvatarPixels(avatar, gbuffer, own, None, first)
        for avatar, own, first in zip(avatars, rows, first_face, strict=False)
    )


def rasterized(mesh: SceneMesh, camera: Camera, backend: str, has_antialias: bool, subsamples: int) -> Raster:
    """The face in each pixel, and its coverage."""
    fragments = rasterize(mesh.vertices, mesh.faces, camera, backend)
    coverage = (fragments.face_index >= 0).float()
    if has_antialias:
        fragments, coverage = antialiased_fragments(fragments, mesh.vertices, mesh.faces, camera, backend, subsamples)
    return Raster(fragments, coverage[..., None])


def seen_vertices(gbuffer: GBuffer, vertices: Tensor) -> Tensor:  # [V, 3] -> [V] bool
    """Vertices of the faces that the picture shows."""
    seen = torch.zeros(len(vertices), dtype=torch.bool, device=vertices.device)
    seen[gbuffer.corners.reshape(-1)] = True
    return seen


@torch.no_grad()
def pixel_normals(
    detailed: tuple[bool, ...], pixels: Pixels, poses: tuple[Pose, ...], frames: tuple[FaceFrames, ...],
    texels: tuple[OffsetTexels, ...] | None,  # of these poses; None: ask the maps
    backend: str,
) -> Tensor:  # fmt: skip  # [P, 3] unit, world
    """The interpolated normals, tilted by the slopes of the offset maps of the avatars in `detailed`."""
    gbuffer = pixels[0].gbuffer
    normal = gbuffer.normal.clone()
    asked = [own.avatar.offset_gradient if texels is None else texels[i].gradient for i, own in enumerate(pixels)]
    for is_detailed, own, pose, slopes, own_frames in zip(detailed, pixels, poses, asked, frames, strict=True):
        if is_detailed:
            gradient = own.ask(slopes, pose.vector())
            tilted = detail_normals(own.of(gbuffer.normal), gradient, own.faces(), own_frames, backend)
            normal = own.put(normal, tilted)
    return normal


def material_poses(avatars: tuple[Avatar, ...], poses: tuple[Pose, ...], is_frozen: bool) -> tuple[Tensor, ...]:
    """The pose vector [72] that each avatar's materials see: frozen, that of its first training pose."""
    if is_frozen and any(avatar.materials_follow_pose for avatar in avatars):
        return tuple(avatar.training_poses[0] for avatar in avatars)
    return tuple(pose.vector() for pose in poses)


Materials = tuple[Tensor, Tensor]  # albedo [P, 3] linear, roughness [P]


@torch.no_grad()
def query_materials(
    pixels: Pixels,
    vectors: tuple[Tensor, ...],  # of material_poses
    texels: tuple[MaterialTexels | None, ...] | None,
) -> Materials:
    """Ask each avatar's maps once for each of its pixels, or read the texture that serves it."""
    uv = pixels[0].gbuffer.uv
    albedo, roughness = uv.new_empty(len(uv), 3), uv.new_empty(len(uv))
    for own, vector, texture in zip(pixels, vectors, texels or [None] * len(pixels), strict=True):
        if texture is not None and texture.serves(own.avatar, vector):
            colors, rough = texture.read(own.of(uv))
            albedo, roughness = own.put(albedo, colors), own.put(roughness, rough)
            continue
        albedo = own.put(albedo, own.ask(own.avatar.query_albedo, vector))
        roughness = own.put(roughness, own.ask(own.avatar.query_roughness, vector))
    return albedo, roughness


@torch.no_grad()
def edit_materials(edits: tuple[MaterialEdit | None, ...], pixels: Pixels, materials: Materials) -> Materials:
    """Each avatar's edits on top of its maps."""
    albedo, roughness = (column.clone() for column in materials)
    for edit, own in zip(edits, pixels, strict=True):
        if edit is not None:
            uv = own.of(own.gbuffer.uv)
            values = edited(edit.to(uv.device), uv, own.of(albedo), own.of(roughness))  # edits may lie on the host
            albedo, roughness = own.put(albedo, values[0]), own.put(roughness, values[1])
    return albedo, roughness


def surface_of_pixels(
    gbuffer: GBuffer,
    normal: Tensor | None,  # [P, 3] unit, world; None: the interpolated ones
    materials: Materials | None,  # None: white, for images of the light alone
    edited_materials: Materials | None,
) -> Surface:
    """What light meets; the reflectance of each avatar is left to whoever shades."""
    white = gbuffer.wo.new_ones(gbuffer.num_pixels, 3), gbuffer.wo.new_ones(gbuffer.num_pixels)
    albedo, roughness = edited_materials or materials or white
    return Surface(gbuffer.normal if normal is None else normal, gbuffer.wo, albedo, roughness, 0.0)
