"""Rays and samples against geometry that is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.atlas import corner_uv
from phynes_core.body.files import load_bundled_body
from phynes_core.body.parts import head_and_hands
from phynes_core.render.camera import Camera
from phynes_core.training.frames import load_training_frames
from phynes_core.training.presets import Stage1Config
from phynes_core.training.sampling import pixel_rays, pixel_shifts, sample_rays, shell_samples, step_generator
from phynes_core.training.surface_pixels import uv_per_pixel

CONFIG = Stage1Config(rays=240, frames_per_step=2, ring_px=3)


@pytest.fixture
def frames(tiny):
    return load_training_frames(tiny, load_bundled_body(), CONFIG.ring_px)


def test_only_training_frames_and_cameras_are_loaded(frames):
    assert [frame.number for frame in frames] == [0, 4]
    assert [view.camera_name for view in frames[0].views] == ["00", "01"]


def test_ring_lies_around_the_mask(frames):
    view = frames[0].views[0]
    ring, mask = (np.zeros(view.coverage.size, bool) for _ in range(2))
    ring[view.ring_pixels], mask[view.mask_pixels] = True, True
    assert not (ring & mask).any() and ring.sum() > 50
    size = view.camera.width
    rows, columns = np.nonzero(mask.reshape(-1, size))
    for row, column in zip(*np.nonzero(ring.reshape(-1, size)), strict=True):
        assert np.maximum(abs(rows - row), abs(columns - column)).min() <= CONFIG.ring_px


def test_pixels_near_the_edge_of_an_uncertain_mask_are_left_out(tiny):
    doubted = load_training_frames(replace(tiny, uncertain_px=2), load_bundled_body(), CONFIG.ring_px)
    view, size = doubted[0].views[0], doubted[0].views[0].camera.width
    person = view.coverage > 0
    edge = np.zeros_like(person)
    for row, column in np.ndindex(person.shape):  # a 5 x 5 window that holds both sides
        window = person[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        edge[row, column] = window.any() and not window.all()
    kept = np.zeros(person.size, bool)
    kept[view.mask_pixels] = True
    assert np.array_equal(kept.reshape(-1, size), person & ~edge)
    assert not edge.ravel()[view.ring_pixels].any()


def test_rays_go_through_their_pixels(frames):
    camera = frames[0].views[0].camera
    pixels = np.array([0, 5 * camera.width + 7])
    origins, directions = pixel_rays(camera, pixels, np.array([[0.5, 0.5], [0.25, 0.75]]))
    image = camera.project(torch.from_numpy(origins + 3.0 * directions))
    assert torch.allclose(image[:, :2], torch.tensor([[0.5, 0.5], [7.25, 5.75]]), atol=1e-3)


def test_head_and_hands_get_their_share_of_the_rays(frames):
    body = load_bundled_body()
    view, vertices = frames[0].views[0], torch.from_numpy(frames[0].vertices)
    for chosen in head_and_hands(body).values():
        column, row = view.camera.project(vertices[chosen].mean(0))[:2].long().tolist()
        assert view.head_and_hands[row, column]
    assert 0 < len(view.head_and_hands_pixels) < 0.5 * len(view.mask_pixels)

    def share(fraction: float) -> float:
        config = replace(CONFIG, rays=4000, mask_fraction=1.0, detail_fraction=fraction)
        batch = sample_rays(frames, config, step_generator(0, 1, 5))
        inside, shown = 0, 0
        for k, frame in enumerate(batch.frames):
            rows = np.split(np.arange(batch.first[k], batch.first[k + 1]), len(frame.views))
            for part, view in zip(rows, frame.views, strict=True):
                points = view.camera.center + torch.from_numpy(batch.directions[part])
                column, row = view.camera.project(points)[:, :2].long().T.numpy()
                inside, shown = inside + view.head_and_hands[row, column].sum(), shown + len(part)
        return inside / shown

    plain = share(0.0)
    assert share(0.5) == pytest.approx(0.5 + 0.5 * plain, abs=0.03)


def test_the_same_step_draws_the_same_rays(frames):
    first, again = (sample_rays(frames, CONFIG, step_generator(0, 1, 5)) for _ in range(2))
    other = sample_rays(frames, CONFIG, step_generator(0, 1, 6))
    assert np.array_equal(first.directions, again.directions) and not np.array_equal(first.directions, other.directions)
    assert first.num_rays == 240
    assert (first.coverage > 0).mean() == pytest.approx(CONFIG.mask_fraction, abs=0.01)


def test_samples_lie_in_the_shell_and_hits_are_where_the_body_is(frames):
    uv = corner_uv(load_bundled_body()).numpy()
    batch = sample_rays(frames, CONFIG, step_generator(0, 1, 0))
    asked = []

    def bare_body(k, uv, face_index, barycentric):
        asked.append(len(uv))
        return np.zeros(len(uv), np.float32)

    samples = shell_samples(batch, CONFIG, uv, bare_body, 1e-3, step_generator(0, 1, 0))
    reach = 8e-3 + CONFIG.fine_band_m
    shift = CONFIG.surface_shift * 1e-3
    assert (samples.height + shift).abs().max() < reach + 1e-6
    assert ((samples.uv >= 0) & (samples.uv <= 1)).all()
    assert (samples.spacing >= 0).all() and (samples.spacing <= 0.02).all()
    order = samples.ray * samples.num_slots + samples.slot
    assert (order[1:] > order[:-1]).all()  # near to far along each ray, every slot once
    # a ray through the middle of the mask has samples on both sides of the surface
    inside = batch.coverage == 1
    both = [
        bool((samples.height[samples.ray == ray] > 0).any() and (samples.height[samples.ray == ray] < 0).any())
        for ray in np.nonzero(inside)[0]
    ]
    assert np.mean(both) > 0.7  # the pictures show a body 15 mm thicker than this one
    assert sum(asked) > 0


def test_rays_that_end_behind_a_known_surface_give_the_same_samples(frames):
    """Bit for bit, with half of the heights asked; the surface may lie anywhere within the shell."""
    body = load_bundled_body()
    uv, faces = corner_uv(body).numpy(), body.faces.numpy()
    rng = np.random.default_rng(0)
    surfaces = [rng.uniform(-0.02, 0.05, body.num_vertices).astype(np.float32) for _ in frames]
    batch = sample_rays(frames, CONFIG, step_generator(0, 1, 0))
    asked = []

    def interpolated(k, uv, face_index, barycentric):
        asked.append(len(uv))
        return (surfaces[k][faces[face_index]] * barycentric).sum(-1)

    runs = [
        shell_samples(batch, CONFIG, uv, interpolated, 1e-3, step_generator(0, 1, 0), known) for known in ((), surfaces)
    ]
    for name in ("ray", "slot", "uv", "height", "spacing"):
        assert torch.equal(*(getattr(samples, name) for samples in runs)), name
    assert runs[0].num_samples > 500 and sum(asked[4:6]) < 0.7 * sum(asked[:2])  # the coarse marches


def test_rays_of_a_pixel_fill_its_quarters():
    shifts = pixel_shifts(5, 4, step_generator(0, 1, 0)).reshape(5, 4, 2)
    assert np.array_equal(np.floor(shifts * 2), np.broadcast_to([[0, 0], [1, 0], [0, 1], [1, 1]], (5, 4, 2)))
    assert np.allclose(pixel_shifts(3, 1, None), 0.5)


def test_uv_changes_per_pixel_as_the_image_says():
    """A square facing a camera of 100 px focal length, 2 m away: 1 m is 50 px, u runs right and v up."""
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    uv = vertices[:, :2][faces]
    pose = torch.tensor([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 2.0], [0, 0, 0, 1]])
    camera = Camera(torch.tensor([[100.0, 0, 32], [0, 100, 32], [0, 0, 1]]), pose, 64, 64)
    expected = torch.tensor([[0.02, 0.0], [0.0, -0.02]])
    assert torch.allclose(uv_per_pixel(vertices, faces, uv, camera), expected.expand(2, 2, 2), atol=1e-6)
