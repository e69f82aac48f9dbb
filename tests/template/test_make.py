"""What a template is made from: sides that are seen, frames that are taken, silhouettes that are compared."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.render.camera import orbit_camera
from phynes_core.template.make import MaskedView, PosedViews, evenly, silhouette_overlap, widest_gap_deg

SIZE = 64


def views(azimuths, pose=None) -> PosedViews:
    """Cameras around the origin; their masks are empty."""
    empty = np.zeros((SIZE, SIZE), np.uint8)
    cameras = [orbit_camera(torch.zeros(3), azimuth, 0.0, 30.0, SIZE, SIZE) for azimuth in azimuths]
    return PosedViews(Pose.rest() if pose is None else pose, [MaskedView(camera, empty) for camera in cameras])


@pytest.mark.parametrize(
    "azimuths, gap",
    [((0,), 180.0), ((0, 180), 180.0), ((0, 90), 90.0), ((0, 90, 270), 90.0), ((0, 60, 120), 60.0)],
)
def test_opposite_cameras_see_one_side(azimuths, gap):
    assert widest_gap_deg(load_bundled_body(), [views(azimuths)]) == pytest.approx(gap, abs=1.5)


def test_who_turns_before_one_camera_is_seen_all_around():
    turned = [
        replace(Pose.rest(), global_orient=torch.tensor([0.0, float(np.radians(a)), 0.0])) for a in range(0, 180, 20)
    ]
    assert widest_gap_deg(load_bundled_body(), [views((10,), pose) for pose in turned]) == pytest.approx(20.0, abs=1.5)


def test_frames_are_taken_evenly():
    assert evenly(range(10), 4) == [0, 3, 6, 9] and evenly(range(3), 9) == [0, 1, 2]


def test_overlap_is_that_of_areas_where_masks_are_known():
    """A square of 16 pixels against a mask of its left half, of which the upper part is not known."""
    camera = orbit_camera(torch.zeros(3), 0.0, 0.0, 10.0, SIZE, SIZE)
    half = 8.0 * 10.0 / float(camera.intrinsics[0, 0])
    corners = torch.tensor([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[24:40, 24:32] = 255
    assert silhouette_overlap(corners, faces, MaskedView(camera, mask)) == pytest.approx(0.5, abs=0.02)
    known = np.ones((SIZE, SIZE), bool)
    known[:, 32:] = False
    assert silhouette_overlap(corners, faces, MaskedView(camera, mask, known)) == pytest.approx(1.0, abs=0.02)
