"""A tiny capture from end to end: layout, ground truth, resuming, and what a wrong folder gets."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
import torch

from phynes_core.data.native import layout
from phynes_core.data.native.reader import load_capture
from phynes_core.errors import CaptureError
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.rasterize import rasterize
from phynes_core.synthetic.ground_truth import synthesize
from phynes_core.synthetic.lights import load_light
from phynes_core.synthetic.plan import SETTINGS, SynthesisPlan

PLAN = SynthesisPlan(
    views=2, test_views=1, frames=2, novel_frames=1, size=64, spp=36, texture_size=256, relight=("studio",),
    motion=("walk",), novel_motion=("run",),
)  # fmt: skip


def quiet(done: int, total: int, what: str) -> None:
    pass


@pytest.fixture(scope="module")
def folder(body, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("captures") / "josh"
    synthesize(PLAN, body, root, quiet)
    return root


@pytest.fixture(scope="module")
def capture(folder):
    return load_capture(folder)


def test_capture_loads_and_is_complete(capture, body):
    assert capture.frames == (0, 1, 2)
    assert capture.frame_split == {0: "train", 1: "train", 2: "novel_pose"}
    assert capture.body_hash == body.content_hash
    assert all(capture.has_image(camera, frame) for camera in ("00", "01") for frame in (0, 1, 2))
    truth = capture.ground_truth
    assert truth is not None and truth.lights == ("studio",)
    assert not any(truth.has("albedo", camera, frame) for camera in ("00", "01") for frame in (0, 1, 2))
    for frame in (0, 1, 2):
        assert capture.has_image("02", frame)
        assert truth.has("albedo", "02", frame) and truth.has("shading", "02", frame, "train")


def test_pictures_are_exposed_and_black_outside(capture):
    for camera in ("00", "01"):
        image, mask = capture.image(camera, 0), capture.mask(camera, 0)
        inside = mask > 0.99
        assert 0.05 < inside.float().mean() < 0.5
        assert image[mask == 0].abs().max() == 0
        assert (image[inside].amax(-1) >= 1).float().mean() < 0.02  # few paths are noisy
        assert 0.2 < image[inside].mean() < 0.8


def test_ground_truth_pictures_stay_below_one(capture):
    """For relit and white pictures, except their sharpest highlights; the brightest picture comes close to 1."""
    truth = capture.ground_truth
    for name in ("relit", "shading"):
        pictures = [getattr(truth, name)("studio", "02", frame) for frame in (0, 1, 2)]
        inside = [capture.mask("02", frame) > 0.99 for frame in (0, 1, 2)]
        brightest = torch.cat([image[where].amax(-1) for image, where in zip(pictures, inside, strict=True)])
        assert (brightest > 1).float().mean() < 0.02
    assert brightest.quantile(0.99) > 0.75


def test_buffers_agree_with_the_stored_mesh(capture):
    """Depth, normals and the center mask are those of geometry/*.npz under our own camera and rasterizer."""
    truth, camera = capture.ground_truth, capture.cameras["02"]
    vertices, faces = truth.vertices(1), truth.faces
    fragments = rasterize(vertices, faces, camera)
    hit = truth.center_mask("02", 1)
    assert ((fragments.face_index >= 0) != hit).float().mean() < 0.001
    both = hit & (fragments.face_index >= 0)
    depth = truth.depth("02", 1)[..., 0]
    assert (depth - fragments.depth)[both].abs().median() < 1e-4
    corners = faces[fragments.face_index[both].long()]
    normals = vertex_normals(vertices, faces)[corners] * fragments.barycentric[both][..., None]
    normals = torch.nn.functional.normalize(normals.sum(1), dim=-1)
    cosine = (normals * truth.normal("02", 1)[both]).sum(-1)
    assert cosine.median() > 0.9999


def test_materials_are_premultiplied_by_coverage(capture):
    truth, mask = capture.ground_truth, capture.mask("02", 0)
    albedo, roughness = truth.albedo("02", 0), truth.roughness("02", 0)
    near = torch.nn.functional.max_pool2d(mask[None, None], 3, 1, 1)[0, 0] > 0  # 16 samples miss slivers that 64 find
    assert albedo[~near].abs().max() == 0
    inside = mask > 0.99
    assert roughness[inside].min() > 0.17 and roughness[inside].max() < 0.96
    rim = (mask > 0.3) & (mask < 0.7)
    assert 0.3 < float(roughness[rim].mean() / roughness[inside].mean()) < 0.75


def test_shading_is_white_and_bounded_by_the_light(capture):
    """0.8 under an environment never exceeds 0.8 times its brightest irradiance over pi."""
    shading = capture.ground_truth.shading("train", "02", 0)
    inside = capture.mask("02", 0) > 0.99
    spread = (shading[inside] / shading[inside].mean(-1, keepdim=True)).std(0)
    assert shading[inside].min() >= 0 and shading[inside].mean() > 0.05
    assert spread.max() < 0.5  # the light's color, no pattern of the shirt


def test_lights_are_stored_as_used(capture):
    image = capture.ground_truth.light_image("studio")
    assert image.shape == (256, 512, 3)
    ratio = image / load_light("studio").clamp(min=1e-6)
    assert ratio.std() / ratio.mean() < 1e-2  # one exposure factor


def test_resuming_renders_only_what_is_missing_and_the_same(folder, body):
    victim = layout.image_path(folder, "01", 1)
    before = hashlib.sha256(victim.read_bytes()).hexdigest()
    untouched = layout.image_path(folder, "00", 0).stat().st_mtime_ns
    victim.unlink()
    rendered: list[str] = []
    synthesize(PLAN, body, folder, lambda done, total, what: rendered.append(what))
    assert [what for what in rendered if what.startswith(("view", "surface", "relit", "shading"))] == [
        "view 01/000001 train"
    ]
    assert hashlib.sha256(victim.read_bytes()).hexdigest() == before
    assert layout.image_path(folder, "00", 0).stat().st_mtime_ns == untouched


def test_other_settings_in_the_same_folder_are_refused(folder, body):
    with pytest.raises(CaptureError, match="spp"):
        synthesize(dataclasses.replace(PLAN, spp=25), body, folder, quiet)


def test_a_folder_with_an_older_exposure_is_refused(folder, body, tmp_path):
    settings = json.loads((folder / SETTINGS).read_text())
    del settings["render_version"]
    (tmp_path / SETTINGS).write_text(json.dumps(settings))
    with pytest.raises(CaptureError, match="exposure: the folder has version 1"):
        synthesize(PLAN, body, tmp_path, quiet)


def test_a_foreign_capture_is_not_overwritten(folder, body, tmp_path):
    (tmp_path / layout.CAMERAS).write_text("{}")
    with pytest.raises(CaptureError, match="empty --out"):
        synthesize(PLAN, body, tmp_path, quiet)


def test_unknown_names_are_listed(body, tmp_path):
    with pytest.raises(CaptureError, match="josh"):
        synthesize(dataclasses.replace(PLAN, subject="jane"), body, tmp_path, quiet)
    with pytest.raises(CaptureError, match="studio"):
        synthesize(dataclasses.replace(PLAN, probe="moon"), body, tmp_path, quiet)
    assert not any(tmp_path.iterdir())
