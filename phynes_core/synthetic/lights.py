"""The lights of a synthetic capture: bundled probes, clamped, and exposed so that pictures stay within [0, 1].

Exposure is measured on small versions of the pictures that will be rendered. The training light is exposed for the
training pictures, whose 8 bits clip; a light of the ground truth also for the white shading pictures, which are
brighter than the subject.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from phynes_core.data.native import layout
from phynes_core.errors import CaptureError
from phynes_core.io.shipped_files import bundled_environments
from phynes_core.render.camera import Camera
from phynes_core.render.probes import load_environment_image
from phynes_core.synthetic.mitsuba.rendering import render_radiance
from phynes_core.synthetic.mitsuba.scene import body_crop, make_environment
from phynes_core.synthetic.plan import Shot
from phynes_core.synthetic.subjects.subject import PreparedSubject, pose_subject
from phynes_core.synthetic.surface.subdivision import Array

_LIGHT_ROWS = 256
_CLAMP = 30.0  # times the mean: brighter texels (the disk of a sun) make noise that no affordable sample count removes
_QUANTILE = 0.997  # of the foreground's brightest channel, put at 1; small pictures blur highlights, so not 0.995
_SIZE, _SPP = 256, 64
_MOST_PICTURES = 60  # per light and material


def load_light(name: str) -> Tensor:  # [256, 512, 3] linear
    """A bundled probe, averaged to the size that is stored, and clamped."""
    known = bundled_environments()
    if name not in known:
        raise CaptureError(f"probe {name}: expected one of {', '.join(known)}")
    path = known[name]
    image = load_environment_image(path)
    factor = image.shape[0] // _LIGHT_ROWS
    if factor * _LIGHT_ROWS != image.shape[0]:
        raise CaptureError(f"{path}: expected a multiple of {_LIGHT_ROWS} rows, got {image.shape[0]}; resize it")
    small = image.reshape(_LIGHT_ROWS, factor, 2 * _LIGHT_ROWS, factor, 3).mean((1, 3))
    return small.clamp(max=_CLAMP * float(small.mean()))


@dataclass(frozen=True)
class LightMeter:
    """Collects how bright the foreground is under one environment."""

    emitter: Any  # Mitsuba's
    readings: list[Tensor] = field(default_factory=list)

    def read(self, vertices: Array, mesh: Any, camera: Camera, seed: int, direct_only: bool = False) -> None:
        """Look at the mesh [V, 3] through a small version of this camera."""
        width = min(_SIZE, camera.width)
        small = camera.resized(width, width * camera.height // camera.width)
        crop = body_crop(vertices, small)
        radiance, coverage = render_radiance(mesh, self.emitter, small, crop, _SPP, seed, direct_only)
        self.readings.append(radiance.amax(-1)[coverage > 0.99])

    def factor(self) -> float:
        """What the environment is multiplied by."""
        bright = torch.cat(self.readings).sort().values
        return 1.0 / float(bright[int(_QUANTILE * (len(bright) - 1))])


def expose_lights(
    environments: dict[str, Tensor],  # [H, W, 3] by light; layout.TRAIN_LIGHT is the training pictures'
    prepared: PreparedSubject,
    shots: tuple[Shot, ...],
    cameras: dict[str, Camera],
    camera_split: dict[str, str],
    seed: int,
) -> dict[str, float]:
    """The factor of each light."""
    colored = {light: LightMeter(make_environment(image)) for light, image in environments.items()}
    white = {light: LightMeter(meter.emitter) for light, meter in colored.items() if light != layout.TRAIN_LIGHT}
    train = [camera for name, camera in cameras.items() if camera_split[name] == "train"]
    test = [camera for name, camera in cameras.items() if camera_split[name] == "test"] or train
    train_frames = [shot.frame for shot in shots if shot.split == "train"]
    test_frames = [shot.frame for shot in shots if shot.has_ground_truth] or train_frames
    for shot in shots:
        posed = None
        for light, meter in colored.items():
            frames, ring = (train_frames, train) if light == layout.TRAIN_LIGHT else (test_frames, test)
            if shot.frame not in frames:
                continue
            posed = posed or pose_subject(prepared, shot.frame, shot.pose)
            for camera in _share(ring, frames.index(shot.frame), len(frames)):
                meter.read(posed.vertices, posed.mesh, camera, seed + shot.frame)
                if light in white:
                    white[light].read(posed.vertices, posed.white_mesh, camera, seed + shot.frame, direct_only=True)
    meters = {light: [meter, white[light]] if light in white else [meter] for light, meter in colored.items()}
    return {light: min(meter.factor() for meter in both) for light, both in meters.items()}


def _share(cameras: list[Camera], index: int, num_frames: int) -> list[Camera]:
    """The cameras that look at frame number `index`: in turn, so that every frame and every camera is seen."""
    count = min(len(cameras), max(1, _MOST_PICTURES // num_frames))
    return [cameras[(index + k * len(cameras) // count) % len(cameras)] for k in range(count)]
