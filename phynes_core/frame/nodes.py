"""The whole frame as a table: every node, its op and what it is made of, and the values that all follows from.

    avatars, poses --> mesh --> rasterize --> gbuffer --> pixel_normals, materials, edits --> surface --+
                        |          ^                                                                    +--> compose
                        |        camera                                                                 |
                        +--> occluder --> visibility, source_visibility, lamp_visibility --> shading ---+
    environment --> sky --> probes, source_rays; lamps --> lamp_rays --------------------------^

What must be computed again follows from the versions of inputs (kept.py). The executor `kept` runs this very table; the
executor `cuda` puts rows of its own (cuda_nodes.py) in the place of some.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from phynes_core.frame import floor, lights, pixels
from phynes_core.frame.buffers import compose
from phynes_core.frame.kept import Node
from phynes_core.frame.offset_texels import blank_texels, texel_sides
from phynes_core.frame.options import LIGHT_BUFFERS, MATERIAL_BUFFERS, NORMAL_BUFFERS, RenderOptions
from phynes_core.frame.scene import Scene, build_mesh, frames_of_avatars
from phynes_core.render.bright_sources import source_rays
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.ground import ground_layer, open_share
from phynes_core.render.lamps import lamp_rays
from phynes_core.render.lighting import Lighting
from phynes_core.render.shade import Surface
from phynes_core.render.visibility import Occluder, SeenBits, VertexBits

BODIES = (
    Node("mesh", build_mesh, "avatars poses", is_shared=True),
    Node("occluder", Occluder, "mesh.vertices mesh.faces backend", is_shared=True),
    Node("pose_vectors", lambda poses: tuple(pose.vector() for pose in poses), "poses", is_shared=True,
         is_by_content=True),
    Node("texel_sides", texel_sides, "avatars", when="reads_texels", is_shared=True),
    Node("offset_texels", blank_texels, "avatars pose_vectors texel_sides", when="reads_texels", is_shared=True),
    Node("face_frames", frames_of_avatars, "mesh", is_shared=True),
)  # fmt: skip
PIXELS = (
    Node("samples", lambda c, n: c if n == 1 else c.resized(n * c.width, n * c.height), "camera supersample"),
    Node("rasterize", pixels.rasterized, "mesh samples raster antialias coverage_samples"),
    Node("gbuffer", build_gbuffer,
         "rasterize.fragments mesh.vertices mesh.faces mesh.normals mesh.corner_uv samples raster"),
    Node("seen", pixels.seen_vertices, "gbuffer mesh.vertices"),
    Node("pixels", pixels.pixels_of_avatars, "avatars gbuffer mesh.first_face"),
    Node("pixel_normals", pixels.pixel_normals, "detailed pixels poses face_frames offset_texels? backend"),
    Node("material_poses", pixels.material_poses, "avatars poses freezes_materials", is_by_content=True),
    Node("materials", pixels.query_materials, "pixels material_poses texels?", when="wants_materials"),
    Node("material_edits", pixels.edit_materials, "edits pixels materials"),
    Node("surface", pixels.surface_of_pixels, "gbuffer pixel_normals? materials? material_edits?"),
    Node("lit_surface", Surface.facing_eye, "surface", when="wants_light"),
)  # fmt: skip
LIGHTS = (
    Node("sky", Lighting.split, "environment bright_sources", is_shared=True),  # and its bright sources apart from it
    Node("probes", lambda sky, _, device: sky.probes().in_patches().to(device), "sky sky.environment device",
         is_shared=True),
    Node("probe_directions", lambda directions: directions, "probes.directions", is_shared=True, is_by_content=True),
    Node("source_rays", partial(lights.rays_of, source_rays), "sky.sources lamp_samples device"),
    Node("source_directions", lambda directions: directions, "source_rays.directions", is_by_content=True),
    Node("lamp_rays", partial(lights.rays_of, lamp_rays), "lamps lamp_samples device"),
    Node("lamp_directions", lambda directions: directions, "lamp_rays.directions", is_by_content=True),
)  # fmt: skip
VISIBILITY = (
    Node("vertex_bits", VertexBits, "", is_shared=True),
    Node("visibility", VertexBits.refreshed,  # the occluder names the mesh
         "vertex_bits occluder occluder mesh.vertices mesh.normals probe_directions visibility_slices seen",
         when="!exact_visibility", is_progressive=True),
    Node("pixel_visibility", lights.pixel_visibility, "probe_directions occluder gbuffer", when="exact_visibility"),
    Node("sky_visibility", lights.vertex_visibility, "gbuffer visibility? pixel_visibility?"),
    Node("source_bits", SeenBits, "occluder mesh.vertices mesh.normals source_directions",
         when="has_vertex_sources", is_shared=True),
    Node("source_visibility", lights.source_visibility, "source_directions occluder gbuffer seen source_bits?"),
    Node("lamp_visibility", lights.pixel_visibility, "lamp_directions occluder gbuffer"),
)  # fmt: skip
SHADING = (
    Node("shade", lights.shade_sky,
         "probes sky_visibility source_rays? source_visibility? joins_sources lit_surface pixels f0s backend "
         "wants_open"),
    Node("source_shade", lights.shade_distant,
         "source_rays source_visibility lit_surface pixels f0s backend wants_open", when="!joins_sources"),
    Node("lamp_shade", lights.shade_distant, "lamp_rays lamp_visibility lit_surface pixels f0s backend wants_open"),
    Node("area_lamp_shade", lights.shade_area_lamps,
         "area_lamps lit_surface pixels f0s occluder lamp_samples backend", when="area_lamps"),
    Node("shading", lights.sum_of_lights, "lit_surface area_lamp_shade? shade? source_shade? lamp_shade?",
         when="wants_light", is_kept=False),
    Node("compose", compose, "gbuffer rasterize.coverage rasterize.fragments.face_index surface shading? buffers",
         is_kept=False),
)  # fmt: skip
FLOOR = (  # `mirrored` is the node compose of a second view: floor.mirrored_view
    Node("ground_plane", lambda ground: replace(ground, shadow=0.0, reflection=0.0), "ground", is_by_content=True),
    Node("ground_occluder", floor.host_occluder, "mesh occluder"),
    Node("ground_light", Lighting, "sky.environment? lamps sky.sources area_lamps"),
    Node("ground_shadow", open_share, "ground_plane ground_occluder ground_light ground_grids"),
    Node("ground_mirror", floor.mirror_image, "mirrored camera ground", is_kept=False),
    Node("ground_compose", ground_layer, "ground camera ground_shadow ground_mirror.radiance? ground_mirror.height?",
         is_kept=False),
)  # fmt: skip
NODES = {node.name: node for node in (*BODIES, *PIXELS, *LIGHTS, *VISIBILITY, *SHADING, *FLOOR)}


def frame_values(scene: Scene, options: RenderOptions) -> dict[str, Any]:
    """What nodes may be made of: every option by its name, and the parts of the scene. None: there is no such thing."""
    wanted, avatars = options.buffers, scene.avatars
    wants_materials, wants_light = bool(wanted & MATERIAL_BUFFERS), bool(wanted & LIGHT_BUFFERS)
    lighting = scene.lighting if wants_light else Lighting()
    edits = tuple(posed.materials for posed in avatars)
    detailed = tuple(options.has_detail(posed.avatar) for posed in avatars)
    joins_sources = options.has_vertex_sources and not options.exact_visibility and lighting.environment is not None
    reads_texels = options.reads_texels and scene.device.type == "cpu"
    texels = tuple(posed.texels for posed in avatars)
    return vars(options) | {
        "reads_texels": reads_texels,
        "texels": texels if reads_texels and any(texels) else None,
        "raster": options.backend if options.raster == "auto" else options.raster,
        "device": scene.device,
        "avatars": tuple(posed.avatar for posed in avatars),
        "poses": tuple(posed.pose for posed in avatars),
        "f0s": tuple(posed.f0 for posed in avatars) if wants_materials else (0.0,),
        "edits": edits if wants_materials and any(edit is not None for edit in edits) else None,
        "detailed": detailed if wanted & NORMAL_BUFFERS and any(detailed) else None,
        "camera": scene.camera,
        "environment": replace(lighting, lamps=(), area_lamps=()),
        "lamps": lighting.lamps,
        "area_lamps": lighting.area_lamps,
        "ground": scene.ground if "radiance" in wanted else None,
        "wants_materials": wants_materials,
        "wants_light": wants_light,
        "wants_open": "visibility" in wanted,
        "joins_sources": joins_sources,  # both read bits of the same vertices: shaded in one go
    }
