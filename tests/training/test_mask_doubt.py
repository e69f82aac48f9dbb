"""Which pixels of masks are not believed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.registration.matting import signed_depth
from phynes_core.render.rasterize import rasterize
from phynes_core.training.frames import load_training_frames
from phynes_core.training.masks import CorrectedEdge, MaskDoubt, _outline_depths, find_mask_doubt
from phynes_core.training.presets import FAST, Stage1Config, with_overrides
from phynes_core.training.silhouette import find_silhouette
from phynes_core.training.stage import StageSetup
from phynes_core.training.stage1 import Stage1
from tests.training.conftest import tiny_capture_module

SIZE = 160


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """Frames whose masks are the surface's own, at a size at which pieces can be missing; and that surface."""
    from phynes_core.data.native.reader import load_capture

    module = tiny_capture_module()
    capture = load_capture(module.write_tiny_capture(tmp_path_factory.mktemp("masks"), size=SIZE))
    frames = load_training_frames(capture, load_bundled_body(), 5)
    avatar = module.known_avatar()

    def surface(pose):
        return SimpleNamespace(vertices=avatar.displaced_vertices(pose), faces=avatar.body.faces)

    return frames, SimpleNamespace(poses={}, surface=surface)


def with_masks(frames, change):
    """The frames with coverage changed by `change(coverage, camera, frame)`."""

    def changed(view, number):
        coverage = change(view.coverage, view.camera_name, number)
        flat = np.nonzero(coverage.reshape(-1) > 0)[0].astype(np.int32)
        return replace(view, coverage=coverage, mask_pixels=flat)

    return tuple(replace(frame, views=tuple(changed(view, frame.number) for view in frame.views)) for frame in frames)


def test_exact_masks_are_believed(exact):
    frames, registration = exact
    doubt = find_mask_doubt(registration, frames)
    assert doubt.edge_px == 0 and not doubt.missing
    assert doubt.applied_to(frames)[0].views[0] is frames[0].views[0]


@pytest.mark.parametrize("pixels", [2, 3])
def test_edges_are_doubted_as_far_as_they_are_off(exact, pixels):
    frames, registration = exact

    def moved(coverage, camera, frame):
        change = binary_dilation if int(camera) % 2 else binary_erosion
        return np.where(change(coverage > 127, iterations=pixels), 255, 0).astype(np.uint8)

    doubt = find_mask_doubt(registration, with_masks(frames, moved))
    assert abs(doubt.edge_px - 1.4826 * pixels) <= 1.0  # as if the median were that of normal noise


def test_a_missing_piece_is_found_where_it_is_missing(exact):
    frames, registration = exact
    view = frames[0].views[0]
    surface = registration.surface(frames[0].pose)
    ours = rasterize(surface.vertices, surface.faces, view.camera)
    rows, columns = np.nonzero(ours.face_index.numpy() >= 0)
    row = int(np.median(rows))
    column = int(columns[rows == row].max())
    y, x = np.mgrid[:SIZE, :SIZE]
    hole = (y - row) ** 2 + (x - column) ** 2 < 12**2

    def bitten(coverage, camera, frame):
        is_it = camera == view.camera_name and frame == frames[0].number
        return np.where(hole & is_it, 0, coverage).astype(np.uint8)

    changed = with_masks(frames, bitten)
    doubt = find_mask_doubt(registration, changed)
    assert list(doubt.missing) == [(view.camera_name, frames[0].number)]
    missing = doubt.missing[view.camera_name, frames[0].number]
    lost = hole & (view.coverage > 127)
    assert (missing & lost).sum() > 0.9 * lost.sum()
    assert (missing & ~hole).sum() < 0.7 * lost.sum()  # a margin around it
    # the silhouette loss does not see the hole, and no ray goes there
    without = doubt.applied_to(changed)[0].views[0]
    assert not missing.reshape(-1)[without.ring_pixels].any() and not missing.reshape(-1)[without.mask_pixels].any()
    losses = [
        find_silhouette(surface.vertices, surface.faces, one.camera, one.coverage, trust=one.trust).loss
        for one in (view, changed[0].views[0], without)
    ]
    assert losses[1] > 3.0 * losses[0] and losses[2] < 1.3 * losses[0]


def test_rays_keep_away_from_edges_that_nothing_tells(exact):
    frames, registration = exact  # pictures of a person before black: no mask shows any background

    def moved(coverage, camera, frame):
        change = binary_dilation if int(camera) % 2 else binary_erosion
        return np.where(change(coverage > 127, iterations=2), 255, 0).astype(np.uint8)

    changed = with_masks(frames, moved)
    doubt = find_mask_doubt(registration, changed)
    before, view = changed[0].views[0], doubt.applied_to(changed)[0].views[0]
    assert np.array_equal(view.coverage, before.coverage)
    inside = view.coverage > 127
    near = binary_dilation(inside, iterations=2) & ~binary_erosion(inside, iterations=2)
    assert not near.reshape(-1)[view.mask_pixels].any() and not near.reshape(-1)[view.ring_pixels].any()
    assert len(view.mask_pixels) > 0.3 * len(before.mask_pixels)
    assert view.trust[near] == pytest.approx(1.0 / np.sqrt(1.0 + doubt.edge_px**2))


