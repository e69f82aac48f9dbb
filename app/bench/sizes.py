"""Times against the size of the image, the number of probes and the number of avatars."""

import math
import statistics
from collections.abc import Callable
from dataclasses import replace

import torch

from app.bench.machine import milliseconds
from app.bench.plot import Line
from app.bench.scenarios import CPU, WARM_UP_FRAMES, Device, measure_frames, turning_camera
from phynes_core.body.model import Pose
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.rasterize import rasterize
from phynes_core.render.shade import PackedVisibility, Surface, shade
from phynes_core.render.visibility import Occluder

IMAGE_SIZES = (256, 512, 1024, 2048)
PROBE_COUNTS = (128, 256, 512, 1024, 2048)
AVATAR_COUNTS = (1, 2, 4, 8)
SPACING_M = 0.9  # between avatars
NUM_FRAMES, REPEATS = 5, 3


def measure_sizes(
    scene: Scene, options: RenderOptions, progress: Callable[[str], None], device: Device = CPU
) -> dict[str, tuple[Line, ...]]:
    """Kind of size -> lines of milliseconds against it."""
    return {
        "image side, pixels": _images(scene, options, progress, device),
        "probes": _probes(scene, progress, device),
        "avatars": _avatars(scene, options, progress, device),
    }


def _images(scene: Scene, options: RenderOptions, progress: Callable[[str], None], device: Device) -> tuple[Line, ...]:
    moving, everything = [], []
    for size in IMAGE_SIZES:
        progress(f"{size} x {size}")
        resized = replace(scene, camera=scene.camera.resized(size, size))
        moving.append(_turning(resized, options, device))
        everything.append(_turning(resized, replace(options, use_cache=False), device))
    sizes = tuple(map(float, IMAGE_SIZES))
    return Line("camera moves", sizes, tuple(moving)), Line("nothing kept", sizes, tuple(everything))


def _turning(scene: Scene, options: RenderOptions, device: Device) -> float:
    frames = [turning_camera(scene, index) for index in range(WARM_UP_FRAMES + NUM_FRAMES)]
    return statistics.median(measure_frames(frames, options, device).frame_ms)


def _probes(scene: Scene, progress: Callable[[str], None], device: Device) -> tuple[Line, ...]:
    mesh = FrameRenderer().mesh(scene)
    gbuffer = build_gbuffer(
        rasterize(mesh.vertices, mesh.faces, scene.camera), mesh.vertices, mesh.faces, mesh.normals, mesh.corner_uv,
        scene.camera,
    )  # fmt: skip
    gray = torch.full((gbuffer.num_pixels,), 0.5, device=mesh.vertices.device)
    surface = Surface(gbuffer.normal, gbuffer.wo, gray[:, None].expand(-1, 3), gray, 0.04)
    occluder = Occluder(mesh.vertices, mesh.faces)
    tracing, shading = [], []
    for count in PROBE_COUNTS:
        progress(f"{count} probes")
        directions = spread_directions(count).to(gray.device)
        power = torch.full((count, 3), 4.0 * math.pi / count, device=gray.device)
        bits = occluder.point_bits(mesh.vertices, mesh.normals, directions)
        visibility = PackedVisibility(bits, gbuffer.corners, gbuffer.barycentric)
        tracing.append(_median(lambda d=directions: occluder.point_bits(mesh.vertices, mesh.normals, d), device))
        shading.append(_median(lambda d=directions, p=power, v=visibility: shade(surface, d, p, v), device))
    counts = tuple(map(float, PROBE_COUNTS))
    return Line("visibility of the vertices", counts, tuple(tracing)), Line("shading", counts, tuple(shading))


def _avatars(scene: Scene, options: RenderOptions, progress: Callable[[str], None], device: Device) -> tuple[Line, ...]:
    moving, posing, posed = [], [], scene.avatars[0]
    for count in AVATAR_COUNTS:
        progress(f"{count} avatars")
        row = tuple(PosedAvatar(posed.avatar, _beside(posed.pose, i - 0.5 * (count - 1))) for i in range(count))
        row = replace(scene, avatars=row)
        moving.append(_turning(row, options, device))
        posing.append(_turning(row, replace(options, use_cache=False), device))
    counts = tuple(map(float, AVATAR_COUNTS))
    return Line("camera moves", counts, tuple(moving)), Line("nothing kept", counts, tuple(posing))


def _beside(pose: Pose, count: float) -> Pose:
    step = torch.tensor([SPACING_M * count, 0.0, 0.0], device=pose.transl.device)
    return replace(pose, transl=pose.transl + step)


def _median(action: Callable[[], object], device: Device) -> float:
    action()
    return statistics.median(milliseconds(action, device.type) for _ in range(REPEATS))


def spread_directions(count: int) -> torch.Tensor:  # [count, 3] unit
    """Directions spread evenly over the sphere on a golden spiral."""
    index = torch.arange(count) + 0.5
    height, turn = 1.0 - 2.0 * index / count, index * math.pi * (3.0 - math.sqrt(5.0))
    radius = (1.0 - height.square()).sqrt()
    return torch.stack([radius * turn.cos(), height, radius * turn.sin()], -1)
