"""Supersampling and coverage: smooth edges, the same light, and whole texel coordinates."""

from dataclasses import replace

import pytest
import torch

from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from tests.frame.scenes import EVERYTHING, scene_of


def test_supersampling_antialiases_edges_and_keeps_the_light(avatar):
    """The mask becomes fractional at the rim only; the total light stays."""
    scene = scene_of(avatar)
    plain, smooth = (FrameRenderer().render(scene, replace(EVERYTHING, supersample=n)) for n in (1, 3))
    fractional = (smooth.mask > 0) & (smooth.mask < 1)
    assert fractional.any() and not ((plain.mask > 0) & (plain.mask < 1)).any()
    assert smooth.radiance.sum().item() == pytest.approx(plain.radiance.sum().item(), rel=0.03)
    inside = (smooth.mask[..., 0] == 1) & (plain.mask[..., 0] == 1)
    assert (smooth.albedo[inside] - plain.albedo[inside]).abs().mean() < 0.1


def test_coverage_brings_silhouettes_close_to_an_8_x_8_reference(avatar):
    """At the rim: fractional masks 13 dB closer than hard ones, premultiplied light 8 dB closer."""
    scene = scene_of(avatar)
    hard, smooth, reference = (
        FrameRenderer().render(scene, replace(EVERYTHING, antialias=on, supersample=factor))
        for on, factor in ((False, 1), (True, 1), (False, 8))
    )
    rim = (reference.mask[..., 0] > 0.02) & (reference.mask[..., 0] < 0.98)
    for name, gain in (("mask", 20.0), ("radiance", 6.0)):
        errors = [(frame.image(name) - reference.image(name))[rim].square().mean() for frame in (hard, smooth)]
        assert errors[0] > gain * errors[1], name
    whole = smooth.mask[..., 0] == 1.0
    assert torch.equal(smooth.radiance[whole], hard.radiance[whole])
    thin = (smooth.mask[..., 0] > 0) & (hard.mask[..., 0] == 0)
    assert thin.any() and (smooth.normal[thin].norm(dim=-1) - 1).abs().max() < 1e-5


def test_coverage_and_supersampling_may_be_joined(avatar):
    """Finer edges, the same convention: light premultiplied, surfaces as they are."""
    scene = scene_of(avatar)
    joined = FrameRenderer().render(scene, replace(EVERYTHING, antialias=True, supersample=2))
    reference = FrameRenderer().render(scene, replace(EVERYTHING, supersample=8))
    rim = (reference.mask[..., 0] > 0.02) & (reference.mask[..., 0] < 0.98)
    assert (joined.mask - reference.mask).abs().max() < 0.1
    for name in ("albedo", "roughness"):
        inside = joined.image(name)[rim], reference.image(name)[rim]
        assert (inside[0].mean() / inside[1].mean() - 1).abs() < 0.05, name


def test_a_supersampled_pixel_has_the_face_and_texel_coordinates_of_one_sample(avatar):
    """The coordinates' mean across a seam would be a place that the pixel does not show."""
    scene = scene_of(avatar, 48)
    options = RenderOptions(frozenset({"uv"}))
    fine_camera = scene.camera.resized(96, 96)
    fine = FrameRenderer().render(replace(scene, camera=fine_camera), options)
    shown = FrameRenderer().render(scene, replace(options, supersample=2))
    samples = fine.image("uv").view(48, 2, 48, 2, 2).permute(0, 2, 1, 3, 4).reshape(48, 48, 4, 2)
    is_covered = fine.mask.view(48, 2, 48, 2).permute(0, 2, 1, 3).reshape(48, 48, 4) > 0
    is_shown = (samples == shown.image("uv")[:, :, None]).all(-1) & is_covered
    faces = fine.face_index.view(48, 2, 48, 2).permute(0, 2, 1, 3).reshape(48, 48, 4)
    is_shown &= faces == shown.face_index[..., None]
    assert is_shown.any(-1)[is_covered.any(-1)].all()
    assert torch.equal(shown.face_index >= 0, is_covered.any(-1))
