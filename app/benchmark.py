"""Speed of the engine on this machine: stages against their references, and what a person's hand on the mouse gets.

Headless, one process, default camera; nothing else should run. Ratios are of two measurements in the same run.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import torch

from app.row import orbit_target
from app.scene_builder import home_distance
from app.session import LIVE_LAMP_SAMPLES
from phynes_core.body.motion import bundled_motions
from phynes_core.body.motion_files import load_motion
from phynes_core.frame import FrameRenderer, RenderOptions
from phynes_core.paths import PROJECT
from phynes_core.render.camera import orbit_camera
from phynes_core.render.detail_normals import detail_normals, face_frames
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.lamps import Lamp, lamp_directions
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import environment_to_probes
from phynes_core.render.rasterize import rasterize
from phynes_core.render.shade import PackedVisibility, Surface, shade
from phynes_core.render.visibility import Occluder
from phynes_core.scene import PosedAvatar, Scene

WARM_UP_FRAMES = 3  # compile the kernels, fill the caches
REFERENCE_SHARE = {
    "rasterize": 1 / 16,
    "materials": 1 / 4,
    "pixel_normals": 1 / 4,
    "visibility": 1 / 512,
    "lamp_visibility": 1 / 256,
}
# as the viewer renders while a hand moves something
OPTIONS = RenderOptions(
    buffers=frozenset({"radiance", "normal", "mask"}), lamp_samples=LIVE_LAMP_SAMPLES, has_vertex_sources=True
)


@dataclass(frozen=True)
class Stage:
    """One step of a frame. The reference may do a share of the work; its time is divided by that share."""

    name: str
    fast: Callable[[], object]
    reference: Callable[[], object]
    share: float = 1.0


def measure_scenarios(
    scene: Scene, num_frames: int, has_pixel_normals: bool | None, progress: Callable[[str], None]
) -> dict[str, dict[str, float]]:
    """Frames a second, the median and the slowest twentieth, while one thing changes from frame to frame."""
    results = {}
    for name, frames in _scenarios(scene, num_frames + WARM_UP_FRAMES).items():
        progress(name)
        renderer = FrameRenderer()
        options = replace(OPTIONS, use_cache=name != "full", has_pixel_normals=has_pixel_normals)
        seconds = []
        for frame in frames:
            start = time.perf_counter()
            renderer.render(frame, options)
            seconds.append(time.perf_counter() - start)
        timed = sorted(seconds[WARM_UP_FRAMES:])
        slow = timed[min(len(timed) - 1, int(0.95 * len(timed)))]
        results[name] = {"fps_p50": round(1.0 / statistics.median(timed), 2), "fps_p5": round(1.0 / slow, 2)}
    return results


def measure_stages(
    scene: Scene, repeats: int, has_references: bool, progress: Callable[[str], None]
) -> dict[str, dict[str, float | None]]:
    """Milliseconds of each stage at full size, and of its torch reference."""
    results: dict[str, dict[str, float | None]] = {}
    for stage in _stages(scene):
        progress(stage.name)
        stage.fast()
        fast_ms = statistics.median(_milliseconds(stage.fast) for _ in range(repeats))
        row: dict[str, float | None] = {"fast_ms": round(fast_ms, 3), "reference_ms": None, "ratio": None}
        if has_references:
            progress(f"{stage.name}, reference")
            reference_ms = _milliseconds(stage.reference) / stage.share
            row |= {"reference_ms": round(reference_ms, 3), "ratio": round(reference_ms / fast_ms, 2)}
            row["reference_share"] = stage.share
        results[stage.name] = row
    return results


def peak_memory_mb() -> float:
    """The most memory this process has held, its libraries included."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)


def commit() -> str:
    """The checkout's commit, with "+" when it was edited; "unknown" outside a checkout."""
    try:
        asked = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
        return subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def device_name() -> str:
    """The processor and how many threads torch uses."""
    model = "CPU"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    return f"cpu: {model}, {torch.get_num_threads()} threads"


