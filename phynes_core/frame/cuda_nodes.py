"""The rows of the frame's table that CUDA graphs put in the place of others, and which nodes are recorded together.

Nothing in a recorded node waits for the device, takes anything from the host, or has a shape that depends on a value.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from phynes_core.frame import floor
from phynes_core.frame.kept import Node
from phynes_core.frame.lights import vertex_visibility
from phynes_core.frame.nodes import NODES
from phynes_core.frame.pixels import Raster, edit_materials
from phynes_core.frame.scene import SceneMesh
from phynes_core.kernels.cuda.warp_rays import RayMesh, pixel_ray_basis, primary_hits
from phynes_core.kernels.cuda.warp_shade import fused_shade
from phynes_core.kernels.cuda.warp_visibility import empty_bits, nearest_hits, start_bits, visibility_bits
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.gbuffer import FixedGBuffer, build_fixed_gbuffer
from phynes_core.render.rasterize import NEAR_M, Fragments
from phynes_core.render.ray_starts import OFFSET_M, RayStarts, vertex_starts
from phynes_core.render.shade import PackedVisibility, Shading, Surface


class MovingTree:
    """What rays meet: built once, of the first mesh, and refitted to the others."""

    def __init__(self) -> None:
        self._tree: RayMesh | None = None

    def fitted(self, mesh: SceneMesh) -> RayMesh:
        """Around a mesh of the same faces as the first, whose call, while a recording warms up, builds the tree."""
        self._tree = self._tree or RayMesh(mesh.vertices, mesh.faces)
        self._tree.refit(mesh.vertices)
        return self._tree


def starts_of_vertices(tree: RayMesh, mesh: SceneMesh) -> RayStarts:
    """Where the shadow rays of the mesh's vertices start."""

    def hits(origins: Tensor, directions: Tensor, reach: float) -> tuple[Tensor, Tensor]:
        return nearest_hits(tree, origins.contiguous(), directions.contiguous(), reach)

    return vertex_starts(mesh.vertices, mesh.faces, mesh.normals, hits)


def vertex_bits(tree: RayMesh, starts: RayStarts, directions: Tensor) -> Tensor:  # [L, 3] -> [V, ceil(L / 32)] int32
    """As Occluder.vertex_bits, of all vertices."""
    bits, count = empty_bits(starts.points, directions)
    given = starts.points.contiguous(), starts.normals.contiguous(), directions, starts.offset_m.contiguous()
    start_bits(tree, *given, count, bits)
    return bits


def pixel_visibility(directions: Tensor, tree: RayMesh, gbuffer: FixedGBuffer) -> PackedVisibility:
    """Rays from every covered pixel."""
    bits, _ = empty_bits(gbuffer.position, directions)
    visibility_bits(tree, gbuffer.position, gbuffer.normal, directions, OFFSET_M, gbuffer.count, bits)
    return PackedVisibility.per_pixel(bits)


def first_hits(tree: RayMesh, basis: Tensor, width: int, height: int) -> Raster:  # [4, 3] of pixel_ray_basis
    """The face that each pixel's ray meets first."""
    face_index = torch.empty(height * width, dtype=torch.int32, device=basis.device)
    barycentric, depth = basis.new_empty(height * width, 3), basis.new_empty(height * width)
    primary_hits(tree, basis, width, NEAR_M, face_index, barycentric, depth)
    fragments = Fragments(face_index.view(height, width), barycentric.view(height, width, 3), depth.view(height, width))
    return Raster(fragments, (fragments.face_index >= 0).float()[..., None])


def shading_of(surface: Surface, gbuffer: FixedGBuffer, f0: Tensor, *lights_and_visibility: Any) -> Shading:
    """All lights, each followed by its visibility, added up in place; f0 [1] is that of every avatar."""
    total = Shading.none(gbuffer.num_pixels, gbuffer.position.device)
    columns = surface.normal, surface.wo, surface.albedo, surface.roughness
    for light, seen in zip(lights_and_visibility[::2], lights_and_visibility[1::2], strict=True):
        if light is not None:
            fused_shade(
                *columns, seen.bits, seen.corners.contiguous(), seen.barycentric.contiguous(), light.directions,
                light.power, f0, gbuffer.count, total.radiance, total.irradiance, total.irradiance_open,
            )  # fmt: skip
    return total


def map_edits(edits: tuple[MaterialEdit | None, ...]) -> tuple[MaterialEdit | None, ...]:
    """What edits change in the maps. The reflectance goes its own way (f0): another one needs no new recording."""
    return tuple(None if edit is None else replace(edit, specular_scale=1.0) for edit in edits)


BETWEEN = (  # the graphs, on the host
    Node("moving", lambda avatars: MovingTree(), "avatars"),
    Node("pixel_rays", pixel_ray_basis, "samples.intrinsics samples.T_cam_world"),
    Node("probes", lambda sky, _: sky.probes(), "sky sky.environment"),
    Node("map_edits", map_edits, "edits"),
    Node("f0", lambda f0s: torch.tensor(f0s[:1]), "f0s"),
    Node("ground_occluder", floor.host_occluder, "mesh"),
)
RECORDED = (
    Node("occluder", MovingTree.fitted, "moving mesh"),
    Node("vertex_starts", starts_of_vertices, "occluder mesh"),
    Node("visibility", vertex_bits, "occluder vertex_starts probe_directions"),
    Node("rasterize", first_hits, "occluder pixel_rays samples.width samples.height"),
    Node("eye", lambda basis: basis[3], "pixel_rays"),
    Node("gbuffer", build_fixed_gbuffer,
         "rasterize.fragments mesh.vertices mesh.faces mesh.normals mesh.corner_uv eye"),
    Node("material_edits", edit_materials, "map_edits pixels materials"),
    Node("source_bits", vertex_bits, "occluder vertex_starts source_directions", when="has_vertex_sources"),
    Node("exact_sources", pixel_visibility, "source_directions occluder gbuffer", when="!has_vertex_sources"),
    Node("source_visibility", vertex_visibility, "gbuffer source_bits? exact_sources?"),
    Node("lamp_visibility", pixel_visibility, "lamp_directions occluder gbuffer"),
    Node("shading", shading_of, "lit_surface gbuffer f0 probes? sky_visibility? source_rays? source_visibility? "
         "lamp_rays? lamp_visibility?", when="wants_light"),
)  # fmt: skip
CUDA_NODES = NODES | {node.name: node for node in (*BETWEEN, *RECORDED)}
GROUPS = {  # what one graph holds
    "pose": ("mesh", "occluder", "vertex_starts", "visibility"),
    "camera": (
        "rasterize", "eye", "gbuffer", "pixels", "face_frames", "pixel_normals", "materials", "material_edits",
        "surface", "lit_surface",
    ),
    "sources": ("source_bits", "exact_sources"),
    "light": ("sky_visibility", "source_visibility", "lamp_visibility", "shading", "compose"),
}  # fmt: skip
