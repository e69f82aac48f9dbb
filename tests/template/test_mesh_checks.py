"""What is found wrong with meshes."""

import numpy as np
import trimesh

from phynes_core.template.mesh_checks import intersecting_faces, topology


def test_a_sphere_has_no_handle_and_a_torus_one():
    assert topology(trimesh.creation.icosphere(2).faces).genus == 0
    torus = topology(trimesh.creation.torus(1.0, 0.3).faces)
    assert (torus.num_parts, torus.is_closed, torus.is_manifold, torus.genus) == (1, True, True, 1)


def test_a_missing_face_a_turned_one_and_a_pinched_vertex_are_seen():
    sphere = trimesh.creation.icosphere(1).faces
    assert not topology(sphere[1:]).is_closed
    turned = sphere.copy()
    turned[0] = turned[0, ::-1]
    assert not topology(turned).is_closed
    other = sphere + sphere.max() + 1
    pinched = topology(np.concatenate([sphere, np.where(other == other.min(), 0, other)]))
    assert pinched.is_closed and not pinched.is_manifold
    assert topology(np.concatenate([sphere, other])).num_parts == 2


def test_crossing_faces_are_found_and_touching_neighbors_are_not():
    sphere = trimesh.creation.icosphere(2)
    assert len(intersecting_faces(sphere.vertices, sphere.faces)) == 0
    vertices = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0.5, 0.5, -1], [0.5, 0.5, 1], [3, 3, 1]], float)
    faces = np.array([[0, 1, 2], [3, 4, 5]])
    assert intersecting_faces(vertices, faces).tolist() == [[0, 1]]
    vertices[3:] += [2.0, 2.0, 0.0]
    assert len(intersecting_faces(vertices, faces)) == 0


def test_all_crossing_pairs_are_those_of_every_face_against_every_other():
    generator = np.random.default_rng(1)
    vertices = generator.uniform(-1, 1, (60, 1, 3)) + generator.normal(0, 0.3, (60, 3, 3))
    faces = np.arange(180).reshape(60, 3)
    found = {tuple(pair) for pair in intersecting_faces(vertices.reshape(-1, 3), faces).tolist()}
    assert found == {(i, j) for i in range(60) for j in range(i + 1, 60) if _cross(vertices[i], vertices[j])}
    assert len(found) > 10


def _cross(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether an edge of either passes through the other, by the point where it meets its plane."""
    for first, second in ((one, other), (other, one)):
        normal = np.cross(second[1] - second[0], second[2] - second[0])
        for k in range(3):
            start, along = first[k], first[(k + 1) % 3] - first[k]
            share = normal @ (second[0] - start) / (normal @ along)
            point = start + share * along
            sides = [normal @ np.cross(second[(m + 1) % 3] - second[m], point - second[m]) for m in range(3)]
            if 0 <= share <= 1 and min(sides) >= 0:
                return True
    return False
