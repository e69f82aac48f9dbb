"""A mesh of its own topology, bound to a body."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body, pose_joints
from phynes_core.body.subdivide import split_body
from phynes_core.body.template import NUM_DIRECTIONS, template_body
from tests.body_template import body_as_template


def some_pose() -> Pose:
    generator = torch.Generator().manual_seed(3)
    return Pose(
        0.4 * torch.randn(23, 3, generator=generator), torch.randn(3, generator=generator),
        torch.randn(3, generator=generator), torch.randn(10, generator=generator),
    )  # fmt: skip


def test_the_bodys_own_mesh_as_a_template_is_the_body():
    body, pose = load_bundled_body(), some_pose()
    made = template_body(body_as_template(), body)
    expected, found = pose_body(body, pose), pose_body(made, pose)
    assert (found.vertices - expected.vertices).abs().max() < 2e-5
    assert (found.joints - expected.joints).abs().max() < 2e-5
    assert made.content_hash != body.content_hash


def test_the_skeleton_is_the_bodys_whatever_stands_on_it():
    body, template = load_bundled_body(), body_as_template()
    generator = torch.Generator().manual_seed(0)
    kept = torch.randperm(body.num_vertices, generator=generator)[:2000]
    moved = {
        name: getattr(template, name)[kept]
        for name in ("place_face", "place_barycentric", "offset", "share_vertex", "share")
    }
    moved["offset"] = 0.05 * torch.randn(2000, 3, generator=generator)
    faces = torch.arange(1998).view(-1, 3)
    made = template_body(replace(template, **moved, faces=faces, uv=torch.rand(1998, 2), uv_faces=faces), body)
    for _ in range(3):
        pose = some_pose()
        apart = pose_joints(made, pose).positions - pose_joints(body, pose).positions
        assert apart.abs().max() < 1e-5  # metres; measured 2e-6


def test_offsets_turn_with_the_body_and_grow_not():
    body, template = load_bundled_body(), body_as_template()
    up = torch.zeros_like(template.offset)
    up[:, 1] = 0.1
    made = template_body(replace(template, offset=up), body)
    plain = Pose.rest()
    turned = Pose(plain.body_pose, torch.tensor([0.0, 0.0, np.pi / 2]), plain.transl, plain.betas)
    apart = pose_body(made, turned).vertices - pose_body(body, turned).vertices
    assert (apart - torch.tensor([-0.1, 0.0, 0.0])).abs().max() < 1e-5


def test_directions_of_its_own_move_its_vertices_with_hips_and_knees_alone():
    """One vertex, up by a centimetre a unit of the left knee's cosine."""
    body, chosen = load_bundled_body(), 5000
    moved = torch.zeros(1, 3, NUM_DIRECTIONS)
    moved[0, 1, 9 * 2 + 4] = -0.01  # of cos - 1, the middle entry of a turn about x
    template = replace(body_as_template(), moved_vertex=torch.tensor([chosen]), moved=moved)
    made, plain = template_body(template, body), template_body(body_as_template(), body)
    for joint, rise in ((4, 0.01), (18, 0.0)):
        pose = Pose.rest()
        pose.body_pose[joint - 1, 0] = torch.pi / 2
        apart = pose_body(made, pose).vertices - pose_body(plain, pose).vertices
        assert apart[chosen].norm() == pytest.approx(rise, abs=1e-6)
        assert float(apart[torch.arange(len(apart)) != chosen].abs().max()) == 0.0


def test_a_template_can_be_split():
    made = split_body(template_body(body_as_template(), load_bundled_body()), 1)
    assert made.num_faces == 4 * load_bundled_body().num_faces and made.template is not None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("place_face", lambda t: t + 20_000),
        ("faces", lambda t: -t - 1),
        ("share", lambda t: 2.0 * t),
        ("share_vertex", lambda t: t[:, :4]),
        ("place_barycentric", lambda t: -t),
        ("uv", lambda t: t + 1.0),
        ("uv_faces", lambda t: t.flip(0)),
        ("moved_vertex", lambda t: torch.tensor([-1])),
        ("moved", lambda t: torch.zeros(2, 3, NUM_DIRECTIONS)),
    ],
)
def test_numbers_that_fit_no_body_are_named(name, change):
    template = body_as_template()
    with pytest.raises(ValueError, match=name):
        template_body(replace(template, **{name: change(getattr(template, name))}), load_bundled_body())


def test_another_body_is_refused():
    with pytest.raises(ValueError, match="body"):
        template_body(replace(body_as_template(), body_hash="other"), load_bundled_body())
