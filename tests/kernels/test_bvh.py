"""The mesh tree against brute force: closest points, heights along rays, occlusion."""

import numpy as np
import pytest
import torch
import trimesh

from phynes_core.geometry.closest_point import closest_point_reference
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.render.visibility import any_hit_reference


@pytest.fixture(scope="module")
def mesh():
    """A bumpy sphere of 320 faces: vertices [162, 3] float32, faces [320, 3] int32."""
    sphere = trimesh.creation.icosphere(subdivisions=2)
    bumps = 1 + 0.2 * np.random.default_rng(0).random((len(sphere.vertices), 1))
    return (sphere.vertices * bumps).astype(np.float32), sphere.faces.astype(np.int32)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_closest_points_equal_brute_force(mesh, rng):
    """Measured: distance within 2.4e-7, weights within 3.3e-7 wherever both chose the same face."""
    vertices, faces = mesh
    points = rng.normal(size=(1000, 3)).astype(np.float32)
    face_index, barycentric, distance = Bvh(vertices, faces).closest(points)
    expected = closest_point_reference(*(torch.from_numpy(array) for array in (vertices, faces, points)))
    expected_face, expected_barycentric, expected_distance = (part.numpy() for part in expected)
    np.testing.assert_allclose(distance, expected_distance, atol=2e-6)
    same = face_index == expected_face
    assert same.mean() > 0.5  # a point over an edge or corner has several closest faces
    np.testing.assert_allclose(barycentric[same], expected_barycentric[same], atol=1e-4)
    foot = (vertices[faces[face_index]] * barycentric[..., None]).sum(1)
    np.testing.assert_allclose(np.linalg.norm(points - foot, axis=1), distance, atol=2e-6)


def test_a_refitted_tree_answers_as_a_new_one(mesh, rng):
    vertices, faces = mesh
    moved = vertices * np.float32([1.0, 2.0, 0.5]) + rng.normal(0, 0.05, vertices.shape).astype(np.float32)
    points = rng.normal(size=(500, 3)).astype(np.float32)
    tree = Bvh(vertices, faces)
    tree.refit(moved)
    np.testing.assert_allclose(tree.closest(points)[2], Bvh(moved, faces).closest(points)[2], atol=1e-7)


def test_faces_without_area_disturb_nobody(mesh, rng):
    vertices, faces = mesh
    degenerate = np.concatenate([faces[:9, [0, 0, 0]], faces[:9, [0, 0, 1]], faces[9:18, [0, 1, 1]], faces])
    points = rng.normal(size=(500, 3)).astype(np.float32)
    distance = Bvh(vertices, degenerate).closest(points)[2]
    np.testing.assert_allclose(distance, Bvh(vertices, faces).closest(points)[2], atol=1e-6)


def test_occlusion_equals_brute_force(mesh, rng):
    vertices, faces = mesh
    origins = rng.normal(0, 1.0, (4000, 3)).astype(np.float32)
    directions = rng.normal(size=(4000, 3)).astype(np.float32)
    directions[:600] = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 600)]  # along the axes: two components are zero
    blocked = Bvh(vertices, faces).any_hit(origins, directions)
    expected = any_hit_reference(*(torch.from_numpy(array) for array in (vertices[faces], origins, directions)))
    assert 0.2 < blocked.mean() < 0.8
    assert (blocked != expected.numpy()).sum() == 0


def test_heights_along_rays_equal_those_of_single_points(mesh, rng):
    """Skipping by the last distance loses no sample of the shell. Measured: heights within 1e-7, uv within 1e-5."""
    vertices, faces = mesh
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(faces).long()).numpy()
    corner_uv = rng.random((len(faces), 3, 2)).astype(np.float32)
    origins = np.float32([0, 0, 4]) + rng.normal(0, 0.1, (200, 3)).astype(np.float32)
    directions = rng.normal(0, 0.8, (200, 3)) - origins
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    distances = np.sort(rng.uniform(2, 6, (200, 64)), axis=1).astype(np.float32)
    tree = Bvh(vertices, faces)
    height, uv, face_index, barycentric, inside = tree.heights_along_rays(
        normals, corner_uv, origins, directions, distances, -0.05, 0.1
    )
    points = origins[:, None] + distances[..., None] * directions[:, None]
    closest_face, weights, distance = tree.closest(points.reshape(-1, 3))
    corners = faces[closest_face]
    foot = (vertices[corners] * weights[..., None]).sum(1)
    normal = (normals[corners] * weights[..., None]).sum(1)
    signed = np.where(((points.reshape(-1, 3) - foot) * normal).sum(1) >= 0, distance, -distance).reshape(200, 64)
    in_shell = (signed >= -0.05) & (signed <= 0.1)
    assert 200 < in_shell.sum() < 6000
    borderline = np.minimum(abs(signed + 0.05), abs(signed - 0.1)) < 1e-5
    assert (inside == in_shell)[~borderline].all()
    both = inside & in_shell
    np.testing.assert_allclose(height[both], signed[both], atol=2e-6)
    same = both & (face_index == closest_face.reshape(200, 64))
    np.testing.assert_allclose(barycentric[same], weights.reshape(200, 64, 3)[same], atol=1e-4)
    np.testing.assert_allclose(uv[both], (corner_uv[face_index[both]] * barycentric[both][..., None]).sum(1), atol=1e-5)
    assert (height[~inside] == 1).all()


def test_an_empty_mesh_is_refused():
    with pytest.raises(ValueError, match="at least one face"):
        Bvh(np.zeros((3, 3), np.float32), np.zeros((0, 3), np.int32))
