"""The frame: what it shows, what it keeps, and that fast and trusted paths agree."""

import math
from dataclasses import replace

import pytest
import torch

from phynes_core.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose
from phynes_core.conventions import latlong_directions, orbit_direction
from phynes_core.frame import FrameRenderer, RenderOptions
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.frame_buffers import BUFFERS
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from phynes_core.scene import PosedAvatar, Scene
from tests.small_body import small_body

EVERYTHING = RenderOptions(buffers=frozenset(BUFFERS))


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    """A displaced body with varied materials."""
    torch.manual_seed(3)
    avatar = Avatar.untrained(load_bundled_body(), "frame-test")
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness):
            network.encoding.grid.normal_(std=0.5)
        avatar.offset.head.bias.fill_(0.1)  # 1 cm outward
    return avatar.requires_grad_(False)


@pytest.fixture(scope="module")
def small_avatar() -> Avatar:
    """A few hundred faces with varied materials."""
    torch.manual_seed(4)
    avatar = Avatar.untrained(small_body(), "small")
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness):
            network.encoding.grid.normal_(std=0.5)
    return avatar.requires_grad_(False)


def _pose(avatar: Avatar, elbow: float = 0.0) -> Pose:
    body_pose = torch.zeros(23, 3)
    body_pose[17, 1] = elbow  # left elbow
    return replace(avatar.rest_pose(), body_pose=body_pose)


def _scene(avatar: Avatar, size: int = 96, azimuth: float = 20.0, elbow: float = 0.0, **lighting) -> Scene:
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), azimuth, 5.0, framing_distance(1.75), size, size)
    sky = torch.rand(16, 32, 3, generator=torch.Generator().manual_seed(0)) + torch.linspace(1, 0, 16)[:, None, None]
    light = Lighting(**{"environment": Environment(sky), **lighting})
    return Scene((PosedAvatar(avatar, _pose(avatar, elbow)),), camera, light)


def test_every_buffer_has_its_shape_and_a_black_background(avatar):
    """[H, W, C] with zeros where nothing is."""
    frame = FrameRenderer().render(_scene(avatar), EVERYTHING)
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
    scene = replace(_scene(small_avatar, lamps=(Lamp(0.0, 30.0, 2.0),)), camera=away)
    for options in (EVERYTHING, replace(EVERYTHING, antialias=True, supersample=2, has_pixel_normals=True)):
        frame = FrameRenderer().render(scene, options)
        assert all(not getattr(frame, name).any() for name in BUFFERS)


def test_only_asked_buffers_are_made(avatar):
    """Albedo alone asks for no visibility."""
    renderer = FrameRenderer()
    frame = renderer.render(_scene(avatar), RenderOptions(buffers=frozenset({"albedo"})))
    assert frame.albedo is not None and frame.radiance is None and frame.normal is None
    assert "visibility" not in renderer.timings and "shade" not in renderer.timings


def test_fast_paths_equal_the_references(small_avatar):
    """All stages at once, lamps included, on a body small enough for the references."""
    scene = _scene(small_avatar, size=64, lamps=(Lamp(50.0, 30.0),))
    fast = FrameRenderer().render(scene, EVERYTHING)
    slow = FrameRenderer().render(scene, replace(EVERYTHING, backend="reference"))
    same = (fast.face_index == slow.face_index)[..., None]
    assert same.float().mean() > 0.999
    for name in ("radiance", "albedo", "roughness", "normal", "shading", "visibility"):
        difference = ((getattr(fast, name) - getattr(slow, name)) * same).abs().sum()
        assert (difference / getattr(slow, name).abs().sum()).item() < 3e-3, name


def test_a_change_recomputes_only_what_it_touches(avatar):
    """Light: shading alone. Camera: no visibility. Pose: all. Nothing: nothing but the sums."""
    renderer, scene = FrameRenderer(), _scene(avatar)
    renderer.render(scene)
    everything = {"mesh", "occluder", "rasterize", "materials"}
    assert everything <= set(renderer.timings)

    renderer.render(scene)
    assert not everything & set(renderer.timings)

    brighter = replace(scene.lighting.environment, intensity=2.0)
    renderer.render(replace(scene, lighting=Lighting(brighter)))
    assert not everything & set(renderer.timings) and "shade" in renderer.timings

    renderer.render(_scene(avatar, azimuth=60.0))
    assert everything & set(renderer.timings) == {"rasterize", "materials"}

    renderer.render(_scene(avatar, azimuth=60.0, elbow=0.5))
    assert everything <= set(renderer.timings)


