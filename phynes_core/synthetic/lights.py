"""The lights of a synthetic capture: bundled probes, tamed and exposed for the subject."""

from typing import Any

import torch
from torch import Tensor

from phynes_core.errors import CaptureError
from phynes_core.paths import ASSETS
from phynes_core.render.camera import Camera
from phynes_core.render.probes import load_environment_image
from phynes_core.synthetic.rendering import render_radiance
from phynes_core.synthetic.scene import body_crop, make_environment
from phynes_core.synthetic.subdivision import Array

_LIGHT_ROWS = 256
_CLAMP = 30.0  # times the mean: brighter texels (a naked sun) make noise that no sample count removes
_EXPOSED_QUANTILE = 0.995  # of the foreground's brightest channel, which is put at 1
_EXPOSURE_SIZE, _EXPOSURE_SPP = 96, 64


def load_light(name: str) -> Tensor:  # [256, 512, 3] linear
    """A bundled probe, averaged to the size that is stored, and clamped."""
    path = ASSETS / "probes" / f"{name}.exr"
    if not path.is_file():
        known = ", ".join(sorted(probe.stem for probe in path.parent.glob("*.exr")))
        raise CaptureError(f"probe {name}: expected one of {known}")
    image = load_environment_image(path)
    factor = image.shape[0] // _LIGHT_ROWS
    if factor * _LIGHT_ROWS != image.shape[0]:
        raise CaptureError(f"{path}: expected a multiple of {_LIGHT_ROWS} rows, got {image.shape[0]}; resize it")
    small = image.reshape(_LIGHT_ROWS, factor, 2 * _LIGHT_ROWS, factor, 3).mean((1, 3))
    return small.clamp(max=_CLAMP * float(small.mean()))


def find_exposure(
    image: Tensor,  # [H, W, 3] linear, lat-long
    posed: list[tuple[Array, Any]],  # vertices [V, 3] world, and their Mitsuba mesh
    cameras: tuple[Camera, ...],
    seed: int,
) -> float:
    """The factor that puts all but the brightest half percent of the foreground, seen small from all sides, below 1."""
    emitter = make_environment(image)
    seen: list[Tensor] = []
    for vertices, mesh in posed:
        for camera in cameras:
            small = camera.resized(_EXPOSURE_SIZE, _EXPOSURE_SIZE * camera.height // camera.width)
            crop = body_crop(vertices, small)
            radiance, coverage = render_radiance(mesh, emitter, small, crop, _EXPOSURE_SPP, seed + len(seen))
            seen.append(radiance.amax(-1)[coverage > 0.99])
    return 1.0 / float(torch.quantile(torch.cat(seen), _EXPOSED_QUANTILE))
