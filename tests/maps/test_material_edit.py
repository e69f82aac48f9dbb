"""Edits over the maps: closed forms of scales, paint and the look-up."""

import pytest
import torch

from phynes_core.conventions import MIN_ROUGHNESS
from phynes_core.maps.material_edit import MaterialEdit, PaintChange, blank_paint, edited, look_up, painted

SIDE = 32
HALF = 1e-3  # paint is kept in half precision: 2^-11 of each number


def random_surface(count=500):
    generator = torch.Generator().manual_seed(1)
    uv = torch.rand(count, 2, generator=generator)
    return uv, torch.rand(count, 3, generator=generator), torch.rand(count, generator=generator) * 0.9 + 0.1


def everywhere(*changes, weight=1.0):
    paint = blank_paint(SIDE)
    for change in changes:
        painted(paint, torch.arange(SIDE * SIDE), torch.full((SIDE * SIDE,), weight), change)
    return paint


def test_scales_and_tint_multiply_and_stay_in_range():
    uv, albedo, roughness = random_surface()
    edit = MaterialEdit.uniform(1.5, (1.0, 0.5, 0.0), 0.25, 2.0)
    shown, rough = edited(edit, uv, albedo, roughness)
    expected = (albedo * torch.tensor([1.5, 0.75, 0.0])).clamp(max=1.0)
    assert torch.allclose(shown, expected, atol=1e-6)
    assert torch.allclose(rough, (roughness * 0.25).clamp(min=MIN_ROUGHNESS), atol=1e-6)
    assert edit.f0(0.04) == pytest.approx(0.08) and edit.f0(0.9) == 1.0


def test_blank_paint_changes_nothing():
    uv, albedo, roughness = random_surface()
    shown, rough = edited(MaterialEdit.uniform(paint=blank_paint(SIDE)), uv, albedo, roughness)
    assert torch.equal(shown, albedo) and torch.equal(rough, roughness)


@pytest.mark.parametrize(
    "change, albedo_of, roughness_of",
    [
        (PaintChange.over((0.2, 0.4, 0.8)), lambda a: 0.75 * a + 0.25 * torch.tensor([0.2, 0.4, 0.8]), lambda r: r),
        (PaintChange.over(None, 0.9), lambda a: a, lambda r: 0.75 * r + 0.25 * 0.9),
        (PaintChange.tint((1.0, 0.5, 0.0)), lambda a: a * torch.tensor([1.0, 0.875, 0.75]), lambda r: r),
    ],
)
def test_a_quarter_of_the_paint_is_a_quarter_of_the_way(change, albedo_of, roughness_of):
    uv, albedo, roughness = random_surface()
    edit = MaterialEdit.uniform(paint=everywhere(change, weight=0.25))
    shown, rough = edited(edit, uv, albedo, roughness)
    assert torch.allclose(shown, albedo_of(albedo), atol=HALF)
    assert torch.allclose(rough, roughness_of(roughness), atol=HALF)


def test_strokes_in_one_image_are_the_strokes_one_after_another():
    uv, albedo, roughness = random_surface()
    changes = [PaintChange.over((0.9, 0.1, 0.3), 0.2), PaintChange.tint((0.5, 1.0, 0.7)), PaintChange.over((0.0,) * 3)]
    step = albedo, roughness
    for change in changes:
        step = edited(MaterialEdit.uniform(paint=everywhere(change, weight=0.6)), uv, *step)
    together = edited(MaterialEdit.uniform(paint=everywhere(*changes, weight=0.6)), uv, albedo, roughness)
    assert torch.allclose(together[0], step[0], atol=3 * HALF)
    assert torch.allclose(together[1], step[1], atol=3 * HALF)


def test_erasing_brings_the_maps_back():
    uv, albedo, roughness = random_surface()
    paint = everywhere(PaintChange.over((0.9, 0.1, 0.3), 0.2), PaintChange(erases=True))
    shown, rough = edited(MaterialEdit.uniform(paint=paint), uv, albedo, roughness)
    assert torch.equal(shown, albedo) and torch.equal(rough, roughness)


def test_paint_lies_over_the_scales():
    uv, albedo, roughness = random_surface()
    edit = MaterialEdit.uniform(0.1, (1.0, 0.0, 0.0), paint=everywhere(PaintChange.over((0.25, 0.5, 0.75))))
    assert torch.allclose(edited(edit, uv, albedo, roughness)[0], torch.tensor([0.25, 0.5, 0.75]).expand_as(albedo))


def test_the_look_up_is_exact_on_a_ramp_and_goes_on_at_the_border():
    """u and v themselves, written at texel centers; beyond the outermost centers the border's value."""
    centers = (torch.arange(SIDE) + 0.5) / SIDE
    image = torch.stack([centers.expand(SIDE, SIDE), 1.0 - centers[:, None].expand(SIDE, SIDE)], -1)
    uv = torch.cat([torch.rand(200, 2), torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])])
    half = 0.5 / SIDE
    assert torch.allclose(look_up(image.contiguous(), uv), uv.clamp(half, 1.0 - half), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 8), (4, 8, 8), (4, 4, 4), (16, 8)])
def test_paint_that_is_no_square_of_texels_is_refused(shape):
    with pytest.raises(ValueError, match="paint"):
        MaterialEdit.uniform(paint=torch.ones(shape, dtype=torch.float16))
