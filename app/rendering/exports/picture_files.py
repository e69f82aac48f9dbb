"""Buffers as files (EXR with the engine's numbers, PNG for display), layers of an EXR, and light as an environment."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.model.fields import Rgb
from app.rendering.frames import LIGHT, REFLECTANCE
from app.rendering.picture import display_image
from phynes_core.conventions import linear_to_srgb
from phynes_core.errors import OutputError
from phynes_core.frame.buffers import BUFFERS, FrameBuffers
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import check_file
from phynes_core.io.radiance_files import write_hdr
from phynes_core.render.tonemap import tonemap

SINGLE_CHANNEL = ("roughness", "visibility", "depth", "mask")
POSITION_RANGE_M = 4.0  # of a PNG: from -2 m (0) to +2 m (255)


def write_buffer(
    path: Path,  # .png or .exr
    buffers: FrameBuffers,
    name: str,
    exposure_ev: float = 0.0,  # PNG radiance and shading
    curve: str = "linear",
) -> None:
    """Write one buffer in the format of the path's suffix."""
    if path.suffix == ".exr":
        write_exr(path, buffers.image(name).numpy())
        return
    values = png_values(buffers, name, exposure_ev, curve)
    write_png(path, (values.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy())


def write_picture(
    path: Path,  # .png or .exr
    picture: Tensor,  # [H, W, 4] linear, premultiplied; coverage
    exposure_ev: float,
    curve: str,
    background: Rgb | None = None,  # sRGB, PNG only; None: transparent
) -> None:
    """Write a picture with its surroundings: linear RGBA as EXR, what the window shows as PNG."""
    if path.suffix == ".exr":
        write_exr(path, picture.numpy())
        return
    coverage = picture[..., 3:].clamp(0.0, 1.0)
    shown = tonemap(picture[..., :3] / coverage.clamp(min=1e-4), exposure_ev, curve)
    if background is None:
        pixels = torch.cat([shown * (coverage > 0), coverage], -1)
    else:
        pixels = shown * coverage + torch.tensor(background) * (1.0 - coverage)
    write_png(path, (pixels.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy())


def png_values(buffers: FrameBuffers, name: str, exposure_ev: float, curve: str) -> Tensor:  # [H, W, 1 | 3 | 4]
    """A buffer's values for a PNG, encoded, in [0, 1]."""
    mask = buffers.mask
    if name == "mask":
        return mask
    if name == "position":
        assert buffers.position is not None
        return (buffers.position / POSITION_RANGE_M + 0.5) * (mask > 0)
    image, kind = display_image(buffers, name)
    values = image[..., :3].float() / mask.clamp(min=1e-4)
    if kind == LIGHT:
        values = tonemap(values, exposure_ev, curve)
    elif kind == REFLECTANCE:
        values = linear_to_srgb(values.clamp(0.0, 1.0))
    values = values * (mask > 0)
    if name == "radiance":
        return torch.cat([values, mask], -1)
    return values[..., :1] if name in SINGLE_CHANNEL else values


MIN_ROWS, MAX_ROWS = 4, 2048
LIGHT_ROWS = 512  # of files that the window writes
LIGHT_SUFFIXES = (".hdr", ".exr")


def check_light_picture(path: Path) -> None:
    """Raise OutputError, before any work, where `write_light` could not write the path."""
    if path.suffix.lower() not in LIGHT_SUFFIXES:
        raise OutputError(f"{path}: expected a name that ends in .hdr or .exr, got '{path.suffix}'; rename it")
    check_file(path)


def write_light(path: Path, picture: np.ndarray) -> None:  # [H, 2 H, 3] linear, conventions.py's mapping
    """Write a lat-long picture in the format of the path's suffix."""
    (write_hdr if path.suffix.lower() == ".hdr" else write_exr)(path, picture)


PICTURE = ("R", "G", "B", "A")
COMPONENTS = {"normal": "XYZ", "position": "XYZ", "uv": "UV", "depth": "Z"}
EXACT = ("normal", "position", "uv", "depth")  # in single precision, for half precision has three digits
NUM_COMPONENTS = {"roughness": 1, "visibility": 1, "mask": 1}


def channel_kinds() -> dict[str, bool]:
    """Channel name -> whether it is written in half precision."""
    kinds: dict[str, bool] = {name: True for name in PICTURE}
    for buffer in BUFFERS:
        kinds |= {f"{buffer}.{part}": buffer not in EXACT for part in _components(buffer)}
    return kinds


def channels_of(
    picture: Tensor,  # [H, W, 4] linear, premultiplied: the avatar over its surroundings
    buffers: FrameBuffers,  # all of them
) -> Mapping[str, np.ndarray]:
    """Channel name -> values [H, W] float32."""
    channels = dict(zip(PICTURE, picture.unbind(-1), strict=True))
    for buffer in BUFFERS:
        parts = buffers.image(buffer).unbind(-1)
        channels |= {f"{buffer}.{name}": part for name, part in zip(_components(buffer), parts, strict=True)}
    return {name: part.to(torch.float32).numpy() for name, part in channels.items()}


def _components(buffer: str) -> str:
    return COMPONENTS.get(buffer, "Y" if NUM_COMPONENTS.get(buffer) == 1 else "RGB")
