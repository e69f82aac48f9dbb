"""Environments become probes without losing light, whatever their size and yaw."""

import math

import numpy as np
import pytest
import torch

from phynes_core.conventions import PROBE_PATCH, latlong_solid_angles, rotation_about_y
from phynes_core.errors import ImageError
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png
from phynes_core.io.shipped_files import ASSETS
from phynes_core.render.probes import (
    Environment,
    environment_to_probes,
    load_environment_image,
    probe_directions,
    probes_from_image,
)


def _energy(image: torch.Tensor) -> torch.Tensor:  # [3], integral of the radiance over the sphere
    return (image.double() * latlong_solid_angles(*image.shape[:2]).double()[..., None]).sum((0, 1))


@pytest.mark.parametrize("yaw", [0.0, 3.7, 90.0, -123.4, 359.99])
@pytest.mark.parametrize("size", [(16, 32), (64, 128), (50, 100), (7, 14)])
def test_the_total_energy_does_not_depend_on_the_yaw(size, yaw):
    """Required within 1 %; measured 3e-7."""
    image = torch.rand(*size, 3, generator=torch.Generator().manual_seed(1)) ** 8 * 50
    probes = environment_to_probes(Environment(image, yaw_deg=yaw))
    torch.testing.assert_close(probes.power.double().sum(0), _energy(image), rtol=1e-5, atol=0)


def test_a_light_at_plus_z_stands_at_plus_x_after_ninety_degrees():
    """The worked vector of conventions.py: the brightest probe follows the turn."""
    image = torch.zeros(64, 128, 3)
    image[31:33, 95:97] = 1.0  # u = 0.75 is +Z
    for yaw, expected in ((0.0, [0.0, 0.0, 1.0]), (90.0, [1.0, 0.0, 0.0]), (180.0, [0.0, 0.0, -1.0])):
        probes = environment_to_probes(Environment(image, yaw_deg=yaw))
        mean = torch.nn.functional.normalize((probes.power[:, :1] * probes.directions).sum(0), dim=0)
        torch.testing.assert_close(mean, torch.tensor(expected), atol=0.02, rtol=0)
        turned = rotation_about_y(yaw) @ torch.tensor([0.0, 0.0, 1.0])
        torch.testing.assert_close(mean, turned, atol=0.02, rtol=0)


def test_whole_cells_of_yaw_only_permute_a_probe_image():
    """11.25 degrees are one of 32 columns."""
    image = torch.rand(16, 32, 3)
    turned = environment_to_probes(Environment(image, yaw_deg=11.25 * 3)).radiance.view(16, 32, 3)
    torch.testing.assert_close(turned, image.roll(-3, 1), atol=1e-5, rtol=0)


def test_turning_is_continuous():
    """Half a cell of yaw is the mean of its two neighbors."""
    image = torch.rand(16, 32, 3)
    half = environment_to_probes(Environment(image, yaw_deg=11.25 / 2)).radiance.view(16, 32, 3)
    torch.testing.assert_close(half, 0.5 * (image + image.roll(-1, 1)), atol=1e-5, rtol=0)


def test_intensity_and_tint_scale_the_light():
    """Linear in both."""
    image = torch.rand(16, 32, 3)
    plain = environment_to_probes(Environment(image)).radiance
    scaled = environment_to_probes(Environment(image, intensity=2.5, tint=(1.0, 0.5, 0.0))).radiance
    torch.testing.assert_close(scaled, plain * torch.tensor([2.5, 1.25, 0.0]))


def test_probes_are_unit_directions_with_the_whole_sphere_between_them():
    """Directions are unit; solid angles sum to 4 pi; the cosine integral is that of the grid (FORMATS section 2)."""
    probes = probes_from_image(torch.ones(16, 32, 3))
    torch.testing.assert_close(probes.directions.norm(dim=-1), torch.ones(512))
    assert probes.solid_angle.sum().item() == pytest.approx(4 * math.pi, rel=1e-6)
    up = (probes.solid_angle * probes.directions[:, 1].clamp(min=0)).sum().item()
    side = (probes.solid_angle * probes.directions[:, 0].clamp(min=0)).sum().item()
    assert up / math.pi == pytest.approx(1.0048, abs=2e-4)
    assert side / math.pi == pytest.approx(1.0000, abs=2e-4)


def test_the_probe_grid_can_be_finer():
    """Other sizes than 16 x 32 are only a parameter."""
    probes = environment_to_probes(Environment(torch.rand(64, 128, 3)), rows=8, columns=20)
    assert probes.radiance.shape == (160, 3)
    assert probe_directions(8, 20).shape == (160, 3)


@pytest.mark.parametrize("name", ["studio", "night", "sunset"])
def test_shipped_environments_load(name):
    """Light-carrying, finite, not negative, lat-long."""
    image = load_environment_image(ASSETS / "probes" / f"{name}.exr")
    assert image.shape[1] == 2 * image.shape[0]
    assert bool(image.isfinite().all()) and image.min() >= 0 and image.max() > 1


def test_bad_texels_become_dark(tmp_path):
    """NaN, infinity and negative radiance never reach the shading."""
    pixels = np.ones((4, 8, 3), np.float32)
    pixels[0, 0], pixels[1, 1], pixels[2, 2] = np.nan, np.inf, -3.0
    write_exr(tmp_path / "e.exr", pixels)
    image = load_environment_image(tmp_path / "e.exr")
    assert image[0, 0, 0] == 0 and image[1, 1, 0] == 0 and image[2, 2, 0] == 0 and image[3, 3, 0] == 1


def test_a_png_is_taken_as_srgb(tmp_path):
    """188 is 0.5 in linear light."""
    write_png(tmp_path / "e.png", np.full((4, 8, 3), 188, np.uint8))
    assert load_environment_image(tmp_path / "e.png").mean().item() == pytest.approx(0.5, abs=0.005)


def test_pictures_that_are_no_environment_are_refused(tmp_path):
    """The message names the file, what was expected and what was found."""
    write_png(tmp_path / "square.png", np.full((8, 8, 3), 9, np.uint8))
    write_png(tmp_path / "dark.png", np.zeros((4, 8, 3), np.uint8))
    (tmp_path / "light.txt").write_text("no picture")
    for name, words in (
        ("square.png", "twice as wide"),
        ("dark.png", "only zeros"),
        ("light.txt", ".exr, .hdr or .png"),
    ):
        with pytest.raises(ImageError, match=words) as caught:
            load_environment_image(tmp_path / name)
        assert name in str(caught.value)


def test_patches_are_the_same_probes_with_neighbors_side_by_side():
    """Every probe once, with its light; sixteen of a patch lie within 70 degrees of one another."""
    probes = environment_to_probes(Environment(torch.rand(16, 32, 3, generator=torch.Generator().manual_seed(0))))
    patches = probes.in_patches()
    column = [torch.cat([p.directions, p.radiance, p.solid_angle[:, None]], 1) for p in (probes, patches)]
    assert torch.equal(*(torch.unique(rows, dim=0) for rows in column))
    assert len(torch.unique(column[1], dim=0)) == 512
    groups = patches.directions.view(-1, PROBE_PATCH, 3)
    assert (groups @ groups.mT).amin() > math.cos(math.radians(70))
