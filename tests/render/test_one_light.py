"""One light of many."""

import pytest
import torch

from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting, one_light
from phynes_core.render.probes import Environment

SKY = torch.full((16, 32, 3), 0.1)


def test_a_lamp_is_found_by_number_and_shines_even_when_it_is_off():
    lighting = Lighting(Environment(SKY), (Lamp(10.0, 20.0), Lamp(30.0, 40.0, intensity=0.0)))
    alone = one_light(lighting, "lamp:1", 8)
    assert alone.environment is None and len(alone.lamps) == 1
    assert (alone.lamps[0].azimuth_deg, alone.lamps[0].intensity) == (30.0, 1.0)


def test_without_a_name_the_first_lamp_then_the_sun_then_the_brightest_probe():
    sky = SKY.clone()
    sky[3, 7] = 9.0
    assert one_light(Lighting(Environment(sky), (Lamp(10.0, 20.0),)), "", 8).lamps[0].azimuth_deg == 10.0
    alone = one_light(Lighting(Environment(sky)), "", 8)
    assert alone.environment is not None
    assert torch.nonzero(alone.environment.image.sum(-1)).tolist() == [[3, 7]]
    sunny = torch.full((128, 256, 3), 0.1)
    sunny[40:42, 192:194] = 4000.0  # u = 0.75: +Z
    source = one_light(Lighting(Environment(sunny)), "", 8).lamps[0]
    assert source.azimuth_deg == pytest.approx(0.0, abs=1.5) and source.elevation_deg == pytest.approx(32.0, abs=1.5)


@pytest.mark.parametrize("name", ["lamp:0", "probe:512", "probe:-1", "moon:0", "probe"])
def test_a_light_that_is_not_there_is_an_error_that_says_what_is(name):
    with pytest.raises(ValueError, match="probe:0 to probe:511"):
        one_light(Lighting(Environment(SKY)), name, 8)
