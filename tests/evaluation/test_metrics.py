"""Metrics against numbers worked by hand and closed forms."""

import math

import pytest
import torch

from phynes_core.evaluation.metrics import (
    baked_shading,
    eroded,
    mean_of,
    median_aligned,
    normal_degrees,
    psnr,
    rmse,
    ssim,
    surface_distances,
)


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


def test_ssim_is_one_for_equal_images_and_matches_torchmetrics():
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(40, 32, 3, generator=generator)
    image = (truth + 0.1 * torch.randn(40, 32, 3, generator=generator)).clamp(0, 1)
    assert ssim(truth, truth) == pytest.approx(1.0)
    torchmetrics = pytest.importorskip("torchmetrics.functional.image")
    theirs = torchmetrics.structural_similarity_index_measure(
        image.permute(2, 0, 1)[None].double(), truth.permute(2, 0, 1)[None].double(), data_range=1.0
    )
    assert ssim(image, truth) == pytest.approx(float(theirs), abs=2e-3)  # theirs pads the border, ours does not


def test_median_alignment_takes_out_a_scale_for_each_channel():
    generator = torch.Generator().manual_seed(1)
    truth = torch.rand(8, 8, 3, generator=generator) + 0.1
    truth[0] = 0.0  # background
    image = truth * torch.tensor([2.0, 0.5, 3.0])
    assert torch.allclose(median_aligned(image, truth), truth, atol=1e-6)


def test_median_alignment_worked_by_hand():
    truth = torch.tensor([[[1.0], [2.0], [6.0], [0.0]]])
    image = torch.tensor([[[1.0], [1.0], [2.0], [9.0]]])  # the last pixel is background in the truth: not looked at
    assert median_aligned(image, truth).flatten().tolist() == [2.0, 2.0, 4.0, 18.0]


def test_erosion_takes_one_pixel_off_the_rim_and_the_image_border():
    coverage = torch.zeros(6, 6)
    coverage[0:5, 1:5] = 1.0
    coverage[4, 1] = 0.4  # mostly background
    inside = eroded(coverage)
    expected = torch.zeros(6, 6, dtype=torch.bool)
    expected[1:4, 2:4] = True
    expected[3, 2] = False
    assert torch.equal(inside, expected)


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


def test_mean_of_nothing_is_none():
    assert mean_of([]) is None
    assert mean_of([1.0, 3.0]) == 2.0
