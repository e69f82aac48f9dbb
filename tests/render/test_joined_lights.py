"""Probes and bright sources shaded at once: their sum, where their bits can stand in a row."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from phynes_core.render.shade import DistantLights, PackedVisibility, Surface, shade

PIXELS, PLACES = 300, 40


def lights(count, corners, weights, seed):
    generator = torch.Generator().manual_seed(seed)
    bits = torch.randint(-(2**31), 2**31, (PLACES, (count + 31) // 32), generator=generator).int()
    directions = normalize(torch.randn(count, 3, generator=generator), dim=-1)
    power = torch.rand(count, 3, generator=generator)
    return DistantLights(directions, power, PackedVisibility(bits, corners, weights))


@pytest.fixture
def pair():
    """96 lights and 21."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.randint(0, PLACES, (PIXELS, 3), generator=generator).int()
    weights = torch.rand(PIXELS, 3, generator=generator)
    weights = weights / weights.sum(1, keepdim=True)
    return lights(96, corners, weights, 1), lights(21, corners, weights, 2)


@pytest.mark.parametrize("backend", ["numba", "reference"])
def test_joined_lights_shine_as_both_one_after_the_other(pair, backend):
    generator = torch.Generator().manual_seed(3)
    normal = normalize(torch.randn(PIXELS, 3, generator=generator), dim=-1)
    wo = normalize(normal + 0.5 * torch.randn(PIXELS, 3, generator=generator), dim=-1)
    albedo, roughness = torch.rand(PIXELS, 3, generator=generator), torch.rand(PIXELS, generator=generator) * 0.8 + 0.2
    surface = Surface(normal, wo, albedo, roughness, 0.04)

    def shaded(given):
        return shade(surface, given.directions, given.power, given.visibility, backend)

    together, apart = shaded(pair[0].joined(pair[1])), shaded(pair[0]) + shaded(pair[1])
    for name in ("radiance", "irradiance", "irradiance_open"):
        torch.testing.assert_close(getattr(together, name), getattr(apart, name), rtol=1e-4, atol=1e-4)
    assert apart.irradiance.mean() > 1.0


def test_lights_whose_bits_cannot_stand_in_a_row_are_not_joined(pair):
    with pytest.raises(ValueError, match="whole words of 32, got 21"):
        pair[1].joined(pair[0])
    elsewhere = replace(pair[1].visibility, corners=pair[1].visibility.corners.clone())
    with pytest.raises(ValueError, match="the same places"):
        pair[0].joined(replace(pair[1], visibility=elsewhere))
