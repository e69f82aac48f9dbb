"""The color of a black body by its temperature in kelvin, and so of lamps that have one."""

import math
from functools import lru_cache

from app.model.fields import Rgb, range_of
from app.model.lamps import LampState

SECOND_RADIATION_NM_K = 1.438777e7  # h c / k
_STEP_NM = 5


def _lobe(wavelength_nm: float, middle: float, left: float, right: float) -> float:
    width = left if wavelength_nm < middle else right
    return math.exp(-0.5 * ((wavelength_nm - middle) / width) ** 2)


def _matching(nm: float) -> tuple[float, float, float]:
    """CIE 1931's x, y, z, as fitted by Wyman, Sloan and Shirley (JCGT 2013)."""
    x = (
        1.056 * _lobe(nm, 599.8, 37.9, 31.0)
        + 0.362 * _lobe(nm, 442.0, 16.0, 26.7)
        - 0.065 * _lobe(nm, 501.1, 20.4, 26.2)
    )
    y = 0.821 * _lobe(nm, 568.8, 46.9, 40.5) + 0.286 * _lobe(nm, 530.9, 16.3, 31.1)
    z = 1.217 * _lobe(nm, 437.0, 11.8, 36.0) + 0.681 * _lobe(nm, 459.0, 26.0, 13.8)
    return x, y, z


def chromaticity(temperature_k: float) -> tuple[float, float]:  # CIE 1931 x, y
    """CIE chromaticity of a black body's spectrum (Planck's law)."""
    total = [0.0, 0.0, 0.0]
    for nm in range(380, 781, _STEP_NM):
        power = nm**-5.0 / math.expm1(SECOND_RADIATION_NM_K / (nm * temperature_k))
        total = [share + power * weight for share, weight in zip(total, _matching(nm), strict=True)]
    return total[0] / sum(total), total[1] / sum(total)


@lru_cache(maxsize=256)
def blackbody_color(temperature_k: float) -> Rgb:
    """Linear sRGB of luminance 1, whatever the temperature; negative channels (outside the gamut) are clipped to 0."""
    declared = range_of(LampState, "temperature_k")
    x, y = chromaticity(min(max(temperature_k, declared.least), declared.most))
    cie_x, cie_z = x / y, (1.0 - x - y) / y  # tristimulus values with Y = 1
    red = max(0.0, 3.2406 * cie_x - 1.5372 - 0.4986 * cie_z)
    green = max(0.0, -0.9689 * cie_x + 1.8758 + 0.0415 * cie_z)
    blue = max(0.0, 0.0557 * cie_x - 0.2040 + 1.0570 * cie_z)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return red / luminance, green / luminance, blue / luminance


def lamp_color(lamp: LampState) -> Rgb:
    """The lamp's linear RGB color, which multiplies its intensity."""
    return blackbody_color(lamp.temperature_k) if lamp.temperature_k > 0 else lamp.color


def shown_color(lamp: LampState) -> Rgb:
    """The lamp's color for widgets and gizmos, scaled so that no channel is above 1."""
    red, green, blue = lamp_color(lamp)
    peak = max(red, green, blue, 1.0)
    return red / peak, green / peak, blue / peak
