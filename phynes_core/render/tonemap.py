"""From linear radiance to what a screen or a PNG shows. shaders/frame.glsl is its twin for the window."""

from collections.abc import Callable

import torch
from torch import Tensor

from phynes_core.conventions import linear_to_srgb


def tonemap(radiance: Tensor, exposure_ev: float = 0.0, curve: str = "linear") -> Tensor:  # [..., 3] -> sRGB in [0, 1]
    """Expose by 2^ev, bend the highlights by `curve`, encode as sRGB."""
    if curve not in TONE_CURVES:
        raise ValueError(f"curve: expected one of {', '.join(TONE_CURVES)}, got '{curve}'")
    return linear_to_srgb(TONE_CURVES[curve](radiance.clamp(min=0.0) * 2.0**exposure_ev).clamp(0.0, 1.0))


def _linear(light: Tensor) -> Tensor:
    return light


def _filmic(light: Tensor) -> Tensor:
    """Narkowicz's fit of the ACES reference transform (2015), exposed so that 0.18 gray stays 0.18."""
    scaled = light * 0.722
    return scaled * (2.51 * scaled + 0.03) / (scaled * (2.43 * scaled + 0.59) + 0.14)


def _reinhard(light: Tensor) -> Tensor:
    """Extended Reinhard (2002, Eq. 4) on luminance, white at 4: keeps the hue of bright cloth."""
    weights = torch.tensor([0.2126, 0.7152, 0.0722])
    luminance = (light * weights).sum(-1, keepdim=True)
    return light * (1.0 + luminance / 16.0) / (1.0 + luminance)


TONE_CURVES: dict[str, Callable[[Tensor], Tensor]] = {"linear": _linear, "filmic": _filmic, "reinhard": _reinhard}
