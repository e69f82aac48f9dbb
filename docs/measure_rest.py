"""How smooth the picture at rest is, and what it costs: samples in one frame against jittered frames that are averaged.

python docs/measure_rest.py    prints each way's error against 8 x 8 samples with coverage, and its time
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.model.avatar_row import BodyState
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.rendering.render_service import RenderService
from app.rendering.scenes import FINAL, BuiltScene, Quality
from phynes_core.avatar.checkpoint import resolve_avatar_path
from phynes_core.io.shipped_files import bundled_environments, bundled_motions

SIZE, ROUNDS = 512, 4
BACKGROUND = 0.03  # linear
BUFFERS = frozenset({"radiance"})
POINTS = Quality(supersample=1)


def jittered(built: BuiltScene, x: float, y: float) -> BuiltScene:
    """The scene seen a part of a pixel to the side."""
    camera = built.scene.camera
    intrinsics = camera.intrinsics.clone()
    intrinsics[:2] += torch.tensor([[x], [y]]) * intrinsics[2]
    return replace(built, scene=replace(built.scene, camera=replace(camera, intrinsics=intrinsics)))


def main() -> None:
    """Measure all ways in turn, so that they share what else the machine does."""
    service = RenderService()
    body = BodyState(str(resolve_avatar_path("josh.ckpt")), str(bundled_motions()["walk"]), time_s=0.4)
    state = ViewState(body, light=LightState(mode="environment", environment=str(bundled_environments()["studio"])))
    state = replace(state, camera=replace(service.home_camera(state), azimuth_deg=25.0, elevation_deg=5.0))
    built = service.scene(state, SIZE)

    def picture(quality: Quality, x: float = 0.0, y: float = 0.0) -> np.ndarray:  # [H, W, 4] linear
        view = jittered(built, x, y)
        slot = service._slots[0]
        buffers = service._rendered(view, BUFFERS, quality, slot).buffers
        return torch.cat([buffers.image("radiance"), buffers.mask], -1).numpy()

    def averaged(side: int, quality: Quality) -> np.ndarray:
        places = (np.arange(side) + 0.5) / side - 0.5
        return np.mean([picture(quality, float(x), float(y)) for y in places for x in places], 0)

    ways: dict[str, Callable[[], np.ndarray]] = {
        "2 x 2 samples with coverage, as at rest": lambda: picture(FINAL),
        "3 x 3 samples with coverage": lambda: picture(replace(FINAL, supersample=3)),
        "4 jittered frames": lambda: averaged(2, POINTS),
        "4 jittered frames with coverage": lambda: averaged(2, replace(POINTS, antialias=True)),
        "9 jittered frames": lambda: averaged(3, POINTS),
        "16 jittered frames": lambda: averaged(4, POINTS),
    }
    reference = shown(picture(Quality(supersample=8, antialias=True)))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    errors: dict[str, float] = {}
    for round_number in range(ROUNDS + 1):
        for name, make in ways.items():
            picture(POINTS, 0.3, 0.1 * round_number)  # another camera, so that nothing of the way's own is kept
            start = time.perf_counter()
            made = make()
            if round_number:  # the first compiles kernels
                seconds[name].append(time.perf_counter() - start)
            errors[name] = 255.0 * float(np.sqrt(((shown(made) - reference) ** 2).mean()))
    base = min(seconds["2 x 2 samples with coverage, as at rest"])
    for name in ways:
        print(f"{name:42s} error {errors[name]:.2f} of 255   {min(seconds[name]) / base:.1f} times the time at rest")


def shown(linear: np.ndarray) -> np.ndarray:  # [H, W, 4] premultiplied -> [H, W, 3] sRGB
    """On a dark background, as a window shows it."""
    color = np.clip(linear[..., :3] + (1.0 - linear[..., 3:]) * BACKGROUND, 0.0, 1.0)
    return np.where(color <= 0.0031308, 12.92 * color, 1.055 * color ** (1 / 2.4) - 0.055)


if __name__ == "__main__":
    main()
