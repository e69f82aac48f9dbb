"""Losses against closed forms; the relief of the offset map against least squares."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from phynes_core.avatar.avatar import Avatar
from phynes_core.training.losses import (
    OPEN_SHARE,
    bend_loss,
    edge_loss,
    entropy_loss,
    fold_loss,
    laplacian_loss,
    mesh_topology,
    neighbor_uv,
    normal_loss,
    picture_loss,
    relief_loss,
    robust_square,
    scale_to_mean,
    smoothness_loss,
    srgb_of_radiance,
)
from tests.small_body import small_body

RELIEF_POINTS = 400
TETRAHEDRON = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
TETRAHEDRON_FACES = torch.tensor([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])


def test_regular_tetrahedron_gives_the_closed_forms():
    topology = mesh_topology(TETRAHEDRON_FACES, 4)
    assert topology.edges.shape == (6, 2)
    assert topology.face_pairs.shape == (6, 2)
    assert edge_loss(TETRAHEDRON, topology).item() == pytest.approx(8.0)  # edges are 2 sqrt(2) long
    # outward normals of neighboring faces meet at 180 - 70.53 degrees, whose cosine is -1/3
    assert normal_loss(TETRAHEDRON, topology).item() == pytest.approx(4.0 / 3.0, rel=1e-5)
    # the mean of the other three corners lies at -x/3: |x| * 4/3
    assert laplacian_loss(TETRAHEDRON, topology).item() == pytest.approx(math.sqrt(3) * 4 / 3, rel=1e-5)


def test_flat_sheet_has_no_normal_loss():
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    topology = mesh_topology(torch.tensor([[0, 1, 2], [0, 2, 3]]), 4)
    assert normal_loss(vertices, topology).item() == pytest.approx(0.0, abs=1e-6)
    assert topology.face_pairs.sort(1).values.tolist() == [[0, 1]]


def test_offsets_bend_a_surface_where_neighbors_differ_by_much_of_an_edge():
    """One vertex of a tetrahedron moves by d: its neighbors' mean is 0, and theirs a third of d."""
    topology, length, moved = mesh_topology(TETRAHEDRON_FACES, 4), math.sqrt(8.0), 0.01
    offsets = torch.tensor([moved, 0.0, 0.0, 0.0])
    bends = torch.tensor([-moved, moved / 3, moved / 3, moved / 3]) / length
    square = 0.5 * float(bends.square().mean())
    assert float(bend_loss(offsets, TETRAHEDRON, topology, 1e3)) == pytest.approx(square, rel=1e-5)
    halved = bend_loss(0.5 * offsets, 0.5 * TETRAHEDRON, topology, 0.3)
    assert float(halved) == pytest.approx(float(bend_loss(offsets, TETRAHEDRON, topology, 0.3)), rel=1e-5)  # no unit
    assert float(bend_loss(torch.full((4,), 0.3), TETRAHEDRON, topology, 0.3)) == pytest.approx(0.0, abs=1e-12)
    torn = bend_loss(1e3 * offsets, TETRAHEDRON, topology, 0.3)  # grows like the bend itself
    assert float(bend_loss(2e3 * offsets, TETRAHEDRON, topology, 0.3)) == pytest.approx(2 * float(torn), rel=0.15)


def test_only_faces_that_turn_over_or_collapse_fold():
    flat = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    face = torch.tensor([[0, 1, 2]])

    def fold(*scale: float) -> float:
        return float(fold_loss(flat * torch.tensor(scale), flat, face))

    assert fold(1.0, 1.0, 1.0) == fold(0.7, 0.6, 1.0) == fold(3.0, 3.0, 1.0) == 0.0
    lack = OPEN_SHARE + 1.0  # mirrored: the same area, seen from behind
    assert fold(-1.0, 1.0, 1.0) == pytest.approx(lack**2 / (1 + lack))
    assert fold(0.1, 1.0, 1.0) == pytest.approx((OPEN_SHARE - 0.1) ** 2 / (1 + OPEN_SHARE - 0.1))
    raised = flat.clone()
    raised[2] = torch.tensor([0.0, 0.0, 1.0])  # upright: it shows no area where it looked before
    assert float(fold_loss(raised, flat, face)) == pytest.approx(OPEN_SHARE**2 / (1 + OPEN_SHARE))


