"""Frames a second while one thing changes from frame to frame, as in the viewer during a drag; device beside device.

The scene comes from the render service; the engine's FrameRenderer is timed without the work for a window.
"""

import statistics
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from app.bench.machine import finish
from app.model.view_state import ViewState
from app.options.backends import missing_cuda
from app.rendering.posed_row import orbit_target
from app.rendering.scenes import LIVE, SMOOTH_LIVE, home_distance, render_options
from phynes_core.body.motion.files import load_motion
from phynes_core.errors import BackendError
from phynes_core.evaluation.metrics.errors import psnr
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.pending import PendingFrame
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import Scene
from phynes_core.io.shipped_files import bundled_motions
from phynes_core.kernels.gpu.adapters import chosen_adapter
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting

WARM_UP_FRAMES = 3  # compile the kernels, fill the caches
BUFFERS = frozenset({"radiance", "normal", "mask"})
Device = torch.device | GpuDevice
CPU = torch.device("cpu")
Row = dict[str, Any]


@dataclass(frozen=True)
class ScenarioTimes:
    """Times of one scenario's frames."""

    frame_ms: tuple[float, ...]
    node_ms: dict[str, float]  # mean over the frames; 0 where a node's result was reused

    def as_json(self) -> dict[str, float | dict[str, float]]:
        """Frames a second at the median and at the 95th percentile of the times; the nodes' times, slowest first."""
        ordered = sorted(self.frame_ms)
        slow = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        nodes = {name: round(value, 3) for name, value in sorted(self.node_ms.items(), key=lambda item: -item[1])}
        median = statistics.median(ordered)
        return {"fps_p50": round(1e3 / median, 2), "fps_p5": round(1e3 / slow, 2), "stage_ms": nodes}


def live_options(state: ViewState, device: Device = CPU) -> RenderOptions:
    """The viewer's options while something moves, but with all shadows recomputed in every frame."""
    quality = SMOOTH_LIVE if device.type == "cpu" else LIVE
    return replace(render_options(state, BUFFERS, quality), visibility_slices=1)


def measure_scenarios(
    scene: Scene, num_frames: int, options: RenderOptions, progress: Callable[[str], None], device: Device = CPU,
    names: Collection[str] | None = None,
) -> dict[str, ScenarioTimes]:  # fmt: skip
    """Time every scenario, or these, with a renderer of its own; "full" reuses nothing between frames."""
    results = {}
    for name, frames in _scenarios(scene, num_frames + WARM_UP_FRAMES).items():
        if names is not None and name not in names:
            continue
        progress(name)
        results[name] = measure_frames(frames, replace(options, use_cache=name != "full"), device)
    return results


def measure_frames(frames: Iterable[Scene], options: RenderOptions, device: Device = CPU) -> ScenarioTimes:
    """Render frames one after the other; the first WARM_UP_FRAMES are not counted.

    On a GPU as a window does: of radiance its image alone, and the next frame is begun before one is waited for.
    """
    if isinstance(device, GpuDevice):
        options = replace(options, buffers=frozenset({"radiance"}))
    renderer, times, nodes = FrameRenderer(device=device), [], []
    pending: PendingFrame | None = None
    for frame in frames:
        finish(device.type)
        start = time.perf_counter()
        begun = renderer.begin(frame, options)
        if pending is not None:
            pending.window()
        finish(device.type)
        times.append((time.perf_counter() - start) * 1e3)
        nodes.append(begun.timings)
        pending = begun
    if pending is not None:
        pending.window()
    times, nodes = times[WARM_UP_FRAMES:], nodes[WARM_UP_FRAMES:]
    names = {name for timings in nodes for name in timings}
    means = {name: statistics.fmean(timings.get(name, 0.0) for timings in nodes) for name in names}
    return ScenarioTimes(tuple(times), means)


