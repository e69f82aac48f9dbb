"""Midpoint splits of the bundled body."""

import pytest
import torch

from phynes_core.body.atlas import corner_uv, uv_to_vertex
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.subdivide import source_atlas, split_body
from phynes_core.geometry.mesh import face_cross_products, unique_edges


@pytest.fixture(scope="module")
def bodies():
    body = load_bundled_body()
    return body, split_body(body, 1)


def test_sizes_are_the_papers(bodies):
    body, split = bodies
    assert (split.num_vertices, split.num_faces) == (27_554, 55_104)
    assert (
        len(unique_edges(split.faces))
        == split.num_vertices
        + split.num_faces
        - 2 * (body.num_vertices - len(unique_edges(body.faces)) + body.num_faces) // 2
    )  # Euler's number stays
    assert split.content_hash == body.content_hash and split.num_splits == 1


def test_the_surface_and_the_atlas_keep_their_areas_and_sides(bodies):
    body, split = bodies
    for before, after in ((body.v_template, split.v_template), (_flat(body), _flat(split))):
        faces = (body.faces, split.faces) if before is body.v_template else (_rows(body), _rows(split))
        old, new = face_cross_products(before, faces[0]), face_cross_products(after, faces[1])
        assert torch.allclose(new.view(-1, 4, 3), old[:, None] / 4, atol=1e-8)


def _rows(body):
    return torch.arange(3 * body.num_faces).view(-1, 3)


def _flat(body):
    uv = corner_uv(body).reshape(-1, 2)
    return torch.cat([uv, torch.zeros(len(uv), 1)], 1)


def test_each_uv_entry_still_belongs_to_one_vertex(bodies):
    split = bodies[1]
    assert torch.equal(uv_to_vertex(split)[split.uv_faces], split.faces)


def test_old_vertices_and_joints_move_as_before_and_new_ones_lie_between(bodies):
    body, split = bodies
    generator = torch.Generator().manual_seed(0)
    pose = Pose(*(0.2 * torch.randn(*size, generator=generator) for size in ((23, 3), (3,), (3,), (10,))))
    before, after = pose_body(body, pose), pose_body(split, pose)
    assert torch.allclose(after.joints, before.joints, atol=1e-6)
    assert torch.allclose(after.vertices[: body.num_vertices], before.vertices, atol=1e-6)
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), pose.betas)
    corners = pose_body(body, rest).vertices[body.faces]
    middles = pose_body(split, rest).vertices[split.faces.view(-1, 4, 3)[:, 3]]
    assert torch.allclose(middles, (corners + corners.roll(-1, 1)) / 2, atol=1e-5)


def test_the_atlas_before_the_splits_comes_back(bodies):
    body, split = bodies
    for again in (split, split_body(split, 1), body):
        uv, uv_faces = source_atlas(again)
        assert torch.equal(uv, body.uv) and torch.equal(uv_faces, body.uv_faces)


def test_too_many_splits_are_refused(bodies):
    with pytest.raises(ValueError, match="expected 0 to 2 splits"):
        split_body(bodies[0], 3)
