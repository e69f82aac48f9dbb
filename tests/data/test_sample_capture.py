"""The captures that ship: whole, small, and of use to training and evaluation."""

import hashlib

import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import pose_body
from phynes_core.data.native.reader import load_capture
from phynes_core.io.shipped_files import ASSETS

SAMPLES = ASSETS / "captures"
MOST_BYTES = {"josh_256": 16e6, "ada_256": 16e6, "noa_256": 16e6}


@pytest.fixture(scope="module", params=sorted(MOST_BYTES))
def sample(request):
    return SAMPLES / request.param


@pytest.fixture(scope="module")
def capture(sample):
    return load_capture(sample)


def test_these_captures_ship():
    assert sorted(path.name for path in SAMPLES.iterdir() if path.is_dir()) == sorted(MOST_BYTES)


def test_every_file_is_the_one_that_was_built(sample):
    listed = {}
    for line in (sample / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ", 1)
        listed[name] = digest
    present = {path.relative_to(sample).as_posix() for path in sample.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    assert present == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((sample / name).read_bytes()).hexdigest() == digest, name


def test_it_is_small(sample):
    assert sum(path.stat().st_size for path in sample.rglob("*") if path.is_file()) < MOST_BYTES[sample.name]


def test_it_holds_what_training_and_evaluation_need(capture):
    train_cameras = [name for name, split in capture.camera_split.items() if split == "train"]
    train_frames = [frame for frame in capture.frames if capture.frame_split[frame] == "train"]
    assert len(train_cameras) >= 4 and len(train_frames) >= 30
    assert len(capture.frames) > len(train_frames)
    assert all(capture.has_image(camera, frame) for camera in train_cameras for frame in capture.frames)
    truth = capture.ground_truth
    assert truth is not None and len(truth.lights) >= 2
    seen = [(c, f) for c, s in capture.camera_split.items() if s == "test" for f in capture.frames]
    seen = [view for view in seen if capture.has_image(*view)]
    assert {capture.frame_split[frame] for _, frame in seen} == {"train", "novel_pose"}
    with_truth = [view for view in seen if truth.has("albedo", *view)]
    assert {capture.frame_split[frame] for _, frame in with_truth} == {"train", "novel_pose"}
    for camera, frame in with_truth:
        assert all(truth.has(buffer, camera, frame) for buffer in ("albedo", "roughness", "normal", "depth"))
        assert all(truth.has("relit", camera, frame, light) for light in truth.lights)
        assert all(truth.has("shading", camera, frame, light) for light in ("train", *truth.lights))
        assert truth.vertices(frame).shape[1] == 3


def test_body_parameters_fit_the_pictures(capture):
    """The bundled body, posed and projected, lies inside the masks (clothes only add to it)."""
    body = load_bundled_body()
    assert capture.body_hash == body.content_hash
    for camera, frame in (("00", 0), ("01", 12), ("02", 20), ("03", 29)):
        points = pose_body(body, capture.poses[frame]).vertices
        place = capture.cameras[camera].project(points)[:, :2].long()
        covered = capture.mask(camera, frame)[place[:, 1], place[:, 0]]
        assert (covered > 0).float().mean() > 0.995


def test_true_surface_projects_onto_the_mask(capture):
    truth = capture.ground_truth
    assert truth is not None
    camera = next(name for name, split in capture.camera_split.items() if split == "test")
    frame = next(frame for frame in capture.frames if truth.has("albedo", camera, frame))
    points = capture.cameras[camera].project(truth.vertices(frame))[:, :2]
    rows, columns = torch.nonzero(capture.mask(camera, frame) > 0, as_tuple=True)
    box = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    found = torch.cat([points.amin(0), points.amax(0)])
    assert (found - box).abs().max() < 1.2
