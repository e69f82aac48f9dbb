"""The loss on what the offset map holds between the vertices."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from phynes_core.avatar.avatar import Avatar
from phynes_core.training.relief import relief_loss
from tests.small_body import small_body

COUNT = 400


class _Ramp(nn.Module):
    """l = 0.02 u + 0.01 v: the same slope everywhere on the square."""

    def forward(self, uv: Tensor, pose: Tensor, backend: str = "auto") -> Tensor:
        return 0.02 * uv[:, :1] + 0.01 * uv[:, 1:]


@pytest.fixture
def avatar() -> Avatar:
    torch.manual_seed(1)
    return Avatar.untrained(small_body(), "relief")


def _loss(avatar: Avatar, offsets: Tensor) -> Tensor:
    vertices, pose = avatar.body.v_template, torch.zeros(72)
    return relief_loss(avatar, vertices, offsets, pose, COUNT, np.random.default_rng(0))


def test_a_constant_offset_has_no_relief(avatar):
    offsets = avatar.vertex_offsets(torch.zeros(72)).detach()
    assert _loss(avatar, offsets).item() == pytest.approx(0.0, abs=1e-10)  # an untrained map is zero everywhere


def test_a_slope_that_the_vertices_do_not_have_is_measured_on_the_surface(avatar):
    """Least squares of (u, v) over each face's edges gives the same slopes; a few places are too near a chart's rim."""
    avatar.offset = _Ramp()  # type: ignore[assignment]
    body = avatar.body
    chosen = np.random.default_rng(0).integers(0, body.num_faces, COUNT)
    corners, uv = body.v_template[body.faces[chosen]].double().numpy(), body.uv[body.uv_faces[chosen]].double().numpy()
    squares = []
    for points, texels in zip(corners, uv, strict=True):
        edges, rise = points[1:] - points[0], (texels[1:] - texels[0]) @ [0.02, 0.01]
        squares.append(
            np.square(np.linalg.lstsq(edges, rise, rcond=None)[0]).sum()
        )  # the shortest: in the face's plane
    assert _loss(avatar, torch.zeros(body.num_vertices)).item() == pytest.approx(np.mean(squares), rel=0.02)


def test_descent_calms_the_map_between_the_vertices(avatar):
    with torch.no_grad():
        avatar.offset.head.weight.normal_(std=0.3)
        avatar.offset.get_parameter("encoding.grid").normal_(std=0.1)
    optimizer = torch.optim.Adam([avatar.offset.get_parameter("encoding.grid")], lr=5e-3)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = _loss(avatar, avatar.vertex_offsets(torch.zeros(72)).detach())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
