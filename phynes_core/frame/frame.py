"""From a scene to images: the only place where the rooms of the engine are composed.

    pose --> body + offset map --> mesh --> rasterize --> gbuffer --> albedo, roughness --+
                                    |          ^                                           +--> shade --> FrameBuffers
                                    |        camera                                        |
                                    +--> visibility of the probes (per vertex) ------------+
             probes, lamps and bright sources of the sky (shadow rays per pixel) ------+

Every stage remembers its last result and what it was made of, so a frame recomputes only what a change touches.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose
from phynes_core.frame.result_cache import Stages
from phynes_core.frame.scene import AvatarCopies, Scene, SceneMesh, build_mesh
from phynes_core.frame.scene_view import (
    Rows,
    SceneView,
    build_view,
    edit_materials,
    query_materials,
    shade_avatars,
    white_surface,
)
from phynes_core.kernels.registry import missing_cause
from phynes_core.render.bright_sources import source_rays
from phynes_core.render.camera import Camera
from phynes_core.render.detail_normals import FaceFrames, detail_normals, face_frames
from phynes_core.render.frame_buffers import BUFFERS, FrameBuffers, average_samples, compose
from phynes_core.render.lamps import AreaLamp, lamp_rays, shade_area_lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Probes
from phynes_core.render.shade import DistantLights, PackedVisibility, Shading, Surface, shade
from phynes_core.render.visibility import Occluder, SeenBits, VertexBits

if TYPE_CHECKING:
    from phynes_core.frame.recorded_frames import RecordedFrames

LIGHT_BUFFERS = frozenset({"radiance", "visibility", "shading"})
MATERIAL_BUFFERS = frozenset({"radiance", "albedo", "roughness"})
# stages that every camera shares
VIEW_INDEPENDENT = frozenset({"mesh", "occluder", "face_frames", "probes", "source_bits"})
NORMAL_BUFFERS = LIGHT_BUFFERS | {"normal"}


@dataclass(frozen=True)
class RenderOptions:
    """How to make the frame."""

    buffers: frozenset[str] = frozenset({"radiance", "mask"})
    backend: str = "auto"  # or "numba", "reference"
    raster: str = "auto"  # how to rasterize, where it is not to follow `backend`; the maps know theirs themselves
    use_cache: bool = True  # False: every stage every frame, what benchmarks call "full"
    bright_sources: int = 8  # most suns, windows and bulbs of the environment that become lamps; 0: probes alone
    lamp_samples: int = 16  # shadow rays a pixel and lamp
    has_vertex_sources: bool = False  # shadows of bright sources from the vertices, like the probes': for moving views
    visibility_slices: int = 1  # > 1: after a pose change each frame renews one of so many slices of the probes
    exact_visibility: bool = False  # rays from every pixel to every probe instead of bits on the vertices
    supersample: int = 1  # samples a side of a pixel, averaged in linear light: everything is smoother
    antialias: bool = False  # silhouettes by coverage: hardly slower, but edges within the outline stay hard
    freezes_materials: bool = False  # ask them for the avatar's first training pose, whatever the pose
    has_pixel_normals: bool | None = None  # the offset map tilts each pixel's normal; None: as the avatar was trained

    def __post_init__(self) -> None:
        unknown = sorted(self.buffers - set(BUFFERS))
        if unknown:
            raise ValueError(f"buffers: expected some of {', '.join(BUFFERS)}, got {', '.join(unknown)}")
        if self.lamp_samples < 1 or self.supersample < 1:
            raise ValueError("lamp_samples and supersample: expected at least 1")
        if self.bright_sources < 0:
            raise ValueError(f"bright_sources: expected at least 0, got {self.bright_sources}")


class FrameRenderer:
    """Renders scenes. Not thread-safe: one engine thread owns it."""

    def __init__(self, base: "FrameRenderer | None" = None, device: torch.device | None = None) -> None:
        """With a base: another view of the same bodies in the same light, which are prepared but once.

        Avatars are copied to `device`, as they were when first seen; None: frames are made where avatars lie.
        """
        self._stages = Stages() if base is None else Stages(base._stages, VIEW_INDEPENDENT)
        self._vertex_bits = VertexBits() if base is None else base._vertex_bits
        self._copies = AvatarCopies(device) if base is None else base._copies
        self._recorded: RecordedFrames | None = None

    def render(self, scene: Scene, options: RenderOptions = RenderOptions()) -> FrameBuffers:
        """Every buffer in `options.buffers`; the mask always."""
        self._stages.timings = {}
        scene = self._copies.placed(scene)
        if not options.use_cache:
            self._stages.forget()
            self._vertex_bits = VertexBits()
        factor = options.supersample
        camera = scene.camera if factor == 1 else scene.camera.resized(
            scene.camera.width * factor, scene.camera.height * factor
        )  # fmt: skip
        frame = self._recorded_frame(scene, camera, options) or self._render(scene, camera, options)
        return frame if factor == 1 else average_samples(frame, factor)

    @property
    def timings(self) -> dict[str, float]:
        """Milliseconds of each stage that ran in the last frame."""
        return self._stages.timings

    @property
    def is_refining(self) -> bool:
        """Whether rendering the same scene again would renew stale visibility (see visibility_slices)."""
        return self._vertex_bits.is_stale

    def mesh(self, scene: Scene) -> SceneMesh:
        """The posed and displaced bodies of the scene."""
        scene = self._copies.placed(scene)
        key = tuple((id(posed.avatar), _pose_key(posed.pose)) for posed in scene.avatars)
        keeps = [posed.avatar for posed in scene.avatars]
        return self._stages.result("mesh", key, lambda: build_mesh(scene.avatars), keeps)

    def occluder(self, scene: Scene, backend: str) -> tuple[Occluder, Hashable]:
        """What blocks light, and a key that names the mesh it was made of."""
        mesh = self.mesh(scene)
        key = (self._stages.serial("mesh"), backend)
        return self._occluder_of(mesh, key, backend), key

    def _occluder_of(self, mesh: SceneMesh, mesh_key: Hashable, backend: str) -> Occluder:
        return self._stages.result("occluder", mesh_key, lambda: Occluder(mesh.vertices, mesh.faces, backend))

    def _recorded_frame(self, scene: Scene, camera: Camera, options: RenderOptions) -> FrameBuffers | None:
        """The frame from CUDA graphs, where they can make it."""
        if scene.device.type != "cuda" or missing_cause("warp") is not None:
            return None
        from phynes_core.frame.recorded_frames import RecordedFrames, can_record

        if not can_record(scene, options):
            return None
        if self._recorded is None:
            self._recorded = RecordedFrames(scene.device)
        return self._recorded.render(scene, camera, options, self._stages.timed)

    def _render(self, scene: Scene, camera: Camera, options: RenderOptions) -> FrameBuffers:
        wanted = options.buffers
        mesh = self.mesh(scene)
        mesh_key = (self._stages.serial("mesh"), options.backend)
        view_key = (
            mesh_key, _tensor_key(camera.intrinsics), _tensor_key(camera.T_cam_world), camera.width, camera.height,
            options.antialias, options.raster,
        )  # fmt: skip
        raster = options.backend if options.raster == "auto" else options.raster
        view = self._stages.result(
            "rasterize", view_key,
            lambda: build_view(mesh, camera, (mesh_key, view_key), raster, options.antialias),
        )  # fmt: skip
        normal = view.gbuffer.normal
        detailed = tuple(has_detail(posed.avatar, options) for posed in scene.avatars)
        if any(detailed) and wanted & NORMAL_BUFFERS:
            frames = self._stages.result(
                "face_frames", mesh_key, lambda: face_frames(mesh.vertices, mesh.faces, mesh.corner_uv, mesh.offsets)
            )
            normal = self._stages.result(
                "pixel_normals", (view_key, detailed), lambda: _pixel_normals(scene, view, frames, detailed)
            )
        surface, shading = white_surface(view.gbuffer, normal), None
        if wanted & MATERIAL_BUFFERS:
            is_frozen = options.freezes_materials and any(posed.avatar.materials_follow_pose for posed in scene.avatars)
            albedo, roughness = self._stages.result(
                "materials", (view_key, is_frozen), lambda: query_materials(scene.avatars, view, is_frozen)
            )
            edits = [posed.materials for posed in scene.avatars]
            if any(edit is not None for edit in edits):
                key = self._stages.serial("materials"), tuple(id(edit) for edit in edits)
                albedo, roughness = self._stages.result(
                    "material_edits", key, lambda: edit_materials(scene.avatars, view, albedo, roughness), edits
                )
            surface = replace(surface, albedo=albedo, roughness=roughness)
        if wanted & LIGHT_BUFFERS:
            f0s = tuple(posed.f0 for posed in scene.avatars) if wanted & MATERIAL_BUFFERS else (0.0,)
            shading = self._light(view, surface, f0s, scene.lighting, options)
        with self._stages.timed("compose"):
            return compose(view.gbuffer, view.mask, view.fragments.face_index, surface, shading, wanted)

    def _light(
        self, view: SceneView, surface: Surface, f0s: tuple[float, ...], lighting: Lighting, options: RenderOptions
    ) -> Shading:
        def shaded(lights: DistantLights) -> Shading:
            given = lights.visibility

            def lit(rows: Rows, part: Surface) -> Shading:
                places = PackedVisibility(given.bits, given.corners[rows], given.barycentric[rows])
                return shade(part, lights.directions, lights.power, places, backend, "visibility" in options.buffers)

            return shade_avatars(view, surface, f0s, lit)

        def shaded_by(lamp: AreaLamp) -> Shading:
            def lit(rows: Rows, part: Surface) -> Shading:
                places = gbuffer.position[rows], gbuffer.normal[rows]
                return shade_area_lamp(part, *places, lamp, occluder, options.lamp_samples, backend)

            return shade_avatars(view, surface, f0s, lit)

        gbuffer, backend = view.gbuffer, options.backend
        occluder = self._occluder_of(view.mesh, view.mesh_key, backend)
        device = gbuffer.position.device
        total = Shading.none(gbuffer.num_pixels, device)
        with self._stages.timed("sources"):
            lighting = lighting.split(options.bright_sources)
        environment = lighting.environment
        distant: dict[str, DistantLights] = {}
        if environment is not None:
            key = (id(environment.image), environment.yaw_deg, environment.intensity, environment.tint)
            probes = self._stages.result(
                "probes", key, lambda: lighting.probes().in_patches().to(device), [environment.image]
            )
            visibility = self._probe_visibility(view, occluder, probes, options)
            distant["shade"] = DistantLights(probes.directions, probes.power, visibility)
        if lighting.sources:
            directions, power = (rays.to(device) for rays in source_rays(lighting.sources, options.lamp_samples))
            visibility = self._source_visibility(view, occluder, directions, options)
            distant["source_shade"] = DistantLights(directions, power, visibility)
        if len(distant) == 2 and options.has_vertex_sources and not options.exact_visibility:  # both read the vertices
            distant = {"shade": distant["shade"].joined(distant["source_shade"])}
        if lighting.lamps:
            directions, power = (rays.to(device) for rays in lamp_rays(lighting.lamps, options.lamp_samples))
            with self._stages.timed("lamp_visibility"):
                bits = occluder.point_bits(gbuffer.position, gbuffer.normal, directions)
            distant["lamp_shade"] = DistantLights(directions, power, PackedVisibility.per_pixel(bits))
        for name, lights in distant.items():
            with self._stages.timed(name):
                total = total + shaded(lights)
        for lamp in lighting.area_lamps:
            with self._stages.timed("lamp_shade"):
                total = total + shaded_by(lamp)
        return total

    def _source_visibility(
        self, view: SceneView, occluder: Occluder, directions: Tensor, options: RenderOptions
    ) -> PackedVisibility:
        mesh, gbuffer, rays = view.mesh, view.gbuffer, _tensor_key(directions)
        if options.has_vertex_sources:
            seen_bits = self._stages.result(
                "source_bits", (view.mesh_key, rays),
                lambda: SeenBits(occluder, mesh.vertices, mesh.normals, directions),
            )  # fmt: skip
            if not seen_bits.knows(view.seen):
                with self._stages.timed("source_visibility"):
                    seen_bits.trace(view.seen)
            return PackedVisibility(seen_bits.bits, gbuffer.corners, gbuffer.barycentric)
        bits = self._stages.result(
            "source_visibility", (view.view_key, rays),
            lambda: occluder.point_bits(gbuffer.position, gbuffer.normal, directions),
        )  # fmt: skip
        return PackedVisibility.per_pixel(bits)

    def _probe_visibility(
        self, view: SceneView, occluder: Occluder, probes: Probes, options: RenderOptions
    ) -> PackedVisibility:
        mesh, gbuffer, directions, slices = view.mesh, view.gbuffer, probes.directions, options.visibility_slices
        if options.exact_visibility:
            bits = self._stages.result(
                "pixel_visibility", view.view_key,
                lambda: occluder.point_bits(gbuffer.position, gbuffer.normal, directions),
            )  # fmt: skip
            return PackedVisibility.per_pixel(bits)
        with self._stages.timed("visibility"):
            bits = self._vertex_bits.refreshed(
                view.mesh_key, occluder, mesh.vertices, mesh.normals, directions, slices, view.seen
            )
        return PackedVisibility(bits, gbuffer.corners, gbuffer.barycentric)


def has_detail(avatar: Avatar, options: RenderOptions) -> bool:
    """Whether the offset map tilts the normals of this avatar's pixels."""
    return avatar.record.has_detail if options.has_pixel_normals is None else options.has_pixel_normals


@torch.no_grad()
def _pixel_normals(scene: Scene, view: SceneView, frames: FaceFrames, detailed: tuple[bool, ...]) -> Tensor:
    """The offset maps' slopes, tilting the interpolated normals [P, 3] of the avatars in `detailed`."""
    gbuffer, normal = view.gbuffer, view.gbuffer.normal.clone()
    for posed, rows, is_detailed in zip(scene.avatars, view.rows_of_avatars(), detailed, strict=True):
        if is_detailed:
            gradient = posed.avatar.offset_gradient(gbuffer.uv[rows], posed.pose.vector())
            normal[rows] = detail_normals(normal[rows], gradient, gbuffer.face_index[rows], frames)
    return normal


def _tensor_key(tensor: Tensor) -> bytes:
    return tensor.detach().cpu().numpy().tobytes()


def _pose_key(pose: Pose) -> Hashable:
    return tuple(_tensor_key(part) for part in (pose.body_pose, pose.global_orient, pose.transl, pose.betas))
