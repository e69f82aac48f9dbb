"""What was found out about a capture is stored, read back and applied."""

import dataclasses

import numpy as np
import torch

from phynes_core.body.model import Pose
from phynes_core.registration.capture_fit import CaptureFit, evened
from phynes_core.registration.pictures import linear_of
from phynes_core.render.camera import look_at
from tests.registration.textured_capture import PicturesInMemory, capture_of

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
    return CaptureFit(poses, moved, {"a": torch.tensor([1.1, 1.0, 0.9])})


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
        assert torch.equal(again.gains["a"], fit.gains["a"])
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


def test_gains_even_the_colors_of_their_cameras_whatever_was_read_before():
    capture = a_capture()
    given = {name: capture.image(name, 0) for name in CAMERAS}
    better = a_fit().applied_to(capture)
    gained = linear_of((255 * given["a"].numpy()).round().astype(np.uint8)) * np.array([1.1, 1.0, 0.9])
    shown = linear_of((255 * better.image("a", 0).numpy()).round().astype(np.uint8))
    np.testing.assert_allclose(shown, gained, atol=0.004)  # a byte's rounding
    assert torch.equal(better.image("b.1", 0), given["b.1"])
    assert torch.equal(better.mask("a", 0), capture.mask("a", 0))
    assert torch.equal(capture.image("a", 0), given["a"])
    assert torch.equal(capture.image("a", 3), given["a"])  # all frames show the same
    assert better.pictures.has("a", 7) and not better.pictures.has("a", 8)


def test_gains_stop_at_white():
    assert evened(np.full((1, 1, 3), 250, np.uint8), torch.tensor([2.0, 1.0, 0.0])).tolist() == [[[255, 250, 0]]]
    assert isinstance(a_capture().pictures, PicturesInMemory)
