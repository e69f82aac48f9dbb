"""Textures over the UV square: kernels equal their specification; look-ups read the map on either side of a seam."""

import pytest
import torch

from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.material_edit import look_up
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig
from phynes_core.maps.texels import (
    coded,
    missing_texels,
    missing_texels_reference,
    read_texels,
    texel_differences,
    texel_differences_reference,
)

CORNERS = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])


def points(count: int) -> torch.Tensor:
    """All over the square, its corners included."""
    return torch.cat([CORNERS, torch.rand(count, 2, generator=torch.Generator().manual_seed(0))])


def steps(side: int) -> torch.Tensor:
    """Any of the four steps may be closed anywhere."""
    return torch.randint(0, 16, (side, side), generator=torch.Generator().manual_seed(1)).to(torch.uint8)


@pytest.mark.parametrize(("side", "channels"), [(2, 4), (7, 1), (64, 4), (129, 3)])
def test_reading_equals_the_specification(side, channels):
    """Neighbors differ by up to 1, so that a rounded coordinate shows. Measured: 6e-6."""
    torch.manual_seed(0)
    image, uv = coded(torch.rand(side, side, channels)), points(5000)
    torch.testing.assert_close(read_texels(image, uv), read_texels(image, uv, "reference"), atol=2e-5, rtol=0)


def test_codes_lose_nothing_that_shows():
    """Half a step of 1 / 65535, dark values included."""
    values = torch.cat([torch.linspace(0, 1, 1001), torch.linspace(0, 1e-3, 1001)])
    image = coded(values[:2000].view(20, 20, 5))
    uv = (torch.stack(torch.meshgrid(torch.arange(20), torch.arange(20), indexing="xy"), -1).view(-1, 2) + 0.5) / 20
    uv[:, 1] = 1 - uv[:, 1]
    assert (read_texels(image, uv).view(-1) - values[:2000]).abs().max() < 0.51 / 65535 + 1e-7
    assert read_texels(coded(torch.ones(2, 2, 1)), CORNERS).max() == 1.0
    assert read_texels(coded(torch.zeros(2, 2, 1)), CORNERS).min() == 0.0


@pytest.mark.parametrize(("side", "table", "channels"), [(2, 4, 1), (16, 32, 1), (64, 32, 3), (33, 100, 1)])
def test_differences_equal_the_specification(side, table, channels):
    """Values of order one over steps of 1 / 100 at most. Measured: 2e-4 of slopes up to 100."""
    values, uv, open_steps = torch.rand(side, side, channels), points(3000), steps(table)
    found, expected = texel_differences(values, uv, open_steps), texel_differences_reference(values, uv, open_steps)
    assert found.shape == (len(uv), channels, 2)
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize(("side", "table"), [(2, 4), (16, 32), (64, 32), (33, 100)])
def test_the_missing_texels_are_those_of_the_specification(side, table):
    values, uv, open_steps = torch.rand(side, side, 1), points(40), steps(table)
    values[torch.rand(side, side) < 0.5] = torch.nan
    assert torch.equal(missing_texels(values, uv, open_steps), missing_texels_reference(values, uv, open_steps))


@pytest.mark.parametrize("side", [16, 64])
def test_once_the_missing_texels_are_filled_no_difference_lacks_one(side):
    """And before, those that lack one say so."""
    values, uv, open_steps = torch.full((side, side, 1), torch.nan), points(200), steps(32)
    assert texel_differences(values, uv, open_steps).isnan().all()
    values.view(-1)[missing_texels(values, uv, open_steps)] = 0.25
    assert not texel_differences(values, uv, open_steps).isnan().any()
    assert values.isnan().any() and not len(missing_texels(values, uv, open_steps))


def test_look_ups_between_two_charts_read_the_map_on_either_side():
    """A map is continuous over the square: an edge between charts is no place of larger errors. Measured: 5e-3 both."""
    torch.manual_seed(2)
    grid = HashEncodingConfig(num_levels=4, log2_entries=12, base_resolution=8, finest_resolution=32)
    albedo = NeuralMap(NeuralMapConfig(4, 3, output="sigmoid", pose_dim=0, encoding=grid)).requires_grad_(False)
    albedo.encoding.grid.normal_(std=0.5)
    side = 128
    center = (torch.arange(side) + 0.5) / side
    texel_uv = torch.stack(torch.meshgrid(center, 1 - center, indexing="xy"), -1).view(-1, 2)
    image = coded(albedo(texel_uv, torch.zeros(0)).view(side, side, 4))
    uv = torch.rand(4000, 2)
    uv[:2000, 0] = 0.5 + (uv[:2000, 0] - 0.5) / side  # within a texel of the edge of two charts, at u = 1/2
    errors = (read_texels(image, uv) - albedo(uv, torch.zeros(0))).abs().amax(1)
    assert errors[:2000].max() < 1.5 * errors[2000:].max() and errors.max() < 0.05


def test_row_0_is_v_1():
    image = torch.zeros(4, 4, 1)
    image[0] = 1.0
    uv = torch.tensor([[0.5, 1.0], [0.5, 0.0]])
    assert read_texels(coded(image), uv)[:, 0].tolist() == look_up(image, uv)[:, 0].tolist() == [1.0, 0.0]
