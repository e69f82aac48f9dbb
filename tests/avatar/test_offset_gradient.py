"""The slope of the offset map over the UV square, from differences that stay in a chart."""

import math

import pytest
import torch
from torch import Tensor, nn

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.atlas import CHART_RESOLUTION, STEPS, chart_image, corner_uv, face_charts, open_steps
from phynes_core.maps.neural_map import PoseBatch
from tests.small_body import small_body


class _Wave(nn.Module):
    """l = a sin(10 u) cos(7 v)."""

    def forward(self, uv: Tensor, pose: Tensor, backend: str) -> Tensor:
        return 0.01 * (torch.sin(10 * uv[:, :1]) * torch.cos(7 * uv[:, 1:]))


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    """A few hundred faces."""
    torch.manual_seed(1)
    return Avatar.untrained(small_body(), "wave")


def _surface_uv(avatar: Avatar, per_face: int = 20) -> tuple[Tensor, Tensor]:
    """Texel coordinates [N, 2] all over the atlas, and the chart of each [N]."""
    torch.manual_seed(0)
    weights = torch.distributions.Dirichlet(torch.ones(3)).sample((avatar.body.num_faces, per_face))
    uv = (weights[..., None] * corner_uv(avatar.body)[:, None]).sum(2)
    return uv.reshape(-1, 2), face_charts(avatar.body).repeat_interleave(per_face)


def test_the_slope_of_a_wave_is_its_derivative():
    """Central differences over two cells: exact to 0.3 % of the steepest slope; one-sided ones to 3 %."""
    avatar = Avatar.untrained(small_body(), "wave")
    avatar.offset = _Wave()  # type: ignore[assignment]
    uv, _ = _surface_uv(avatar)
    u, v = uv.unbind(1)
    expected = 0.1 * torch.stack([torch.cos(10 * u) * torch.cos(7 * v), -0.7 * torch.sin(10 * u) * torch.sin(7 * v)], 1)
    error = (avatar.offset_gradient(uv, torch.zeros(72)) - expected).abs()
    is_stuck = avatar.offset_gradient(uv, torch.zeros(72)) == 0
    assert is_stuck.float().mean() < 0.01  # slivers of a chart, narrower than a cell
    assert error[~is_stuck].max() < 0.003
    assert error.median() < 3e-4


def test_steps_that_leave_a_chart_are_closed(avatar):
    """Every open step ends in a texel of the chart it began in; well inside a chart all four are open."""
    uv, chart = _surface_uv(avatar)
    is_open = open_steps(avatar.body, uv)
    image = chart_image(avatar.body, CHART_RESOLUTION)
    texel = (uv * CHART_RESOLUTION).long()
    for way, (right, up) in enumerate(STEPS):
        column, row = texel[:, 0] + right, CHART_RESOLUTION - 1 - texel[:, 1] - up
        inside = (column >= 0) & (column < CHART_RESOLUTION) & (row >= 0) & (row < CHART_RESOLUTION)
        ends_in = torch.where(inside, image[row.clamp(0, 1023), column.clamp(0, 1023)], -1)
        assert torch.equal(ends_in[is_open[:, way]].long(), chart[is_open[:, way]])
        assert (ends_in[~is_open[:, way]].long() != chart[~is_open[:, way]]).float().mean() > 0.99
    assert 0.8 < is_open.all(1).float().mean() < 1.0
    assert len(chart.unique()) > 1


def test_gradients_reach_the_maps_parameters(avatar):
    """Autograd against a finite difference of one weight, for one pose and for several."""
    uv, _ = _surface_uv(avatar, 1)
    with torch.no_grad():
        avatar.offset.head.weight.normal_(std=0.3)
        avatar.offset.encoding.grid.normal_(std=0.1)
    poses = torch.rand(2, 72, generator=torch.Generator().manual_seed(0)) * 0.1
    batch = PoseBatch(poses, torch.arange(len(uv)) % 2)
    weight = avatar.offset.head.weight
    loss = avatar.offset_gradient(uv, batch).square().sum()
    (derivative,) = torch.autograd.grad(loss, weight)
    with torch.no_grad():
        step = 1e-2 * torch.sign(derivative)
        weight += step
        above = avatar.offset_gradient(uv, batch).square().sum().item()
        weight -= 2 * step
        below = avatar.offset_gradient(uv, batch).square().sum().item()
        weight += step
    assert 0.5 * (above - below) == pytest.approx((derivative * step).sum().item(), rel=2e-2)


def test_several_poses_agree_with_one_at_a_time(avatar):
    """Rows of a batch see their own pose, in all four shifted queries."""
    uv, _ = _surface_uv(avatar, 1)
    poses = torch.rand(2, 72, generator=torch.Generator().manual_seed(3))
    index = torch.arange(len(uv)) % 2
    with torch.no_grad():
        together = avatar.offset_gradient(uv, PoseBatch(poses, index))
        for number in range(2):
            alone = avatar.offset_gradient(uv[index == number], poses[number])
            torch.testing.assert_close(together[index == number], alone, atol=1e-3, rtol=1e-3)
    assert math.isfinite(together.sum().item())
