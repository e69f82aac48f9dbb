"""Black-body colors: published chromaticities, and the colors of lamps."""

import pytest

from app.model.blackbody import blackbody_color, chromaticity, lamp_color
from app.model.lamps import LampState


@pytest.mark.parametrize(
    "kelvin, x, y",
    [
        (2000.0, 0.5267, 0.4133), (2855.6, 0.4476, 0.4074), (5000.0, 0.3451, 0.3516), (6500.0, 0.3135, 0.3237),
        (10000.0, 0.2807, 0.2884),
    ],
)  # fmt: skip
def test_chromaticities_are_those_of_the_planckian_locus(kelvin, x, y):
    """CIE illuminant A and the locus's published points; the fitted matching functions cost a few thousandths."""
    assert chromaticity(kelvin) == pytest.approx((x, y), abs=4e-3)


def test_6500_kelvin_is_white():
    """D65, the screen's white, lies a little above the locus: within 5 % in every channel."""
    assert blackbody_color(6500.0) == pytest.approx((1.0, 1.0, 1.0), abs=0.05)


def test_low_temperatures_are_red_high_ones_blue_and_all_have_luminance_1():
    ratios = [blackbody_color(kelvin)[0] / blackbody_color(kelvin)[2] for kelvin in (2500, 4000, 6500, 9000, 14000)]
    assert ratios == sorted(ratios, reverse=True)
    for kelvin in (1000.0, 3200.0, 12000.0, 1e9):
        red, green, blue = blackbody_color(kelvin)
        assert 0.2126 * red + 0.7152 * green + 0.0722 * blue == pytest.approx(1.0) and min(red, green, blue) >= 0.0


def test_a_lamp_has_its_picked_color_until_it_is_given_a_temperature():
    assert lamp_color(LampState(color=(0.1, 0.2, 0.3))) == (0.1, 0.2, 0.3)
    assert lamp_color(LampState(temperature_k=3200.0)) == blackbody_color(3200.0)
