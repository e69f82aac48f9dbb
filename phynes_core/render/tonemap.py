"""What a screen or a PNG shows: linear radiance through a tone curve, single numbers through a table of colors.

shaders/present/tonemap.glsl and shaders/present/false_color.glsl do the same in the window.
"""

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from phynes_core.conventions import LUMINANCE, linear_to_srgb

GRAY = 0.18  # what every curve but reinhard keeps
AGX_INSET = 0.18  # share of gray mixed into every channel
AGX_GAMMA = 2.2  # its curve gives encoded values

TABLE_SIZE = 256
LIGHTNESS = (0.22, 0.92)  # OKLab's L at 0 and at 1
HUE_DEG = (300.0, 105.0)
CHROMA = (0.108, -0.12, 0.18)  # polynomial in the number; below what sRGB holds along this path

# OKLab to the cube roots of cone responses, and those responses to linear sRGB (Ottosson 2020)
_CONES = ((1.0, 0.3963377774, 0.2158037573), (1.0, -0.1055613458, -0.0638541728), (1.0, -0.0894841775, -1.2914855480))
_SRGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def tonemap(radiance: Tensor, exposure_ev: float = 0.0, curve: str = "linear") -> Tensor:  # [..., 3] -> sRGB in [0, 1]
    """Expose by 2^ev, bend the highlights by `curve`, encode as sRGB.

    The curves are "linear" (clips), "filmic", "reinhard", "aces" and "agx".
    """
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
    weights = torch.tensor(LUMINANCE)
    luminance = (light * weights).sum(-1, keepdim=True)
    return light * (1.0 + luminance / 16.0) / (1.0 + luminance)


def _aces(light: Tensor) -> Tensor:
    """In the manner of ACES: a film curve on the channels of its wide gamut, where bright colors turn white."""
    return _film_curve(light @ _to_wide_gamut().T, 1.5, GRAY) @ torch.linalg.inv(_to_wide_gamut()).T


def _agx(light: Tensor) -> Tensor:
    """In the manner of AgX: low contrast over many stops, colors pulled toward gray before the curve and back after."""
    inset = torch.eye(3) * (1.0 - AGX_INSET) + AGX_INSET / 3.0
    encoded = _film_curve(light @ inset, 0.85, GRAY ** (1.0 / AGX_GAMMA))
    return encoded**AGX_GAMMA @ torch.linalg.inv(inset)


def _film_curve(light: Tensor, contrast: float, gray: float) -> Tensor:
    """Naka and Rushton's x^c / (x^c + s^c): a toe, a shoulder that nears 1, and 0.18 becomes `gray`."""
    powered = light.clamp(min=0.0) ** contrast
    return powered / (powered + GRAY**contrast * (1.0 / gray - 1.0))


def _to_wide_gamut() -> Tensor:  # [3, 3] linear sRGB to AP1, from the primaries and Bradford's adaptation to D60
    return torch.tensor([[0.6131, 0.3395, 0.0474], [0.0702, 0.9164, 0.0134], [0.0206, 0.1096, 0.8698]])


TONE_CURVES: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": _linear, "filmic": _filmic, "reinhard": _reinhard, "aces": _aces, "agx": _agx,
}  # fmt: skip


@cache
def color_table() -> Tensor:  # [256, 3] sRGB in [0, 1]
    """The colors of 0 to 1, from dark violet to yellow; the caller must not write into it.

    Equal steps of the number are equal steps of perceived lightness: a path through OKLab (Ottosson 2020) with linear
    lightness. Its hue turns evenly, and its chroma stays inside sRGB, so that nothing is clipped and a copy in gray
    still reads.
    """
    share = torch.linspace(0.0, 1.0, TABLE_SIZE, dtype=torch.float64)
    lightness = LIGHTNESS[0] + (LIGHTNESS[1] - LIGHTNESS[0]) * share
    hue = (HUE_DEG[0] + (HUE_DEG[1] - HUE_DEG[0]) * share) * (math.pi / 180.0)
    chroma = CHROMA[0] + CHROMA[1] * share + CHROMA[2] * share**2
    lab = torch.stack([lightness, chroma * hue.cos(), chroma * hue.sin()], -1)
    linear = (lab @ torch.tensor(_CONES, dtype=torch.float64).T) ** 3 @ torch.tensor(_SRGB, dtype=torch.float64).T
    return linear_to_srgb(linear).float()


def colored(share: Tensor) -> Tensor:  # [...] in [0, 1], clipped -> [..., 3] sRGB
    """The color of each number, between the table's entries too, as a texture lookup gives it."""
    entry = share.clamp(0.0, 1.0) * (TABLE_SIZE - 1)
    below = entry.floor().long().clamp(max=TABLE_SIZE - 2)
    table = color_table()
    return torch.lerp(table[below], table[below + 1], (entry - below)[..., None])


def wgsl_constants() -> str:
    """The curves' numbers as constants of WGSL, which stand before shaders/present/page.wgsl."""
    inset = torch.eye(3) * (1.0 - AGX_INSET) + AGX_INSET / 3.0
    matrices = {"WIDE": _to_wide_gamut(), "INSET": inset}
    matrices |= {f"{name}_INVERSE": torch.linalg.inv(matrix) for name, matrix in matrices.items()}
    lines = [
        f"const {name} = mat3x3f({', '.join(f'{number:.9g}' for number in matrix.T.reshape(-1).tolist())});"
        for name, matrix in matrices.items()  # column by column
    ]
    lines += [f"const GRAY = {GRAY};", f"const AGX_GAMMA = {AGX_GAMMA};"]
    lines += [f"const LUMINANCE = vec3f({', '.join(map(str, LUMINANCE))});"]
    lines += [f"const CURVE_{name.upper()} = {number}u;" for number, name in enumerate(TONE_CURVES)]
    return "\n".join(lines) + "\n"
