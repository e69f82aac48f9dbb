"""A scene's mesh as a camera sees it, and which of the pixels show which avatar."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from phynes_core.frame.scene import PosedAvatar, SceneMesh
from phynes_core.maps.material_edit import edited
from phynes_core.render.camera import Camera
from phynes_core.render.coverage import antialiased_fragments
from phynes_core.render.gbuffer import GBuffer, build_gbuffer
from phynes_core.render.rasterize import Fragments, rasterize
from phynes_core.render.shade import Shading, Surface

Rows = slice | Tensor  # of a gbuffer


@dataclass(frozen=True)
class SceneView:
    """A mesh seen by a camera, with the keys of what it was made of."""

    mesh: SceneMesh
    fragments: Fragments
    mask: Tensor  # [H, W, 1] share of the pixel that is covered
    gbuffer: GBuffer
    seen: Tensor  # [V] bool, vertices of the faces that the picture shows
    mesh_key: Hashable
    view_key: Hashable

    def rows_of_avatars(self) -> Iterator[Rows]:
        """Which rows of the gbuffer show each avatar; a slice where there is but one."""
        face, borders = self.gbuffer.face_index, self.mesh.first_face
        if len(borders) == 2:
            yield slice(None)
            return
        for first, last in pairwise(borders):
            yield torch.nonzero((face >= first) & (face < last)).squeeze(1)


def build_view(
    mesh: SceneMesh,
    camera: Camera,
    keys: tuple[Hashable, Hashable],  # name the mesh, and the mesh with this camera
    backend: str,  # of the rasterizer
    has_antialias: bool,  # silhouettes by coverage
) -> SceneView:
    """Rasterize the mesh."""
    fragments = rasterize(mesh.vertices, mesh.faces, camera, backend)
    coverage = (fragments.face_index >= 0).float()
    if has_antialias:
        fragments, coverage = antialiased_fragments(fragments, mesh.vertices, mesh.faces, camera, backend)
    gbuffer = build_gbuffer(fragments, mesh.vertices, mesh.faces, mesh.normals, mesh.corner_uv, camera, backend)
    seen = torch.zeros(len(mesh.vertices), dtype=torch.bool, device=gbuffer.corners.device)
    seen[gbuffer.corners.reshape(-1)] = True
    return SceneView(mesh, fragments, coverage[..., None], gbuffer, seen, *keys)


def shade_avatars(
    view: SceneView,
    surface: Surface,  # of all pixels; its f0 is not looked at
    f0s: tuple[float, ...],  # of each avatar
    lit: Callable[[Rows, Surface], Shading],  # shades some rows, whose surface is given
) -> Shading:
    """All pixels at once where the avatars reflect alike, else avatar by avatar."""
    if len(set(f0s)) == 1:
        return lit(slice(None), replace(surface, f0=f0s[0]))
    total = Shading.none(view.gbuffer.num_pixels, view.gbuffer.position.device)
    for rows, f0 in zip(view.rows_of_avatars(), f0s, strict=True):
        part = Surface(surface.normal[rows], surface.wo[rows], surface.albedo[rows], surface.roughness[rows], f0)
        shading = lit(rows, part)
        for name in ("radiance", "irradiance", "irradiance_open"):
            getattr(total, name)[rows] = getattr(shading, name)
    return total


def white_surface(gbuffer: GBuffer, normal: Tensor) -> Surface:  # normal [P, 3] unit, world
    """For images of the light alone, which no material changes."""
    ones = torch.ones(gbuffer.num_pixels, device=normal.device)
    return Surface(normal, gbuffer.wo, ones[:, None].expand(-1, 3), ones, 0.0)


@torch.no_grad()
def query_materials(
    avatars: tuple[PosedAvatar, ...],
    view: SceneView,
    is_frozen: bool,  # asked for the first training pose, whatever the pose
) -> tuple[Tensor, Tensor]:  # albedo [P, 3] linear, roughness [P]
    """Ask each avatar's maps once for each of its pixels."""
    uv = view.gbuffer.uv
    albedo, roughness = uv.new_empty(len(uv), 3), uv.new_empty(len(uv))
    for posed, rows in zip(avatars, view.rows_of_avatars(), strict=True):
        vector = posed.avatar.training_poses[0] if is_frozen else posed.pose.vector()
        albedo[rows] = posed.avatar.query_albedo(uv[rows], vector)
        roughness[rows] = posed.avatar.query_roughness(uv[rows], vector)
    return albedo, roughness


def edit_materials(
    avatars: tuple[PosedAvatar, ...],
    view: SceneView,
    albedo: Tensor,  # [P, 3], as the maps say
    roughness: Tensor,  # [P]
) -> tuple[Tensor, Tensor]:  # [P, 3], [P]
    """Each avatar's edits on top of its maps."""
    albedo, roughness = albedo.clone(), roughness.clone()
    for posed, rows in zip(avatars, view.rows_of_avatars(), strict=True):
        if posed.materials is not None:
            uv = view.gbuffer.uv[rows]
            edit = posed.materials.to(uv.device)  # scenes may be posed on the host
            albedo[rows], roughness[rows] = edited(edit, uv, albedo[rows], roughness[rows])
    return albedo, roughness
