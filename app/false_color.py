"""Numbers as colors: which number of a buffer is shown, on what scale, and what the legend says.

shaders/frame.frag.glsl is the twin of `number_share`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from app.frames import Frame
from app.state import LookState

NONE, VALUE, LUMINANCE, STOPS, DEPTH = range(5)  # of the shader's `number`
MODES = {
    "roughness": VALUE, "visibility": VALUE, "light_visibility": VALUE,
    "albedo": LUMINANCE, "radiance": STOPS, "shading": STOPS, "depth": DEPTH,
}  # fmt: skip
MIDDLE_GRAY = 0.18
LOWEST_STOP, HIGHEST_STOP = -6.0, 4.0  # relative to middle gray, exposure included
NEAREST, FARTHEST = 1.0, 0.15  # grays of the depth picture, which the frame holds
LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)  # Rec. 709


@dataclass(frozen=True)
class Legend:
    """A colored bar from `low` to `high`."""

    title: str
    low: float
    high: float
    digits: int  # after the point


def mode_of(frame: Frame, look: LookState) -> int:
    """Which number of the frame becomes a color; NONE where it is shown as it is."""
    return MODES.get(frame.state.look.buffer, NONE) if look.has_false_color else NONE


def legends_of(frame: Frame, look: LookState) -> tuple[Legend | None, Legend | None]:
    """What the colors mean, for the left and the right corner; one where both sides agree or only one has colors."""
    own = legend_of(frame, look)
    other = None if frame.other is None else legend_of(frame.other, look)
    return (None, own or other) if own is None or other is None or own == other else (own, other)


def legend_of(frame: Frame, look: LookState) -> Legend | None:
    """What the colors of this side mean; None without false color."""
    mode, name = mode_of(frame, look), frame.state.look.buffer.replace("_", " ")
    if mode == NONE:
        return None
    if mode == DEPTH:
        return None if frame.depth_m is None else Legend("depth, m", *frame.depth_m, digits=2)
    if mode == STOPS:
        return Legend(f"{name}, stops over {MIDDLE_GRAY:g}", LOWEST_STOP, HIGHEST_STOP, digits=0)
    return Legend(f"{name} luminance" if mode == LUMINANCE else name, 0.0, 1.0, digits=2)


def number_share(values: Tensor, mode: int, exposure_ev: float) -> Tensor:  # [..., 3] of the frame -> [...] in [0, 1]
    """Where each pixel's number lies between the legend's ends."""
    if mode == VALUE:
        return values[..., 0].clamp(0.0, 1.0)
    if mode == DEPTH:
        return ((NEAREST - values[..., 0]) / (NEAREST - FARTHEST)).clamp(0.0, 1.0)
    luminance = (values * torch.tensor(LUMINANCE_WEIGHTS)).sum(-1)
    if mode == LUMINANCE:
        return luminance.clamp(0.0, 1.0)
    stops = torch.log2(luminance.clamp(min=1e-8) / MIDDLE_GRAY) + exposure_ev
    return ((stops - LOWEST_STOP) / (HIGHEST_STOP - LOWEST_STOP)).clamp(0.0, 1.0)