def test_kept_results_never_show_in_the_picture(avatar):
    """After any walk of changes the frame equals that of a fresh renderer, bit for bit."""
    renderer = FrameRenderer()
    steps = [
        _scene(avatar), _scene(avatar, azimuth=40.0), _scene(avatar, azimuth=40.0, elbow=0.7),
        _scene(avatar, lamps=(Lamp(10.0, 20.0),)), _scene(avatar, environment=None, lamps=(Lamp(80.0, 20.0),)),
        _scene(avatar, elbow=0.7), _scene(avatar),
    ]  # fmt: skip
    for scene in steps:
        kept = renderer.render(scene, EVERYTHING)
        fresh = FrameRenderer().render(scene, replace(EVERYTHING, use_cache=False))
        for name in BUFFERS:
            assert torch.equal(getattr(kept, name), getattr(fresh, name)), name


def test_a_new_avatar_at_a_freed_address_never_shows_the_old_ones_materials(avatar, monkeypatch):
    """Every id() equal, as after garbage collection: another buffer in between leaves the first avatar's materials."""
    monkeypatch.setattr("phynes_core.frame.id", lambda _: 7, raising=False)
    renderer, only_normals = FrameRenderer(), RenderOptions(buffers=frozenset({"normal"}))
    renderer.render(_scene(avatar), EVERYTHING)
    renderer.render(_scene(avatar, elbow=0.7), only_normals)
    successor = Avatar.untrained(avatar.body, "successor").requires_grad_(False)
    shown = renderer.render(_scene(successor), EVERYTHING)
    fresh = FrameRenderer().render(_scene(successor), EVERYTHING)
    assert torch.equal(shown.image("albedo"), fresh.image("albedo"))


def test_sliced_visibility_converges_to_the_full_result(avatar):
    """After a pose change it starts from stale bits, and ends bit for bit where a full computation does."""
    renderer, options = FrameRenderer(), RenderOptions(visibility_slices=8)
    renderer.render(_scene(avatar), options)
    assert not renderer.is_refining
    moved = _scene(avatar, elbow=1.5)
    full = FrameRenderer().render(moved).radiance
    first = renderer.render(moved, options).radiance
    assert renderer.is_refining and not torch.equal(first, full)
    frames = 1
    while renderer.is_refining:
        last = renderer.render(moved, options).radiance
        frames += 1
    assert frames == 8
    assert torch.equal(last, full)


def test_visibility_is_the_share_of_the_light_that_arrives(avatar):
    """In [0, 1], and shading is what it leaves of the unshadowed light."""
    frame = FrameRenderer().render(_scene(avatar), EVERYTHING)
    covered = frame.mask[..., 0] > 0
    visibility = frame.visibility[covered]
    assert visibility.min() >= 0 and visibility.max() <= 1
    assert 0.1 < (visibility < 0.98).float().mean() < 0.95  # some of it is shadowed, some is not


def test_a_lamp_lights_the_side_it_stands_on(avatar):
    """From +X the person's left is bright, their right dark, and the reverse from -X."""
    for azimuth, brighter in ((90.0, "right"), (-90.0, "left")):
        scene = _scene(avatar, azimuth=0.0, environment=None, lamps=(Lamp(azimuth, 0.0),))
        light = FrameRenderer().render(scene).radiance.sum(-1)
        left, right = light[:, :48].sum(), light[:, 48:].sum()
        assert (right > 3 * left) if brighter == "right" else (left > 3 * right)


def test_no_light_is_black(avatar):
    """Neither an environment nor a lamp."""
    frame = FrameRenderer().render(_scene(avatar, environment=None), EVERYTHING)
    assert not frame.radiance.any() and not frame.visibility.any()


def test_radiance_is_linear_in_the_light(avatar):
    """An environment and a lamp together are the sum of each alone."""
    lamps = (Lamp(30.0, 40.0),)
    together = FrameRenderer().render(_scene(avatar, lamps=lamps)).radiance
    sky = FrameRenderer().render(_scene(avatar)).radiance
    lamp = FrameRenderer().render(_scene(avatar, environment=None, lamps=lamps)).radiance
    torch.testing.assert_close(together, sky + lamp, rtol=1e-4, atol=1e-5)