def test_descent_opens_a_fold():
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    moved = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0.2, -0.8, 0.1]], requires_grad=True)
    optimizer = torch.optim.SGD([moved], lr=0.5)
    for _ in range(200):
        loss = fold_loss(moved, corners, torch.tensor([[0, 1, 2]]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 1e-3


def test_overshoot_keeps_a_little_gradient_and_clipping_keeps_none():
    radiance = torch.tensor([[0.5, 1.0, 3.0]], requires_grad=True)
    srgb_of_radiance(radiance, 0.0).sum().backward()
    assert radiance.grad[0, 2] == 0 and radiance.grad[0, 0] > 0
    radiance.grad = None
    srgb_of_radiance(radiance, 0.05).sum().backward()
    assert 0 < radiance.grad[0, 2] < 0.1


def test_one_color_has_less_entropy_than_many():
    same = torch.full((512, 3), 0.5)
    spread = torch.rand(512, 3, generator=torch.Generator().manual_seed(0))
    assert entropy_loss(same) < entropy_loss(spread)
    assert entropy_loss(spread).item() < 3 * math.log(15) + 0.01  # no histogram is flatter than the flat one


def test_entropy_has_finite_gradients_even_for_one_color():
    same = torch.full((16, 3), 0.5, requires_grad=True)
    entropy_loss(same).backward()
    assert torch.isfinite(same.grad).all()


def test_smoothness_is_the_mean_squared_distance():
    assert smoothness_loss(torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 0.0]])).item() == 5.0


def test_scaled_losses_pull_neither_to_darker_nor_to_brighter_albedo():
    generator = torch.Generator().manual_seed(0)
    albedo, near = (0.4 * torch.rand(64, 3, generator=generator) for _ in range(2))
    brightness = torch.ones(3, requires_grad=True)  # of each channel
    size = scale_to_mean(brightness * albedo, 0.18)
    loss = smoothness_loss(brightness * albedo * size, brightness * near * size)
    loss = loss + entropy_loss(brightness * albedo * size)
    assert torch.allclose((brightness * albedo * size).mean(0), torch.full((3,), 0.18))
    assert torch.autograd.grad(loss, brightness)[0].abs().max() < 1e-5


def test_jitter_never_crosses_a_chart():
    charts = torch.full((4, 4), -1, dtype=torch.int32)
    charts[:, :2], charts[:, 2:] = 0, 1
    charts[0, 3] = -1  # row 0 is v = 1: this texel lies at the top right
    uv = torch.tensor([[0.4, 0.5], [0.4, 0.5], [0.9, 0.5]])
    moved = neighbor_uv(uv, charts, torch.tensor([[0.05, 0.1], [0.2, 0.0], [0.0, 0.4]]))
    assert torch.allclose(moved, torch.tensor([[0.45, 0.6], [0.4, 0.5], [0.9, 0.5]]))


class _Ramp(nn.Module):
    """l = 0.02 u + 0.01 v: the same slope everywhere on the square."""

    def forward(self, uv: Tensor, pose: Tensor, backend: str = "auto") -> Tensor:
        return 0.02 * uv[:, :1] + 0.01 * uv[:, 1:]


@pytest.fixture
def avatar() -> Avatar:
    torch.manual_seed(1)
    return Avatar.untrained(small_body(), "relief")


def _relief(avatar: Avatar, offsets: Tensor) -> Tensor:
    vertices, pose = avatar.body.v_template, torch.zeros(72)
    return relief_loss(avatar, vertices, offsets, pose, RELIEF_POINTS, np.random.default_rng(0))


