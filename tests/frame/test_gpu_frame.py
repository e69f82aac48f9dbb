"""Frames of the GPU's passes against the CPU's engine, on Mesa's software renderer."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.body.subdivide import split_body
from phynes_core.body.template import template_body
from phynes_core.errors import BackendError
from phynes_core.frame import gpu
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.options import COARSE, RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.shipped_files import bundled_avatars, bundled_environments
from phynes_core.kernels.gpu.description import Pass
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.maps.material_edit import MaterialEdit, PaintChange, blank_paint, painted
from phynes_core.maps.neural_map import NeuralMap
from phynes_core.render.camera import orbit_camera
from phynes_core.render.ground import Ground, GroundGrids
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image
from phynes_core.render.visibility import Occluder, unpack_bits
from tests.carved_template import carved_template
from tests.frame.scenes import sunny
from tests.software_gpu import software_gpu

SIZE = 256
EVERYTHING = RenderOptions(frozenset(BUFFERS), lamp_samples=3)
LEAST_DB = {"radiance": 55.0, "albedo": 60.0, "roughness": 60.0, "normal": 60.0}
LEAST_EQUAL = 0.999  # of face numbers and of visibility bits


@pytest.fixture(scope="module")
def josh():
    return load_checkpoint(bundled_avatars()["josh"]).requires_grad_(False)


@pytest.fixture(scope="module")
def ada():
    return load_checkpoint(bundled_avatars()["ada"]).requires_grad_(False)


def pose_of(avatar, seed=0, at=(0.0, 0.0, 0.0)):
    body_pose = 0.25 * torch.randn(23, 3, generator=torch.Generator().manual_seed(seed))
    body_pose[15, 2] -= 0.9
    body_pose[16, 2] += 0.9
    return replace(avatar.rest_pose(), body_pose=body_pose, transl=torch.tensor(at))


def scene_of(*posed, size=SIZE, lighting=None, ground=None, azimuth=20.0):
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), azimuth, 5.0, 3.4, size, size)
    return Scene(posed, camera, lighting or Lighting(sunny()), ground)


def decibels(shown, expected):
    error = (shown - expected).square().mean().clamp(min=1e-20)
    return float(10.0 * torch.log10(expected.max().square() / error))


def assert_parity(scene, options, least_equal=LEAST_EQUAL):
    """Every buffer that was asked for, and the floor; returns both frames."""
    renderer = FrameRenderer(software_gpu())
    shown, expected = renderer.render(scene, options), FrameRenderer().render(scene, options)
    assert not software_gpu().failure
    assert "gpu" in renderer.timings and "shade" not in renderer.timings
    covered = (expected.face_index >= 0) | (shown.face_index >= 0)
    assert (shown.face_index == expected.face_index)[covered].float().mean() >= least_equal
    for name in sorted(options.buffers):
        ours, theirs = shown.image(name), expected.image(name)
        assert torch.isfinite(ours).all(), name
        is_half = options.is_half and name == "radiance"
        assert ours.shape == theirs.shape and ours.dtype == (torch.float16 if is_half else theirs.dtype)
        if name in LEAST_DB:
            assert decibels(ours, theirs) >= LEAST_DB[name], name
        else:
            assert (ours - theirs).abs().mean() <= 1e-3 * theirs.abs().mean(), name
    return shown, expected


def test_every_buffer_under_learned_light_and_lamps(josh):
    """Measured: faces all equal, radiance 124 dB, materials and normals 122 dB."""
    lighting = Lighting(Environment(josh.light), (Lamp(40.0, 30.0),), area_lamps=(AreaLamp((0.6, 0.8, 0.7)),))
    assert_parity(scene_of(PosedAvatar(josh, pose_of(josh)), lighting=lighting), EVERYTHING)


def test_bright_sources_of_a_picture_with_smooth_outlines(ada):
    environment = Environment(load_environment_image(bundled_environments()["studio"]))
    scene = scene_of(PosedAvatar(ada, pose_of(ada, 1)), lighting=Lighting(environment))
    assert_parity(scene, replace(EVERYTHING, antialias=True, buffers=frozenset({"radiance", "albedo", "visibility"})))


def test_a_split_body_as_a_window_shows_it_while_it_moves(josh):
    """Bright sources by bits of the vertices, material by material in the pose."""
    split = load_checkpoint(bundled_avatars()["josh"]).requires_grad_(False)
    split.body = split_body(split.body, 1)
    options = RenderOptions(
        frozenset({"radiance", "normal"}), has_vertex_sources=True, visibility_slices=4, is_half=True
    )
    assert_parity(scene_of(PosedAvatar(split, pose_of(split, 2))), options)


def test_another_avatar_under_its_learned_light(ada):
    options = replace(EVERYTHING, buffers=frozenset({"radiance", "albedo", "roughness", "normal"}))
    assert_parity(scene_of(PosedAvatar(ada, pose_of(ada, 6)), lighting=Lighting(Environment(ada.light))), options)


def test_a_mesh_of_the_persons_own_under_a_sun():
    torch.manual_seed(3)
    avatar = Avatar.untrained(template_body(carved_template(), load_bundled_body())).requires_grad_(False)
    avatar.offset.encoding.grid.normal_(std=0.5)
    avatar.offset.head.weight.normal_(std=0.01)
    options = RenderOptions(frozenset({"radiance", "normal"}), lamp_samples=3, has_pixel_normals=True)
    assert_parity(scene_of(PosedAvatar(avatar, pose_of(avatar, 7))), options)


def painted_row(josh, ada):
    """Two avatars, one of them painted."""
    paint = blank_paint(64)
    painted(paint, torch.arange(0, 4096, 2), torch.ones(2048), PaintChange.over((0.1, 0.7, 0.2), 0.3))
    edit = MaterialEdit.uniform(0.8, (1.0, 0.9, 0.7), 0.6, 2.0, paint)
    first = PosedAvatar(josh, pose_of(josh, 3, (-0.4, 0.0, 0.0)), edit)
    return first, PosedAvatar(ada, pose_of(ada, 4, (0.4, 0.0, 0.0)))


def test_two_avatars_painted_over_a_floor(josh, ada):
    """Near lamp, distant lamp and sun, whose shadows and mirror image lie on the floor. Measured: floor 116 dB."""
    lighting = Lighting(sunny(), (Lamp(-60.0, 40.0),), area_lamps=(AreaLamp((0.6, 0.8, 0.7)),))
    scene = scene_of(*painted_row(josh, ada), lighting=lighting, ground=Ground(-1.0))
    shown, expected = assert_parity(scene, replace(EVERYTHING, antialias=True, ground_grids=COARSE))
    assert shown.ground is not None and expected.ground is not None and expected.ground.any()
    assert decibels(shown.ground, expected.ground) >= 55.0


def test_a_supersampled_picture_over_a_fine_floor_strip_by_strip(josh, ada, monkeypatch):
    """A large picture is made of strips, one after the other."""
    monkeypatch.setattr(gpu, "MOST_PIXELS", 40 * 2 * 96 * 2)
    scene = scene_of(*painted_row(josh, ada), ground=Ground(-1.0, reflection=0.4), size=96)
    grids = GroundGrids(sky_cells=24, lamp_cells=60, lamp_samples=3)
    options = replace(EVERYTHING, supersample=2, antialias=True, ground_grids=grids)
    shown, expected = assert_parity(scene, options)
    assert decibels(shown.image("radiance"), expected.image("radiance")) >= 55.0
    assert shown.ground is not None and expected.ground is not None
    assert decibels(shown.ground, expected.ground) >= 55.0


def test_rays_from_every_pixel_to_every_probe(josh):
    options = replace(EVERYTHING, exact_visibility=True, buffers=frozenset({"radiance", "shading"}))
    assert_parity(scene_of(PosedAvatar(josh, pose_of(josh)), size=96, lighting=Lighting(sunny())), options)


def test_the_vertices_have_the_same_bits(josh):
    """Measured: 99.999 % of the bits of the vertices that the picture shows."""
    scene = scene_of(PosedAvatar(josh, pose_of(josh, 5)), lighting=Lighting(Environment(josh.light)))
    device, renderer = software_gpu(), FrameRenderer(software_gpu())
    frame = renderer.render(scene)
    mesh = FrameRenderer().mesh(scene)
    assert renderer._gpu is not None
    rows = torch.unique(mesh.faces[frame.face_index[frame.face_index >= 0].long()])
    probes = scene.lighting.probes().in_patches().directions
    held = renderer._gpu.graph.held("probe_bits").buffer
    words = device.download(held, 64 * len(mesh.vertices)).view(np.int32).reshape(-1, 16)
    expected = Occluder(mesh.vertices, mesh.faces).vertex_bits(mesh.normals, probes, rows)
    same = unpack_bits(torch.from_numpy(words.copy())[rows], 512) == unpack_bits(expected, 512)
    assert same.float().mean() >= LEAST_EQUAL


def test_no_pose_leaves_holes_or_numbers_that_are_none(josh):
    """Fifty random poses, up close from all around: the same pixels are covered by the same faces."""
    gpu, cpu = FrameRenderer(software_gpu()), FrameRenderer()
    options = RenderOptions(frozenset({"normal", "position"}))
    equal = []
    for seed in range(50):
        posed = PosedAvatar(josh, pose_of(josh, 100 + seed))
        scene = scene_of(posed, size=64, azimuth=37.0 * seed)
        shown, expected = gpu.render(scene, options), cpu.render(scene, options)
        assert all(torch.isfinite(shown.image(name)).all() for name in options.buffers)
        assert (shown.mask != expected.mask).sum() <= 1
        equal.append((shown.face_index == expected.face_index).float().mean())
    assert torch.stack(equal).mean() >= LEAST_EQUAL


def test_only_what_changed_is_computed_again(josh):
    """By the names of the passes that ran."""
    renderer = FrameRenderer(software_gpu())
    options = RenderOptions(frozenset({"radiance"}))
    posed = PosedAvatar(josh, pose_of(josh))
    scene = scene_of(posed, size=48, lighting=Lighting(Environment(josh.light), (Lamp(40.0, 30.0),)))

    def passes(scene, options=options):
        renderer.render(scene, options)
        return set(renderer._gpu.graph.ran)

    assert {"skin", "draw", "trace_probes", "trace_pixels", "shade"} <= passes(scene)
    assert passes(scene) == set()
    brighter = replace(scene.lighting, environment=Environment(josh.light, intensity=2.0))
    assert passes(replace(scene, lighting=brighter)) == {"shade", "image.radiance"}
    dimmed = replace(scene, lighting=replace(scene.lighting, lamps=(Lamp(40.0, 30.0, 1.0),)))
    assert passes(dimmed) == {"shade", "image.radiance"}
    moved = replace(scene, lighting=replace(scene.lighting, lamps=(Lamp(60.0, 30.0),)))
    assert passes(moved) == {"trace_pixels", "retrace_pixels", "shade", "image.radiance"}
    turned = passes(replace(scene, camera=scene_of(posed, size=48, azimuth=30.0).camera))
    assert {"draw", "albedo", "shade"} <= turned and not {"skin", "tree_nodes", "ray_starts"} & turned
    assert "skin" in passes(scene_of(PosedAvatar(josh, pose_of(josh, 9)), size=48))
    assert passes(scene, replace(options, use_cache=False)) >= {"skin", "draw", "shade"}


def test_maps_of_every_kind_are_asked_by_passes(small_avatar):
    """Waves instead of a hash grid, wide layers; nothing is left to the CPU."""
    torch.manual_seed(2)
    small_avatar = copy.deepcopy(small_avatar)
    albedo, roughness, offset = small_avatar.albedo.config, small_avatar.roughness.config, small_avatar.offset.config
    small_avatar.albedo = NeuralMap(replace(albedo, frequency_octaves=10, hidden_width=256)).requires_grad_(False)
    small_avatar.roughness = NeuralMap(replace(roughness, hidden_width=80)).requires_grad_(False)
    small_avatar.offset = NeuralMap(replace(offset, frequency_octaves=3)).requires_grad_(False)
    small_avatar.offset.head.weight.normal_(std=0.02)
    posed = PosedAvatar(small_avatar, small_avatar.rest_pose())
    assert_parity(scene_of(posed, size=64), replace(EVERYTHING, has_pixel_normals=True))


def test_a_gpu_that_is_lost_leaves_the_frame_to_the_cpu(small_avatar, monkeypatch, caplog):
    """One message, the same picture, and no further try."""
    device = software_gpu()
    scene = scene_of(PosedAvatar(small_avatar, small_avatar.rest_pose()), size=32)
    expected = FrameRenderer().render(scene)
    renderer = FrameRenderer(device)
    renderer.render(scene)

    def lose(*_):
        raise RuntimeError("Device lost")

    monkeypatch.setattr(type(device.handle.queue), "submit", lose)
    with caplog.at_level("WARNING"):
        shown = [renderer.render(scene, RenderOptions(use_cache=False)) for _ in range(2)]
    monkeypatch.undo()
    assert len(caplog.messages) == 1 and "Device lost" in caplog.messages[0]
    assert all(torch.equal(frame.radiance, expected.radiance) for frame in shown)


def test_a_pass_that_the_driver_refuses_leaves_the_frame_to_the_cpu(small_avatar, monkeypatch):
    device = GpuDevice(software_gpu().adapter)

    def refuse(**_):
        raise RuntimeError("out of registers")

    monkeypatch.setattr(device.handle, "create_compute_pipeline", refuse)
    scene = scene_of(PosedAvatar(small_avatar, small_avatar.rest_pose()), size=16)
    frame = FrameRenderer(device).render(scene)
    assert "the driver refuses body/skeleton.wgsl (out of registers)" in device.failure
    assert torch.equal(frame.radiance, FrameRenderer().render(scene).radiance)


def test_a_damaged_file_is_one_line(small_avatar, monkeypatch):
    device = GpuDevice(software_gpu().adapter)
    monkeypatch.setattr(Pass, "source", lambda *_: "@compute fn main( {")
    scene = scene_of(PosedAvatar(small_avatar, small_avatar.rest_pose()), size=16)
    with pytest.raises(BackendError, match="skeleton.wgsl: expected WGSL, got .*; restore the folder shaders/engine$"):
        FrameRenderer(device).render(scene)