def _scenarios(scene: Scene, count: int) -> dict[str, Iterable[Scene]]:
    posed, environment = scene.avatars[0], scene.lighting.environment
    assert environment is not None
    size, avatar = scene.camera.width, posed.avatar
    target, distance = orbit_target(avatar, posed.pose, None), home_distance(avatar)
    clip = load_motion(bundled_motions()["walk"])

    def with_pose(index: int) -> Scene:
        return replace(scene, avatars=(PosedAvatar(avatar, clip.pose_at(index / 30.0, avatar.betas)),))

    def with_light(index: int) -> Scene:
        return replace(scene, lighting=Lighting(replace(environment, yaw_deg=3.0 * index)))

    def with_lamp(index: int) -> Scene:
        return replace(scene, lighting=Lighting(environment, (Lamp(3.0 * index, 35.0),)))

    def with_camera(index: int) -> Scene:
        return replace(scene, camera=orbit_camera(target, 3.0 * index, 0.0, distance, size, size))

    changes = {"env": with_light, "lamp": with_lamp, "camera": with_camera, "pose": with_pose, "full": lambda _: scene}
    return {name: map(change, range(count)) for name, change in changes.items()}


def _stages(scene: Scene) -> list[Stage]:
    posed, camera, environment = scene.avatars[0], scene.camera, scene.lighting.environment
    assert environment is not None
    avatar, vector = posed.avatar, posed.pose.vector()
    mesh = FrameRenderer().mesh(scene)
    gbuffer = build_gbuffer(
        rasterize(mesh.vertices, mesh.faces, camera), mesh.vertices, mesh.faces, mesh.normals, mesh.corner_uv, camera
    )
    surface = Surface(
        gbuffer.normal, gbuffer.wo, avatar.query_albedo(gbuffer.uv, vector), avatar.query_roughness(gbuffer.uv, vector),
        avatar.record.f0,
    )  # fmt: skip
    frames = face_frames(mesh.vertices, mesh.faces, mesh.corner_uv, mesh.offsets)
    probes = environment_to_probes(environment)
    bits = Occluder(mesh.vertices, mesh.faces).point_bits(mesh.vertices, mesh.normals, probes.directions)
    visibility = PackedVisibility(bits, mesh.faces[gbuffer.face_index], gbuffer.barycentric)
    lamp_rays = lamp_directions(Lamp(40.0, 35.0), OPTIONS.lamp_samples)
    small = camera.resized(round(camera.width * REFERENCE_SHARE["rasterize"] ** 0.5), round(camera.height / 4))

    def materials(backend: str, share: float) -> None:
        uv = gbuffer.uv[: round(share * gbuffer.num_pixels)]
        with torch.no_grad():
            avatar.albedo(uv, vector, backend)
            avatar.roughness(uv, vector, backend)

    def normals_per_pixel(backend: str, share: float) -> None:
        rows = slice(0, round(share * gbuffer.num_pixels))
        with torch.no_grad():
            gradient = avatar.offset_gradient(gbuffer.uv[rows], vector, backend)
            detail_normals(gbuffer.normal[rows], gradient, gbuffer.face_index[rows], frames)

    def occlusion(backend: str, points: torch.Tensor, normals: torch.Tensor, rays: torch.Tensor, share: float) -> None:
        step = round(1 / share)
        Occluder(mesh.vertices, mesh.faces, backend).point_bits(points[::step], normals[::step], rays)

    def mesh_again() -> None:
        FrameRenderer().mesh(scene)

    def stage(name: str, run: Callable[[str, float], object]) -> Stage:
        share = REFERENCE_SHARE.get(name, 1.0)
        return Stage(name, lambda: run("auto", 1.0), lambda: run("reference", share), share)

    return [
        Stage("mesh", mesh_again, mesh_again),  # torch is its own reference
        Stage(
            "rasterize",
            lambda: rasterize(mesh.vertices, mesh.faces, camera),
            lambda: rasterize(mesh.vertices, mesh.faces, small, "reference"),
            REFERENCE_SHARE["rasterize"],
        ),
        stage("materials", materials),
        stage("pixel_normals", normals_per_pixel),
        stage("visibility", lambda b, share: occlusion(b, mesh.vertices, mesh.normals, probes.directions, share)),
        stage("shade", lambda b, _: shade(surface, probes.directions, probes.power, visibility, b)),
        stage("lamp_visibility", lambda b, share: occlusion(b, gbuffer.position, gbuffer.normal, lamp_rays, share)),
    ]


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3
