"""Each stage of a frame, and a training step: every backend's time on the same work, in one run."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from app.bench.machine import milliseconds
from app.bench.scenarios import OPTIONS
from app.bench.training_step import STEPS, TrainingStep
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import Scene, build_mesh
from phynes_core.kernels.registry import REFERENCE, available, missing_cause
from phynes_core.render.detail_normals import detail_normals, face_frames
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.lamps import Lamp, lamp_directions
from phynes_core.render.probes import environment_to_probes
from phynes_core.render.rasterize import rasterize
from phynes_core.render.shade import PackedVisibility, Surface, shade
from phynes_core.render.visibility import Occluder

RAY_OPS = ("rasterize", "visibility")  # their torch reference would take hours: Warp on the CPU is theirs


@dataclass(frozen=True)
class Stage:
    """One step of a frame."""

    name: str
    op: str  # of kernels.backends
    run: Callable[[str, float], object]  # by which backend, what share of the work
    shares: Mapping[str, float] = field(default_factory=dict)  # of the work that a slow backend does; the rest do all

    def reference(self, device: str) -> str:
        """What the fast path is set beside."""
        has_warp = self.op in RAY_OPS and device == "cpu" and missing_cause("warp") is None
        return "warp" if has_warp else REFERENCE

    def milliseconds(self, backend: str, repeats: int, device: str) -> float:
        """The median, scaled to the whole work."""
        share = self.shares.get(backend, 1.0)
        self.run(backend, share)  # compiles, fills the caches
        times = [milliseconds(lambda: self.run(backend, share), device) for _ in range(repeats)]
        return statistics.median(times) / share


def measure_stages(
    stages: list[Stage], repeats: int, has_references: bool, progress: Callable[[str], None], device: str = "cpu"
) -> dict[str, dict[str, float | str | None]]:
    """Milliseconds of each stage as `auto` runs it, of its reference, and their ratio."""
    results: dict[str, dict[str, float | str | None]] = {}
    for stage in stages:
        progress(stage.name)
        fast_ms = stage.milliseconds("auto", repeats, device)
        row: dict[str, float | str | None] = {"fast_ms": round(fast_ms, 3), "reference_ms": None, "ratio": None}
        if has_references:
            reference = stage.reference(device)
            progress(f"{stage.name}, reference: {reference}")
            reference_ms = stage.milliseconds(reference, 1, device)
            row |= {"reference_ms": round(reference_ms, 3), "ratio": round(reference_ms / fast_ms, 2)}
            row |= {"reference": reference, "reference_share": stage.shares.get(reference, 1.0)}
        results[stage.name] = row
    return results


def measure_backends(
    stages: list[Stage], repeats: int, progress: Callable[[str], None], device: str = "cpu"
) -> dict[str, dict[str, float]]:
    """Milliseconds of each stage by every backend that works here."""
    results: dict[str, dict[str, float]] = {}
    for stage in stages:
        results[stage.name] = {}
        for backend in available(stage.op, device):
            progress(f"{stage.name} by {backend}")
            count = 1 if stage.shares.get(backend, 1.0) < 1.0 else repeats
            results[stage.name][backend] = round(stage.milliseconds(backend, count, device), 3)
    return results


def frame_stages(scene: Scene) -> list[Stage]:
    """The stages of one frame of the scene, whose inputs are made beforehand."""
    posed, camera, environment = scene.avatars[0], scene.camera, scene.lighting.environment
    assert environment is not None
    avatar, place = posed.avatar, posed.avatar.body.v_template.device
    vector = posed.pose.vector().to(place)
    mesh = FrameRenderer().mesh(scene)
    gbuffer = build_gbuffer(
        rasterize(mesh.vertices, mesh.faces, camera), mesh.vertices, mesh.faces, mesh.normals, mesh.corner_uv, camera
    )
    surface = Surface(
        gbuffer.normal, gbuffer.wo, avatar.query_albedo(gbuffer.uv, vector), avatar.query_roughness(gbuffer.uv, vector),
        avatar.record.f0,
    )  # fmt: skip
    frames = face_frames(mesh.vertices, mesh.faces, mesh.corner_uv, mesh.offsets)
    probes = environment_to_probes(environment).to(place)
    bits = Occluder(mesh.vertices, mesh.faces).point_bits(mesh.vertices, mesh.normals, probes.directions)
    visibility = PackedVisibility(bits, gbuffer.corners, gbuffer.barycentric)
    lamp_rays = lamp_directions(Lamp(40.0, 35.0), OPTIONS.lamp_samples).to(place)

    def displaced(backend: str, _: float) -> None:
        avatar.use_map_backend(backend)
        build_mesh((avatar,), (posed.pose,))
        avatar.use_map_backend("auto")

    def drawn(backend: str, share: float) -> None:
        side = share**0.5
        small = camera.resized(round(camera.width * side), round(camera.height * side))
        rasterize(mesh.vertices, mesh.faces, small, backend)

    @torch.no_grad()
    def encoded(backend: str, share: float) -> None:
        avatar.albedo.encoding(gbuffer.uv[: round(share * gbuffer.num_pixels)], backend)

    @torch.no_grad()
    def materials(backend: str, share: float) -> None:
        uv = gbuffer.uv[: round(share * gbuffer.num_pixels)]
        avatar.albedo(uv, vector, backend)
        avatar.roughness(uv, vector, backend)

    @torch.no_grad()
    def normals_per_pixel(backend: str, share: float) -> None:
        rows = slice(0, round(share * gbuffer.num_pixels))
        gradient = avatar.offset_gradient(gbuffer.uv[rows], vector, backend)
        detail_normals(gbuffer.normal[rows], gradient, gbuffer.face_index[rows], frames)

    def occlusion(backend: str, points: torch.Tensor, normals: torch.Tensor, rays: torch.Tensor, share: float) -> None:
        step = round(1 / share)
        Occluder(mesh.vertices, mesh.faces, backend).point_bits(points[::step], normals[::step], rays)

    quarter = {REFERENCE: 1 / 4}
    return [
        Stage("mesh", "neural_map", displaced),
        Stage("rasterize", "rasterize", drawn, {REFERENCE: 1 / 16, "pytorch3d": 1 / 64}),
        Stage("encoding", "hash_encoding", encoded),
        Stage("materials", "neural_map", materials, quarter),
        Stage("pixel_normals", "neural_map", normals_per_pixel, quarter),
        Stage(
            "visibility", "visibility",
            lambda b, share: occlusion(b, mesh.vertices, mesh.normals, probes.directions, share),
            {REFERENCE: 1 / 512, "warp": 1 / 4},
        ),
        Stage("shade", "shade", lambda b, _: shade(surface, probes.directions, probes.power, visibility, b)),
        Stage(
            "lamp_visibility", "visibility",
            lambda b, share: occlusion(b, gbuffer.position, gbuffer.normal, lamp_rays, share), {REFERENCE: 1 / 256},
        ),
    ]  # fmt: skip


def training_stage(device: str = "cpu") -> Stage:
    """Steps of stage 1 on the sample capture: a share of 4 divides their time by their number."""
    trained = TrainingStep(device)
    several = dict.fromkeys(("auto", *available("hash_encoding", device)), float(STEPS))
    return Stage("training_step", "hash_encoding", lambda backend, _: trained.take(backend), several)
