"""The engine makes every tensor where its inputs lie: proven on a pretended GPU, whose picture is the CPU's."""

from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose
from phynes_core.frame import cuda_graphs
from phynes_core.frame.buffers import BUFFERS, FrameBuffers
from phynes_core.frame.cuda_nodes import GROUPS
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.maps.material_edit import MaterialEdit, PaintChange, blank_paint, painted
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment
from tests.pretended_device import DeviceMixup, is_marked, pretended_cuda
from tests.small_body import small_body

EVERYTHING = RenderOptions(frozenset(BUFFERS), lamp_samples=3, has_pixel_normals=True, antialias=True)


def small_avatar(seed=4):
    torch.manual_seed(seed)
    avatar = Avatar.untrained(small_body(), "small")
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness, avatar.offset):
            network.encoding.grid.normal_(std=0.5)
        avatar.offset.head.weight.normal_(std=0.02)
    return avatar.requires_grad_(False)


def scene_of(*avatars):
    """Two suns in a sky large enough to be searched, a far lamp and a near one; every avatar in a pose of its own."""
    sky = torch.rand(48, 96, 3, generator=torch.Generator().manual_seed(0))
    sky[10, 20] = sky[14, 60] = 500.0
    lighting = Lighting(Environment(sky), (Lamp(50.0, 30.0),), area_lamps=(AreaLamp((0.6, 0.8, 0.7)),))
    posed = []
    for number, avatar in enumerate(avatars):
        body_pose = torch.zeros(23, 3)
        body_pose[15, 1] = 0.4 * number + 0.2
        pose = Pose(body_pose, torch.zeros(3), torch.tensor([0.9 * number, 0.0, 0.0]), torch.zeros(10))
        posed.append(PosedAvatar(avatar, pose))
    return Scene(tuple(posed), orbit_camera(torch.zeros(3), 20.0, 5.0, 3.0, 40, 40), lighting)


def assert_same_pictures(shown: FrameBuffers, expected: FrameBuffers) -> None:
    """Every buffer on average, where both see the same face."""
    same = shown.face_index == expected.face_index
    assert same.float().mean() > 0.99
    for name in BUFFERS:
        difference = ((shown.image(name) - expected.image(name)) * same[..., None]).abs().mean()
        assert difference <= 2e-3 * expected.image(name).abs().mean(), name


@pytest.mark.parametrize("options", [EVERYTHING, replace(EVERYTHING, exact_visibility=True, supersample=2)])
def test_a_frame_is_computed_where_the_body_lies(options):
    """Every buffer, two avatars that reflect differently, all kinds of light, keyed and kept over two frames."""
    avatars = small_avatar(), small_avatar(5)
    avatars[1].record = replace(avatars[1].record, f0=0.1)
    scene = scene_of(*avatars)
    expected = FrameRenderer().render(scene, options)
    with pretended_cuda() as device:
        renderer = FrameRenderer(device=device)
        renderer.render(scene, options)
        shown = renderer.render(scene, options)
        assert is_marked(renderer.mesh(scene).vertices)
        assert all(is_marked(shown.image(name)) for name in BUFFERS)
    assert_same_pictures(shown, expected)


def test_the_references_run_on_a_device_too():
    scene = scene_of(small_avatar())
    with pretended_cuda() as device:
        shown = FrameRenderer(device=device).render(scene, replace(EVERYTHING, backend="reference", antialias=False))
        assert all(is_marked(shown.image(name)) for name in BUFFERS)


@pytest.mark.parametrize("has_vertex_sources", [True, False])
def test_recorded_steps_ask_the_host_for_nothing(has_vertex_sources):
    """Under the rules of a CUDA graph's capture: two avatars, both kinds of shadows, every buffer, frozen materials."""
    scene = scene_of(small_avatar(), small_avatar(5))
    scene = replace(scene, lighting=replace(scene.lighting, area_lamps=()))
    options = replace(EVERYTHING, antialias=False, has_vertex_sources=has_vertex_sources, freezes_materials=True)
    expected = FrameRenderer().render(scene, options)
    with pretended_cuda() as device:
        renderer = FrameRenderer(device=device)
        shown = renderer.render(scene, options)
        assert set(GROUPS) <= set(renderer.timings) and "shade" not in renderer.timings
        assert all(is_marked(shown.image(name)) for name in BUFFERS)
    assert_same_pictures(shown, expected)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_material_edits_of_the_host_are_laid_over_maps_of_a_device(is_recorded):
    """One of two avatars is painted, and painted again; both stay as shiny as they were."""
    scene, paint = scene_of(small_avatar(), small_avatar(5)), blank_paint(32)
    scene = replace(scene, lighting=replace(scene.lighting, area_lamps=()))
    painted(paint, torch.arange(0, 1024, 2), torch.ones(512), PaintChange.over((0.1, 0.7, 0.2), 0.3))
    options = replace(EVERYTHING, antialias=not is_recorded, has_vertex_sources=True)

    def edited(edit):
        return replace(scene, avatars=(scene.avatars[0], replace(scene.avatars[1], materials=edit)))

    edits = MaterialEdit.uniform(0.5, roughness_scale=0.5, paint=paint), MaterialEdit.uniform(0.9, paint=paint)
    expected = [FrameRenderer().render(edited(edit), options) for edit in edits]
    assert (expected[0].image("albedo") - expected[1].image("albedo")).abs().max() > 0.1
    with pretended_cuda() as device:
        renderer = FrameRenderer(device=device)
        shown = [renderer.render(edited(edit), options) for edit in edits]
        assert ("light" in renderer.timings) == is_recorded
    for ours, theirs in zip(shown, expected, strict=True):
        assert_same_pictures(ours, theirs)


def test_material_edits_follow_avatars_that_lie_on_a_device_already():
    """Poses and edits are made on the host, whoever loaded the avatar."""
    scene = scene_of(small_avatar())
    edited = replace(scene.avatars[0], materials=MaterialEdit.uniform(0.5, paint=blank_paint(16)))
    expected = FrameRenderer().render(replace(scene, avatars=(edited,)), EVERYTHING)
    with pretended_cuda() as device:
        there = replace(edited, avatar=edited.avatar.copied_to(device))
        shown = FrameRenderer().render(replace(scene, avatars=(there,)), EVERYTHING)
    assert_same_pictures(shown, expected)


def test_a_recording_that_would_wait_is_refused():
    with pretended_cuda() as device:
        there = torch.ones(3, device=device)
        for compute in (there.sum().item, lambda: torch.tensor([1.0], device=device), lambda: there[there > 0]):
            with pytest.raises(DeviceMixup, match="while a graph is recorded"):
                cuda_graphs.recorded_graph(compute, device)


def test_the_pretended_device_refuses_what_a_real_one_would():
    with pretended_cuda() as device:
        there, here = torch.ones(3, device=device), torch.ones(3)
        assert there.device.type == "cuda" and here.device.type == "cpu"
        assert is_marked(there * 2.0) and is_marked(there[1:].clamp(min=0.5))
        for mixed in (lambda: there + here, lambda: there[torch.tensor([0])], lambda: there.numpy()):
            with pytest.raises(DeviceMixup):
                mixed()
        assert (there.cpu() + here).tolist() == [2.0, 2.0, 2.0]
