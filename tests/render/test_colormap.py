"""The colors of numbers keep their order and their distances."""

import pytest
import torch

from phynes_core.conventions import srgb_to_linear
from phynes_core.render.tonemap import TABLE_SIZE, color_table, colored


def lightness(srgb):
    """CIE L*: another scale than the one the table is made in."""
    luminance = srgb_to_linear(srgb.double()) @ torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.float64)
    return 116.0 * luminance.clamp(min=0.008856) ** (1.0 / 3.0) - 16.0


def test_lightness_rises_at_every_step_and_evenly():
    steps = lightness(color_table()).diff()
    assert (steps > 0).all()
    assert steps.max() < 1.45 * steps.mean() and steps.min() > 0.55 * steps.mean()


def test_every_color_is_one_that_a_screen_shows():
    assert (color_table() > 0.0).all() and (color_table() < 1.0).all()


def test_between_two_entries_colors_mix_and_beyond_the_ends_they_stay():
    table = color_table()
    middle = colored(torch.tensor([0.5 / (TABLE_SIZE - 1), -3.0, 7.0]))
    assert middle[0].tolist() == pytest.approx(((table[0] + table[1]) / 2).tolist(), abs=1e-6)
    assert torch.equal(middle[1], table[0]) and torch.equal(middle[2], table[-1])
