"""Metrics against numbers worked by hand and closed forms."""

import math

import pytest
import torch

from phynes_core.conventions import latlong_directions
from phynes_core.evaluation.metrics.errors import (
    baked_shading,
    light_error,
    normal_degrees,
    psnr,
    rmse,
    surface_distances,
)
from phynes_core.evaluation.results import mean_of


def test_psnr_of_a_constant_difference():
    truth = torch.zeros(4, 4, 3)
    assert psnr(truth + 0.1, truth) == pytest.approx(20.0, abs=1e-4)


def test_psnr_over_a_mask_looks_only_there():
    truth, image = torch.zeros(2, 2, 1), torch.zeros(2, 2, 1)
    image[0, 0] = 0.1
    image[1, 1] = 1.0
    mask = torch.tensor([[True, True], [False, False]])
    assert psnr(image, truth, mask) == pytest.approx(-10 * math.log10(0.01 / 2), abs=1e-4)
    with pytest.raises(ValueError, match="at least one pixel"):
        psnr(image, truth, torch.zeros(2, 2, dtype=torch.bool))


def test_normals_thirty_degrees_apart():
    truth = torch.tensor([0.0, 0.0, 1.0]).expand(3, 3, 3)
    tilted = torch.tensor([0.5, 0.0, math.sqrt(0.75)]).expand(3, 3, 3)
    everywhere = torch.ones(3, 3, dtype=torch.bool)
    assert normal_degrees(tilted, truth, everywhere) == pytest.approx(30.0, abs=1e-4)
    assert normal_degrees(truth, truth, everywhere) == pytest.approx(0.0, abs=1e-4)


def test_baked_shading_is_the_power_of_the_shading_in_the_albedo():
    generator = torch.Generator().manual_seed(2)
    truth, shading = (torch.rand(9, 9, 3, generator=generator) * 0.8 + 0.1 for _ in range(2))
    truth, shading = truth.mean(-1, keepdim=True).expand(-1, -1, 3), shading.mean(-1, keepdim=True).expand(-1, -1, 3)
    everywhere = torch.ones(9, 9, dtype=torch.bool)
    assert baked_shading(truth * 2.0, truth, shading, everywhere) == pytest.approx(0.0, abs=1e-6)
    assert baked_shading(truth * shading**0.5, truth, shading, everywhere) == pytest.approx(0.5, abs=1e-5)


def test_rmse_over_a_mask():
    mask = torch.tensor([[True, True, False]])
    values, truth = torch.tensor([[3.0, 0.0, 9.0]]), torch.tensor([[0.0, 4.0, 0.0]])
    assert rmse(values, truth, mask) == pytest.approx(math.sqrt(12.5))


def test_two_parallel_squares_are_their_distance_apart_in_centimetres():
    square = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    p2s, cd = surface_distances(square + torch.tensor([0.0, 0.0, 0.02]), faces, square, faces, samples=500)
    assert p2s == pytest.approx(2.0, abs=1e-3)
    assert cd == pytest.approx(2.0, abs=1e-3)


def test_a_light_that_is_off_by_a_factor_a_channel_is_right():
    truth = 0.1 + torch.rand(16, 32, 3, generator=torch.Generator().manual_seed(3))
    ours, error = light_error(truth * torch.tensor([2.0, 0.5, 3.0]), truth)
    assert error == pytest.approx(0.0, abs=1e-6)
    assert torch.allclose(ours, truth, rtol=1e-5)


def test_a_uniform_light_misses_what_a_gradient_gives_to_each_side():
    """Irradiance of L = 1 + y is pi + (2 pi / 3) n.y; a constant leaves rms(2 pi / 3 n.y) = 2 pi / 3 / sqrt(3)."""
    gradient = (1.0 + latlong_directions(16, 32)[..., 1:2]).expand(-1, -1, 3)
    _, error = light_error(torch.ones(16, 32, 3), gradient)
    ripple = (2 * math.pi / 3) ** 2 / 3
    assert error == pytest.approx(math.sqrt(ripple / (math.pi**2 + ripple)), rel=0.02)  # 16 x 32 cells


def test_mean_of_nothing_is_none():
    assert mean_of([]) is None
    assert mean_of([1.0, 3.0]) == 2.0
