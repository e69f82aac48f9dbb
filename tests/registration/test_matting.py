"""Corrected edges of masks: a disc that moves before a wall, with masks that wander."""

import numpy as np
import torch

from phynes_core.registration.matting import (
    edge_reach,
    find_background,
    matte,
    person_deviation,
    questioned,
    signed_depth,
)
from phynes_core.registration.pictures import encoded, linear_of
from phynes_core.synthetic.imperfections.masks import wobbled

SIZE, RADIUS, EDGE_PX = 120, 35.0, 2
SKIN, WALL = np.array([0.62, 0.36, 0.25]), np.array([0.18, 0.22, 0.25])  # linear


def disc(x: float, y: float, softness: float = 1.0) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    distance = np.hypot(columns - x, rows - y)
    return ((RADIUS - distance) / softness + 0.5).clip(0.0, 1.0)


def photographs(person=SKIN, wall=WALL, count=12, wobble_px=float(EDGE_PX)):
    """True coverage, and the picture and mask of each moment; mask noise is that of `degrade`."""
    generator = np.random.default_rng(3)
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    behind = wall * (1.0 + 0.3 * columns[..., None] - 0.2 * rows[..., None])
    taken = []
    for _ in range(count):
        x, y = SIZE / 2 + generator.uniform(-6.0, 6.0, 2)
        true = disc(x, y)
        color = person * (1.0 + 0.2 * rows[..., None]) * (1.0 + 0.03 * generator.standard_normal((SIZE, SIZE, 1)))
        photograph = true[..., None] * color + (1.0 - true[..., None]) * behind
        mask = torch.from_numpy(true).float()
        if wobble_px:
            mask = wobbled(mask, wobble_px, generator)
        coverage = np.round(255.0 * mask.numpy()).astype(np.uint8)
        image = np.round(255.0 * encoded(photograph * (coverage[..., None] / 255.0))).astype(np.uint8)
        taken.append((true, image, coverage, disc(x, y) > 0.5))
    return taken


def mattes(taken):
    """The questioned pictures and what is made of them."""
    pictures = [questioned(image, coverage, covered, EDGE_PX) for _, image, coverage, covered in taken]
    reach_px = edge_reach(pictures)
    background = find_background(pictures, (SIZE, SIZE), EDGE_PX, reach_px)
    deviation = person_deviation(pictures, EDGE_PX)
    return pictures, background, [matte(picture, background, deviation, EDGE_PX, reach_px) for picture in pictures]


def cut(image: np.ndarray, picture) -> np.ndarray:
    row, column = picture.corner
    height, width = picture.coverage.shape
    return image[row : row + height, column : column + width]


def test_bulges_are_cut_back_to_the_person():
    taken = photographs()
    pictures, _, found = mattes(taken)
    before, after, outside = [], [], []
    for (true, *_), picture, corrected in zip(taken, pictures, found, strict=True):
        known = (np.abs(picture.mask_depth) < 6.0) & ~corrected.is_open & ~corrected.is_unclear
        assert known.mean() > 0.05
        before.append((picture.coverage - cut(true, picture))[known])
        after.append((corrected.coverage - cut(true, picture))[known])
        outside.append(cut(true, picture)[known & (picture.coverage < 0.5)])
    before, after = np.concatenate(before), np.concatenate(after)
    assert np.sqrt(np.mean(after**2)) < 0.35 * np.sqrt(np.mean(before**2))
    assert abs(after.mean()) < 0.01
    assert np.concatenate(outside).mean() < 0.02  # where masks cut in, what lies outside counts as unknown


def test_corrected_pixels_have_the_color_of_the_person():
    taken = photographs()
    pictures, _, found = mattes(taken)
    ratios = []
    for picture, corrected in zip(pictures, found, strict=True):
        mixed = (corrected.coverage > 0.3) & (picture.coverage > 0.9) & (corrected.coverage < 0.9)
        color = corrected.linear[mixed] / corrected.coverage[mixed][:, None]
        row = (np.nonzero(mixed)[0] + picture.corner[0]) / SIZE
        ratios.append(color / (SKIN * (1.0 + 0.2 * row[:, None])))
        assert (corrected.linear[corrected.coverage == 0.0] == 0.0).all()
    ratio = np.concatenate(ratios)
    assert len(ratio) > 50 and np.abs(ratio.mean(0) - 1.0).max() < 0.05


def test_the_background_is_that_of_the_wall():
    _, background, _ = mattes(photographs())
    assert background is not None and background.deviation < 0.02
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    expected = encoded(WALL * (1.0 + 0.3 * columns[..., None] - 0.2 * rows[..., None]))
    around = background.is_known & (np.abs(signed_depth(disc(SIZE / 2, SIZE / 2) > 0.5)) < 6.0)
    assert around.sum() > 500 and np.abs(background.color - expected)[around].max() < 0.04


def test_nothing_is_decided_where_person_and_wall_look_alike():
    pictures, _, found = mattes(photographs(person=WALL))
    for picture, corrected in zip(pictures, found, strict=True):
        near = np.abs(picture.mask_depth) < 2.0
        assert corrected.is_unclear[near].mean() > 0.8
        assert np.abs(corrected.coverage - picture.coverage)[near].mean() < 0.02


def test_masks_without_bulges_show_no_background():
    pictures, background, found = mattes(photographs(wobble_px=0.0))
    assert background is None
    for picture, corrected in zip(pictures, found, strict=True):
        assert np.array_equal(corrected.coverage, picture.coverage)
        near = np.abs(picture.mask_depth) <= EDGE_PX
        assert np.array_equal(corrected.is_unclear, near) and not corrected.is_open.any()


def test_a_picture_keeps_its_light_where_nothing_is_wrong():
    image = np.full((SIZE, SIZE, 3), 180, np.uint8)
    coverage = np.round(255.0 * disc(60.0, 60.0)).astype(np.uint8)
    picture = questioned(image, coverage, coverage > 127, EDGE_PX)
    assert picture.corner[0] > 0 and picture.coverage.shape[0] < SIZE
    row, column = picture.corner
    assert np.array_equal(picture.linear[0, 0], linear_of(image)[row, column])
