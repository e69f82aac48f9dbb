"""Light in a frame: lamps, suns, shadows and their sums."""

from dataclasses import replace

import torch

from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from tests.frame.scenes import EVERYTHING, pose_of, scene_of, sunny


def test_visibility_is_the_share_of_the_light_that_arrives(avatar):
    """In [0, 1], and shading is what it leaves of the unshadowed light."""
    frame = FrameRenderer().render(scene_of(avatar), EVERYTHING)
    covered = frame.mask[..., 0] > 0
    visibility = frame.visibility[covered]
    assert visibility.min() >= 0 and visibility.max() <= 1
    assert 0.1 < (visibility < 0.98).float().mean() < 0.95  # some of it is shadowed, some is not


def test_a_lamp_lights_the_side_it_stands_on(avatar):
    """From +X the person's left is bright, their right dark, and the reverse from -X."""
    for azimuth, brighter in ((90.0, "right"), (-90.0, "left")):
        scene = scene_of(avatar, azimuth=0.0, environment=None, lamps=(Lamp(azimuth, 0.0),))
        light = FrameRenderer().render(scene).radiance.sum(-1)
        left, right = light[:, :48].sum(), light[:, 48:].sum()
        assert (right > 3 * left) if brighter == "right" else (left > 3 * right)


def test_no_light_is_black(avatar):
    """Neither an environment nor a lamp."""
    frame = FrameRenderer().render(scene_of(avatar, environment=None), EVERYTHING)
    assert not frame.radiance.any() and not frame.visibility.any()


def test_radiance_is_linear_in_the_light(avatar):
    """An environment and a lamp together are the sum of each alone."""
    lamps = (Lamp(30.0, 40.0),)
    together = FrameRenderer().render(scene_of(avatar, lamps=lamps)).radiance
    sky = FrameRenderer().render(scene_of(avatar)).radiance
    lamp = FrameRenderer().render(scene_of(avatar, environment=None, lamps=lamps)).radiance
    torch.testing.assert_close(together, sky + lamp, rtol=1e-4, atol=1e-5)


def test_two_avatars_shadow_each_other(avatar):
    """The one behind receives less from the front than it does alone."""
    front = replace(pose_of(avatar), transl=torch.tensor([0.0, 0.0, 0.6]))
    scene = scene_of(avatar, environment=None, lamps=(Lamp(0.0, 0.0),))
    both = replace(scene, avatars=(*scene.avatars, PosedAvatar(avatar, front)))
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), 180.0, 80.0, 4.0, 96, 96)
    alone = FrameRenderer().render(replace(scene, camera=camera), EVERYTHING)
    shaded = FrameRenderer().render(replace(both, camera=camera), EVERYTHING)
    behind = (shaded.face_index >= 0) & (shaded.face_index < avatar.body.num_faces) & (alone.face_index >= 0)
    assert behind.any()
    assert shaded.radiance[behind].sum() < 0.8 * alone.radiance[behind].sum()


def test_exact_visibility_is_close_to_that_on_the_vertices(avatar):
    """A ray for each pixel and probe against bits on vertices: FINDINGS measured below 1 % under smooth light."""
    scene = scene_of(avatar)
    coarse = FrameRenderer().render(scene).radiance
    exact = FrameRenderer().render(scene, RenderOptions(exact_visibility=True)).radiance
    assert 0 < ((coarse - exact).abs().sum() / exact.sum()).item() < 0.03


def test_a_sun_lights_like_a_lamp_at_its_place(avatar):
    """Against many exact rays into the picture itself, splitting the sun off beats leaving it to a probe's cell."""
    scene = scene_of(avatar, environment=sunny())
    split, coarse = (
        FrameRenderer().render(scene, replace(EVERYTHING, bright_sources=most, exact_visibility=True))
        for most in (8, 0)
    )
    lamp = Lighting(sunny()).split(8).sources[0]
    sky = Environment(torch.tensor([0.2, 0.25, 0.4]).expand(16, 32, 3).contiguous())
    exact = FrameRenderer().render(
        replace(scene, lighting=Lighting(sky, (replace(lamp, angular_radius_deg=1.5),))),
        replace(EVERYTHING, lamp_samples=64, exact_visibility=True),
    )
    errors = [(frame.shading - exact.shading).abs().mean().item() for frame in (split, coarse)]
    assert errors[0] < 0.2 * errors[1]