def test_two_avatars_shadow_each_other(avatar):
    """The one behind receives less from the front than it does alone."""
    front = replace(_pose(avatar), transl=torch.tensor([0.0, 0.0, 0.6]))
    scene = _scene(avatar, environment=None, lamps=(Lamp(0.0, 0.0),))
    both = replace(scene, avatars=(*scene.avatars, PosedAvatar(avatar, front)))
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), 180.0, 80.0, 4.0, 96, 96)
    alone = FrameRenderer().render(replace(scene, camera=camera), EVERYTHING)
    shaded = FrameRenderer().render(replace(both, camera=camera), EVERYTHING)
    behind = (shaded.face_index >= 0) & (shaded.face_index < avatar.body.num_faces) & (alone.face_index >= 0)
    assert behind.any()
    assert shaded.radiance[behind].sum() < 0.8 * alone.radiance[behind].sum()


def test_supersampling_antialiases_edges_and_keeps_the_light(avatar):
    """The mask becomes fractional at the rim only; the total light stays."""
    scene = _scene(avatar)
    plain, smooth = (FrameRenderer().render(scene, replace(EVERYTHING, supersample=n)) for n in (1, 3))
    fractional = (smooth.mask > 0) & (smooth.mask < 1)
    assert fractional.any() and not ((plain.mask > 0) & (plain.mask < 1)).any()
    assert smooth.radiance.sum().item() == pytest.approx(plain.radiance.sum().item(), rel=0.03)
    inside = (smooth.mask[..., 0] == 1) & (plain.mask[..., 0] == 1)
    assert (smooth.albedo[inside] - plain.albedo[inside]).abs().mean() < 0.1


def test_exact_visibility_is_close_to_that_on_the_vertices(avatar):
    """A ray for each pixel and probe against bits on vertices: FINDINGS measured below 1 % under smooth light."""
    scene = _scene(avatar)
    coarse = FrameRenderer().render(scene).radiance
    exact = FrameRenderer().render(scene, RenderOptions(exact_visibility=True)).radiance
    assert 0 < ((coarse - exact).abs().sum() / exact.sum()).item() < 0.03


def test_depth_and_position_agree_with_the_camera(avatar):
    """Projecting the position buffer gives back the pixel's center and the depth."""
    scene = _scene(avatar)
    frame = FrameRenderer().render(scene, EVERYTHING)
    rows, columns = torch.nonzero(frame.mask[..., 0], as_tuple=True)
    projected = scene.camera.project(frame.position[rows, columns])
    torch.testing.assert_close(projected[:, 0], columns + 0.5, atol=2e-2, rtol=0)
    torch.testing.assert_close(projected[:, 1], rows + 0.5, atol=2e-2, rtol=0)
    torch.testing.assert_close(projected[:, 2], frame.depth[rows, columns, 0], atol=1e-4, rtol=1e-4)


def test_unknown_buffers_are_refused():
    """The message lists those that exist."""
    with pytest.raises(ValueError, match="radiance"):
        RenderOptions(buffers=frozenset({"specular"}))


def test_offsets_move_the_surface_along_the_normal(avatar):
    """1 cm outward everywhere makes the body 2 cm taller and keeps it closed."""
    bare = Avatar.untrained(avatar.body).displaced_vertices(avatar.rest_pose())
    moved = avatar.displaced_vertices(avatar.rest_pose())
    torch.testing.assert_close((moved - bare).norm(dim=-1), torch.full((bare.shape[0],), 0.01), atol=1e-5, rtol=0)
    taller = (moved[:, 1].max() - moved[:, 1].min()) - (bare[:, 1].max() - bare[:, 1].min())
    assert taller.item() == pytest.approx(0.02, abs=2e-3)
    assert math.isfinite(moved.sum().item())


def test_pixel_normals_come_from_the_offset_map(avatar):
    """A map with detail changes normals and light but no pixel's place; without detail nothing changes at all."""
    scene = _scene(avatar)
    plain, same = (FrameRenderer().render(scene, replace(EVERYTHING, has_pixel_normals=on)) for on in (False, True))
    assert torch.equal(plain.normal, same.normal) and torch.equal(plain.radiance, same.radiance)
    detailed = Avatar.untrained(avatar.body, "detailed").requires_grad_(False)
    detailed.load_state_dict(avatar.state_dict())
    detailed.offset.encoding.grid.normal_(std=0.01)
    detailed.offset.head.weight.normal_(std=0.1)
    scene = _scene(detailed)
    plain, tilted = (FrameRenderer().render(scene, replace(EVERYTHING, has_pixel_normals=on)) for on in (False, True))
    assert torch.equal(plain.face_index, tilted.face_index) and torch.equal(plain.depth, tilted.depth)
    covered = plain.mask[..., 0] > 0
    cosine = (plain.normal * tilted.normal).sum(-1)[covered]
    assert cosine.min() > 0.7 and cosine.median() < 0.9999
    assert not torch.equal(plain.radiance, tilted.radiance)


