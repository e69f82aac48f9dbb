"""Rounded parts: curves through the old vertices, one surface, and places on the old faces."""

import numpy as np
import trimesh

from phynes_core.body.files import load_bundled_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.template.mesh_checks import intersecting_faces, topology
from phynes_core.template.meshing import mended
from phynes_core.template.parts import body_parts, boundary_loops
from phynes_core.template.rounding import rounded


def test_a_coarse_sphere_becomes_a_rounder_one():
    coarse = trimesh.creation.icosphere(2)
    found = rounded(coarse.vertices, coarse.faces, coarse.vertices, 1e-4)
    assert len(found.vertices) == 2562  # each edge became four
    assert np.array_equal(found.vertices[: len(coarse.vertices)], coarse.vertices)
    assert abs(np.linalg.norm(found.vertices, axis=1) - 1.0).max() < 2e-3  # measured 1.2e-3
    assert (topology(found.faces).is_manifold, topology(found.faces).genus) == (True, 0)
    places = np.einsum("nk,nkc->nc", found.place_barycentric, coarse.vertices[coarse.faces[found.place_face]])
    assert np.allclose(found.place_barycentric.sum(1), 1.0) and found.place_barycentric.min() >= 0.0
    assert np.linalg.norm(places - found.vertices, axis=1).max() < 0.03


def test_only_edges_that_are_bent_enough_are_split():
    """A cylinder's edges along it are straight, those around it are not."""
    tube = trimesh.creation.cylinder(1.0, 8.0, sections=16)
    side = tube.faces[abs(tube.face_normals[:, 2]) < 0.5]
    used, faces = np.unique(side, return_inverse=True)
    vertices = tube.vertices[used]
    normals = vertices * [1.0, 1.0, 0.0]
    found = rounded(vertices, faces.reshape(-1, 3), normals, 1e-3)
    new = found.vertices[len(vertices) :]
    assert len(new) > 0 and abs(np.hypot(new[:, 0], new[:, 1]) - 1.0).max() < 5e-3
    assert len(rounded(vertices, faces.reshape(-1, 3), normals, 0.1).vertices) == len(vertices)
    before, after = boundary_loops(faces.reshape(-1, 3)), boundary_loops(found.faces)
    assert sorted(map(len, before)) == sorted(map(len, after))  # neighbors still fit


def test_fingers_become_round_and_lids_and_lips_come_apart():
    body = load_bundled_body()
    vertices, faces = body.v_template.double().numpy(), body.faces.numpy()
    normals = vertex_normals(body.v_template, body.faces).double().numpy()
    for part in body_parts(body, vertices, np.zeros(len(vertices))):
        members, own = np.unique(faces[part.faces], return_inverse=True)
        own = own.reshape(-1, 3)
        plain = mended(vertices[members], own, np.zeros(len(members), bool), 0)
        assert np.linalg.norm(plain - vertices[members], axis=1).max() < 5e-3  # the bundled body's lids, 4.1 mm
        found = rounded(plain, own, normals[members], 4e-4)
        assert len(intersecting_faces(found.vertices, found.faces)) == 0, part.name
        assert 1.2 < len(found.vertices) / len(members) < 2.2
        assert topology(found.faces).num_parts == 1
