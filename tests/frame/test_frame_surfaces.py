"""The surface in a frame: offsets, pixel normals, frozen and edited materials, reflectance of each avatar."""

import math
from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.lamps import Lamp
from tests.frame.scenes import EVERYTHING, pose_of, scene_of


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
    scene = scene_of(avatar)
    plain, same = (FrameRenderer().render(scene, replace(EVERYTHING, has_pixel_normals=on)) for on in (False, True))
    assert torch.equal(plain.normal, same.normal) and torch.equal(plain.radiance, same.radiance)
    detailed = Avatar.untrained(avatar.body, "detailed").requires_grad_(False)
    detailed.load_state_dict(avatar.state_dict())
    detailed.offset.encoding.grid.normal_(std=0.01)
    detailed.offset.head.weight.normal_(std=0.1)
    scene = scene_of(detailed)
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
    beside = replace(pose_of(avatar), transl=torch.tensor([0.5, 0.0, 0.0]))
    scene = scene_of(trained)
    scene = replace(scene, avatars=(*scene.avatars, PosedAvatar(noisy, beside)))
    chosen, plain = (FrameRenderer().render(scene, replace(EVERYTHING, has_pixel_normals=on)) for on in (None, False))
    is_first = (chosen.face_index >= 0) & (chosen.face_index < avatar.body.num_faces)
    is_second = chosen.face_index >= avatar.body.num_faces
    assert is_first.any() and is_second.any()
    assert torch.equal(chosen.normal[is_second], plain.normal[is_second])
    assert (chosen.normal[is_first] != plain.normal[is_first]).any(-1).float().mean() > 0.9


def test_frozen_materials_ignore_the_pose(avatar):
    """They are those of the first training pose; a map without a pose input never asks."""
    moved = scene_of(avatar, elbow=1.0)
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
    beside = replace(pose_of(avatar), transl=torch.tensor([0.5, 0.0, 0.0]))
    scene = scene_of(avatar, lamps=(Lamp(10.0, 20.0),))
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
    scene = scene_of(small_avatar, 64)
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
