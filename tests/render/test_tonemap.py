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


@pytest.mark.parametrize("curve", ["filmic", "aces", "agx"])
def test_film_curves_keep_middle_gray(curve):
    """0.18 stays 0.18, so switching curves does not change the exposure."""
    torch.testing.assert_close(
        tonemap(torch.full((1, 3), 0.18), curve=curve), tonemap(torch.full((1, 3), 0.18)), atol=2e-3, rtol=0
    )


@pytest.mark.parametrize("curve", ["aces", "agx"])
def test_a_blinding_color_turns_white_where_linear_light_clips_to_a_pure_one(curve):
    """All channels of a red lamp near white; the same red when dim is still clearly red."""
    red = torch.tensor([[1.0, 0.02, 0.02]])
    assert tonemap(red * 1000.0, curve=curve).min() > 0.85
    assert tonemap(torch.tensor([[1000.0, 0.0, 0.0]]))[0, 1] == 0.0
    dim = tonemap(red * 0.2, curve=curve)[0]
    assert dim[0] > 2.0 * dim[1]


def test_agx_holds_more_stops_than_aces():
    """Five stops over gray still differ from six."""
    light = 0.18 * 2.0 ** torch.tensor([[5.0], [6.0]]).expand(2, 3)
    steps = {curve: tonemap(light, curve=curve)[:, 0].diff().item() for curve in ("aces", "agx")}
    assert steps["agx"] > 2.0 * steps["aces"] > 0.0


def test_exposure_is_in_stops():
    """+1 EV doubles the light."""
    torch.testing.assert_close(tonemap(torch.full((1, 3), 0.2), 1.0), tonemap(torch.full((1, 3), 0.4)))


def test_an_unknown_curve_is_refused():
    """The message lists the curves."""
    with pytest.raises(ValueError, match="filmic"):
        tonemap(torch.ones(1, 3), curve="vivid")
