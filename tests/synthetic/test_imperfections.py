"""Imperfections have the strengths that were ordered, measured against the perfect values, and touch nothing else."""

import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from phynes_core.body.model import Pose
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import NUM_JOINTS, srgb_to_linear
from phynes_core.data.capture import ColorGain
from phynes_core.render.camera import orbit_camera
from phynes_core.synthetic.imperfections.fits import earlier_poses, noise_over_time, noisy_camera, noisy_poses
from phynes_core.synthetic.imperfections.masks import smooth_field, without_blob, wobbled
from phynes_core.synthetic.imperfections.pictures import (
    CameraFaults,
    color_gain,
    degraded_view,
    random_background,
    through_jpeg,
)
from phynes_core.synthetic.imperfections.settings import Imperfections

NO_FAULTS = CameraFaults(ColorGain(torch.ones(3), torch.zeros(3)), None)


def generator(seed=0):
    return np.random.default_rng(seed)


def disk(size=256, radius=80.0):
    """A soft-edged disk [size, size] float32 around the middle."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    return torch.from_numpy(np.clip(radius - np.hypot(rows - size / 2, columns - size / 2) + 0.5, 0, 1)).float()


def view_of(mask):
    """[H, W, 4] uint8: an uneven color where the mask is whole, black elsewhere."""
    steps = torch.linspace(0.5, 1.0, mask.shape[1]).expand(mask.shape)
    pixels = torch.stack([0.4 * steps, 0.3 * steps.T, 0.2 * steps], -1) * (mask[..., None] > 0.99)
    return (torch.cat([pixels, mask[..., None]], -1) * 255).round().to(torch.uint8).numpy()


def moving_poses(count, seed=1):
    """Random rotations of all joints, and one set of betas."""
    numbers = torch.Generator().manual_seed(seed)
    betas = torch.randn(10, generator=numbers)
    return {
        frame: Pose(
            0.5 * torch.randn(23, 3, generator=numbers), torch.randn(3, generator=numbers), torch.randn(3), betas
        )
        for frame in range(count)
    }


def turns_between(true, given):
    """n [24, 3] in R_given = R_true exp(n)."""
    first, second = (
        axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose]).double()) for pose in (true, given)
    )
    return quaternion_to_axis_angle(matrix_to_quaternion(first.mT @ second))


def correlation(values, lag):
    """Of series [T, C] with themselves `lag` later, mean 0."""
    return float((values[lag:] * values[: len(values) - lag]).mean() / (values**2).mean())


def test_body_noise_has_the_named_strength_in_every_joint_and_direction():
    poses = moving_poses(1200)
    given = noisy_poses(poses, Imperfections(body_deg=2.0, body_mm=7.0), generator())
    turns = torch.stack([turns_between(poses[frame], given[frame]) for frame in poses]).numpy()
    degrees = np.degrees(turns)  # [1200, 24, 3]
    # 60 independent values a channel in the smooth half: 7 % for one channel, 1 % for all
    assert degrees.std() == pytest.approx(2.0, rel=0.03)
    assert (abs(degrees.std(0) - 2.0) < 0.6).all()
    assert abs(degrees.mean()) < 0.06
    moved = 1000 * np.stack([(given[frame].transl - poses[frame].transl).numpy() for frame in poses])
    assert moved.std() == pytest.approx(7.0, rel=0.12)


def test_half_of_the_noise_is_smooth_over_eight_frames_and_half_is_white():
    noise = noise_over_time(tuple(range(3000)), 75, generator())
    assert noise.var() == pytest.approx(1.0, rel=0.02)
    for lag in (1, 4, 8, 16):
        assert correlation(noise, lag) == pytest.approx(0.5 * math.exp(-(lag**2) / 128), abs=0.02)
    assert correlation(noise, 40) == pytest.approx(0.0, abs=0.02)


def test_noise_over_frames_with_gaps_is_that_of_their_times():
    sparse = noise_over_time(tuple(range(0, 60000, 40)), 75, generator())
    assert sparse.var() == pytest.approx(1.0, rel=0.02)
    assert correlation(sparse, 1) == pytest.approx(0.0, abs=0.02)


def test_betas_are_off_by_the_same_amount_in_all_frames():
    poses = moving_poses(4)
    offsets = []
    for seed in range(300):
        given = noisy_poses(poses, Imperfections(body_deg=2.0), generator(seed))
        off = [given[frame].betas - poses[frame].betas for frame in poses]
        assert all(torch.equal(off[0], other) for other in off)
        offsets.append(off[0])
    assert float(torch.stack(offsets).std()) == pytest.approx(0.2, rel=0.05)  # 0.1 a degree


def test_an_offset_is_the_motion_of_that_time():
    """Joints that turn evenly about one axis, and a root that moves evenly, are late by exactly the offset."""
    axis = torch.nn.functional.normalize(torch.tensor([1.0, 2.0, -0.5]), dim=0)
    angle = {frame: 0.3 * frame for frame in (0, 1, 2, 5)}
    poses = {
        frame: Pose((axis * value).expand(23, 3), axis * value, torch.tensor([0.1, 0.0, 0.2]) * frame, torch.ones(10))
        for frame, value in angle.items()
    }
    given = earlier_poses(poses, 0.25)
    for frame in (0, 1, 2):  # frame 0 has no predecessor and goes on like its successor
        torch.testing.assert_close(
            given[frame].body_pose, (axis * 0.3 * (frame - 0.25)).expand(23, 3), atol=1e-5, rtol=0
        )
        torch.testing.assert_close(given[frame].global_orient, axis * 0.3 * (frame - 0.25), atol=1e-5, rtol=0)
        expected = torch.tensor([0.1, 0.0, 0.2]) * (frame - 0.25)
        torch.testing.assert_close(given[frame].transl, expected, atol=1e-6, rtol=0)
    assert given[5] is poses[5]  # alone


def test_camera_noise_turns_and_moves_by_the_named_amounts():
    camera = orbit_camera(torch.tensor([0.0, 0.9, 0.0]), 40.0, 10.0, 3.0, 64, 64)
    turns, moves = [], []
    for seed in range(500):
        given = noisy_camera(camera, Imperfections(camera_deg=0.5, camera_mm=3.0), generator(seed))
        between = given.T_cam_world[:3, :3].double() @ camera.T_cam_world[:3, :3].double().T
        turns.append(quaternion_to_axis_angle(matrix_to_quaternion(between)))
        moves.append(given.center - camera.center)
        assert torch.equal(given.intrinsics, camera.intrinsics)
    turns, moves = torch.stack(turns).rad2deg(), torch.stack(moves) * 1000
    assert (abs(turns.std(0) - 0.5) < 0.06).all()  # 500 values: 3 %
    assert (abs(moves.std(0) - 3.0) < 0.36).all()


def contour_radii(mask, angles):
    """Where the mask falls below one half along rays from its middle, in pixels [A]."""
    middle, steps = mask.shape[0] / 2, torch.arange(40.0, 120.0, 0.1)
    x, y = (middle + steps * function(angles)[:, None] for function in (torch.cos, torch.sin))
    places = torch.stack([x, y], -1) / mask.shape[0] * 2 - 1
    values = torch.nn.functional.grid_sample(mask[None, None], places[None], align_corners=False)[0, 0]
    return steps[(values < 0.5).float().argmax(1)]


def test_a_masks_contour_wanders_by_the_named_pixels_and_smoothly():
    mask, angles = disk(), torch.arange(0.0, 2 * math.pi, 2 * math.pi / 251)  # two pixels of contour apart
    off = torch.stack([contour_radii(wobbled(mask, 2.0, generator(seed)), angles) - 80.0 for seed in range(60)])
    assert float(off.std()) == pytest.approx(2.0, rel=0.06)  # 60 x 25 lengths of correlation: 2 %
    assert abs(float(off.mean())) < 0.2

    def along(steps):
        return float((off * off.roll(steps, 1)).mean() / off.var())

    assert along(1) > 0.9
    assert along(5) == pytest.approx(math.exp(-0.5), abs=0.12)  # ten pixels on
    assert abs(along(25)) < 0.12
    assert abs(float(np.corrcoef(off[:-1].flatten(), off[1:].flatten())[0, 1])) < 0.1  # pictures are independent


def test_a_smooth_field_has_unit_strength_and_its_correlation():
    fields = torch.stack([smooth_field(60, 90, 2, 6.0, generator(seed)) for seed in range(60)])
    assert float(fields.std()) == pytest.approx(1.0, rel=0.04)
    for lag, axis in ((6, -1), (6, -2), (12, -1)):
        found = float((fields * fields.roll(lag, axis)).mean() / fields.var())
        assert found == pytest.approx(math.exp(-(lag**2) / 72), abs=0.05)


def test_a_missing_piece_lies_on_the_contour_and_has_its_size():
    mask = disk()
    for seed in range(8):
        cut, blob = without_blob(mask, 2.0, generator(seed))
        assert math.hypot(blob.x_px - 128, blob.y_px - 128) == pytest.approx(80.0, abs=1.5)
        assert blob.radius_px == 12.0
        lost = float((mask - cut).sum())
        assert 0.3 * math.pi * 12**2 < lost < 0.8 * math.pi * 12**2  # about half of it was on the person
        assert bool((cut <= mask).all())
    empty = torch.zeros(16, 16)
    assert without_blob(empty, 2.0, generator()) == (empty, None)


def test_gains_have_the_named_strength_and_are_found_again_in_linear_light():
    gains = [color_gain(5.0, generator(seed)) for seed in range(800)]
    assert (abs(torch.stack([entry.gain for entry in gains]).std(0) - 0.05) < 0.006).all()
    assert (abs(torch.stack([entry.offset for entry in gains]).std(0) - 0.001) < 0.00012).all()
    color = ColorGain(torch.tensor([1.08, 0.93, 1.02]), torch.tensor([0.02, -0.01, 0.005]))
    view = view_of(disk())
    inside = (disk() > 0.99).numpy()
    view[..., :3] = generator().integers(30, 220, view[..., :3].shape) * inside[..., None]
    image, mask, _ = degraded_view(
        view, Imperfections(color_percent=5.0), CameraFaults(color, None), False, True, generator()
    )
    assert np.array_equal(mask, view[..., 3])
    for channel in range(3):
        clean, altered = (
            srgb_to_linear(torch.from_numpy(picture[..., channel]) / 255.0)[inside].double().numpy()
            for picture in (view, image)
        )
        slope, offset = np.polyfit(clean, altered, 1)
        assert slope == pytest.approx(float(color.gain[channel]), abs=0.003)
        assert offset == pytest.approx(float(color.offset[channel]), abs=0.001)


def test_jpeg_is_what_pillow_writes_and_reads():
    image = view_of(disk())[..., :3].copy()
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=60, subsampling="4:2:0")
    expected = np.asarray(Image.open(file))
    assert np.array_equal(through_jpeg(image, 60), expected)
    assert abs(expected.astype(int) - image).max() > 3
    written, mask, _ = degraded_view(view_of(disk()), Imperfections(jpeg=60), NO_FAULTS, False, True, generator())
    assert np.array_equal(written, expected * (mask > 0)[..., None])


def test_blur_spreads_light_and_coverage_as_a_gaussian():
    view = np.zeros((41, 61, 4), np.uint8)
    view[20, 30] = 255
    image, mask, _ = degraded_view(view, Imperfections(blur_px=1.5), NO_FAULTS, False, True, generator())
    for spread in (mask / 255.0, srgb_to_linear(torch.from_numpy(image[..., 1]) / 255.0).numpy()):
        rows, columns = np.mgrid[:41, :61]
        assert spread.sum() == pytest.approx(1.0, abs=0.12)  # 8 bits cut the tails off
        for position, middle in ((rows, 20), (columns, 30)):
            assert (spread * position).sum() / spread.sum() == pytest.approx(middle, abs=1e-3)
        across = spread.sum(1)
        assert across[21] / across[20] == pytest.approx(math.exp(-0.5 / 1.5**2), rel=0.05)


def test_background_shows_where_the_mask_bulges_and_only_there():
    view = view_of(disk())
    background = random_background(256, 256, generator(4))
    faults = CameraFaults(NO_FAULTS.color, background)
    image, mask, blob = degraded_view(view, Imperfections(mask_px=3.0), faults, True, True, generator(5))
    assert blob is not None
    assert (image[mask == 0] == 0).all()
    bulge = (mask == 255) & (view[..., 3] == 0)
    assert bulge.sum() > 50
    expected = background[torch.from_numpy(bulge)]
    shown = srgb_to_linear(torch.from_numpy(image[bulge]) / 255.0)
    torch.testing.assert_close(shown, expected, atol=0.01, rtol=0)
    inside = (mask == 255) & (view[..., 3] == 255)
    assert (image[inside] == view[inside][:, :3]).all()


def test_backgrounds_are_neither_black_nor_even():
    backgrounds = torch.stack([random_background(64, 64, generator(seed)) for seed in range(40)])
    assert float(backgrounds.amin()) > 0.002
    assert float(backgrounds.mean((1, 2, 3)).quantile(0.1)) > 0.05
    assert float(backgrounds.mean((1, 2)).std(0).min()) > 0.03  # cameras differ
    assert float((backgrounds[:, 1:] - backgrounds[:, :-1]).abs().max()) < 0.05  # and are smooth


def test_noise_does_not_change_the_number_of_joints():
    pose = noisy_poses({3: Pose.rest()}, Imperfections(body_deg=1.0), generator())[3]
    assert pose.body_pose.shape == (NUM_JOINTS - 1, 3) and pose.global_orient.shape == (3,)
