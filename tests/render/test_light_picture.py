"""The light as a picture and in two balls: energy, places, closed forms."""

import math

import pytest
import torch

from phynes_core.conventions import latlong_directions, latlong_solid_angles
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.light_picture import GRAY, film_set_balls, irradiance, picture_of_light, sample_latlong
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

ORIGIN = torch.zeros(3)
UNIFORM = Environment(torch.full((16, 32, 3), 0.7))


@pytest.mark.parametrize("rows, columns", [(16, 32), (64, 128), (5, 10)])
def test_a_picture_of_the_light_holds_all_its_power(rows, columns):
    """Sky 4 pi L, a sun its irradiance, a lamp at 2 m a quarter of its intensity: exact sums over solid angle."""
    lighting = Lighting(UNIFORM, (Lamp(30.0, 20.0, 2.0, (1.0, 0.5, 0.0)),), (), (AreaLamp((0.0, 0.0, 2.0), 8.0),))
    picture = picture_of_light(lighting, ORIGIN, rows, columns)
    power = (picture * latlong_solid_angles(rows, columns)[..., None]).sum((0, 1))
    expected = 4 * math.pi * 0.7 + torch.tensor([2.0, 1.0, 0.0]) + 2.0
    torch.testing.assert_close(power, expected, rtol=1e-4, atol=0)


def test_a_lamp_stands_in_the_picture_where_it_shines_from():
    picture = picture_of_light(Lighting(None, (Lamp(90.0, 0.0, 1.0, angular_radius_deg=3.0),)), ORIGIN, 64, 128)
    directions = latlong_directions(64, 128)[picture[..., 0] > 0]
    assert (directions[:, 0] > math.cos(math.radians(5.0))).all()  # +X


def test_saved_light_lights_as_before():
    """The picture's cells, taken as probes again, give a tilted surface the same irradiance within the cells' width."""
    lighting = Lighting(UNIFORM, (Lamp(40.0, 30.0, 3.0),))
    again = Lighting(Environment(picture_of_light(lighting, ORIGIN, 16, 32)))
    normal = torch.nn.functional.normalize(torch.tensor([[0.3, 0.8, 0.5]]), dim=-1)
    torch.testing.assert_close(
        irradiance(again, ORIGIN, normal), irradiance(lighting, ORIGIN, normal), rtol=0.02, atol=0
    )


def test_under_uniform_light_the_chrome_ball_vanishes_and_the_gray_one_is_gray():
    """Mirror: L everywhere. Gray: 0.18 L (512 cells integrate the cosine to 1 %)."""
    camera = orbit_camera(ORIGIN, 35.0, 20.0, 3.0, 64, 64)
    lighting = Lighting(UNIFORM)
    balls = film_set_balls(lighting, picture_of_light(lighting, ORIGIN, 32, 64), camera, ORIGIN, 24)
    assert balls.shape == (24, 48, 4) and balls[0, 0, 3] == 0 and balls[12, 12, 3] == 1
    covered = balls[..., 3] == 1
    chrome, gray = balls[:, :24][covered[:, :24]], balls[:, 24:][covered[:, 24:]]
    torch.testing.assert_close(chrome[:, :3], torch.full_like(chrome[:, :3], 0.7), rtol=1e-3, atol=0)
    torch.testing.assert_close(gray[:, :3], torch.full_like(gray[:, :3], GRAY * 0.7), rtol=0.01, atol=0)


@pytest.mark.parametrize("azimuth, side", [(0.0, "right"), (180.0, "left")])
def test_both_balls_are_lit_from_the_side_where_the_lamp_stands(azimuth, side):
    """A lamp at +X: right in the picture from the front, left from behind."""
    camera = orbit_camera(ORIGIN, azimuth, 0.0, 3.0, 64, 64)
    lighting = Lighting(None, (Lamp(90.0, 10.0, math.pi, angular_radius_deg=8.0),))
    balls = film_set_balls(lighting, picture_of_light(lighting, ORIGIN, 64, 128), camera, ORIGIN, 32)[..., 0]
    for ball in (balls[:, :32], balls[:, 32:]):
        left, right = ball[:, :16].sum(), ball[:, 16:].sum()
        assert (right > 5 * left) == (side == "right") and (left > 5 * right) == (side == "left")


def test_the_middle_of_the_chrome_ball_mirrors_what_stands_behind_the_camera():
    image = torch.zeros(32, 64, 3)
    image[..., 2] = (latlong_directions(32, 64)[..., 2] > 0).float()  # blue toward +Z, where the camera is
    camera = orbit_camera(ORIGIN, 0.0, 0.0, 3.0, 64, 64)
    balls = film_set_balls(Lighting(Environment(image)), image, camera, ORIGIN, 33)
    assert balls[16, 16, 2] == 1.0 and balls[16, 1, 2] < 0.2 * balls[16, 1, 3] + 1e-6


def test_sampling_a_sky_wraps_around_and_gives_texel_centers_exactly():
    picture = torch.rand(8, 16, 3, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(sample_latlong(picture, latlong_directions(8, 16)), picture, rtol=0, atol=1e-4)
    seam = sample_latlong(picture, torch.tensor([-1.0, 0.0, 0.0]))
    torch.testing.assert_close(seam, picture[3:5, [0, 15]].mean((0, 1)), rtol=0, atol=1e-4)
