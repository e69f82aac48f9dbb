import numpy as np
import pytest

from phynes_core.synthetic.surface.subdivision import find_neighbors, subdivide, unique_edges, vertex_normals

OCTAHEDRON = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
FACES = np.array([[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]])


@pytest.fixture
def dense():
    uv = np.random.default_rng(0).random((len(FACES), 3, 2))
    return subdivide(len(OCTAHEDRON), FACES, uv, 2), uv


def test_mesh_stays_closed_and_grows_fourfold_per_level(dense):
    mesh, _ = dense
    vertices = mesh.refine(OCTAHEDRON)
    assert mesh.faces.shape == (16 * len(FACES), 3)
    assert len(vertices) - len(unique_edges(mesh.faces)) + len(mesh.faces) == 2  # Euler: still a sphere
    edges = np.sort(np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def test_refining_keeps_constants_and_commutes_with_affine_maps(dense):
    mesh, _ = dense
    assert np.allclose(mesh.refine(np.ones((6, 1))), 1)
    matrix = np.random.default_rng(1).normal(size=(3, 3))
    assert np.allclose(mesh.refine(OCTAHEDRON @ matrix), mesh.refine(OCTAHEDRON) @ matrix)


def test_corner_uv_stays_inside_its_parent_triangle(dense):
    mesh, uv = dense
    children = mesh.corner_uv.reshape(-1, len(FACES), 3, 2)  # the order is child-major at each level
    for face in range(len(FACES)):
        a, b, c = uv[face]
        offsets = children[:, face].reshape(-1, 2) - a
        weights = np.linalg.solve(np.stack([b - a, c - a], 1), offsets.T)
        assert weights.min() > -1e-9 and weights.sum(0).max() < 1 + 1e-9


def test_normals_of_a_refined_octahedron_point_outward(dense):
    mesh, _ = dense
    vertices = mesh.refine(OCTAHEDRON)
    assert ((vertex_normals(vertices, mesh.faces) * vertices).sum(1) > 0).all()


def test_restricted_neighbors_ignore_what_lies_outside():
    neighbors = find_neighbors(6, FACES)
    region = np.array([True, False, True, False, True, False])
    values = np.array([[1.0], [2.0], [4.0]])
    assert np.allclose(neighbors.restricted(region).mean(values), [[3.0], [2.5], [1.5]])  # 0, 2, 4: all adjacent
