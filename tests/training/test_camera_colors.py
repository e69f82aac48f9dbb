"""Gains and offsets of cameras."""

import numpy as np
import pytest
import torch

from phynes_core.errors import PhynesError
from phynes_core.training.camera_colors import CameraColors

CPU = torch.device("cpu")


def test_colors_start_as_they_are():
    colors = CameraColors("camera", 3, 5, CPU)
    radiance = torch.rand(7, 3)
    assert torch.equal(colors.seen(radiance, np.arange(7) % 3, np.zeros(7)), radiance)


def test_one_camera_has_nothing_to_be_compared_with():
    colors = CameraColors("camera", 1, 5, CPU)
    assert not colors.is_used and colors.rates(0.1) == {}


def test_gains_are_found_up_to_their_mean():
    generator = torch.Generator().manual_seed(0)
    radiance = 0.1 + 0.6 * torch.rand(600, 3, generator=generator)
    camera = np.arange(600) % 3
    true_gain = torch.tensor([[1.05, 0.9, 1.0], [0.97, 1.1, 1.0], [1.0, 1.0, 1.2]])
    true_gain = true_gain / true_gain.log().mean(0).exp()  # what is common to all is the light's
    true_offset = torch.tensor([[0.01], [-0.01], [0.0]]).expand(3, 3)
    recorded = radiance * true_gain[camera] + true_offset[camera]
    colors = CameraColors("camera", 3, 5, CPU)
    rates = colors.rates(1e-2)
    optimizer = torch.optim.Adam([{"params": [value], "lr": rate} for value, rate in rates.values()])
    for _ in range(600):
        optimizer.zero_grad()
        (colors.seen(radiance, camera, np.zeros(600)) - recorded).square().mean().backward()
        optimizer.step()
    one = torch.ones(3, 3)
    black, white = (colors.seen(value * one, np.arange(3), np.zeros(3)).detach() for value in (0.0, 1.0))
    gain = white - black
    torch.testing.assert_close(gain, true_gain, atol=0.01, rtol=0)
    torch.testing.assert_close(gain.log().mean(0), torch.zeros(3), atol=1e-5, rtol=0)  # the mean is held
    assert colors.spread() == pytest.approx(float(true_gain.log().square().mean().sqrt()), abs=0.01)


def test_every_picture_can_have_its_own():
    colors = CameraColors("picture", 2, 3, CPU)
    (log_gain, _), _ = colors.rates(0.1).values()
    with torch.no_grad():
        log_gain.copy_(torch.arange(6.0)[:, None].expand(6, 3))
    seen = colors.seen(torch.ones(2, 3), np.array([1, 1]), np.array([0, 2]))
    assert float(seen[1, 0].detach().log() - seen[0, 0].detach().log()) == pytest.approx(4.0, abs=1e-5)


def test_a_resumed_run_goes_on_with_them():
    colors, other = CameraColors("camera", 2, 1, CPU), CameraColors("camera", 2, 1, CPU)
    with torch.no_grad():
        for value, _ in colors.rates(0.1).values():
            value.add_(torch.randn(2, 3))
    other.load(colors.tensors())
    values = torch.rand(2, 3), np.arange(2), np.zeros(2)
    assert torch.equal(colors.seen(*values), other.seen(*values))


def test_unknown_groups_are_named():
    with pytest.raises(PhynesError, match="expected one of none, camera, picture, got 'lens'"):
        CameraColors("lens", 2, 1, CPU)
