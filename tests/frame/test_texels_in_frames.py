"""Live frames that read textures look like those that ask the maps for every pixel, and never show an earlier state."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.avatar.checkpoint import load_checkpoint, resolve_avatar_path
from phynes_core.avatar.material_texels import baked
from phynes_core.body.atlas import chart_image, widened
from phynes_core.body.motion.files import load_motion
from phynes_core.body.subdivide import split_body
from phynes_core.evaluation.metrics.errors import psnr
from phynes_core.frame.offset_texels import OffsetTexels, texel_side
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.shipped_files import bundled_environments, bundled_motions
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.material_edit import MaterialEdit, blank_paint
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image
from tests.frame.scenes import scene_of
from tests.small_body import small_body

ASKING = RenderOptions(
    buffers=frozenset({"radiance", "albedo", "roughness", "normal", "mask"}), lamp_samples=4,
    has_vertex_sources=True, has_pixel_normals=True,
)  # fmt: skip
READING = replace(ASKING, reads_texels=True)
LEAST_DB = 50.0
VIEWS = [(0.0, 0.0, 2.6), (70.0, 15.0, 2.6), (150.0, -15.0, 2.6), (240.0, 45.0, 1.6), (300.0, 5.0, 0.9)]
GRID = HashEncodingConfig(num_levels=4, log2_entries=12, base_resolution=8, finest_resolution=64)


def alike_db(found, expected) -> float:
    """PSNR of the radiance over the pixels that a body covers."""
    inside = expected.mask[..., 0] > 0
    return psnr(found.radiance[inside].clamp(0.0, 1.0), expected.radiance[inside].clamp(0.0, 1.0))


def with_texels(scene: Scene, is_frozen: bool = False) -> Scene:
    posed = tuple(
        replace(p, texels=baked(p.avatar, p.avatar.training_poses[0] if is_frozen else p.pose.vector()))
        for p in scene.avatars
    )
    return replace(scene, avatars=posed)


@pytest.fixture(scope="module", params=["josh", "ada"])
def person(request) -> PosedAvatar:
    avatar = load_checkpoint(resolve_avatar_path(f"{request.param}.ckpt"))
    pose = load_motion(bundled_motions()["walk"]).pose_at(0.5, avatar.betas)
    return PosedAvatar(avatar, pose, texels=baked(avatar, pose.vector()))


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_josh_and_ada_look_alike_in_every_view(person, view):
    """Measured at 384 x 384: josh 52.7 to 55 dB; ada, who is glossy, 51.8 to 67."""
    azimuth, elevation, distance = view
    middle = torch.tensor([float(person.pose.transl[0]), 0.9, float(person.pose.transl[2])])
    camera = orbit_camera(middle, azimuth, elevation, distance, 384, 384)
    light = Lighting(Environment(load_environment_image(bundled_environments()["studio"])))
    scene = Scene((person,), camera, light)
    options = replace(READING, has_pixel_normals=None)
    expected = FrameRenderer().render(scene, replace(options, reads_texels=False))
    assert float(expected.mask.mean()) > 0.1
    assert alike_db(FrameRenderer().render(scene, options), expected) >= LEAST_DB


def a_person(seed: int = 0, pose_dim: int = 0, body=None, grid: HashEncodingConfig = GRID) -> Avatar:
    """Varied maps on a small body, as trained ones with less in finer levels; the offsets follow the pose."""
    torch.manual_seed(seed)
    maps = [
        replace(config, encoding=grid, hidden_width=16)
        for config in (OFFSET_MAP, TEXTURE_MAP, replace(ALBEDO_MAP, pose_dim=pose_dim),
                       replace(ROUGHNESS_MAP, pose_dim=pose_dim))
    ]  # fmt: skip
    avatar = Avatar.untrained(body or small_body(), "random", *maps)
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness, avatar.offset):
            first = network.encoding.table.offset.tolist()
            for level, (start, end) in enumerate(pairwise(first)):
                network.encoding.grid[start:end].normal_(std=0.3 * 0.5**level)
        avatar.offset.head.weight.normal_(std=0.02)
        avatar.training_poses[0] = 0.2
    return avatar.requires_grad_(False)


@pytest.mark.parametrize("seed", range(4))
def test_random_avatars_poses_and_edits_look_alike(seed):
    """Also on a body whose faces were split. Measured: 55 to 62 dB."""
    avatar = a_person(seed, body=split_body(small_body(), 1) if seed == 3 else None)
    scene = with_texels(scene_of(avatar, size=160, azimuth=90.0 * seed, elbow=0.4 * seed))
    paint = blank_paint(64)
    paint[:, 20:40, 4:7] = 0.3
    for edit in (None, MaterialEdit.uniform(0.7, (1.0, 0.5, 0.8), 1.2, paint=paint)):
        edited = replace(scene, avatars=(replace(scene.avatars[0], materials=edit),))
        assert alike_db(FrameRenderer().render(edited, READING), FrameRenderer().render(edited, ASKING)) >= LEAST_DB


@torch.no_grad()
def test_points_beside_a_seam_have_slopes_of_their_own_chart_alone():
    """Errors are no larger there than inside, and steps that leave the chart stay closed.

    Measured: a root mean square of 4.8e-3 beside seams and 6.0e-3 inside, of slopes of 1.8e-2.
    """
    avatar = a_person(5)
    charts, vector, errors = chart_image(avatar.body, 1024), 0.2 * torch.randn(72), []
    for chosen in ((charts < 0) != (widened(charts) < 0), charts >= 0):
        texels = torch.nonzero(chosen)
        row, column = (texels[torch.randperm(len(texels))[:6000]] + torch.rand(6000, 2)).T / 1024
        uv = torch.stack([column, 1.0 - row], -1)
        expected = avatar.offset_gradient(uv, vector)
        found = OffsetTexels(avatar, vector, texel_side(avatar)).gradient(uv, vector)
        assert not torch.equal(found, expected)  # they are read, not asked
        assert (found[expected == 0.0].abs() < 1e-5).all()
        errors.append(float((found - expected).square().mean().sqrt()))
    assert errors[0] < 1.1 * errors[1]


@torch.no_grad()
def test_slopes_are_asked_where_texels_would_be_more():
    """A figure far away, whose pixels lie many texels apart: the very slopes of the map."""
    avatar = a_person(5, grid=replace(GRID, finest_resolution=256))
    texels = torch.nonzero(chart_image(avatar.body, 1024) >= 0)
    row, column = texels[torch.randperm(len(texels))[:50]].T / 1024
    vector, uv = torch.zeros(72), torch.stack([column, 1.0 - row], -1)
    assert torch.equal(
        OffsetTexels(avatar, vector, texel_side(avatar)).gradient(uv, vector), avatar.offset_gradient(uv, vector)
    )


def test_a_change_of_each_input_shows_what_the_maps_say():
    """One renderer, one thing changed at a time, and back again: never farther from a new renderer that asks."""
    avatar, other = a_person(6, pose_dim=72), a_person(7, pose_dim=72)
    split = a_person(6, pose_dim=72, body=split_body(small_body(), 1))
    start = scene_of(avatar, size=128)
    paint = blank_paint(32)
    paint[8:24, :, 4:7] = 0.5

    def posed(**changes):
        return replace(start, avatars=(replace(start.avatars[0], **changes),))

    bent = scene_of(avatar, size=128, elbow=0.9).avatars[0].pose
    edited = posed(materials=MaterialEdit.uniform(0.5))
    beside = replace(start.avatars[0], avatar=other, pose=replace(bent, transl=torch.tensor([0.8, 0.0, 0.0])))
    scenes = {
        "start": start, "pose": posed(pose=bent), "again": start, "avatar": posed(avatar=other),
        "split": posed(avatar=split), "edit": edited,
        "paint": posed(materials=MaterialEdit.uniform(1.0, paint=paint)), "plain": start,
        "camera": scene_of(avatar, size=128, azimuth=120.0), "two": replace(start, avatars=(start.avatars[0], beside)),
    }  # fmt: skip
    renderer, seen = FrameRenderer(), {}
    for is_frozen in (False, True):
        options = replace(READING, freezes_materials=is_frozen)
        for name, scene in scenes.items():
            asked = FrameRenderer().render(scene, replace(options, reads_texels=False))
            for shown in (scene, with_texels(scene, is_frozen), replace_texels(scene, with_texels(start))):
                assert alike_db(renderer.render(shown, options), asked) >= LEAST_DB, name
            seen[name, is_frozen] = asked
    names = ["start", "pose", "avatar", "edit", "paint", "camera", "two"]
    pictures = [seen[name, is_frozen].radiance for name in names for is_frozen in (False, True)]
    for index, first in enumerate(pictures):  # each change shows, so that an earlier state would
        assert all(float((first - second).square().mean()) > 1e-5 for second in pictures[:index])


def test_a_change_of_one_of_two_avatars_of_the_light_or_of_options_shows_no_earlier_state():
    """One renderer through all of it, there and back: never farther from a new renderer that asks."""
    first, second = a_person(9, pose_dim=72), a_person(10)
    start = scene_of(first, size=96)
    beside = replace(start.avatars[0].pose, transl=torch.tensor([0.7, 0.0, 0.0]))
    start = replace(start, avatars=(start.avatars[0], PosedAvatar(second, beside)))
    bent = scene_of(first, elbow=0.9).avatars[0].pose

    def changed(number: int, **changes) -> Scene:
        avatars = list(start.avatars)
        avatars[number] = replace(avatars[number], **changes)
        return replace(start, avatars=tuple(avatars))

    sky = start.lighting.environment
    lights = Lighting(replace(sky, yaw_deg=90.0)), Lighting(None, (Lamp(30.0, 20.0),))
    scenes = [
        changed(0, pose=bent), changed(1, pose=replace(bent, transl=beside.transl)),
        changed(0, materials=MaterialEdit.uniform(0.6)),
        changed(1, materials=MaterialEdit.uniform(1.0, (0.2, 1.0, 1.0))), changed(0, avatar=second),
        replace(start, avatars=start.avatars[::-1]), replace(start, avatars=start.avatars[1:]),
        *(replace(start, lighting=light) for light in lights),
        replace(start, camera=start.camera.resized(64, 64)),
    ]  # fmt: skip
    renderer, home = FrameRenderer(), with_texels(start)
    for scene in scenes:
        textured = with_texels(scene)
        for changes in ({}, {"antialias": True}, {"supersample": 2}, {"has_pixel_normals": False}):
            options = replace(READING, **changes)
            asked = FrameRenderer().render(scene, replace(options, reads_texels=False))
            shown = renderer.render(textured, options)
            assert torch.equal(shown.mask, asked.mask) and torch.equal(shown.face_index, asked.face_index)
            assert alike_db(shown, asked) >= LEAST_DB
        renderer.render(home, READING)


def replace_texels(scene: Scene, others: Scene) -> Scene:
    """With textures of another pose or avatar, which serve none of these."""
    texels = others.avatars[0].texels
    return replace(scene, avatars=tuple(replace(posed, texels=texels) for posed in scene.avatars))


def test_pictures_at_rest_and_engines_on_a_gpu_ask_the_maps(monkeypatch):
    avatar = a_person(8)
    scene = with_texels(scene_of(avatar, size=96))
    monkeypatch.setattr(OffsetTexels, "gradient", None)
    monkeypatch.setattr(type(scene.avatars[0].texels), "read", None)
    FrameRenderer().render(scene, ASKING)
    with pytest.raises(TypeError):
        FrameRenderer().render(scene, READING)
