"""What was found out about a capture is stored, read back and applied."""

import dataclasses

import numpy as np
import torch

from phynes_core.body.model import Pose
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.render.camera import look_at
from tests.registration.textured_capture import capture_of

CAMERAS = {name: look_at(torch.tensor([x, 0.5, 4.0]), torch.zeros(3), 12, 8) for name, x in (("a", 0.0), ("b.1", 1.0))}


def a_pose(seed, num_betas=10):
    generator = torch.Generator().manual_seed(seed)
    parts = [torch.randn(shape, generator=generator) for shape in ((23, 3), (3,), (3,), (num_betas,))]
    return Pose(*parts)


def a_capture():
    pixels = np.random.default_rng(0).integers(0, 200, (8, 12, 4)).astype(np.uint8)
    views = {(name, frame): pixels for name in CAMERAS for frame in (0, 3, 7)}
    return capture_of(views, CAMERAS, {frame: a_pose(frame) for frame in (0, 3, 7)})


def a_fit(num_betas=10):
    betas = torch.arange(num_betas) / 10.0
    poses = {frame: dataclasses.replace(a_pose(90 + frame), betas=betas) for frame in (0, 3)}
    moved = {"b.1": look_at(torch.tensor([1.1, 0.5, 4.1]), torch.zeros(3), 12, 8)}
    return CaptureFit(poses, moved)


def _assert_equal(one, other):
    for entry in dataclasses.fields(one):
        left, right = getattr(one, entry.name), getattr(other, entry.name)
        assert torch.equal(left, right) if isinstance(left, torch.Tensor) else left == right


def test_tensors_round_trip():
    for num_betas in (10, 0):
        fit = a_fit(num_betas)
        again = CaptureFit.from_tensors(fit.tensors() | {"offsets": torch.zeros(3), "decided": torch.zeros(3)})
        assert again.poses.keys() == fit.poses.keys() and again.cameras.keys() == fit.cameras.keys()
        for frame, pose in fit.poses.items():
            _assert_equal(again.poses[frame], pose)
        _assert_equal(again.cameras["b.1"], fit.cameras["b.1"])
    assert not CaptureFit().tensors()


def test_nothing_found_changes_nothing():
    capture = a_capture()
    same = CaptureFit().applied_to(capture)
    assert same.poses == capture.poses and same.cameras == capture.cameras and same.pictures is capture.pictures


def test_found_poses_and_cameras_replace_given_ones_and_all_frames_get_the_shape():
    capture, fit = a_capture(), a_fit()
    better = fit.applied_to(capture)
    assert better.poses[0] is fit.poses[0] and better.poses[3] is fit.poses[3]
    assert torch.equal(better.poses[7].body_pose, capture.poses[7].body_pose)
    assert torch.equal(better.poses[7].betas, fit.poses[0].betas)
    assert better.cameras["b.1"] is fit.cameras["b.1"] and better.cameras["a"] is capture.cameras["a"]
    assert capture.cameras["b.1"] is CAMERAS["b.1"]  # the capture itself is as before
