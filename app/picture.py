"""What each buffer looks like: engine images to display values, and display values to bytes."""

import numpy as np
import torch
from torch import Tensor

from app.frames import LIGHT, PLAIN, REFLECTANCE, Frame
from app.state import BUFFERS, LookState
from phynes_core.conventions import linear_to_srgb
from phynes_core.render.frame_buffers import FrameBuffers
from phynes_core.render.tonemap import tonemap

KIND_OF_BUFFER = {"radiance": LIGHT, "shading": LIGHT, "albedo": REFLECTANCE}  # the rest is PLAIN
NEAREST, FARTHEST = 1.0, 0.15  # grays of the depth picture
LARGEST_HALF = 65504.0


def display_pixels(buffers: FrameBuffers, name: str) -> tuple[np.ndarray, str]:
    """[H, W, 4] float16 (values premultiplied by coverage; coverage) and their kind."""
    if name not in BUFFERS:
        raise ValueError(f"buffer: expected one of {', '.join(BUFFERS)}, got '{name}'")
    image, mask = buffers.image(name), buffers.mask
    if name == "normal":
        values = image * 0.5 + 0.5
    elif name == "uv":
        values = torch.cat([image, torch.zeros_like(mask)], -1)
    elif name == "depth":
        values = _depth_gray(image, mask)
    else:
        values = image
    values = values.expand(-1, -1, 3)
    if name != "radiance":  # radiance comes out of the engine as light per pixel, covered or not
        values = values * mask
    return half_pixels(torch.cat([values, mask], -1)), KIND_OF_BUFFER.get(name, PLAIN)


def half_pixels(picture: Tensor) -> np.ndarray:  # [H, W, 4] -> float16
    """What a Frame holds; brighter than half precision knows becomes its largest number."""
    return picture.clamp(max=LARGEST_HALF).to(torch.float16).numpy()


def display_bytes(frame: Frame, look: LookState) -> np.ndarray:  # [H, W, 3] uint8 sRGB
    """The frame over its background, as shaders/frame.frag.glsl shows it."""
    shown, coverage = _shown(frame, look)
    over = torch.tensor(look.background) * (1.0 - coverage) + shown * coverage
    return (over * 255.0).round().to(torch.uint8).numpy()


def display_rgba(frame: Frame, look: LookState) -> np.ndarray:  # [H, W, 4] uint8 sRGB, straight alpha
    """The frame as the window shows it, without what is behind it."""
    shown, coverage = _shown(frame, look)
    rgba = torch.cat([shown * (coverage > 0), coverage.clamp(0.0, 1.0)], -1)
    return (rgba * 255.0).round().to(torch.uint8).numpy()


def _shown(frame: Frame, look: LookState) -> tuple[Tensor, Tensor]:  # [H, W, 3] sRGB, [H, W, 1] coverage
    pixels = torch.from_numpy(frame.pixels).float()
    coverage = pixels[..., 3:]
    values = pixels[..., :3] / coverage.clamp(min=1e-4)
    if frame.kind == LIGHT:
        return tonemap(values, look.exposure_ev, look.curve), coverage
    if frame.kind == REFLECTANCE:
        return linear_to_srgb(values.clamp(0.0, 1.0)), coverage
    return values.clamp(0.0, 1.0), coverage


def _depth_gray(depth: Tensor, mask: Tensor) -> Tensor:  # [H, W, 1] metres -> gray, the nearest point white
    covered = depth[mask > 0]
    if covered.numel() == 0:
        return torch.zeros_like(depth)
    near, far = covered.min(), covered.max()
    share = (depth - near) / (far - near).clamp(min=1e-6)
    return NEAREST + (FARTHEST - NEAREST) * share
