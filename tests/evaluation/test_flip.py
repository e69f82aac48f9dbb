"""Our FLIP against its closed forms and the authors' program."""

import math

import pytest
import torch

from phynes_core.evaluation.metrics.flip import flip_map


def test_equal_pictures_do_not_flip():
    picture = torch.rand(20, 24, 3, generator=torch.Generator().manual_seed(0))
    assert float(flip_map(picture, picture).abs().max()) == 0.0


def test_black_against_white_is_nearly_as_different_as_can_be():
    """Constants have no features. HyAB is the lightness alone, 100: (100^0.7 mapped past the knee) by hand."""
    error = flip_map(torch.zeros(8, 8, 3), torch.ones(8, 8, 3))
    green, blue = (87.7347, -86.1847, 83.1795), (32.2970, 79.1875, -107.8603)  # CIE L*a*b* of the primaries, D65
    hunt = [(light, 0.01 * light * a, 0.01 * light * b) for light, a, b in (green, blue)]
    largest = abs(hunt[0][0] - hunt[1][0]) + math.dist(hunt[0][1:], hunt[1][1:])
    knee = 0.4 * largest**0.7
    expected = 0.95 + 0.05 * (100**0.7 - knee) / (largest**0.7 - knee)
    assert float(error.mean()) == pytest.approx(expected, abs=2e-3)
    assert float(error.std()) < 1e-6


def test_matches_the_authors_program():
    flip_evaluator = pytest.importorskip("flip_evaluator")
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(60, 80, 3, generator=generator)
    image = (truth + 0.2 * torch.randn(60, 80, 3, generator=generator)).clamp(0, 1)
    image[10:30, 20:40] = 0.0
    theirs, mean, _ = flip_evaluator.evaluate(
        truth.numpy(), image.numpy(), "LDR", applyMagma=False, parameters={"ppd": 67.0}
    )
    ours = flip_map(image, truth)
    black = torch.nn.functional.pad  # the same on a black ground, of which only the part near the picture is computed
    wide = [black(side, (0, 0, 30, 40, 25, 35)) for side in (truth, image)]
    on_black, _, _ = flip_evaluator.evaluate(
        wide[0].numpy(), wide[1].numpy(), "LDR", applyMagma=False, parameters={"ppd": 67.0}
    )
    assert torch.allclose(flip_map(wide[1], wide[0]), torch.as_tensor(on_black).squeeze(), atol=2e-5)
    assert float(ours.mean()) == pytest.approx(mean, abs=1e-5)
    assert torch.allclose(ours, torch.as_tensor(theirs).squeeze(), atol=2e-5)  # measured 4e-6
