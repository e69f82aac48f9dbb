"""Decimation: how far it goes from the surface, and what it keeps."""

import numpy as np
import trimesh

from phynes_core.template.decimate import decimate
from phynes_core.template.mesh_checks import topology


def test_a_sphere_of_few_faces_is_as_near_as_its_chords_allow():
    fine = trimesh.creation.icosphere(5)
    vertices, faces, _ = decimate(fine.vertices, fine.faces, 642)
    assert len(vertices) == 642
    chord = trimesh.creation.icosphere(3)  # as many vertices, evenly spread: its faces' middles lie 1 - r inside
    sagitta = 1.0 - np.linalg.norm(chord.vertices[chord.faces].mean(1), axis=1).min()
    assert abs(np.linalg.norm(vertices, axis=1) - 1.0).max() < sagitta  # measured 0.4 of it
    assert 1.0 - np.linalg.norm(vertices[faces].mean(1), axis=1).min() < 2.0 * sagitta  # measured 1.1 of it


def test_planes_stay_exact_and_bends_keep_the_triangles():
    box = trimesh.creation.box()
    for _ in range(4):
        box = box.subdivide()
    vertices, faces, _ = decimate(box.vertices, box.faces, 200)
    assert abs(abs(vertices).max(1) - 0.5).max() < 1e-4  # all on a side of the box: edges pull a little
    assert trimesh.Trimesh(vertices, faces).volume > 0.999


def test_topology_stays():
    torus = trimesh.creation.torus(1.0, 0.3, major_sections=80, minor_sections=40)
    vertices, faces, _ = decimate(torus.vertices, torus.faces, 60)
    found = topology(faces)
    assert len(vertices) <= 200 and found.is_manifold and found.genus == 1 and found.num_parts == 1


def test_locked_vertices_stay_where_they_are():
    sphere = trimesh.creation.icosphere(4)
    locked = np.asarray(sphere.vertices[:, 2] > 0.5)
    vertices, _, origin = decimate(sphere.vertices, sphere.faces, 400, locked)
    kept = locked[origin]
    assert kept.sum() == locked.sum()
    assert np.array_equal(vertices[kept], sphere.vertices[origin[kept]])


def test_no_edge_grows_longer_than_allowed():
    sphere = trimesh.creation.icosphere(4)
    vertices, faces, _ = decimate(sphere.vertices, sphere.faces, 20, longest_m=0.4)
    corners = vertices[faces]
    assert np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1).max() <= 0.4
    assert len(vertices) > 60
