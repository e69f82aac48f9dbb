"""Linearized misfits against finite differences of what they linearize, on a ball before smooth pictures."""

import numpy as np
import pytest
import torch
import trimesh
from scipy.ndimage import map_coordinates

from phynes_core.registration.appearance import TexturedLight
from phynes_core.registration.pictures import PersonPicture
from phynes_core.registration.residuals import (
    PosedSurface,
    color_residuals,
    outline_distances,
    outline_rows,
    photometric_rows,
    robust_scale,
    robust_weight,
    see,
    without_slow_part,
)
from phynes_core.render.camera import Camera, look_at
from phynes_core.render.rasterize import rasterize

SIZE, RADIUS_M = 120, 0.7
CAMERA = look_at(torch.tensor([0.3, 0.5, 4.0]), torch.zeros(3), SIZE, SIZE)


def ball(radius=RADIUS_M, center=(0.0, 0.0, 0.0)) -> PosedSurface:
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=1.0)
    normals, faces = np.asarray(sphere.vertices, np.float32), np.asarray(sphere.faces, np.int64)
    vertices = torch.from_numpy(radius * normals) + torch.tensor(center)
    uv = 0.5 + 0.4 * normals[:, :2]
    return PosedSurface(vertices, normals, normals, torch.from_numpy(faces), uv[faces].astype(np.float32))


def picture_of(coverage: np.ndarray) -> PersonPicture:
    """Slow waves of color everywhere; the mask cuts them."""
    y, x = np.mgrid[:SIZE, :SIZE]
    waves = [0.5 + 0.3 * np.sin(x / (9.0 + k) + k) * np.cos(y / (11.0 - k)) for k in range(3)]
    image = np.round(255.0 * np.stack(waves, -1)).astype(np.uint8)
    return PersonPicture("a", CAMERA, np.where(coverage[..., None] > 0, image, 0).astype(np.uint8), coverage)


def silhouette(radius: float, center=(0.0, 0.0, 0.0)) -> tuple[np.ndarray, np.ndarray]:  # [H, W] uint8, [H, W] inside
    """The outline of a ball, supersampled."""
    surface = ball(radius, center)
    fine = rasterize(surface.vertices, surface.faces, CAMERA.resized(4 * SIZE, 4 * SIZE)).face_index.numpy() >= 0
    coverage = fine.reshape(SIZE, 4, SIZE, 4).mean((1, 3))
    return np.round(255.0 * coverage).astype(np.uint8), coverage > 0.5


def sampled(image: np.ndarray, pixels: np.ndarray) -> np.ndarray:  # [H, W, C], [N, 2] x, y -> [N, C]
    at = (pixels - 0.5)[:, ::-1].T
    return np.stack([map_coordinates(image[..., k], at, order=3) for k in range(image.shape[-1])], -1)


def projected(camera: Camera, points: np.ndarray) -> np.ndarray:  # [N, 3] -> [N, 2], float64
    transform, intrinsics = camera.T_cam_world.double().numpy(), camera.intrinsics.double().numpy()
    at = (points.astype(np.float64) @ transform[:3, :3].T + transform[:3, 3]) @ intrinsics.T
    return at[:, :2] / at[:, 2:]


def test_photometric_gradients_are_those_of_the_picture():
    """Measured: within 0.3 % of their size, RMS: slopes are central differences over two pixels."""
    picture = picture_of(silhouette(RADIUS_M)[0])
    surface = ball()
    seen = see(surface, picture, 2.0, False)
    ones = np.ones((len(seen.row), 3), np.float32)
    rows = photometric_rows(seen, surface.faces.numpy(), ones, 1.0, 200, 1.0, np.random.default_rng(0))
    assert len(rows.points) == 3 * 200
    channel, eps = np.tile(np.arange(3), 200), 1e-4

    def color(shift):
        pixels = projected(picture.camera, rows.points + shift)
        return sampled(seen.blurred.srgb.astype(np.float64), pixels)[np.arange(len(pixels)), channel]

    true = np.stack([(color(step) - color(-step)) / (2 * eps) for step in eps * np.eye(3)], -1)
    root = rows.residuals  # of the weight: the residuals were 1
    found = rows.gradients / root[:, None]
    assert np.sqrt(((found - true) ** 2).mean()) < 0.03 * np.sqrt((true**2).mean())
    np.testing.assert_allclose(rows.pixels, projected(picture.camera, rows.points), atol=0.02)


