"""Carving against closed forms: a sphere's hull, a turning arm, wrong pictures, unknown masks."""

import numpy as np
import pytest
import torch

from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.template.carve import PosedSkeletons, hull, signed_distance, silhouettes
from phynes_core.template.rest_shape import Bound

RADIUS, PIXELS = 0.3, 160


def cameras() -> list[Camera]:
    middle = torch.zeros(3)
    return [
        orbit_camera(middle, azimuth, 10.0 * (k % 3), 3.0, PIXELS, PIXELS)
        for k, azimuth in enumerate(range(0, 360, 30))
    ]


def distance_to_ray(camera: Camera, points: np.ndarray, center: np.ndarray) -> np.ndarray:  # [N, 3] -> [N]
    """Of a sphere's center to the rays from the camera through points."""
    eye = camera.center.double().numpy()
    along = points - eye
    along /= np.linalg.norm(along, axis=-1, keepdims=True)
    return np.linalg.norm(np.cross(along, center - eye), axis=-1)


def sphere_mask(camera: Camera, center: np.ndarray) -> np.ndarray:  # [H, W] uint8
    """16 samples a pixel."""
    fine = camera.resized(4 * PIXELS, 4 * PIXELS)
    origin, direction = fine.pixel_rays()
    hit = distance_to_ray(camera, (origin + direction).double().numpy(), center) < RADIUS
    return np.round(255.0 * hit.reshape(PIXELS, 4, PIXELS, 4).mean((1, 3))).astype(np.uint8)


def still(points: np.ndarray, joint: int = 0) -> Bound:
    """Points that hang on one joint."""
    count = len(points)
    weights = np.zeros((count, 24), np.float32)
    weights[:, joint] = 1.0
    places = np.zeros(count, np.int32), np.zeros((count, 3), np.float32), np.zeros(count, np.float32)
    return Bound(*places, weights, points.astype(np.float32), np.zeros(count, np.float32))


def identity(frames: int = 1) -> PosedSkeletons:
    transforms = np.tile(np.eye(3, 4, dtype=np.float32), (frames, 24, 1, 1))
    return PosedSkeletons(transforms, np.zeros((frames, 1, 3), np.float32))


def carved(points, poses, pictures, shares=(0.0,), joint=0):
    corners = np.zeros((len(points), 3), np.int32)
    return hull(still(points, joint), corners, np.zeros(len(points)), poses, pictures, shares)


def random_points(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.6, 0.6, (count, 3))


def test_the_hull_of_a_sphere_is_what_all_rays_meet():
    views, center, points = cameras(), np.zeros(3), random_points(4000)
    found = carved(points, identity(), silhouettes([(0, c, sphere_mask(c, center), None) for c in views]))[:, 0]
    exact = np.min([RADIUS - distance_to_ray(c, points, center) for c in views], axis=0)
    near = abs(exact) < 0.15
    assert ((found > 0) == (exact > 0))[abs(exact) > 0.002].all()  # a pixel is 10 mm here
    assert abs(found - exact)[near].max() < 0.025  # perspective, and distances in the image; measured 0.017
    assert (found > 0).mean() > 0.01


def test_points_follow_their_joint_through_the_frames():
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], float)  # about z by a right angle
    poses = identity(2)
    poses.transforms[1, 16, :, :3] = turn
    center = np.array([0.25, 0.1, 0.0])
    pictures = silhouettes(
        [(frame, c, sphere_mask(c, at), None) for frame, at in ((0, center), (1, turn @ center)) for c in cameras()]
    )
    points = np.array([center, center + [0.0, 0.2, 0.0], center + [0.0, 0.45, 0.0]])
    found = carved(points, poses, pictures, joint=16)[:, 0]
    assert found[0] > 0.25 and found[1] > 0.05 and found[2] < -0.1
    assert carved(points, poses, pictures, joint=0)[0, 0] < 0.0  # it would have stayed


def test_a_share_of_wrong_pictures_is_left_out():
    views, center = cameras(), np.zeros(3)
    pictures = [(0, c, sphere_mask(c, center), None) for c in views]
    pictures[3] = (0, views[3], np.zeros((PIXELS, PIXELS), np.uint8), None)
    found = carved(np.zeros((1, 3)), identity(), silhouettes(pictures), (0.0, 0.1))
    assert found[0, 0] < 0.0 < found[0, 1]


def test_where_a_mask_is_not_known_it_does_not_carve():
    views, center = cameras(), np.zeros(3)
    unknown = np.zeros((PIXELS, PIXELS), bool)
    pictures = [(0, c, sphere_mask(c, center), None) for c in views]
    pictures[3] = (0, views[3], np.zeros((PIXELS, PIXELS), np.uint8), unknown)
    assert carved(np.zeros((1, 3)), identity(), silhouettes(pictures))[0, 0] > 0.2


@pytest.mark.parametrize("coverage, expected", [(0, 0.5), (128, 0.0), (255, -0.5)])
def test_partly_covered_pixels_place_the_outline(coverage: int, expected: float):
    """A pixel that is half covered has the outline through its middle."""
    image = np.zeros((9, 9), np.uint8)
    image[:, :4], image[:, 4] = 255, coverage
    distance = signed_distance(image)
    assert distance[4, 4] == pytest.approx(-expected, abs=0.01)
    assert distance[4, 1] > 1.4 and distance[4, 7] < -1.4


def test_a_sliver_thinner_than_a_pixel_is_inside_and_edges_stay_where_they_are():
    coverage = np.zeros((20, 40), np.uint8)
    coverage[4:16, 2:14] = 255
    coverage[3, 2:14] = 90  # the edge of what is thick, 0.35 px above whole pixels
    coverage[9, 14:36] = 102  # 0.4 px wide
    found = signed_distance(coverage)
    assert found[9, 20:36] == pytest.approx(0.2)
    assert found[3, 4:12] == pytest.approx(90 / 255 - 0.5)
    assert found[8, 20:34].max() < 0.0 and found[4, 5] > 0.0
    coverage[9, 14:36] = 20  # fainter than anything that is believed
    assert signed_distance(coverage)[9, 20:36].max() < 0.0
