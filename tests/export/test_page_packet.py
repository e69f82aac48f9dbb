"""What goes into a page: the desktop's own arrays and numbers, exactly, and nothing of a licensed body unasked."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.web.page_export import without_licensed_shapes
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import pose_body
from phynes_core.body.template import template_body
from phynes_core.errors import OutputError
from phynes_core.export.packet_file import stored_values
from phynes_core.export.page_packet import PageContent, PageLight, arrays_of, check_page, in_shape, kind_of, page_packet
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.probes import Environment, environment_to_probes
from tests.body_template import body_as_template
from tests.export.conftest import small_avatar, swing
from tests.export.page_browser import content_of

POSE = torch.zeros(72)


def small_content(**changes) -> PageContent:
    avatar = small_avatar()
    light = PageLight("bright", torch.rand(16, 32, 3, generator=torch.Generator().manual_seed(0)))
    return PageContent(avatar, avatar.betas, POSE, True, **({"clips": (swing(),), "lights": (light,)} | changes))


@pytest.mark.parametrize("name", ["josh", "ada"])
def test_the_bundled_avatars_are_stored_exactly(name):
    """All but the light's rows and a template's pose directions between the body's: half floats."""
    content = content_of(name)
    for array, values in arrays_of(content, in_shape(content.avatar, content.betas)):
        found = stored_values(values, kind_of(array, values))
        if array.endswith(".rows") or array == "avatar.pose_directions":
            assert np.abs(found - values).max() <= 5e-4 * np.abs(values).max()
        else:
            assert np.array_equal(found, values), array


def test_a_shaped_body_is_the_person_in_every_pose():
    avatar = content_of("josh").avatar
    shaped = in_shape(avatar, avatar.betas)
    assert avatar.betas.abs().max() > 0.5
    pose = replace(avatar.rest_pose(), body_pose=0.4 * torch.randn(23, 3, generator=torch.Generator().manual_seed(2)))
    away = pose_body(avatar.body, pose).vertices - pose_body(shaped.body, replace(pose, betas=torch.zeros(10))).vertices
    assert float(away.abs().max()) <= 2e-6


def test_the_head_says_what_the_page_offers():
    head = page_packet(small_content()).head
    assert [light["name"] for light in head["lights"]] == ["learned light", "bright"]
    assert [(clip["name"], clip["frames"]) for clip in head["clips"]] == [("swing", 5)]
    assert [joint["parent"] for joint in head["joints"]][:4] == [-1, 0, 0, 0] and len(head["joints"]) == 24
    assert head["values"]["radiance"]["wants_materials"] and not head["values"]["normal"]["wants_materials"]
    assert head["values"]["visibility"]["wants_open"] and not head["values"]["radiance"]["wants_open"]
    assert head["values"]["radiance"]["avatar0.is_detailed"] and not head["values"]["albedo"]["avatar0.is_detailed"]


def test_edits_of_materials_go_along():
    paint = torch.rand(4, 4, 8, generator=torch.Generator().manual_seed(1)).half()
    edit = MaterialEdit(torch.tensor([0.5, 0.6, 0.7, 0.8]), paint, specular_scale=2.0)
    content = small_content(materials=edit)
    values = page_packet(content).head["values"]["radiance"]
    assert values["avatar0.gain"] == pytest.approx([0.5, 0.6, 0.7, 0.8])
    assert values["avatar0.paint_side"] == 4 and values["avatar0.f0"] == pytest.approx(0.08)
    arrays = dict(arrays_of(content, in_shape(content.avatar, content.betas)))
    assert np.array_equal(arrays["avatar.paint"].reshape(-1).view(np.float16), paint.numpy().reshape(-1))


def test_the_rows_of_a_light_give_its_probes():
    content = small_content()
    arrays = dict(arrays_of(content, in_shape(content.avatar, content.betas)))
    for yaw in (0.0, 33.0):
        made = environment_to_probes(Environment(torch.from_numpy(arrays["light1.rows"]), yaw))
        expected = environment_to_probes(Environment(content.lights[0].image, yaw))
        assert torch.allclose(made.radiance, expected.radiance, atol=1e-6)


def test_a_body_with_too_many_vertices_is_refused_in_one_line():
    avatar = small_avatar()
    body = replace(avatar.body, posedirs=torch.zeros(1, 1).expand(207, 3 * 60_000))
    maps = avatar.offset, avatar.texture, avatar.albedo, avatar.roughness
    large = Avatar(body, avatar.record, *maps, avatar.light, avatar.betas, avatar.training_poses)
    with pytest.raises(OutputError, match="browsers bind at most 128"):
        check_page(large)


@pytest.mark.parametrize("is_licensed", [True, False])
def test_a_template_takes_only_its_skinning_from_a_licensed_body(is_licensed):
    bundled, small = load_bundled_body(), small_avatar()
    body = template_body(body_as_template(), bundled)
    if is_licensed:  # as one that stands on another body
        body = replace(body, template=replace(body.template, body_hash="0" * 64))
    maps = small.offset, small.texture, small.albedo, small.roughness
    avatar = Avatar(body, small.record, *maps, small.light, small.betas, small.training_poses)
    kept = without_licensed_shapes(avatar).body
    assert bool(kept.posedirs.any()) == (not is_licensed)
    assert torch.equal(kept.weights, body.weights) and torch.equal(kept.v_template, body.v_template)
