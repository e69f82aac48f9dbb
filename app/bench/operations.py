"""Times of each operation of a frame, and of a training step, by each backend on the same work."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch

from app.bench.machine import milliseconds
from app.bench.training_step import STEPS, TrainingStep
from app.rendering.scenes import LIVE
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import Scene, build_mesh, frames_of_avatars
from phynes_core.kernels.registry import REFERENCE, available, missing_cause
from phynes_core.render.detail_normals import detail_normals
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.lamps import Lamp, lamp_directions
from phynes_core.render.probes import environment_to_probes
from phynes_core.render.rasterize import rasterize
from phynes_core.render.shade import PackedVisibility, Surface, shade
from phynes_core.render.visibility import Occluder

RAY_OPS = ("rasterize", "visibility")  # compared with Warp on the CPU: their torch reference would take hours


@dataclass(frozen=True)
class Operation:
    """One operation that is timed."""

    name: str
    op: str  # of kernels.registry
    run: Callable[[str, float], object]  # (backend, share of the work)
    shares: Mapping[str, float] = field(default_factory=dict)  # backend -> share of the work it does; 1 when left out

    def reference(self, device: str) -> str:
        """The backend that `auto` is compared with."""
        has_warp = self.op in RAY_OPS and device == "cpu" and missing_cause("warp") is None
        return "warp" if has_warp else REFERENCE

    def milliseconds(self, backend: str, repeats: int, device: str) -> float:
        """Median time in ms, scaled to the whole work."""
        share = self.shares.get(backend, 1.0)
        self.run(backend, share)  # compiles, fills the caches
        times = [milliseconds(lambda: self.run(backend, share), device) for _ in range(repeats)]
        return statistics.median(times) / share


def measure_operations(
    operations: list[Operation],
    repeats: int,
    has_references: bool,
    progress: Callable[[str], None],
    device: str = "cpu",
) -> dict[str, dict[str, float | str | None]]:
    """Milliseconds of each operation as `auto` runs it, of its reference, and their ratio."""
    results: dict[str, dict[str, float | str | None]] = {}
    for operation in operations:
        progress(operation.name)
        fast_ms = operation.milliseconds("auto", repeats, device)
        row: dict[str, float | str | None] = {"fast_ms": round(fast_ms, 3), "reference_ms": None, "ratio": None}
        if has_references:
            reference = operation.reference(device)
            progress(f"{operation.name}, reference: {reference}")
            reference_ms = operation.milliseconds(reference, 1, device)
            row |= {"reference_ms": round(reference_ms, 3), "ratio": round(reference_ms / fast_ms, 2)}
            row |= {"reference": reference, "reference_share": operation.shares.get(reference, 1.0)}
        results[operation.name] = row
    return results


def measure_backends(
    operations: list[Operation], repeats: int, progress: Callable[[str], None], device: str = "cpu"
) -> dict[str, dict[str, float]]:
    """Operation -> backend -> milliseconds, for every backend that works here."""
    results: dict[str, dict[str, float]] = {}
    for operation in operations:
        results[operation.name] = {}
        for backend in available(operation.op, device):
            progress(f"{operation.name} by {backend}")
            count = 1 if operation.shares.get(backend, 1.0) < 1.0 else repeats
            results[operation.name][backend] = round(operation.milliseconds(backend, count, device), 3)
    return results


def frame_operations(scene: Scene) -> list[Operation]:
    """The operations of one frame of the scene; their inputs are computed here."""
    posed, camera, environment = scene.avatars[0], scene.camera, scene.lighting.environment
    assert environment is not None
    avatar, device = posed.avatar, posed.avatar.body.v_template.device
    vector = posed.pose.vector().to(device)
    mesh = FrameRenderer().mesh(scene)
    gbuffer = build_gbuffer(
        rasterize(mesh.vertices, mesh.faces, camera), mesh.vertices, mesh.faces, mesh.normals, mesh.corner_uv, camera
    )
    surface = Surface(
        gbuffer.normal, gbuffer.wo, avatar.query_albedo(gbuffer.uv, vector), avatar.query_roughness(gbuffer.uv, vector),
        avatar.record.f0,
    )  # fmt: skip
    (frames,) = frames_of_avatars(mesh)
    probes = environment_to_probes(environment).to(device)
    bits = Occluder(mesh.vertices, mesh.faces).point_bits(mesh.vertices, mesh.normals, probes.directions)
    visibility = PackedVisibility(bits, gbuffer.corners, gbuffer.barycentric)
    lamp_rays = lamp_directions(Lamp(40.0, 35.0), LIVE.lamp_samples).to(device)

    def displaced(backend: str, _: float) -> None:
        avatar.use_map_backend(backend)
        build_mesh((avatar,), (posed.pose,))
        avatar.use_map_backend("auto")

    def drawn(backend: str, share: float) -> None:
        scale = share**0.5
        small = camera.resized(round(camera.width * scale), round(camera.height * scale))
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
        Operation("mesh", "neural_map", displaced),
        Operation("rasterize", "rasterize", drawn, {REFERENCE: 1 / 16, "pytorch3d": 1 / 64}),
        Operation("encoding", "hash_encoding", encoded),
        Operation("materials", "neural_map", materials, quarter),
        Operation("pixel_normals", "neural_map", normals_per_pixel, quarter),
        Operation(
            "visibility", "visibility",
            lambda b, share: occlusion(b, mesh.vertices, mesh.normals, probes.directions, share),
            {REFERENCE: 1 / 512, "warp": 1 / 4},
        ),
        Operation("shade", "shade", lambda b, _: shade(surface, probes.directions, probes.power, visibility, b)),
        Operation(
            "lamp_visibility", "visibility",
            lambda b, share: occlusion(b, gbuffer.position, gbuffer.normal, lamp_rays, share), {REFERENCE: 1 / 256},
        ),
    ]  # fmt: skip


def training_operation(device: str = "cpu") -> Operation:
    """A training step of stage 1 on the sample capture: STEPS are run, and a share of STEPS divides their time."""
    trained = TrainingStep(device)
    shares = dict.fromkeys(("auto", *available("hash_encoding", device)), float(STEPS))
    return Operation("training_step", "hash_encoding", lambda backend, _: trained.run(backend), shares)