def test_a_constant_offset_has_no_relief(avatar):
    offsets = avatar.vertex_offsets(torch.zeros(72)).detach()
    assert _relief(avatar, offsets).item() == pytest.approx(0.0, abs=1e-10)  # an untrained map is zero everywhere


def test_a_slope_that_the_vertices_do_not_have_is_measured_on_the_surface(avatar):
    """Least squares of (u, v) over each face's edges gives the same slopes; a few places are too near a chart's rim."""
    avatar.offset = _Ramp()  # type: ignore[assignment]
    body = avatar.body
    chosen = np.random.default_rng(0).integers(0, body.num_faces, RELIEF_POINTS)
    corners, uv = body.v_template[body.faces[chosen]].double().numpy(), body.uv[body.uv_faces[chosen]].double().numpy()
    squares = []
    for points, texels in zip(corners, uv, strict=True):
        edges, rise = points[1:] - points[0], (texels[1:] - texels[0]) @ [0.02, 0.01]
        squares.append(
            np.square(np.linalg.lstsq(edges, rise, rcond=None)[0]).sum()
        )  # the shortest: in the face's plane
    assert _relief(avatar, torch.zeros(body.num_vertices)).item() == pytest.approx(np.mean(squares), rel=0.02)


def test_descent_calms_the_map_between_the_vertices(avatar):
    with torch.no_grad():
        avatar.offset.head.weight.normal_(std=0.3)
        avatar.offset.get_parameter("encoding.grid").normal_(std=0.1)
    optimizer = torch.optim.Adam([avatar.offset.get_parameter("encoding.grid")], lr=5e-3)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = _relief(avatar, avatar.vertex_offsets(torch.zeros(72)).detach())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_robust_square_is_the_square_of_small_errors_and_grows_like_the_size_of_large_ones():
    small, large = torch.full((5, 3), 1e-3), torch.full((5, 3), 3.0)
    assert robust_square(small, 0.03).item() == pytest.approx(1e-6, rel=1e-3)
    assert robust_square(large, 0.03).item() == pytest.approx(2 * 0.03 * 3.0 - 2 * 0.03**2, rel=1e-3)
    assert robust_square(torch.full((5, 3), 0.03), 0.03).item() == pytest.approx(2 * 0.03**2 * (math.sqrt(2) - 1))
    assert robust_square(large, 0.0).item() == pytest.approx(9.0)


def test_robust_square_weighs_whole_pixels_and_its_gradient_is_that_of_finite_differences():
    error = torch.tensor([[0.2, 0.0, 0.0], [0.0, 0.01, -0.02], [0.03, 0.03, 0.03]], dtype=torch.float64)
    error.requires_grad_()
    robust_square(error, 0.03).backward()
    assert error.grad is not None
    shared = torch.roll(error.detach(), 1, dims=1)  # another channel of the same pixels
    assert robust_square(shared, 0.03).item() == pytest.approx(robust_square(error.detach(), 0.03).item())
    for row in range(3):
        for channel in range(3):
            step = torch.zeros_like(error)
            step[row, channel] = 1e-6
            rise = robust_square(error.detach() + step, 0.03) - robust_square(error.detach() - step, 0.03)
            assert error.grad[row, channel].item() == pytest.approx(rise.item() / 2e-6, rel=1e-5, abs=1e-9)


def test_picture_loss_reports_the_plain_square_of_the_error_in_srgb():
    radiance = torch.tensor([[0.2, 0.2, 0.2], [0.5, 0.1, 3.0]], requires_grad=True)
    target = torch.tensor([[0.5, 0.5, 0.5], [0.7, 0.3, 1.0]])
    robust, square = picture_loss(radiance, target, 0.05, width=0.08)
    error = srgb_of_radiance(radiance.detach(), 0.05) - target
    assert square == pytest.approx(error.square().mean().item())
    assert robust.item() == pytest.approx(robust_square(error, 0.08).item()) and robust.item() < square
    assert picture_loss(radiance, target, 0.05, width=0.0)[0].item() == pytest.approx(square)
    robust.backward()
    assert radiance.grad is not None and (radiance.grad != 0).all()
