"""What a renderer keeps between frames, and that it never shows."""

import gc
import weakref
from dataclasses import replace

import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.options import COARSE, FINE, RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.ground import Ground
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.visibility import SeenBits
from tests.frame.scenes import EVERYTHING, scene_of, sunny

GEOMETRY = {"mesh", "occluder", "rasterize", "gbuffer", "materials", "surface"}


def ran(renderer, scene, options=EVERYTHING):
    """The nodes that ran for this frame."""
    renderer.render(scene, options)
    return set(renderer.timings)


def test_a_change_recomputes_only_what_it_touches(avatar):
    """Light: shading alone. Camera: no mesh. Pose: all. Nothing: nothing but the picture itself."""
    renderer, scene = FrameRenderer(), scene_of(avatar)
    assert ran(renderer, scene) >= GEOMETRY | {"probes", "visibility", "shade", "shading", "compose"}
    assert ran(renderer, scene) == {"visibility", "shading", "compose"}  # the first looks for stale bits and finds none

    sky = scene.lighting.environment
    brighter = replace(scene, lighting=Lighting(replace(sky, intensity=2.0)))
    lit = {"sky", "probes", "probe_directions", "source_rays", "visibility", "shade", "shading", "compose"}
    assert ran(renderer, brighter) == lit

    turned = scene_of(avatar, azimuth=60.0, environment=brighter.lighting.environment)
    assert ran(renderer, turned) & GEOMETRY == {"rasterize", "gbuffer", "materials", "surface"}

    moved = scene_of(avatar, azimuth=60.0, elbow=0.5, environment=sky)
    assert ran(renderer, moved) >= GEOMETRY | {"visibility", "shade"}


def test_a_dragged_lamp_leaves_the_sky_as_it_is(avatar):
    """Its own rays and light alone; and a brighter lamp at the same place traces nothing."""
    renderer, scene = FrameRenderer(), scene_of(avatar, lamps=(Lamp(10.0, 20.0),))
    renderer.render(scene, EVERYTHING)
    sky = scene.lighting.environment
    dragged = scene_of(avatar, environment=sky, lamps=(Lamp(13.0, 20.0),))
    own = {"visibility", "lamp_rays", "lamp_shade", "shading", "compose"}
    assert ran(renderer, dragged) == own | {"lamp_directions", "lamp_visibility"}
    brighter = scene_of(avatar, environment=sky, lamps=(Lamp(13.0, 20.0, 5.0),))
    assert ran(renderer, brighter) == own | {"lamp_directions"}


def test_other_buffers_and_edits_ask_no_map_again(avatar):
    """Materials are kept while light alone is shown, and lie under every edit."""
    renderer, scene = FrameRenderer(), scene_of(avatar)
    renderer.render(scene, EVERYTHING)
    light = ran(renderer, scene, replace(EVERYTHING, buffers=frozenset({"shading"})))
    assert not light & (GEOMETRY - {"surface"})
    assert "materials" not in ran(renderer, scene)
    edited = replace(scene, avatars=(replace(scene.avatars[0], materials=MaterialEdit.uniform(0.5)),))
    assert "shade" in (names := ran(renderer, edited)) and names & GEOMETRY == {"surface"}
    assert "material_edits" in names


def test_the_floor_is_computed_anew_where_the_light_or_the_bodies_change(small_avatar):
    """Its shadows stay while the camera moves or less of them is shown; its mirror image follows every change."""
    ground = Ground(-0.7)
    renderer, scene = FrameRenderer(), replace(scene_of(small_avatar, size=48), ground=ground)
    floor = {"ground_shadow", "ground_mirror", "ground_compose"}
    assert ran(renderer, scene) >= floor
    sky = scene.lighting.environment

    def with_floor(**changes):
        return replace(scene_of(small_avatar, size=48, **{"environment": sky, **changes}), ground=ground)

    assert ran(renderer, with_floor(azimuth=50.0)) & floor == {"ground_mirror", "ground_compose"}
    fainter = replace(scene, ground=replace(ground, shadow=0.5, reflection=0.0))
    assert ran(renderer, fainter) & floor == {"ground_compose"}
    assert ran(renderer, with_floor(lamps=(Lamp(40.0, 50.0),))) & floor == floor
    assert ran(renderer, with_floor(elbow=0.5)) & floor == floor
    assert not ran(renderer, with_floor(elbow=0.5), RenderOptions(frozenset({"albedo"}))) & floor