def test_photometric_rows_weigh_by_facing_and_robustness():
    picture, surface = picture_of(silhouette(RADIUS_M)[0]), ball()
    seen = see(surface, picture, 2.0, False)
    residuals = np.random.default_rng(1).normal(size=(len(seen.row), 3)).astype(np.float32)
    every = photometric_rows(seen, surface.faces.numpy(), residuals, 0.5, 10**9, 0.6, np.random.default_rng(0))
    weight = 0.6 * seen.facing[:, None] ** 2 * robust_weight(residuals / 0.5) / 0.25
    np.testing.assert_allclose(every.residuals, (residuals * np.sqrt(weight)).reshape(-1), rtol=1e-5, atol=1e-6)
    some = photometric_rows(seen, surface.faces.numpy(), residuals, 0.5, 300, 0.6, np.random.default_rng(0))
    whole = float((every.residuals**2).sum())
    assert float((some.residuals**2).sum()) == pytest.approx(whole, rel=0.15)  # a sample stands for all


def test_outline_distances_are_those_between_two_silhouettes():
    """A ball a tenth larger than its mask stands out by that much in pixels, within half of one."""
    picture = picture_of(silhouette(RADIUS_M)[0])
    pixels_per_m = float(np.sqrt((silhouette(RADIUS_M)[0] / 255.0).sum() / np.pi)) / RADIUS_M
    for share in (1.1, 0.9):
        distances = outline_distances(see(ball(share * RADIUS_M), picture, 2.0, False))
        assert np.mean(distances) == pytest.approx((share - 1.0) * RADIUS_M * pixels_per_m, abs=0.3)
        assert np.std(distances) < 0.6


def test_outline_gradients_are_those_of_the_distance():
    """Against the distance of the moved points from the circle that the mask is nearly, about its own center.

    Measured: within 8 % of their size, RMS: slopes of a distance between pixels turn a little from pixel to pixel.
    """
    coverage, inside = silhouette(RADIUS_M)
    picture, surface = picture_of(coverage), ball(1.06 * RADIUS_M)
    seen = see(surface, picture, 2.0, False)
    ones = np.ones(len(seen.outline), np.float32)
    rows = outline_rows(seen, surface.vertices.numpy(), surface.faces.numpy(), ones, 1.0, 1.0)
    center = np.argwhere(inside).mean(0)[::-1] + 0.5 - _corner(picture)
    eps = 1e-4

    def distance(shift):
        return np.linalg.norm(projected(picture.camera, rows.points + shift) - center, axis=1)

    true = np.stack([(distance(step) - distance(-step)) / (2 * eps) for step in eps * np.eye(3)], -1)
    found = rows.gradients / rows.residuals[:, None]
    assert len(rows.points) > 100
    assert np.sqrt(((found - true) ** 2).mean()) < 0.1 * np.sqrt((true**2).mean())


def test_the_border_of_the_picture_is_no_outline():
    coverage = np.full((SIZE, SIZE), 255, np.uint8)
    assert len(see(ball(3.0), picture_of(coverage), 2.0, False).outline) == 0
    coverage[:, SIZE // 2 :] = 0
    assert len(see(ball(3.0), picture_of(coverage), 2.0, False).outline) == 0  # the ball goes on beyond the picture


def test_a_surface_that_no_pixel_shows_has_no_rows():
    picture, surface = picture_of(silhouette(RADIUS_M)[0]), ball(center=(0.0, 9.0, 0.0))
    seen = see(surface, picture, 2.0, False)
    residuals = color_residuals(seen, TexturedLight(16))
    rows = photometric_rows(
        seen, surface.faces.numpy(), without_slow_part(seen, residuals, 0.1), 0.1, 50, 1.0, np.random.default_rng(0)
    )
    distances = outline_distances(seen)
    outline = outline_rows(seen, surface.vertices.numpy(), surface.faces.numpy(), distances, 1.0, 1.0)
    assert rows.gradients.shape == outline.gradients.shape == (0, 3) and robust_scale(distances) == 0.0


def test_the_slow_part_of_residuals_is_left_out():
    picture, surface = picture_of(silhouette(RADIUS_M)[0]), ball()
    seen = see(surface, picture, 2.0, False)
    constant = np.full((len(seen.row), 3), 0.1, np.float32)
    assert np.abs(without_slow_part(seen, constant, 0.1)).max() < 0.01
    fine = (0.1 * (-1.0) ** (seen.row + seen.column))[:, None].repeat(3, 1).astype(np.float32)
    np.testing.assert_allclose(without_slow_part(seen, fine, 0.1), fine, atol=0.02)


def test_robust_estimates():
    normal = np.random.default_rng(0).normal(0.0, 3.0, 100_000)
    assert robust_scale(normal) == pytest.approx(3.0, rel=0.02)
    assert robust_weight(np.array([0.0]))[0] == 1.0
    assert robust_weight(np.array([2.5]))[0] == pytest.approx(0.25)
    influence = (values := np.linspace(0.0, 10.0, 1001)) * robust_weight(values)
    assert values[influence.argmax()] == pytest.approx(2.5 / np.sqrt(3.0), abs=0.02)


def _corner(picture: PersonPicture) -> np.ndarray:  # [2] x, y of the cut-out picture in the whole one
    return (CAMERA.intrinsics - picture.camera.intrinsics)[:2, 2].numpy()
