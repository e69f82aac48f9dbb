"""What a renderer keeps between frames, and that it never shows."""

from dataclasses import replace

import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.frame.frame import FrameRenderer, RenderOptions
from phynes_core.render.frame_buffers import BUFFERS
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from tests.frame.scenes import EVERYTHING, scene_of, sunny


def test_a_change_recomputes_only_what_it_touches(avatar):
    """Light: shading alone. Camera: no visibility. Pose: all. Nothing: nothing but the sums."""
    renderer, scene = FrameRenderer(), scene_of(avatar)
    renderer.render(scene)
    everything = {"mesh", "occluder", "rasterize", "materials"}
    assert everything <= set(renderer.timings)

    renderer.render(scene)
    assert not everything & set(renderer.timings)

    brighter = replace(scene.lighting.environment, intensity=2.0)
    renderer.render(replace(scene, lighting=Lighting(brighter)))
    assert not everything & set(renderer.timings) and "shade" in renderer.timings

    renderer.render(scene_of(avatar, azimuth=60.0))
    assert everything & set(renderer.timings) == {"rasterize", "materials"}

    renderer.render(scene_of(avatar, azimuth=60.0, elbow=0.5))
    assert everything <= set(renderer.timings)


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


def test_a_new_avatar_at_a_freed_address_never_shows_the_old_ones_materials(avatar, monkeypatch):
    """Every id() equal, as after garbage collection: another buffer in between leaves the first avatar's materials."""
    monkeypatch.setattr("phynes_core.frame.frame.id", lambda _: 7, raising=False)
    renderer, only_normals = FrameRenderer(), RenderOptions(buffers=frozenset({"normal"}))
    renderer.render(scene_of(avatar), EVERYTHING)
    renderer.render(scene_of(avatar, elbow=0.7), only_normals)
    successor = Avatar.untrained(avatar.body, "successor").requires_grad_(False)
    shown = renderer.render(scene_of(successor), EVERYTHING)
    fresh = FrameRenderer().render(scene_of(successor), EVERYTHING)
    assert torch.equal(shown.image("albedo"), fresh.image("albedo"))


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


def test_sources_may_take_their_shadows_from_the_vertices(avatar):
    """While a view moves: nearly the same picture, kept for what any camera saw, exact for the pixels at rest."""
    renderer, moving = FrameRenderer(), replace(EVERYTHING, has_vertex_sources=True, lamp_samples=4)
    scene = scene_of(avatar, environment=sunny())
    quick = renderer.render(scene, moving)
    fine = FrameRenderer().render(scene, EVERYTHING)
    assert 0 < ((quick.radiance - fine.radiance).abs().sum() / fine.radiance.sum()).item() < 0.1
    renderer.render(scene_of(avatar, azimuth=60.0, environment=sunny()), moving)
    renderer.render(scene_of(avatar, azimuth=80.0, environment=scene.lighting.environment), moving)
    assert "source_visibility" in renderer.timings  # of the vertices that came into view
    renderer.render(scene_of(avatar, azimuth=20.0, environment=scene.lighting.environment), moving)
    assert "source_visibility" not in renderer.timings
