"""SSIM and MS-SSIM against closed forms and torchmetrics."""

import pytest
import torch

from phynes_core.evaluation.metrics.ssim import C1, SCALE_WEIGHTS, ms_ssim, ssim

torchmetrics = pytest.importorskip("torchmetrics.functional.image")


def noisy(size, seed=0, amount=0.1):
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(*size, 3, generator=generator)
    return (truth + amount * torch.randn(*size, 3, generator=generator)).clamp(0, 1), truth


def batched(image):
    return image.permute(2, 0, 1)[None].double()


def test_equal_images_score_one():
    _, truth = noisy((176, 180))
    assert ssim(truth, truth) == pytest.approx(1.0)
    assert ms_ssim(truth, truth) == pytest.approx(1.0)


def test_constant_images_differ_in_luminance_alone():
    """No variance: contrast and structure are 1, luminance is (2 ab + C1) / (a^2 + b^2 + C1)."""
    image, truth = torch.full((176, 176, 1), 0.3), torch.full((176, 176, 1), 0.6)
    luminance = (2 * 0.18 + C1) / (0.09 + 0.36 + C1)
    assert ssim(image, truth) == pytest.approx(luminance, abs=1e-6)
    assert ms_ssim(image, truth) == pytest.approx(luminance ** SCALE_WEIGHTS[-1], abs=1e-6)


def test_ssim_matches_torchmetrics_where_the_window_fits():
    image, truth = noisy((40, 32))
    _, full = torchmetrics.structural_similarity_index_measure(
        batched(image), batched(truth), data_range=1.0, return_full_image=True
    )
    assert ssim(image, truth) == pytest.approx(float(full[..., 5:-5, 5:-5].mean()), abs=1e-9)


def test_a_black_ground_counts_as_it_should():
    """Only the part that is not black is computed; torchmetrics computes all of it."""
    image, truth = noisy((30, 24))
    image, truth = (torch.nn.functional.pad(side, (0, 0, 20, 40, 3, 50)) for side in (image, truth))
    _, full = torchmetrics.structural_similarity_index_measure(
        batched(image), batched(truth), data_range=1.0, return_full_image=True
    )
    assert ssim(image, truth) == pytest.approx(float(full[..., 5:-5, 5:-5].mean()), abs=1e-9)
    black = torch.zeros(20, 20, 3)
    assert ssim(black, black) == 1.0


def test_ms_ssim_matches_torchmetrics():
    image, truth = noisy((512, 512), amount=0.3)
    smooth = torch.nn.functional.interpolate(batched(torch.rand(16, 16, 3)), (512, 512), mode="bicubic")[0]
    image, truth = (0.5 * side + 0.5 * smooth.permute(1, 2, 0).float().clamp(0, 1) for side in (image, truth))
    theirs = torchmetrics.multiscale_structural_similarity_index_measure(
        batched(image).float(), batched(truth).float(), data_range=1.0
    )
    assert ms_ssim(image, truth) == pytest.approx(float(theirs), abs=2e-3)  # theirs mirrors the coarsest scale's border


def test_too_small_an_image_is_refused():
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(torch.zeros(10, 40, 3), torch.zeros(10, 40, 3))
    with pytest.raises(ValueError, match="at least 176 x 176"):
        ms_ssim(torch.zeros(175, 400, 3), torch.zeros(175, 400, 3))
