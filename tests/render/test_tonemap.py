"""Display transforms."""

import pytest
import torch

from phynes_core.render.tonemap import TONE_CURVES, tonemap


@pytest.mark.parametrize("curve", sorted(TONE_CURVES))
def test_curves_rise_from_black_and_stay_on_the_screen(curve):
    """Monotonic, black stays black, never outside [0, 1]."""
    light = torch.linspace(0, 20, 2000)[:, None].expand(-1, 3)
    shown = tonemap(light, curve=curve)
    assert shown[0].abs().max() < 1e-6 and shown.max() <= 1.0
    assert bool((shown.diff(dim=0) >= -1e-6).all())


def test_linear_is_the_srgb_curve():
    """0.5 linear is 188 of 255."""
    assert tonemap(torch.full((1, 3), 0.5))[0, 0].item() * 255 == pytest.approx(187.5, abs=0.5)


def test_the_filmic_curve_keeps_middle_grey():
    """0.18 stays 0.18, so switching curves does not change the exposure."""
    torch.testing.assert_close(
        tonemap(torch.full((1, 3), 0.18), curve="filmic"), tonemap(torch.full((1, 3), 0.18)), atol=2e-3, rtol=0
    )


def test_exposure_is_in_stops():
    """+1 EV doubles the light."""
    torch.testing.assert_close(tonemap(torch.full((1, 3), 0.2), 1.0), tonemap(torch.full((1, 3), 0.4)))


def test_an_unknown_curve_is_refused():
    """The message lists the curves."""
    with pytest.raises(ValueError, match="filmic"):
        tonemap(torch.ones(1, 3), curve="vivid")
