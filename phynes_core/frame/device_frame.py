"""The frame on a GPU: fixed memory, recorded steps, and no wait for the device between pose and picture.

    pose    --> mesh, refitted tree, visibility of the probes on the vertices
    camera  --> hits, gbuffer with spare rows, normals of each pixel, materials
    sources --> shadow bits of the bright sources
    light   --> shadow bits of the lamps, shading, images

A step runs when what it depends on changed, and is recorded anew only when a shape, an avatar or an option changes. The
same functions run unrecorded on the CPU, where tests compare them with FrameRenderer.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.frame.device_graph import Step
from phynes_core.frame.scene import PosedAvatar, Scene, SceneMesh, build_mesh
from phynes_core.kernels.cuda.warp_rays import RayMesh, pixel_ray_basis, primary_hits
from phynes_core.kernels.cuda.warp_shade import fused_shade
from phynes_core.kernels.cuda.warp_visibility import visibility_bits
from phynes_core.maps.material_edit import MaterialEdit, edited
from phynes_core.render.camera import Camera
from phynes_core.render.detail_normals import detail_normals, face_frames
from phynes_core.render.frame_buffers import FrameBuffers, compose
from phynes_core.render.gbuffer import FixedGBuffer, build_fixed_gbuffer
from phynes_core.render.probes import probe_directions
from phynes_core.render.rasterize import NEAR_M, Fragments
from phynes_core.render.shade import Shading, Surface
from phynes_core.render.visibility import OFFSET_M

ROWS_AT_ONCE = 1 << 16  # that the maps are asked for: what layers leave between each other then stays below 100 MB


@dataclass(frozen=True)
class FramePlan:
    """What is recorded: any change of it makes new recordings."""

    avatars: tuple[PosedAvatar, ...]  # whose maps and bodies; not their poses
    width: int
    height: int
    buffers: frozenset[str]
    detailed: tuple[bool, ...]  # which avatars have normals of each pixel
    has_materials: bool
    has_frozen_materials: bool
    has_light: bool
    has_vertex_sources: bool
    num_probes: int  # 0: no environment
    num_source_rays: int
    num_lamp_rays: int

    @property
    def edits(self) -> tuple[MaterialEdit | None, ...]:
        """Of each avatar's materials."""
        return tuple(posed.materials if self.has_materials else None for posed in self.avatars)

    @property
    def key(self) -> Hashable:
        """Equal for plans whose recordings serve one another."""
        shapes = tuple((id(posed.avatar), posed.pose.betas.shape[0]) for posed in self.avatars)
        edits = tuple((edit is not None, edit is not None and edit.paint is not None) for edit in self.edits)
        return shapes, edits, *(getattr(self, name) for name in self.__dataclass_fields__ if name != "avatars")


@dataclass(frozen=True)
class FrameLight:
    """Directions and powers of one frame, on any device."""

    probe_power: Tensor | None  # [512, 3]
    sources: tuple[Tensor, Tensor] | None  # directions [S, 3], power [S, 3]
    lamps: tuple[Tensor, Tensor] | None  # directions [L, 3], power [L, 3]


@dataclass(frozen=True)
class _View:
    gbuffer: FixedGBuffer
    fragments: Fragments
    surface: Surface


