"""Buffers as picture files: EXR holds the engine's numbers, PNG what a person wants to see.

PNG encodings: radiance exposed, tone-mapped and sRGB, alpha = mask; albedo and shading sRGB; normal n / 2 + 1 / 2;
depth from 1 at the nearest to 0.15 at the farthest covered pixel; position p / 4 m + 1 / 2; uv as (u, v, 0); the rest
as it is. Everything is clipped to [0, 1]; background pixels hold 0.
"""

from pathlib import Path

import torch
from torch import Tensor

from app.frames import LIGHT, REFLECTANCE
from app.light_state import Rgb
from app.picture import display_image
from phynes_core.conventions import linear_to_srgb
from phynes_core.io.image_files import write_exr, write_png
from phynes_core.render.frame_buffers import FrameBuffers
from phynes_core.render.tonemap import tonemap

SINGLE_CHANNEL = ("roughness", "visibility", "depth", "mask")
POSITION_RANGE_M = 4.0  # PNG only: -2 m is black, +2 m is full


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
    """Write a staged picture: linear RGBA as EXR, what the window shows as PNG."""
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
    """Encoded values in [0, 1]."""
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
