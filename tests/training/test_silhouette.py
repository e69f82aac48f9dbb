"""The silhouette loss: its value and its pulls against a disc and a square whose coverage is known."""

import numpy as np
import pytest
import torch

from phynes_core.render.camera import Camera, look_at
from phynes_core.training.frames import TrainingView
from phynes_core.training.silhouette import find_silhouette, silhouette_loss

SIZE = 64
FACES = torch.tensor([[0, 1, 2], [0, 2, 3]])


def square(half_m: float) -> torch.Tensor:
    return torch.tensor([[-half_m, -half_m, 0], [half_m, -half_m, 0], [half_m, half_m, 0], [-half_m, half_m, 0.0]])


@pytest.fixture
def camera() -> Camera:
    """Sees the plane z = 0 from 1 m: a metre is SIZE pixels wide there."""
    camera = look_at(torch.tensor([0.0, 0.0, 1.0]), torch.zeros(3), SIZE, SIZE)
    intrinsics = torch.tensor([[SIZE, 0.0, SIZE / 2], [0.0, SIZE, SIZE / 2], [0.0, 0.0, 1.0]])
    return Camera(intrinsics, camera.T_cam_world, SIZE, SIZE)


def view_of(camera: Camera, half_px: float) -> TrainingView:
    """The exact coverage of a square of this half width in the picture's middle."""
    edges = np.clip(np.arange(SIZE) + 1.0, SIZE / 2 - half_px, SIZE / 2 + half_px)
    edges -= np.clip(np.arange(SIZE) + 0.0, SIZE / 2 - half_px, SIZE / 2 + half_px)
    coverage = np.round(255.0 * np.outer(edges, edges)).astype(np.uint8)
    nothing = np.zeros(0, np.int32)
    return TrainingView("00", camera, np.zeros((SIZE, SIZE, 3), np.uint8), coverage, nothing, nothing, coverage > 255)


def test_equal_coverage_costs_nothing_and_pulls_nowhere(camera):
    vertices = square(16 / SIZE).requires_grad_(True)
    loss = silhouette_loss(vertices, FACES, (view_of(camera, 16.0),))
    loss.backward()
    assert loss.item() == pytest.approx(0.0, abs=1e-9)
    assert vertices.grad.abs().max() < 1e-6


@pytest.mark.parametrize("difference_px", [-1.5, -0.5, 0.5, 1.5])
def test_the_outline_is_pulled_towards_the_masks_edge(camera, difference_px):
    vertices = square((16 + difference_px) / SIZE).requires_grad_(True)
    silhouette_loss(vertices, FACES, (view_of(camera, 16.0),)).backward()
    outward = (vertices.grad * vertices.detach()).sum(1)  # > 0: the loss falls when the corner moves inward
    assert (outward * difference_px > 0).all()


def test_the_gradient_is_the_derivative_of_the_blurred_difference(camera):
    """Growing by a quarter pixel (a whole subsample) a side changes the loss as the pulls at both ends foretell."""
    view, losses, slopes = view_of(camera, 16.0), [], []
    for half_px in (16.25, 16.5, 16.75, 17.0):
        vertices = square(half_px / SIZE).requires_grad_(True)
        outline = find_silhouette(vertices.detach(), FACES, camera, view.coverage)
        length_px = len(outline.pull) / 4
        silhouette_loss(vertices, FACES, (view,)).backward()
        slopes.append((vertices.grad * torch.sign(vertices.detach())).sum().item() / SIZE * length_px)
        losses.append(outline.loss * length_px)
    measured = np.diff(losses) / 0.25
    predicted = 0.5 * (np.array(slopes[1:]) + np.array(slopes[:-1]))
    assert predicted == pytest.approx(measured, rel=0.05)  # measured 2 %: corners


def test_descent_finds_the_masks_size(camera):
    half = torch.tensor(14.0 / SIZE, requires_grad=True)
    optimizer = torch.optim.Adam([half], lr=0.2 / SIZE)
    shape = square(1.0)
    for _ in range(100):
        optimizer.zero_grad()
        silhouette_loss(half * shape, FACES, (view_of(camera, 16.3),)).backward()
        optimizer.step()
    assert half.item() * SIZE == pytest.approx(16.3, abs=0.2)


def test_a_far_wrong_mask_pulls_no_harder_than_its_limit(camera):
    small = find_silhouette(square(16 / SIZE), FACES, camera, view_of(camera, 19.0).coverage)
    large = find_silhouette(square(16 / SIZE), FACES, camera, view_of(camera, 30.0).coverage)
    assert large.pull.norm(dim=1).max() <= 1.05 * small.pull.norm(dim=1).max()


def test_an_empty_mask_or_a_mesh_behind_the_camera_has_no_silhouette(camera):
    nothing = np.zeros((SIZE, SIZE), np.uint8)
    assert find_silhouette(square(0.2), FACES, camera, nothing) is None
    behind = square(0.2) + torch.tensor([0.0, 0.0, 2.0])
    assert find_silhouette(behind, FACES, camera, view_of(camera, 16.0).coverage) is None