def test_kept_floors_are_those_of_fresh_renderers(small_avatar):
    """Fine and coarse, after a walk of poses, cameras and lights, bit for bit; the bodies are as without a floor."""
    renderer = FrameRenderer()
    walk = [
        scene_of(small_avatar, 48), scene_of(small_avatar, 48, azimuth=50.0), scene_of(small_avatar, 48, elbow=0.7),
        scene_of(small_avatar, 48, elbow=0.7, lamps=(Lamp(40.0, 50.0),)), scene_of(small_avatar, 48),
    ]  # fmt: skip
    for place, scene in enumerate(walk):
        options = replace(EVERYTHING, ground_grids=(FINE, COARSE)[place % 2], lamp_samples=4)
        kept = renderer.render(replace(scene, ground=Ground(-0.7)), options)
        fresh = FrameRenderer().render(replace(scene, ground=Ground(-0.7)), options)
        assert kept.ground is not None and kept.ground.any()
        assert torch.equal(kept.ground, fresh.ground)
        bare = FrameRenderer().render(scene, options)
        assert bare.ground is None and torch.equal(kept.radiance, bare.radiance)


def test_another_view_shares_what_no_camera_changes(avatar):
    """The mesh and what blocks light are made once for both."""
    first = FrameRenderer()
    second = FrameRenderer(base=first)
    scene = scene_of(avatar)
    first.render(scene)
    other = scene_of(avatar, azimuth=90.0, environment=scene.lighting.environment)
    names = ran(second, other, RenderOptions())
    assert not names & {"mesh", "occluder", "sky", "probes"} and "rasterize" in names
    assert torch.equal(second.render(other).radiance, FrameRenderer().render(other).radiance)


def test_kept_results_never_show_in_the_picture(avatar):
    """After any walk of changes the frame equals that of a fresh renderer, bit for bit."""
    renderer = FrameRenderer()
    steps = [
        scene_of(avatar), scene_of(avatar, azimuth=40.0), scene_of(avatar, azimuth=40.0, elbow=0.7),
        scene_of(avatar, lamps=(Lamp(10.0, 20.0),)), scene_of(avatar, environment=None, lamps=(Lamp(80.0, 20.0),)),
        scene_of(avatar, elbow=0.7), scene_of(avatar),
    ]  # fmt: skip
    for scene in steps:
        kept = renderer.render(scene, EVERYTHING)
        fresh = FrameRenderer().render(scene, replace(EVERYTHING, use_cache=False))
        for name in BUFFERS:
            assert torch.equal(getattr(kept, name), getattr(fresh, name)), name


def test_a_new_avatar_never_shows_the_old_ones_materials(avatar):
    """What results were made of is not freed before they are: no other avatar can take its address."""
    renderer, only_normals = FrameRenderer(), RenderOptions(buffers=frozenset({"normal"}))
    first = Avatar.untrained(avatar.body, "first").requires_grad_(False)
    renderer.render(scene_of(first), EVERYTHING)
    renderer.render(scene_of(avatar, elbow=0.7), only_normals)  # leaves the first avatar's materials
    alive = weakref.ref(first)
    del first
    gc.collect()
    assert alive() is not None
    successor = Avatar.untrained(avatar.body, "successor").requires_grad_(False)
    shown = renderer.render(scene_of(successor), EVERYTHING)
    fresh = FrameRenderer().render(scene_of(successor), EVERYTHING)
    assert torch.equal(shown.image("albedo"), fresh.image("albedo"))
    gc.collect()
    assert alive() is None


def test_sliced_visibility_converges_to_the_full_result(avatar):
    """After a pose change it starts from stale bits, and ends bit for bit where a full computation does."""
    renderer, options = FrameRenderer(), RenderOptions(visibility_slices=8)
    renderer.render(scene_of(avatar), options)
    assert not renderer.is_refining
    moved = scene_of(avatar, elbow=1.5)
    full = FrameRenderer().render(moved).radiance
    first = renderer.render(moved, options).radiance
    assert renderer.is_refining and not torch.equal(first, full)
    frames = 1
    while renderer.is_refining:
        last = renderer.render(moved, options).radiance
        frames += 1
    assert frames == 8
    assert torch.equal(last, full)


def test_sources_may_take_their_shadows_from_the_vertices(avatar, monkeypatch):
    """While a view moves: nearly the same picture, kept for what any camera saw, exact for the pixels at rest."""
    renderer, moving = FrameRenderer(), replace(EVERYTHING, has_vertex_sources=True, lamp_samples=4)
    scene = scene_of(avatar, environment=sunny())
    quick = renderer.render(scene, moving)
    fine = FrameRenderer().render(scene, EVERYTHING)
    assert 0 < ((quick.radiance - fine.radiance).abs().sum() / fine.radiance.sum()).item() < 0.1
    renderer.render(scene_of(avatar, azimuth=60.0, environment=sunny()), moving)
    traced = []
    monkeypatch.setattr(SeenBits, "trace", lambda bits, seen, trace=SeenBits.trace: traced.append(trace(bits, seen)))
    renderer.render(scene_of(avatar, azimuth=80.0, environment=scene.lighting.environment), moving)
    assert "source_visibility" in renderer.timings and len(traced) == 1  # the vertices that came into view
    renderer.render(scene_of(avatar, azimuth=20.0, environment=scene.lighting.environment), moving)
    assert len(traced) == 1