def parity_db(scene: Scene, options: RenderOptions, device: Device) -> float:
    """PSNR in dB of the device's picture against the CPU's, radiance clamped to [0, 1]."""
    ours, cpu = (FrameRenderer(device=each).render(scene, options).radiance for each in (device, CPU))
    assert ours is not None and cpu is not None  # options ask for it
    return round(psnr(ours.cpu().clamp(0.0, 1.0), cpu.clamp(0.0, 1.0)), 1)


def turning_camera(scene: Scene, index: int) -> Scene:
    """The scene with the camera 3 degrees further around it in every frame."""
    posed = scene.avatars[0]
    target, distance = orbit_target(posed.avatar, posed.pose, None), home_distance(posed.avatar)
    size = scene.camera.width
    camera = orbit_camera(target, 3.0 * index, 0.0, distance, size, size)
    return replace(scene, camera=camera)


def walking(scene: Scene, index: int) -> Scene:
    """The scene with the avatar a thirtieth of a second further in every frame, on a walk from where it stands."""
    posed, clip = scene.avatars[0], load_motion(bundled_motions()["walk"])
    pose = clip.pose_at(index / 30.0, posed.avatar.betas)
    moved = replace(pose, transl=posed.pose.transl + pose.transl - clip.transl[0])
    return replace(scene, avatars=(replace(posed, pose=moved),))


def devices_here(chosen: Device, gpu_adapter: str) -> dict[str, Device | str]:
    """The CPU, CUDA and any other GPU, or why it is not here; `chosen` is the one that is measured anyway."""
    found: dict[str, Device | str] = {"cpu": CPU, "cuda": missing_cuda() or torch.device("cuda"), "gpu": ""}
    if chosen.type != "gpu":
        try:
            found["gpu"] = GpuDevice(chosen_adapter(gpu_adapter))
        except BackendError as error:
            found["gpu"] = str(error)
    return found | {chosen.type: chosen}


def measure_devices(
    devices: Mapping[str, Device | str],
    chosen: str,  # the device whose times are these
    scenarios: Mapping[str, ScenarioTimes],
    measure: Callable[[Device], dict[str, ScenarioTimes]],
) -> dict[str, Row]:
    """Device -> scenario -> ScenarioTimes.as_json, or "missing" -> why it is not here."""
    rows: dict[str, Row] = {}
    for name, device in devices.items():
        if isinstance(device, str):
            rows[name] = {"missing": device}
        else:
            times = scenarios if name == chosen else measure(device)
            rows[name] = {scenario: each.as_json() for scenario, each in times.items()}
    return rows


def show_devices(rows: Mapping[str, Row], has_profile: bool) -> None:
    """Print the table, what the milliseconds of a moving pose are spent on, and which devices are not here."""
    here = {name: row for name, row in rows.items() if "missing" not in row}
    print(f"\n{'fps (median)':<18}" + "".join(f"{name:>10}" for name in here))
    for scenario in next(iter(here.values())):
        print(f"{scenario:<18}" + "".join(f"{row[scenario]['fps_p50']:>10.1f}" for row in here.values()))
    for name, row in here.items() if has_profile else ():
        print(f"pose on {name}")
        print("".join(f"    {node:<22}{ms:>8.2f} ms\n" for node, ms in row["pose"]["stage_ms"].items()), end="")
    for name, row in rows.items():
        if "missing" in row:
            print(f"{name}: not here ({row['missing']})")


def _scenarios(scene: Scene, count: int) -> dict[str, Iterable[Scene]]:
    environment = scene.lighting.environment
    assert environment is not None

    def with_pose(index: int) -> Scene:
        return walking(scene, index)

    def with_light(index: int) -> Scene:
        return replace(scene, lighting=Lighting(replace(environment, yaw_deg=3.0 * index)))

    def with_lamp(index: int) -> Scene:
        return replace(scene, lighting=Lighting(environment, (Lamp(3.0 * index, 35.0),)))

    def with_camera(index: int) -> Scene:
        return turning_camera(scene, index)

    changes = {"env": with_light, "lamp": with_lamp, "camera": with_camera, "pose": with_pose, "full": lambda _: scene}
    return {name: map(change, range(count)) for name, change in changes.items()}
