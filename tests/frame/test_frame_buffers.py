"""What each buffer of a frame holds, on the body and beside it, by fast and by trusted paths."""

from dataclasses import replace

import pytest
import torch

from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import Lamp
from tests.frame.scenes import EVERYTHING, scene_of


def test_every_buffer_has_its_shape_and_a_black_background(avatar):
    """[H, W, C] with zeros where nothing is."""
    frame = FrameRenderer().render(scene_of(avatar), EVERYTHING)
    channels = dict.fromkeys(("radiance", "albedo", "normal", "shading", "position"), 3) | {"uv": 2}
    background = frame.mask[..., 0] == 0
    assert 0.02 < frame.mask.mean().item() < 0.3
    for name in BUFFERS:
        image = getattr(frame, name)
        assert image.shape == (96, 96, channels.get(name, 1)), name
        assert not image[background].any(), name
        assert bool(image.isfinite().all()), name
    assert bool(((frame.face_index >= 0) == ~background).all())


def test_a_picture_of_nobody_is_empty_in_every_buffer(small_avatar):
    """The camera looks past the avatar."""
    away = orbit_camera(torch.tensor([50.0, 0.0, 0.0]), 0.0, 0.0, 3.0, 32, 32)
    scene = replace(scene_of(small_avatar, lamps=(Lamp(0.0, 30.0, 2.0),)), camera=away)
    for options in (EVERYTHING, replace(EVERYTHING, antialias=True, supersample=2, has_pixel_normals=True)):
        frame = FrameRenderer().render(scene, options)
        assert all(not getattr(frame, name).any() for name in BUFFERS)


def test_only_asked_buffers_are_made(avatar):
    """Albedo alone asks for no visibility."""
    renderer = FrameRenderer()
    frame = renderer.render(scene_of(avatar), RenderOptions(buffers=frozenset({"albedo"})))
    assert frame.albedo is not None and frame.radiance is None and frame.normal is None
    assert "visibility" not in renderer.timings and "shade" not in renderer.timings


def test_unknown_buffers_are_refused():
    """The message lists those that exist."""
    with pytest.raises(ValueError, match="radiance"):
        RenderOptions(buffers=frozenset({"specular"}))


def test_fast_paths_equal_the_references(small_avatar):
    """All stages at once, lamps included, on a body small enough for the references."""
    scene = scene_of(small_avatar, size=64, lamps=(Lamp(50.0, 30.0),))
    fast = FrameRenderer().render(scene, EVERYTHING)
    slow = FrameRenderer().render(scene, replace(EVERYTHING, backend="reference"))
    same = (fast.face_index == slow.face_index)[..., None]
    assert same.float().mean() > 0.999
    for name in ("radiance", "albedo", "roughness", "normal", "shading", "visibility"):
        difference = ((getattr(fast, name) - getattr(slow, name)) * same).abs().sum()
        assert (difference / getattr(slow, name).abs().sum()).item() < 3e-3, name


def test_depth_and_position_agree_with_the_camera(avatar):
    """Projecting the position buffer gives back the pixel's center and the depth."""
    scene = scene_of(avatar)
    frame = FrameRenderer().render(scene, EVERYTHING)
    rows, columns = torch.nonzero(frame.mask[..., 0], as_tuple=True)
    projected = scene.camera.project(frame.position[rows, columns])
    torch.testing.assert_close(projected[:, 0], columns + 0.5, atol=2e-2, rtol=0)
    torch.testing.assert_close(projected[:, 1], rows + 0.5, atol=2e-2, rtol=0)
    torch.testing.assert_close(projected[:, 2], frame.depth[rows, columns, 0], atol=1e-4, rtol=1e-4)