def test_pixel_normals_are_on_where_the_avatar_was_trained_through_them(avatar):
    """By default the avatar's record decides, for each avatar of a scene by itself."""
    trained = Avatar.untrained(avatar.body, "trained").requires_grad_(False)
    trained.offset.encoding.grid.normal_(std=0.01)
    trained.offset.head.weight.normal_(std=0.1)
    noisy = Avatar.untrained(avatar.body, "noisy").requires_grad_(False)
    noisy.load_state_dict(trained.state_dict())
    trained.record = replace(trained.record, provenance={"pixel_normals": 1})
    beside = replace(_pose(avatar), transl=torch.tensor([0.5, 0.0, 0.0]))
    scene = _scene(trained)
    scene = replace(scene, avatars=(*scene.avatars, PosedAvatar(noisy, beside)))
    chosen, plain = (FrameRenderer().render(scene, replace(EVERYTHING, has_pixel_normals=on)) for on in (None, False))
    is_first = (chosen.face_index >= 0) & (chosen.face_index < avatar.body.num_faces)
    is_second = chosen.face_index >= avatar.body.num_faces
    assert is_first.any() and is_second.any()
    assert torch.equal(chosen.normal[is_second], plain.normal[is_second])
    assert (chosen.normal[is_first] != plain.normal[is_first]).any(-1).float().mean() > 0.9


def _sunny(azimuth: float = 40.0) -> Environment:
    """A dim sky with a hard sun of 1.5 degrees."""
    directions = latlong_directions(128, 256)
    cosine = (directions @ orbit_direction(azimuth, 30.0)).clamp(-1.0, 1.0)
    sun = (torch.rad2deg(cosine.acos()) < 1.5)[..., None]
    return Environment(torch.where(sun, torch.tensor([900.0, 800.0, 600.0]), torch.tensor([0.2, 0.25, 0.4])))


def test_a_sun_lights_like_a_lamp_at_its_place(avatar):
    """Against many exact rays into the picture itself, splitting the sun off beats leaving it to a probe's cell."""
    scene = _scene(avatar, environment=_sunny())
    split, coarse = (
        FrameRenderer().render(scene, replace(EVERYTHING, bright_sources=most, exact_visibility=True))
        for most in (8, 0)
    )
    lamp = Lighting(_sunny()).split(8).sources[0]
    sky = Environment(torch.tensor([0.2, 0.25, 0.4]).expand(16, 32, 3).contiguous())
    exact = FrameRenderer().render(
        replace(scene, lighting=Lighting(sky, (replace(lamp, angular_radius_deg=1.5),))),
        replace(EVERYTHING, lamp_samples=64, exact_visibility=True),
    )
    errors = [(frame.shading - exact.shading).abs().mean().item() for frame in (split, coarse)]
    assert errors[0] < 0.2 * errors[1]


def test_sources_may_take_their_shadows_from_the_vertices(avatar):
    """While a view moves: nearly the same picture, kept for what any camera saw, exact for the pixels at rest."""
    renderer, moving = FrameRenderer(), replace(EVERYTHING, has_vertex_sources=True, lamp_samples=4)
    scene = _scene(avatar, environment=_sunny())
    quick = renderer.render(scene, moving)
    fine = FrameRenderer().render(scene, EVERYTHING)
    assert 0 < ((quick.radiance - fine.radiance).abs().sum() / fine.radiance.sum()).item() < 0.1
    renderer.render(_scene(avatar, azimuth=60.0, environment=_sunny()), moving)
    renderer.render(_scene(avatar, azimuth=80.0, environment=scene.lighting.environment), moving)
    assert "source_visibility" in renderer.timings  # of the vertices that came into view
    renderer.render(_scene(avatar, azimuth=20.0, environment=scene.lighting.environment), moving)
    assert "source_visibility" not in renderer.timings


def test_coverage_brings_silhouettes_close_to_an_8_x_8_reference(avatar):
    """At the rim: fractional masks 13 dB closer than hard ones, premultiplied light 8 dB closer."""
    scene = _scene(avatar)
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
    scene = _scene(avatar)
    joined = FrameRenderer().render(scene, replace(EVERYTHING, antialias=True, supersample=2))
    reference = FrameRenderer().render(scene, replace(EVERYTHING, supersample=8))
    rim = (reference.mask[..., 0] > 0.02) & (reference.mask[..., 0] < 0.98)
    assert (joined.mask - reference.mask).abs().max() < 0.1
    for name in ("albedo", "roughness"):
        inside = joined.image(name)[rim], reference.image(name)[rim]
        assert (inside[0].mean() / inside[1].mean() - 1).abs() < 0.05, name


