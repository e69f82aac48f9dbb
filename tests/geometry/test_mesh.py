"""Normals, edges and surface samples against closed forms."""

import pytest
import torch
import trimesh

from phynes_core.geometry.mesh import face_normals, surface_samples, unique_edges, vertex_normals


def mesh(shape):
    return torch.tensor(shape.vertices).float(), torch.tensor(shape.faces)


def test_normals_of_a_sphere_point_outward():
    """Measured: 642 vertices, cosine at least 0.9999."""
    vertices, faces = mesh(trimesh.creation.icosphere(subdivisions=3))
    assert ((vertex_normals(vertices, faces) * vertices).sum(-1) > 0.999).all()
    assert ((face_normals(vertices, faces) * vertices[faces].mean(1)).sum(-1) > 0.98).all()


def test_vertex_normals_weigh_by_area():
    """A corner between a large face (normal +Z) and one a third of its size (normal +X)."""
    vertices = torch.tensor([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    expected = torch.tensor([1.0, 0.0, 3.0]) / 10**0.5
    torch.testing.assert_close(vertex_normals(vertices, faces)[0], expected)


def test_vertex_normals_pass_gradients():
    vertices, faces = mesh(trimesh.creation.icosphere(subdivisions=0))
    assert torch.autograd.gradcheck(lambda v: vertex_normals(v, faces), vertices.double().requires_grad_())


def test_a_closed_mesh_obeys_euler():
    vertices, faces = mesh(trimesh.creation.icosphere(subdivisions=2))
    edges = unique_edges(faces)
    assert len(vertices) - len(edges) + len(faces) == 2
    assert (edges[:, 0] < edges[:, 1]).all()


def test_samples_spread_evenly_over_the_area():
    """A box of 1 x 2 x 3: each pair of walls gets its share of the area, and the samples lie on them."""
    vertices, faces = mesh(trimesh.creation.box((1, 2, 3)))
    samples = surface_samples(vertices, faces, 20_000, torch.Generator().manual_seed(0))
    half = torch.tensor([0.5, 1.0, 1.5])
    on_wall = (samples.abs() - half).abs() < 1e-6
    assert on_wall.any(1).all() and (samples.abs() <= half + 1e-6).all()
    shares = on_wall.float().mean(0)
    assert shares.tolist() == pytest.approx([6 / 11, 3 / 11, 2 / 11], abs=0.015)
    assert samples.mean(0).abs().max() < 0.05
