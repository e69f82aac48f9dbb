"""Pictures cut to the person, their blur, and distances to a mask's edge in closed form."""

import numpy as np
import pytest
import torch

from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.registration.pictures import LONGEST_SIDE, PersonPicture, encoded, linear_of
from phynes_core.render.camera import Camera, look_at

CENTER, RADIUS = (37.3, 52.8), 20.0  # x, y in pixels of the whole picture


def a_camera(width: int, height: int) -> Camera:
    return look_at(torch.tensor([0.0, 0.0, 4.0]), torch.zeros(3), width, height)


def disc(width=90, height=110, scale=1):  # [H, W] uint8
    """Coverage of a disc: its edge is as soft as a pixel is wide."""
    y, x = np.mgrid[:height, :width] + 0.5
    distance = np.hypot(x - scale * CENTER[0], y - scale * CENTER[1]) - scale * RADIUS
    return np.round(255.0 * np.clip(0.5 - distance, 0.0, 1.0)).astype(np.uint8)


def from_center(picture: PersonPicture, camera: Camera, scale=1):  # [H, W, 2] pixels of the cut-out picture
    """Where its pixel centers lie, seen from the disc's center."""
    shift = camera.intrinsics[:2, 2].numpy() - picture.pixels_per_px * picture.camera.intrinsics[:2, 2].numpy()
    y, x = np.mgrid[: picture.camera.height, : picture.camera.width] + 0.5
    return np.stack([x, y], -1) + (shift - scale * np.array(CENTER)) / picture.pixels_per_px


def test_distances_to_a_disc():
    """Measured near the edge: 0.22 pixels RMS, without bias; the slope points away from it within 4.1 degrees."""
    coverage, camera = disc(), a_camera(90, 110)
    picture = PersonPicture("a", camera, np.zeros((110, 90, 3), np.uint8), coverage)
    offset = from_center(picture, camera)
    length = np.linalg.norm(offset, axis=-1)
    near = np.abs(length - RADIUS) < 6.0
    error = (picture.distance - (length - RADIUS))[near]
    cosine = (picture.distance_slope * offset / length[..., None]).sum(-1)[near]
    assert np.sqrt((error**2).mean()) < 0.3 and abs(error.mean()) < 0.1
    assert np.degrees(np.arccos(cosine.clip(-1.0, 1.0))).mean() < 6.0
    assert picture.has_edge and picture.person_px == pytest.approx(2 * RADIUS, abs=1.5)


def test_fine_pictures_are_reduced_and_keep_their_place():
    scale = 18
    camera = a_camera(90 * scale, 110 * scale)
    coverage = disc(90 * scale, 110 * scale, scale)
    picture = PersonPicture("a", camera, np.zeros((110 * scale, 90 * scale, 3), np.uint8), coverage)
    assert picture.pixels_per_px > 1 and max(picture.distance.shape) <= LONGEST_SIDE
    length = np.linalg.norm(from_center(picture, camera, scale), axis=-1)
    radius = scale * RADIUS / picture.pixels_per_px
    near = np.abs(length - radius) < 10.0
    error = (picture.distance - (length - radius))[near]
    assert np.sqrt((error**2).mean()) < 0.3 and abs(error.mean()) < 0.1


def test_a_person_who_fills_the_picture_has_no_edge():
    picture = PersonPicture("a", a_camera(20, 30), np.zeros((30, 20, 3), np.uint8), np.full((30, 20), 255, np.uint8))
    assert not picture.has_edge
    assert (picture.distance < -20.0).all() and not picture.distance_slope.any()


def test_a_mask_at_the_border_has_its_edge_inside_the_picture_only():
    coverage = np.zeros((60, 80), np.uint8)
    coverage[:, :31] = 255
    picture = PersonPicture("a", a_camera(80, 60), np.zeros((60, 80, 3), np.uint8), coverage)
    columns = np.arange(picture.distance.shape[1]) + 0.5
    np.testing.assert_allclose(picture.distance, np.tile(columns - 31.0, (60, 1))[: len(picture.distance)], atol=0.3)
    np.testing.assert_allclose(picture.distance_slope[..., 0], 1.0, atol=1e-3)


def test_blur_leaves_the_background_out_and_knows_its_slope():
    """A person of one color stays of it up to the edge; a ramp of colors has its slope."""
    coverage, camera = disc(), a_camera(90, 110)
    image = np.zeros((110, 90, 3), np.uint8)
    image[coverage > 0] = (200, 100, 50)
    blurred = PersonPicture("a", camera, image, np.where(coverage > 0, 255, 0).astype(np.uint8)).blurred(2.0, False)
    picture = PersonPicture("a", camera, image, np.where(coverage > 0, 255, 0).astype(np.uint8))
    assert np.abs(blurred.srgb[picture.distance < 0] * 255.0 - np.array([200, 100, 50])).max() < 1.0
    y, x = np.mgrid[:110, :90]
    ramp = np.stack([60 + x, 60 + y, 0 * x + 90], -1).astype(np.uint8)
    picture = PersonPicture("a", camera, ramp, np.full((110, 90), 255, np.uint8))
    slope = picture.blurred(1.0, True).slope[20:-20, 20:-20] * 255.0
    np.testing.assert_allclose(slope[..., 0, :], np.broadcast_to([1.0, 0.0], slope[..., 0, :].shape), atol=0.02)
    np.testing.assert_allclose(slope[..., 1, :], np.broadcast_to([0.0, 1.0], slope[..., 1, :].shape), atol=0.02)
    np.testing.assert_allclose(slope[..., 2, :], 0.0, atol=1e-3)
    assert picture.blurred(1.0, True) is picture.blurred(1.0, True)
    assert picture.blurred(2.0, True) is not picture.blurred(1.0, True)


def test_colors_are_encoded_as_everywhere():
    linear = np.linspace(0.0, 1.0, 500, dtype=np.float32)
    np.testing.assert_allclose(encoded(linear), linear_to_srgb(torch.from_numpy(linear)).numpy(), atol=2e-7)
    levels = np.arange(256, dtype=np.uint8)
    expected = srgb_to_linear(torch.from_numpy(levels.astype(np.float32) / 255.0)).numpy()
    np.testing.assert_allclose(linear_of(levels), expected, atol=2e-7)