def test_corrected_edges_are_what_training_sees(exact):
    frames, _ = exact
    view = frames[0].views[0]
    pixels = np.concatenate([view.mask_pixels[:3], view.ring_pixels[:2]])
    values = np.array([[0, 0, 0, 0], [10, 20, 30, 128], [9, 9, 9, 255], [40, 50, 60, 200], [0, 0, 0, 0]], np.uint8)
    is_open = np.array([False, False, False, False, True])
    edge = CorrectedEdge(pixels, values, is_open, ~is_open & (values[:, 3] == 255))
    key = view.camera_name, frames[0].number
    corrected = MaskDoubt(2, {}, {key: edge}).applied_to(frames)[0].views[0]
    assert np.array_equal(corrected.image.reshape(-1, 3)[pixels], values[:, :3])
    assert np.array_equal(corrected.coverage.reshape(-1)[pixels], values[:, 3])
    assert pixels[0] in corrected.ring_pixels and pixels[3] in corrected.mask_pixels  # each where its coverage says
    assert pixels[1] in corrected.mask_pixels
    drawn = np.concatenate([corrected.mask_pixels, corrected.ring_pixels])
    assert pixels[2] not in drawn and pixels[4] not in drawn
    assert corrected.trust.reshape(-1)[pixels] == pytest.approx([1.0, 1.0, 1.0 / np.sqrt(5.0), 1.0, 0.0])


def test_uncertain_edges_ask_for_one_surface_in_all_poses():
    config = Stage1Config()
    assert MaskDoubt().weighed(config) is config
    weighed = MaskDoubt(edge_px=2).weighed(config)
    assert not weighed.has_pose and replace(weighed, has_pose=True) == config


def test_a_surface_can_be_the_same_in_all_poses(exact):
    frames, _ = exact
    settings = {"stage1.steps": "2", "stage1.rays": "64", "stage1.ring_px": "3", "stage1.has_pose": "false"}
    config = with_overrides(FAST, settings)
    avatar = Avatar.untrained(load_bundled_body(), "still", config.offset, config.texture)
    stage = Stage1(StageSetup(avatar, frames, config, torch.device("cpu")))
    for step in range(2):
        stage.step(step)
    assert avatar.offset.pose.weight.abs().max() == 0.0
    assert avatar.texture.pose.weight.abs().max() > 0.0
    uv = avatar.body.uv[::50]
    with torch.no_grad():
        assert torch.equal(avatar.offset(uv, torch.zeros(72)), avatar.offset(uv, torch.ones(72)))


def test_depths_in_the_part_around_a_mask_are_those_in_the_picture():
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:60, :50]
    for _ in range(30):
        ours, theirs = np.zeros((60, 50), bool), np.zeros((60, 50), bool)
        for mask in (ours, theirs):
            for _ in range(generator.integers(1, 5)):  # some of these discs touch the picture's border
                middle = generator.integers(0, 60), generator.integers(0, 50)
                mask |= (y - middle[0]) ** 2 + (x - middle[1]) ** 2 < generator.integers(4, 250)
        outline = ours & (distance_transform_edt(ours) <= 1.0)
        assert np.array_equal(_outline_depths(ours, theirs), signed_depth(theirs)[outline])


def test_doubt_survives_a_resumed_run():
    missing = np.zeros((20, 30), bool)
    missing[3:5, 7] = True
    values = np.arange(12, dtype=np.uint8).reshape(3, 4)
    flags = np.array([True, False, False]), np.array([False, True, False])
    edge = CorrectedEdge(np.array([5, 6, 9], np.int32), values, *flags)
    doubt = MaskDoubt(2, {("cam.1", 17): missing}, {("cam.1", 17): edge, ("b", 3): edge})
    stored = doubt.tensors()
    again = MaskDoubt.from_tensors(stored)
    assert again.edge_px == 2 and list(again.missing) == [("cam.1", 17)]
    assert np.array_equal(again.missing["cam.1", 17], missing)
    assert set(again.edges) == set(doubt.edges)
    for name in ("pixels", "values", "is_open", "is_unclear"):
        assert np.array_equal(getattr(again.edges["b", 3], name), getattr(edge, name))
    assert MaskDoubt.from_tensors(MaskDoubt().tensors()) == MaskDoubt()
    assert all(isinstance(value, torch.Tensor) for value in stored.values())
