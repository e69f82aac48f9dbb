"""Discs of a body, cuts, and joined loops."""

import numpy as np
import pytest
import torch
import trimesh

from phynes_core.body.files import load_bundled_body
from phynes_core.geometry.mesh import adjoining_faces
from phynes_core.template.config import TemplateConfig
from phynes_core.template.joining import cut, join, one_hole, zip_loops
from phynes_core.template.mesh_checks import intersecting_faces, topology
from phynes_core.template.parts import body_parts, boundary_loops, disc
from phynes_core.template.rest_shape import RestShape
from phynes_core.template.solid import Carving


def ring(count: int, radius: float, height: float, turn: float = 0.0) -> np.ndarray:
    angle = 2.0 * np.pi * np.arange(count) / count + turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(count, height)], -1)


def test_a_cut_follows_the_line_and_keeps_the_area():
    sphere = trimesh.creation.icosphere(3)
    vertices, faces, origin = cut(sphere.vertices, sphere.faces, sphere.vertices[:, 2] - 0.31)
    (loop,) = boundary_loops(faces) or [None]
    assert loop is not None and abs(vertices[loop, 2] - 0.31).max() < 0.03  # ends of edges count as on the line
    assert trimesh.Trimesh(vertices, faces).area == pytest.approx(2.0 * np.pi * (1.0 - 0.31), rel=0.02)
    assert np.array_equal(vertices[origin >= 0], sphere.vertices[origin[origin >= 0]])


def test_two_halves_join_to_a_closed_sphere():
    sphere = trimesh.creation.icosphere(4)
    upper, upper_faces, _ = cut(sphere.vertices, sphere.faces, sphere.vertices[:, 2] - 0.05)
    coarse = trimesh.creation.icosphere(2)
    lower, lower_faces, _ = cut(coarse.vertices, coarse.faces, -0.05 - coarse.vertices[:, 2])
    vertices, faces = join(upper, upper_faces, lower, lower_faces)
    found = topology(faces)
    assert (found.num_parts, found.is_manifold, found.genus) == (1, True, 0)
    assert trimesh.Trimesh(vertices, faces).volume == pytest.approx(4.0 / 3.0 * np.pi, rel=0.05)
    assert len(intersecting_faces(vertices, faces)) == 0


def test_the_strip_between_equal_rings_is_the_regular_one():
    lower, upper = ring(12, 1.0, 0.0), ring(12, 1.0, 0.2, turn=0.01)
    strip = zip_loops(lower, upper)
    points = np.concatenate([lower, upper])[strip]
    sides = np.linalg.norm(points - np.roll(points, 1, 1), axis=-1)
    assert len(strip) == 24 and sides.max() < np.hypot(2 * np.sin(np.pi / 12), 0.2) + 0.02


def test_loops_that_do_not_fit_are_an_error():
    sphere = trimesh.creation.icosphere(2)
    upper, upper_faces, _ = cut(sphere.vertices, sphere.faces, sphere.vertices[:, 2])
    with pytest.raises(ValueError, match="one loop of the mesh"):
        join(upper, upper_faces, sphere.vertices, sphere.faces)


def test_face_and_hands_are_discs_and_join_into_their_body():
    body = load_bundled_body()
    vertices, faces = body.v_template.double().numpy(), body.faces.numpy()
    parts = body_parts(body, vertices, np.zeros(len(vertices)))
    assert [part.name for part in parts] == ["face", "left hand", "right hand"]
    for part in parts:
        rest, rest_faces, _ = cut(vertices, faces, part.distance - 0.006)
        members, own = np.unique(faces[part.faces], return_inverse=True)
        joined, joined_faces = join(rest, rest_faces, vertices[members], own.reshape(-1, 3))
        found = topology(joined_faces)
        assert (found.num_parts, found.is_manifold, found.genus) == (1, True, 0), part.name
        apart = trimesh.Trimesh(joined, joined_faces).volume / trimesh.Trimesh(vertices, faces).volume
        assert apart == pytest.approx(1.0, abs=2e-3), part.name


def test_covered_parts_are_left_out():
    body = load_bundled_body()
    vertices, weights = body.v_template.numpy(), body.weights.numpy()
    gloves = weights[:, [21, 23]].sum(1) > 0.3
    bangs = (weights[:, 15] > 0.9) & (vertices[:, 1] > 0.5)
    parts = {part.name: part for part in body_parts(body, vertices, (gloves | bangs).astype(float))}
    assert set(parts) == {"face", "left hand"}
    assert not bangs[body.faces.numpy()[parts["face"].faces]].any()


def test_a_disc_has_no_holes_and_no_pinched_rim():
    plane = trimesh.creation.box(extents=(1, 1, 1)).subdivide().subdivide().subdivide()
    faces = np.asarray(plane.faces)
    beside = adjoining_faces(torch.from_numpy(faces)).numpy()
    middle = plane.vertices[faces].mean(1)
    chosen = (middle[:, 2] > 0.49) & (np.linalg.norm(middle[:, :2], axis=1) > 0.1)  # a side with a hole
    found = disc(faces, beside, chosen)
    assert found is not None and found.sum() == (middle[:, 2] > 0.49).sum()
    assert disc(faces, beside, np.zeros(len(faces), bool)) is None


def test_of_two_pieces_below_zero_the_larger_is_cut_out():
    sphere = trimesh.creation.icosphere(3)
    value = np.minimum(1.2 - sphere.vertices[:, 2] * 1.5, 1.0 + sphere.vertices[:, 2] / 0.95)
    assert (value < 0).sum() > 2 and (value[sphere.vertices[:, 2] < 0] < 0).any()
    found = one_hole(value, sphere.faces)
    assert (found[sphere.vertices[:, 2] < 0] > 0).all() and ((found < 0) == (value < 0))[
        sphere.vertices[:, 2] > 0
    ].all()


def test_a_brim_over_the_face_is_the_hulls():
    """Points one and eight centimetres before the nose: the body's own surface counts at the first alone."""
    body = load_bundled_body()
    rest = RestShape(body, torch.zeros(10))
    face = body_parts(body, body.v_template.numpy(), np.zeros(body.num_vertices))[0]
    on_face = rest.vertices[np.unique(rest.faces[face.faces])]
    nose = on_face[on_face[:, 2].argmax()]
    points = np.stack([nose + [0, 0, 0.01], nose + [0, 0, 0.08]]).astype(np.float32)
    carving = Carving(rest, None, None, TemplateConfig())
    assert carving.held_by(face, rest.bound(points)).tolist() == pytest.approx([1.0, 0.0], abs=1e-5)
