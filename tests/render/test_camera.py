"""Cameras project and look where the conventions say."""

import pytest
import torch

from phynes_core.render.camera import framing_distance, orbit_camera

ORIGIN = torch.zeros(3)


@pytest.mark.parametrize(
    ("azimuth", "elevation", "expected"),
    [(0, 0, [0, 0, 2]), (90, 0, [2, 0, 0]), (0, 90, [0, 2, 0]), (180, 0, [0, 0, -2])],
)
def test_the_orbit_stands_where_its_angles_say(azimuth, elevation, expected):
    """Azimuth 0 at +Z, 90 at +X, elevation 90 above; also straight above, where 'up' degenerates."""
    camera = orbit_camera(ORIGIN, azimuth, elevation, 2.0, 64, 64)
    torch.testing.assert_close(camera.center, torch.tensor(expected, dtype=torch.float32), atol=1e-5, rtol=0)
    rotation = camera.T_cam_world[:3, :3]
    torch.testing.assert_close(rotation @ rotation.T, torch.eye(3), atol=1e-5, rtol=0)
    assert torch.det(rotation).item() == pytest.approx(1.0, abs=1e-5)


def test_the_persons_left_appears_on_the_right():
    """Seen from the front, +X (their left) is to the right of the image and +Y is up."""
    camera = orbit_camera(ORIGIN, 0, 0, 2.0, 100, 100)
    left, up, middle = camera.project(torch.tensor([[0.1, 0, 0], [0, 0.1, 0], [0, 0, 0]], dtype=torch.float32))
    assert left[0] > middle[0] and up[1] < middle[1]
    torch.testing.assert_close(middle, torch.tensor([50.0, 50.0, 2.0]))


def test_rays_pass_through_the_pixels_they_are_named_after():
    """A point on a pixel's ray projects to the pixel's center."""
    camera = orbit_camera(torch.tensor([0.1, 0.9, -0.2]), 37, 12, 3.0, 24, 16, 40.0)
    origins, directions = camera.pixel_rays()
    pixels = camera.project(origins + 2.5 * directions)[..., :2]
    assert pixels[3, 5].tolist() == pytest.approx([5.5, 3.5], abs=1e-3)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(16, 24))


def test_resizing_keeps_the_view():
    """The same point lands on the same share of the image."""
    camera = orbit_camera(ORIGIN, 20, 5, 3.0, 512, 512)
    point = torch.tensor([[0.2, 0.3, 0.1]])
    small = camera.resized(128, 128)
    torch.testing.assert_close(small.project(point)[:, :2] * 4, camera.project(point)[:, :2], atol=1e-3, rtol=0)


def test_a_cropped_camera_sees_the_same_through_a_window():
    """The principal point off the middle, as in a real rig."""
    camera = orbit_camera(ORIGIN, 30, 10, 2.0, 64, 48).cropped(3, 5, 50, 40)
    part = camera.cropped(7, 11, 20, 10)
    points = torch.tensor([[0.1, -0.2, 0.05], [0.0, 0.3, -0.1]])
    expected = camera.project(points) - torch.tensor([7.0, 11.0, 0.0])
    torch.testing.assert_close(part.project(points), expected)
    assert (part.width, part.height) == (20, 10)


def test_framing_fills_the_asked_share_of_the_height():
    """A standing line of the body's height covers 85 % of the rows."""
    camera = orbit_camera(ORIGIN, 0, 0, framing_distance(1.7), 512, 512)
    ends = camera.project(torch.tensor([[0, 0.85, 0], [0, -0.85, 0]], dtype=torch.float32))
    assert (ends[1, 1] - ends[0, 1]).item() / 512 == pytest.approx(0.85, abs=1e-3)
