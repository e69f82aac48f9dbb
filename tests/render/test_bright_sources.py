"""Bright sources as lamps: where they stand, how wide they are, and that no energy is lost."""

import math

import pytest
import torch
from torch import Tensor

from phynes_core.conventions import latlong_directions, latlong_solid_angles, orbit_direction
from phynes_core.render.bright_sources import split_bright_sources
from phynes_core.render.lamps import lamp_directions
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

ROWS, COLUMNS = 128, 256
TEXEL_DEG = 180.0 / ROWS


def _sky(*suns: tuple[float, float, float, float]) -> Tensor:
    """A blue gradient with a white disc for each azimuth, elevation, radius (degrees) and radiance."""
    directions = latlong_directions(ROWS, COLUMNS)
    up = 0.5 + 0.5 * directions[..., 1:2]
    image = 0.2 + 0.8 * up * torch.tensor([0.4, 0.6, 1.0])
    for azimuth, elevation, radius, radiance in suns:
        cosine = (directions @ orbit_direction(azimuth, elevation)).clamp(-1.0, 1.0)
        image = torch.where((torch.rad2deg(cosine.acos()) < radius)[..., None], radiance * torch.ones(3), image)
    return image


def _power(image: Tensor) -> Tensor:
    return (image.double() * latlong_solid_angles(*image.shape[:2])[..., None].double()).sum((0, 1))


def _angle_deg(a: Tensor, b: Tensor) -> float:
    return math.degrees(torch.linalg.cross(a, b).norm().clamp(max=1.0).asin().item())


@pytest.mark.parametrize("azimuth, elevation", [(40.0, 30.0), (-90.0, 12.0), (-89.0, 3.0), (10.0, 89.5), (70.0, -88.0)])
def test_a_sun_is_found_within_a_texel(azimuth, elevation):
    """Anywhere: in the middle, across the picture's left and right edge (azimuth -90), at the poles."""
    _, lamps = split_bright_sources(Environment(_sky((azimuth, elevation, 2.5, 300.0))), 4)
    assert len(lamps) == 1
    assert _angle_deg(lamps[0].direction, orbit_direction(azimuth, elevation)) < 0.5 * TEXEL_DEG
    assert lamps[0].angular_radius_deg == pytest.approx(2.5, abs=0.5 * TEXEL_DEG)


@pytest.mark.parametrize("yaw_deg", [0.0, 37.3, 180.0, -123.4])
def test_no_energy_is_lost_at_any_turn(yaw_deg):
    """Probes of the rest plus lamps hold what the picture holds, per color, scaled and tinted."""
    image = _sky((40.0, 30.0, 1.5, 500.0), (-100.0, 5.0, 3.0, 40.0))
    environment = Environment(image, yaw_deg, 1.7, (1.0, 0.5, 0.25))
    light = Lighting(environment).split(8)
    assert len(light.sources) >= 2
    total = light.probes().power.double().sum(0) + sum(lamp.irradiance.double() for lamp in light.sources)
    expected = _power(image) * 1.7 * torch.tensor([1.0, 0.5, 0.25])
    torch.testing.assert_close(total, expected.to(total.dtype), rtol=1e-5, atol=0)


def test_the_rest_keeps_the_background():
    """Where a sun was, the sky is as bright as a source must exceed, and nothing elsewhere has changed."""
    image, bare = _sky((40.0, 30.0, 2.0, 300.0)), _sky()
    rest, _ = split_bright_sources(Environment(image), 4)
    was_sun = (image != bare).any(-1)
    assert torch.equal(rest.image[~was_sun], image[~was_sun])
    assert rest.image[was_sun].max() < 10.0 and rest.image[was_sun].min() > 0.5
    assert (rest.image >= 0).all()


def test_facing_planes_receive_what_the_picture_says():
    """Irradiance of planes around the sky, from rest and lamp, within 1 % of the whole picture's integral."""
    image = _sky((40.0, 30.0, 1.2, 2000.0))
    light = Lighting(Environment(image)).split(8)
    directions = latlong_directions(ROWS, COLUMNS).double().view(-1, 3)
    texels = image.double().view(-1, 3) * latlong_solid_angles(ROWS, COLUMNS).double().view(-1, 1)
    probes = light.probes()
    worst, without = 0.0, 0.0
    for azimuth, elevation in ((40.0, 30.0), (0.0, 0.0), (100.0, 60.0), (0.0, 90.0), (-20.0, -20.0), (125.0, 5.0)):
        normal = orbit_direction(azimuth, elevation).double()
        expected = (texels * (directions @ normal).clamp(min=0)[:, None]).sum(0)
        ours = (probes.power.double() * (probes.directions.double() @ normal).clamp(min=0)[:, None]).sum(0)
        for lamp in light.sources:
            rays = lamp_directions(lamp, 16).double()
            ours += lamp.irradiance * (rays @ normal).clamp(min=0).mean()
        worst = max(worst, ((ours - expected).abs() / expected).max().item())
        cells = Lighting(Environment(image)).probes()
        coarse = (cells.power.double() * (cells.directions.double() @ normal).clamp(min=0)[:, None]).sum(0)
        without = max(without, ((coarse - expected).abs() / expected).max().item())
    assert worst < 0.01 < without


def test_turning_the_sky_turns_the_same_lamps():
    """No new search, so nothing flickers: directions turn with the sky, power and width stay to the bit."""
    image = _sky((40.0, 30.0, 1.5, 500.0), (-60.0, 10.0, 2.0, 100.0))
    _, still = split_bright_sources(Environment(image), 4)
    for yaw_deg in (0.01, 90.0, 200.0):
        rest, turned = split_bright_sources(Environment(image, yaw_deg), 4)
        assert [lamp.intensity for lamp in turned] == [lamp.intensity for lamp in still]
        for before, after in zip(still, turned, strict=True):
            expected = orbit_direction(before.azimuth_deg + yaw_deg, before.elevation_deg)
            assert _angle_deg(after.direction, expected) < 1e-3
        assert rest.image is split_bright_sources(Environment(image), 4)[0].image


def test_a_wide_window_becomes_several_lamps_and_most_is_kept():
    """A source of 8 degrees radius exceeds a lamp's reach; the budget is never exceeded, whatever its size."""
    image = _sky((40.0, 30.0, 8.0, 60.0))
    for most in (1, 3, 8):
        rest, lamps = split_bright_sources(Environment(image), most)
        assert 1 <= len(lamps) <= most
        assert all(lamp.angular_radius_deg < 6.0 for lamp in lamps)
        total = _power(rest.image) + sum(lamp.irradiance.double() for lamp in lamps)
        torch.testing.assert_close(total, _power(image), rtol=1e-5, atol=0)
    assert len(lamps) >= 3


def test_smooth_skies_and_small_pictures_have_no_sources():
    """A gradient, a uniform picture, the 16 x 32 light learned in training, and a budget of none."""
    spiky = torch.ones(16, 32, 3)
    spiky[5, 7] = 1000.0
    for image in (_sky(), torch.ones(ROWS, COLUMNS, 3), spiky):
        rest, lamps = split_bright_sources(Environment(image), 8)
        assert lamps == () and rest.image is image
    assert split_bright_sources(Environment(_sky((0.0, 0.0, 1.0, 900.0))), 0)[1] == ()
