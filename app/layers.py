"""The channels of a layered EXR: R, G, B, A are the picture in linear light, the other layers the engine's buffers."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from phynes_core.render.frame_buffers import BUFFERS, FrameBuffers

PICTURE = ("R", "G", "B", "A")
COMPONENTS = {"normal": "XYZ", "position": "XYZ", "uv": "UV", "depth": "Z"}
EXACT = ("normal", "position", "uv", "depth")  # in single precision; half has three digits
NUM_COMPONENTS = {"roughness": 1, "visibility": 1, "mask": 1}


def channel_kinds() -> dict[str, bool]:
    """Every channel's name -> whether half precision is enough."""
    kinds: dict[str, bool] = {name: True for name in PICTURE}
    for buffer in BUFFERS:
        kinds |= {f"{buffer}.{part}": buffer not in EXACT for part in _components(buffer)}
    return kinds


def channels_of(
    picture: Tensor,  # [H, W, 4] linear, premultiplied: the avatar on its stage
    buffers: FrameBuffers,  # all of them
) -> Mapping[str, np.ndarray]:
    """The channels' values [H, W]."""
    channels = dict(zip(PICTURE, picture.unbind(-1), strict=True))
    for buffer in BUFFERS:
        parts = buffers.image(buffer).unbind(-1)
        channels |= {f"{buffer}.{name}": part for name, part in zip(_components(buffer), parts, strict=True)}
    return {name: part.to(torch.float32).numpy() for name, part in channels.items()}


def _components(buffer: str) -> str:
    return COMPONENTS.get(buffer, "Y" if NUM_COMPONENTS.get(buffer) == 1 else "RGB")
