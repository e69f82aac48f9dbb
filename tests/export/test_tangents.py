"""Tangents: closed forms, and corners that MikkTSpace keeps apart."""

from dataclasses import replace

import pytest
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.export.tangents import export_mesh, mesh_tangents
from phynes_core.geometry.mesh import vertex_normals
from tests.small_body import small_body


def two_triangles(uv, uv_faces):
    """A unit square in the plane z = 0 that looks along +Z."""
    corners = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    body = replace(small_body(), v_template=corners, faces=faces, uv=torch.tensor(uv), uv_faces=torch.tensor(uv_faces))
    mesh = export_mesh(body)
    return mesh, mesh_tangents(mesh, corners[mesh.vertex], torch.tensor([[0.0, 0.0, 1.0]]).expand(len(mesh.vertex), 3))


def test_tangents_run_along_growing_u():
    turned = [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]  # u grows along +Y, v along -X
    mesh, tangents = two_triangles(turned, [[0, 1, 2], [0, 2, 3]])
    assert len(mesh.vertex) == 4
    assert torch.allclose(tangents, torch.tensor([[0.0, 1.0, 0.0, 1.0]]).expand(4, 4), atol=1e-6)
    bitangent = tangents[:, 3:] * torch.linalg.cross(torch.tensor([[0.0, 0.0, 1.0]]).expand(4, 3), tangents[:, :3])
    assert torch.allclose(bitangent, torch.tensor([[-1.0, 0.0, 0.0]]).expand(4, 3), atol=1e-6)


def test_a_mirrored_chart_has_the_other_handedness():
    mirrored = [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]  # u grows along -X
    _, tangents = two_triangles(mirrored, [[0, 1, 2], [0, 2, 3]])
    assert torch.allclose(tangents, torch.tensor([[-1.0, 0.0, 0.0, -1.0]]).expand(4, 4), atol=1e-6)


def test_faces_folded_over_in_uv_share_no_vertex():
    """The second triangle lies over the first in uv: its corners get tangents of their own."""
    folded = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.9, 0.1]]
    mesh, tangents = two_triangles(folded, [[0, 1, 2], [0, 2, 3]])
    assert len(mesh.vertex) == 6 and set(tangents[:, 3].tolist()) == {1.0, -1.0}
    assert not set(mesh.faces[0].tolist()) & set(mesh.faces[1].tolist())


def test_fans_that_touch_at_one_entry_only_are_apart():
    body = small_body()
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    bow = torch.tensor([[0, 1, 2], [0, 3, 4]])
    body = replace(body, v_template=corners, faces=bow, uv=corners[:, :2] * 0.5 + 0.5, uv_faces=bow)
    assert len(export_mesh(body).vertex) == 6


def test_no_direction_is_still_a_unit_tangent():
    """Faces without area in uv have no tangent; something across the normal stands in."""
    mesh, tangents = two_triangles([[0.5, 0.5]] * 4, [[0, 1, 2], [0, 2, 3]])
    assert torch.allclose(tangents[:, :3].norm(dim=-1), torch.ones(len(mesh.vertex))) and (tangents[:, 2] == 0).all()


@pytest.mark.parametrize("body", [small_body(), load_bundled_body()], ids=["small", "bundled"])
def test_a_body_keeps_its_entries_and_faces(body):
    mesh = export_mesh(body)
    assert torch.equal(mesh.vertex[mesh.faces], body.faces)
    assert torch.equal(mesh.uv[mesh.faces], body.uv[body.uv_faces])
    normals = vertex_normals(body.v_template, body.faces)[mesh.vertex]
    tangents = mesh_tangents(mesh, body.v_template[mesh.vertex], normals)
    assert (tangents[:, :3] * normals).sum(-1).abs().max() < 1e-5
