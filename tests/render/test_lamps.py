"""Lamps: where they stand and how their disc is sampled."""

import math

import pytest
import torch

from phynes_core.render.lamps import Lamp, lamp_directions


def test_a_single_ray_goes_to_the_middle():
    """Orbit angles, as the camera's."""
    torch.testing.assert_close(lamp_directions(Lamp(90.0, 0.0), 1), torch.tensor([[1.0, 0.0, 0.0]]))


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 200.0])
@pytest.mark.parametrize("elevation", [-80.0, 0.0, 90.0])
def test_samples_lie_in_the_cone_and_fill_it(azimuth, elevation):
    """All within the angular radius; their mean is the axis; the mean squared angle is that of a disc."""
    lamp = Lamp(azimuth, elevation, angular_radius_deg=5.0)
    directions = lamp_directions(lamp, 64)
    angles = torch.acos((directions @ lamp.direction).clamp(max=1.0))
    assert angles.max().item() <= math.radians(5.0) + 1e-4
    torch.testing.assert_close(directions.mean(0), lamp.direction, atol=3e-3, rtol=0)  # the cap bends away: 2e-3
    assert (angles**2).mean().item() == pytest.approx(0.5 * math.radians(5.0) ** 2, rel=0.02)


def test_irradiance_is_intensity_times_color():
    """What a facing surface receives."""
    torch.testing.assert_close(Lamp(0, 0, 2.0, (1.0, 0.5, 0.25)).irradiance, torch.tensor([2.0, 1.0, 0.5]))