class DeviceFrame:
    """The recorded steps of one plan."""

    def __init__(self, plan: FramePlan, device: torch.device) -> None:
        self.plan, self._device = plan, device
        self._poses = [
            Pose(*(torch.empty_like(part, device=device) for part in _parts(posed.pose))) for posed in plan.avatars
        ]
        self._basis = torch.zeros(4, 3, device=device)
        self._probes = probe_directions().to(device)
        self._probe_power = torch.zeros(plan.num_probes, 3, device=device)
        self._sources = [torch.zeros(plan.num_source_rays, 3, device=device) for _ in range(2)]
        self._lamps = [torch.zeros(plan.num_lamp_rays, 3, device=device) for _ in range(2)]
        self._per_pixel = torch.tensor([1.0, 0.0, 0.0], device=device).repeat(plan.width * plan.height, 1)
        own = torch.arange(plan.width * plan.height, dtype=torch.int32, device=device)
        self._own_row = own[:, None].repeat(1, 3)
        self._frozen_poses = [posed.avatar.training_poses[0].to(device) for posed in plan.avatars]
        self._f0 = torch.zeros(1, device=device)
        self._edits = [None if edit is None else edit.copied_to(device) for edit in plan.edits]
        self._sent_edits: tuple[MaterialEdit | None, ...] = plan.edits
        self._tree: RayMesh | None = None
        self._steps = {
            name: Step(compute, device)
            for name, compute in (
                ("pose", self._pose_step), ("camera", self._camera_step), ("sources", self._sources_step),
                ("light", self._light_step),
            )
        }  # fmt: skip
        self._keys: dict[str, Hashable] = {}

    @torch.no_grad()
    def render(self, scene: Scene, light: FrameLight, has_kept: bool, timed: Callable) -> FrameBuffers:
        """The scene's frame. It is the caller's: the next run writes into other memory."""
        pose = tuple(part.detach().cpu().numpy().tobytes() for posed in scene.avatars for part in _parts(posed.pose))
        camera = scene.camera
        view = pose, camera.intrinsics.numpy().tobytes(), camera.T_cam_world.numpy().tobytes()
        rays = None if light.sources is None else light.sources[0].numpy().tobytes()
        edits = tuple(id(posed.materials) for posed in scene.avatars) if self.plan.has_materials else ()
        keys = {
            "pose": pose,
            "camera": (view, edits),
            "sources": (pose if self.plan.has_vertex_sources else view, rays),
        }
        self._send(scene, camera, light)
        for name in ("pose", "camera", "sources", "light"):
            if name == "sources" and not self.plan.num_source_rays:
                continue
            if name == "light" or not has_kept or self._keys.get(name) != keys[name]:
                with timed(name):
                    self._prepare(name)
                    self._steps[name].run()
                self._keys[name] = keys.get(name)
        frame: FrameBuffers = self._steps["light"].result
        return frame if self._device.type != "cuda" else frame.copied()

    def mesh(self) -> SceneMesh:
        """The mesh of the newest pose; written anew by the next."""
        return self._steps["pose"].result[0]

    def _send(self, scene: Scene, camera: Camera, light: FrameLight) -> None:
        for mine, posed in zip(self._poses, scene.avatars, strict=True):
            for part, value in zip(_parts(mine), _parts(posed.pose), strict=True):
                part.copy_(value, non_blocking=True)
        self._basis.copy_(pixel_ray_basis(camera.intrinsics, camera.T_cam_world), non_blocking=True)
        if self.plan.has_materials:
            self._f0.copy_(torch.tensor([scene.avatars[0].f0]), non_blocking=True)
        if light.probe_power is not None:
            self._probe_power.copy_(light.probe_power, non_blocking=True)
        for mine, rays in ((self._sources, light.sources), (self._lamps, light.lamps)):
            for buffer, values in zip(mine, rays or (), strict=False):
                buffer.copy_(values, non_blocking=True)
        edits = tuple(posed.materials for posed in scene.avatars)
        for mine, edit, sent in zip(self._edits, edits, self._sent_edits, strict=True):
            if mine is not None and edit is not None and edit is not sent:
                mine.take(edit)
        self._sent_edits = edits  # kept, so that no other edit is ever taken for one of them

    def _prepare(self, name: str) -> None:
        """What a recording may not do: build the tree, once, from the first pose."""
        if name == "pose" and self._tree is None:
            mesh = build_mesh(self._posed())
            self._tree = RayMesh(mesh.vertices, mesh.faces)

    def _posed(self) -> tuple[PosedAvatar, ...]:
        return tuple(
            PosedAvatar(posed.avatar, pose) for posed, pose in zip(self.plan.avatars, self._poses, strict=True)
        )

    # the steps: no shape depends on a value, nothing comes from the host

    def _pose_step(self) -> tuple[SceneMesh, Tensor]:
        mesh = build_mesh(self._posed())
        self._rays.refit(mesh.vertices)
        return mesh, self._bits(mesh.vertices, mesh.normals, self._probes if self.plan.num_probes else None)

    def _camera_step(self) -> _View:
        plan, (mesh, _) = self.plan, self._steps["pose"].result
        num_pixels, shape = plan.width * plan.height, (plan.height, plan.width)
        face_index = torch.empty(num_pixels, dtype=torch.int32, device=self._device)
        barycentric, depth = mesh.vertices.new_empty(num_pixels, 3), mesh.vertices.new_empty(num_pixels)
        primary_hits(self._rays, self._basis, plan.width, NEAR_M, face_index, barycentric, depth)
        fragments = Fragments(face_index.view(shape), barycentric.view(*shape, 3), depth.view(shape))
        gbuffer = build_fixed_gbuffer(
            fragments, mesh.vertices, mesh.faces, mesh.normals, mesh.corner_uv, self._basis[3]
        )
        surface = Surface(
            self._pixel_normals(mesh, gbuffer), gbuffer.wo, mesh.vertices.new_ones(num_pixels, 3),
            mesh.vertices.new_ones(num_pixels), 0.0,
        )  # fmt: skip
        if plan.has_materials:
            surface = self._with_materials(mesh, gbuffer, surface)
        return _View(gbuffer, fragments, surface)

    def _sources_step(self) -> Tensor:
        if self.plan.has_vertex_sources:
            mesh, _ = self._steps["pose"].result
            return self._bits(mesh.vertices, mesh.normals, self._sources[0])
        gbuffer = self._steps["camera"].result.gbuffer
        return self._bits(gbuffer.position, gbuffer.normal, self._sources[0], gbuffer.count)

    def _light_step(self) -> FrameBuffers:
        plan, view = self.plan, self._steps["camera"].result
        gbuffer, count = view.gbuffer, view.gbuffer.count
        mask = gbuffer.covered.float().view(plan.height, plan.width, 1)
        if not plan.has_light:
            return compose(gbuffer, mask, view.fragments.face_index, view.surface, None, plan.buffers)
        total = Shading.none(gbuffer.num_pixels, self._device)

        def add(bits: Tensor, is_of_vertices: bool, directions: Tensor, power: Tensor) -> None:
            corners, weights = (
                (gbuffer.corners, gbuffer.barycentric) if is_of_vertices else (self._own_row, self._per_pixel)
            )
            surface = view.surface
            fused_shade(
                surface.normal, surface.wo, surface.albedo, surface.roughness, bits, corners, weights, directions,
                power, self._f0, count, total.radiance, total.irradiance, total.irradiance_open,
            )  # fmt: skip

        if plan.num_probes:
            add(self._steps["pose"].result[1], True, self._probes, self._probe_power)
        if plan.num_source_rays:
            add(self._steps["sources"].result, plan.has_vertex_sources, *self._sources)
        if plan.num_lamp_rays:
            add(self._bits(gbuffer.position, gbuffer.normal, self._lamps[0], count), False, *self._lamps)
        return compose(gbuffer, mask, view.fragments.face_index, view.surface, total, plan.buffers)

    # what the steps share

    @property
    def _rays(self) -> RayMesh:
        if self._tree is None:
            raise RuntimeError("the pose comes before what is seen of it")
        return self._tree

    def _bits(self, points: Tensor, normals: Tensor, directions: Tensor | None, count: Tensor | None = None) -> Tensor:
        num_words = 0 if directions is None else (directions.shape[0] + 31) // 32
        bits = torch.empty(points.shape[0], num_words, dtype=torch.int32, device=self._device)
        if directions is not None:
            if count is None:
                count = torch.full((1,), points.shape[0], dtype=torch.int32, device=self._device)
            visibility_bits(self._rays, points, normals, directions, OFFSET_M, count, bits)
        return bits

    def _pixel_normals(self, mesh: SceneMesh, gbuffer: FixedGBuffer) -> Tensor:  # [P, 3]
        normal = gbuffer.normal
        frames = (
            face_frames(mesh.vertices, mesh.faces, mesh.corner_uv, mesh.offsets) if any(self.plan.detailed) else None
        )
        for posed, belongs, has_detail in zip(
            self._posed(), self._owners(mesh, gbuffer), self.plan.detailed, strict=True
        ):
            if has_detail and frames is not None:
                vector = posed.pose.vector()
                gradient = _in_parts(lambda uv, n, p=posed, v=vector: p.avatar.offset_gradient(uv, v, count=n), gbuffer)
                tilted = detail_normals(gbuffer.normal, gradient, gbuffer.face_index, frames)
                normal = torch.where(belongs, tilted, normal)
        return normal

    def _with_materials(self, mesh: SceneMesh, gbuffer: FixedGBuffer, surface: Surface) -> Surface:
        albedo, roughness = surface.albedo, surface.roughness
        for number, (posed, belongs) in enumerate(zip(self._posed(), self._owners(mesh, gbuffer), strict=True)):
            avatar, vector = posed.avatar, posed.pose.vector()
            if self.plan.has_frozen_materials:
                vector = self._frozen_poses[number]
            own_albedo = _in_parts(lambda uv, n, a=avatar, v=vector: a.query_albedo(uv, v, n), gbuffer)
            own_roughness = _in_parts(lambda uv, n, a=avatar, v=vector: a.query_roughness(uv, v, n), gbuffer)
            if (edit := self._edits[number]) is not None:
                own_albedo, own_roughness = edited(edit, gbuffer.uv, own_albedo, own_roughness)
            albedo = torch.where(belongs, own_albedo, albedo)
            roughness = torch.where(belongs[:, 0], own_roughness, roughness)
        return replace(surface, albedo=albedo, roughness=roughness)

    def _owners(self, mesh: SceneMesh, gbuffer: FixedGBuffer) -> list[Tensor]:  # [P, 1] bool, of each avatar
        face = gbuffer.face_index[:, None]
        return [(face >= first) & (face < last) for first, last in pairwise(mesh.first_face)]


def _parts(pose: Pose) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return pose.body_pose, pose.global_orient, pose.transl, pose.betas


def _in_parts(ask: Callable[[Tensor, Tensor], Tensor], gbuffer: FixedGBuffer) -> Tensor:
    """The answers for all rows, asked for some at a time: uv, and how many of them are meant."""
    parts = enumerate(gbuffer.uv.split(ROWS_AT_ONCE))
    return torch.cat([ask(rows, gbuffer.count - number * ROWS_AT_ONCE) for number, rows in parts])
