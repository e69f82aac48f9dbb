"""Frames a second while one thing changes from frame to frame, as the viewer renders while a hand moves something."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import torch

from app.bench.machine import milliseconds
from app.row import orbit_target
from app.scene_builder import home_distance
from app.session import LIVE_LAMP_SAMPLES
from phynes_core.body.motion import bundled_motions
from phynes_core.body.motion_files import load_motion
from phynes_core.evaluation.metrics import psnr
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting

WARM_UP_FRAMES = 3  # compile the kernels, fill the caches
OPTIONS = RenderOptions(
    buffers=frozenset({"radiance", "normal", "mask"}), lamp_samples=LIVE_LAMP_SAMPLES, has_vertex_sources=True
)


@dataclass(frozen=True)
class ScenarioTimes:
    """One scenario's frames."""

    frame_ms: tuple[float, ...]
    stage_ms: dict[str, float]  # mean over the frames; a stage whose result was kept took nothing

    def as_json(self) -> dict[str, float | dict[str, float]]:
        """The numbers that a person reads: the median, and the slowest twentieth."""
        ordered = sorted(self.frame_ms)
        slow = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        stages = {name: round(value, 3) for name, value in sorted(self.stage_ms.items(), key=lambda item: -item[1])}
        median = statistics.median(ordered)
        return {"fps_p50": round(1e3 / median, 2), "fps_p5": round(1e3 / slow, 2), "stage_ms": stages}


def measure_scenarios(
    scene: Scene, num_frames: int, options: RenderOptions, progress: Callable[[str], None], device: str = "cpu"
) -> dict[str, ScenarioTimes]:
    """Every scenario with a renderer of its own; "full" keeps nothing between frames."""
    results = {}
    for name, frames in _scenarios(scene, num_frames + WARM_UP_FRAMES).items():
        progress(name)
        results[name] = measure_frames(frames, replace(options, use_cache=name != "full"), device)
    return results


def measure_frames(frames: Iterable[Scene], options: RenderOptions, device: str = "cpu") -> ScenarioTimes:
    """Render frames one after the other; the first ones are not counted."""
    renderer, times, stages = FrameRenderer(device=torch.device(device)), [], []
    for frame in frames:
        times.append(milliseconds(lambda frame=frame: renderer.render(frame, options), device))
        stages.append(renderer.timings)
    times, stages = times[WARM_UP_FRAMES:], stages[WARM_UP_FRAMES:]
    names = {name for timings in stages for name in timings}
    means = {name: statistics.fmean(timings.get(name, 0.0) for timings in stages) for name in names}
    return ScenarioTimes(tuple(times), means)


def parity_db(scene: Scene, options: RenderOptions, device: str) -> float:
    """PSNR of the device's first picture against the CPU's, radiance in [0, 1]."""
    places = torch.device(device), torch.device("cpu")
    ours, cpu = (FrameRenderer(device=place).render(scene, options).radiance for place in places)
    assert ours is not None and cpu is not None  # options ask for it
    return round(psnr(ours.cpu().clamp(0.0, 1.0), cpu.clamp(0.0, 1.0)), 1)


def turning_camera(scene: Scene, index: int) -> Scene:
    """The scene from another side in every frame."""
    posed = scene.avatars[0]
    target, distance = orbit_target(posed.avatar, posed.pose, None), home_distance(posed.avatar)
    size = scene.camera.width
    camera = orbit_camera(target, 3.0 * index, 0.0, distance, size, size)
    return replace(scene, camera=camera)


def _scenarios(scene: Scene, count: int) -> dict[str, Iterable[Scene]]:
    posed, environment = scene.avatars[0], scene.lighting.environment
    assert environment is not None
    avatar = posed.avatar
    clip = load_motion(bundled_motions()["walk"])

    def with_pose(index: int) -> Scene:
        return replace(scene, avatars=(PosedAvatar(avatar, clip.pose_at(index / 30.0, avatar.betas)),))

    def with_light(index: int) -> Scene:
        return replace(scene, lighting=Lighting(replace(environment, yaw_deg=3.0 * index)))

    def with_lamp(index: int) -> Scene:
        return replace(scene, lighting=Lighting(environment, (Lamp(3.0 * index, 35.0),)))

    def with_camera(index: int) -> Scene:
        return turning_camera(scene, index)

    changes = {"env": with_light, "lamp": with_lamp, "camera": with_camera, "pose": with_pose, "full": lambda _: scene}
    return {name: map(change, range(count)) for name, change in changes.items()}
