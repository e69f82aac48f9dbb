"""Textures of live frames are made a step at a time, kept for the next start, and freed with their avatars."""

import gc
import weakref
from dataclasses import replace

import pytest
import torch

from app.options.view import SceneOptions, view_from_options
from app.rendering import texel_baker
from app.rendering.render_service import RenderService
from app.rendering.texel_baker import TexelBaker
from phynes_core.avatar.material_texels import MaterialTexels
from phynes_core.avatar.stored_texels import cache_folder
from phynes_core.frame.scene import AvatarCopies
from tests.avatar.test_material_texels import a_vector, an_avatar
from tests.frame.scenes import scene_of
from tests.pretended_device import CUDA, pretended_cuda


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def finished(baker: TexelBaker) -> int:
    """The number of idle steps until nothing is left to do."""
    count = 0
    while baker.advance(is_idle=True):
        count += 1
    return count


def texels_of(baker: TexelBaker, scene, is_frozen=False):
    return [posed.texels for posed in baker.placed(scene, is_frozen).avatars]


def test_a_texture_is_made_in_idle_steps_and_read_from_its_file_at_the_next_start():
    avatar = an_avatar()
    scene, baker = scene_of(avatar, size=32), TexelBaker()
    assert not baker.advance(is_idle=True)  # nothing was asked for
    assert texels_of(baker, scene) == [None]
    assert finished(baker) == 3  # looked for, made, written
    (texels,) = texels_of(baker, scene)
    assert texels.serves(avatar, a_vector()) and len(list(cache_folder().iterdir())) == 1
    again = TexelBaker()
    texels_of(again, scene)
    assert finished(again) == 1 and torch.equal(texels_of(again, scene)[0].image, texels.image)


def test_between_live_frames_nothing_is_written():
    baker, scene = TexelBaker(), scene_of(an_avatar(), size=32)
    texels_of(baker, scene)
    while texels_of(baker, scene) == [None]:
        baker.advance(is_idle=False)
    assert not baker.advance(is_idle=False) and not cache_folder().exists()


def test_materials_that_follow_the_pose_are_made_for_one_that_rests_and_kept_for_frozen_ones_alone():
    avatar = an_avatar(pose_dim=72)
    baker, still, bent = TexelBaker(), scene_of(avatar, size=32), scene_of(avatar, size=32, elbow=0.5)
    for scene in (still, bent, still, bent):
        assert texels_of(baker, scene) == [None]
        assert not baker.advance(is_idle=False)  # it moves
    texels_of(baker, bent)
    assert baker.advance(is_idle=False)
    finished(baker)
    (texels,) = texels_of(baker, bent)
    assert texels.serves(avatar, bent.avatars[0].pose.vector()) and not cache_folder().exists()
    assert texels_of(baker, still) == [None]
    texels_of(baker, still, is_frozen=True)
    finished(baker)
    (frozen,) = texels_of(baker, bent, is_frozen=True)
    assert frozen.serves(avatar, avatar.training_poses[0]) and len(list(cache_folder().iterdir())) == 1


def test_textures_are_freed_with_their_avatars_also_half_made_ones(monkeypatch):
    monkeypatch.setattr("phynes_core.avatar.material_texels.TEXELS_PER_STEP", 100)
    for steps in (1, 3, 10_000):
        avatar = an_avatar()
        baker, seen = TexelBaker(), weakref.ref(avatar)
        baker.placed(scene_of(avatar, size=32), False)
        for _ in range(steps):
            baker.advance(is_idle=True)
        del avatar
        gc.collect()
        assert seen() is None and not baker.advance(is_idle=True)


def test_maps_that_no_texture_can_hold_and_engines_on_a_gpu_have_none():
    baker, scene = TexelBaker(), scene_of(an_avatar(frequency_octaves=4), size=32)
    assert texels_of(baker, scene) == [None] and finished(baker) == 0
    with pretended_cuda():
        placed = AvatarCopies(CUDA).placed(scene_of(an_avatar(), size=32))
        assert baker.placed(placed, False) is placed and finished(baker) == 0


def test_live_pictures_read_the_texture_and_pictures_at_rest_do_not(avatar_file, monkeypatch):
    """As soon as it is there; one of gray materials shows in the live picture alone."""
    state = view_from_options(SceneOptions(avatar=(str(avatar_file),)))
    state = replace(state, display=replace(state.display, buffer="albedo"))
    service = RenderService()
    before = service.render(state, 64), service.render(state, 64, is_final=True)
    monkeypatch.setattr(texel_baker, "stored_texels", _gray)
    while service.prepare():
        pass
    live, final = service.render(state, 64), service.render(state, 64, is_final=True)
    assert abs(before[0].image - live.image).max() > 0.1
    assert (before[1].image == final.image).all()


def _gray(avatar, vector):
    return MaterialTexels(avatar, vector, torch.zeros(2, 2, 4, dtype=torch.int16) - 20_000)