def test_frozen_materials_ignore_the_pose(avatar):
    """They are those of the first training pose; a map without a pose input never asks."""
    moved = _scene(avatar, elbow=1.0)
    live, frozen = (FrameRenderer().render(moved, replace(EVERYTHING, freezes_materials=on)) for on in (False, True))
    covered = live.mask[..., 0] > 0
    vector = avatar.training_poses[0]
    expected = avatar.query_albedo(frozen.uv[covered], vector)
    torch.testing.assert_close(frozen.albedo[covered], expected, atol=1e-5, rtol=1e-4)
    assert (live.albedo - frozen.albedo).abs().max() > 1e-3
    renderer = FrameRenderer()
    renderer.render(moved, replace(EVERYTHING, freezes_materials=True))
    thawed = renderer.render(moved, EVERYTHING)
    assert torch.equal(thawed.albedo, live.albedo)


def test_each_avatar_of_a_scene_reflects_with_its_own_f0(avatar):
    """Beside a mirror-like copy, the first avatar looks as it does beside itself; the copy is brighter."""
    shiny = Avatar.untrained(avatar.body, "shiny").requires_grad_(False)
    shiny.load_state_dict(avatar.state_dict())
    shiny.record = replace(shiny.record, f0=0.6)
    beside = replace(_pose(avatar), transl=torch.tensor([0.5, 0.0, 0.0]))
    scene = _scene(avatar, lamps=(Lamp(10.0, 20.0),))
    mixed, alike = (
        FrameRenderer().render(replace(scene, avatars=(*scene.avatars, PosedAvatar(second, beside))), EVERYTHING)
        for second in (shiny, avatar)
    )
    is_first = (mixed.face_index >= 0) & (mixed.face_index < avatar.body.num_faces)
    is_second = mixed.face_index >= avatar.body.num_faces
    torch.testing.assert_close(mixed.radiance[is_first], alike.radiance[is_first])
    torch.testing.assert_close(mixed.shading, alike.shading)
    assert mixed.radiance[is_second].sum() > 1.1 * alike.radiance[is_second].sum()


def test_material_edits_lie_over_the_maps_of_their_avatar_alone(small_avatar):
    """Two avatars, one edited: its pixels follow the edit's closed form, the other's stay; f0 is scaled."""
    scene = _scene(small_avatar, 64)
    pose = scene.avatars[0].pose
    plain = PosedAvatar(small_avatar, replace(pose, transl=torch.tensor([-0.4, 0.0, 0.0])))
    other = PosedAvatar(small_avatar, replace(pose, transl=torch.tensor([0.4, 0.0, 0.0])))
    edit = MaterialEdit.uniform(0.5, (1.0, 0.5, 1.0), 0.5, 2.0)
    assert replace(other, materials=edit).f0 == pytest.approx(2.0 * plain.f0)
    options = RenderOptions(frozenset({"albedo", "roughness", "radiance"}))
    renderer = FrameRenderer()
    before = renderer.render(replace(scene, avatars=(plain, other)), options)
    after = renderer.render(replace(scene, avatars=(plain, replace(other, materials=edit))), options)
    is_other = before.face_index >= small_avatar.body.num_faces
    expected = torch.where(
        is_other[..., None], before.image("albedo") * torch.tensor([0.5, 0.25, 0.5]), before.image("albedo")
    )
    assert is_other.any() and torch.allclose(after.image("albedo"), expected, atol=1e-6)
    scale = torch.where(is_other, 0.5, 1.0)[..., None]
    rough = before.image("roughness") * scale
    is_free = rough > 0.1
    assert is_free[is_other].any() and torch.allclose(after.image("roughness")[is_free], rough[is_free], atol=1e-6)
    assert "materials" not in renderer.timings and "material_edits" in renderer.timings  # the maps are not asked again
    again = renderer.render(replace(scene, avatars=(plain, other)), options)
    assert torch.equal(again.image("radiance"), before.image("radiance"))


def test_a_supersampled_pixel_has_the_face_and_texel_coordinates_of_one_sample(avatar):
    """The coordinates' mean across a seam would be a place that the pixel does not show."""
    scene = _scene(avatar, 48)
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
