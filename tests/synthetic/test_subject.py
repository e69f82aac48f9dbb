"""josh as geometry: deterministic, cloth that hangs, no toes, eyes, laces and hair, and all of it follows the pose."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from phynes_core.body.model import Pose, pose_body
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.geometry.closest_point import closest_point
from phynes_core.synthetic.subjects.josh import dress_josh
from phynes_core.synthetic.surface.subdivision import vertex_normals

SKIN, TROUSERS, SHIRT, SOLES, EYES, LACES, HAIR = range(7)


@pytest.fixture(scope="module")
def pose(subject):
    generator = torch.Generator().manual_seed(5)
    return Pose(
        0.3 * torch.randn(23, 3, generator=generator), torch.zeros(3), torch.tensor([0.1, 0.2, 0.3]), subject.betas
    )


@pytest.fixture(scope="module")
def posed(subject, pose):
    return subject.vertices(pose)


def piece(subject, vertices, part):
    return vertices[subject.slices()[part]]


def at_rest(subject):
    return subject.vertices(dataclasses.replace(Pose.rest(), betas=subject.betas))


def test_building_twice_gives_the_same_subject(subject, body, pose, posed):
    again = dress_josh(body)
    assert np.array_equal(subject.worn, again.worn)
    assert np.array_equal(subject.surface.faces, again.surface.faces)
    assert np.array_equal(posed, again.vertices(pose))


def test_every_part_has_its_own_corner_of_the_texture(subject, ada, noa):
    for person in (subject, ada, noa):
        rectangles = [part.rectangle for part in person.parts]
        for k, (u0, v0, u1, v1) in enumerate(rectangles):
            assert 0 <= u0 < u1 <= 1 and 0 <= v0 < v1 <= 1
            assert all(u1 <= a or c <= u0 or v1 <= b or d <= v0 for a, b, c, d in rectangles[k + 1 :])
        for part in person.parts:
            uv = part.surface.corner_uv
            assert uv.min() >= -1e-9 and uv.max() <= 1 + 1e-9


def test_cloth_lies_outside_the_body_and_near_it(subject):
    person = subject.person
    normals = vertex_normals(person.rest, person.dense.faces)
    for part in (TROUSERS, SHIRT):
        cloth = subject.parts[part].cloth
        height = ((cloth.rest - person.rest[cloth.source]) * normals[cloth.source]).sum(1)
        assert np.quantile(height, 0.01) > 0
        away = np.linalg.norm(cloth.rest - person.rest[cloth.source], axis=1)
        assert np.quantile(away, 0.99) < 0.13


def test_trousers_hang_as_tubes_and_close_below_the_crotch(subject):
    """Below the calf a leg is wider than the body's; between the legs there is cloth a good deal below the body."""
    person, marks = subject.person, subject.person.marks
    cloth = subject.parts[TROUSERS].cloth.rest
    shin = marks["left_ankle"][1] + 0.10

    def girth(points):
        ring = points[(np.abs(points[:, 1] - shin) < 0.01) & (points[:, 0] > 0)]
        return np.ptp(ring[:, 0]) + np.ptp(ring[:, 2])

    assert girth(cloth) > 1.35 * girth(person.rest[np.abs(person.rest[:, 0]) < 0.4])

    def crotch(points):
        return points[np.abs(points[:, 0]) < 0.004, 1].min()

    legs = np.abs(person.rest[:, 0]) < 0.35
    assert crotch(cloth) < crotch(person.rest[legs]) - 0.02


def test_the_shirts_hem_is_level_and_spans_both_legs(subject):
    cloth = subject.parts[SHIRT].cloth
    rim = cloth.rest[np.unique(cloth.rim)]
    hem = rim[rim[:, 1] < subject.person.marks["pelvis"][1]]
    assert len(hem) > 100 and np.ptp(hem[:, 1]) < 0.02
    turn = np.sort(np.arctan2(hem[:, 0], hem[:, 2] - hem[:, 2].mean()))
    assert np.diff(turn).max() < 0.2  # one ring round the hips
    front = hem[np.abs(hem[:, 0]) < 0.03]
    aside = hem[np.abs(np.abs(hem[:, 0]) - 0.10) < 0.02]
    assert front[:, 2].max() > aside[:, 2].max() - 0.005  # no dent toward the crotch


def test_the_shirt_stays_outside_the_trousers(subject, posed):
    shirt, jeans = subject.parts[SHIRT].cloth, subject.parts[TROUSERS].cloth
    cloth = piece(subject, posed, SHIRT)[: len(shirt.rest)]
    below = piece(subject, posed, TROUSERS)[: len(jeans.rest)]
    barrier = shirt.over_cloth(jeans, below)(cloth)
    near = np.isfinite(barrier.gap)
    height = ((cloth - barrier.points) * barrier.normals).sum(1)[near]
    assert near.sum() > 1000 and (height > -0.004).mean() > 0.98


def test_shoes_hide_the_toes(subject):
    """The foot's surface in front, seen from above, has no valleys between toes: its outline is convex."""
    marks = subject.person.marks
    low = (subject.person.rest[:, 1] < marks["left_ankle"][1] - 0.03) & (subject.person.rest[:, 0] > 0)
    bare, shod = subject.person.rest[low], subject.worn[low]
    front = marks["left_foot"][2] + 0.01

    def waviness(points: np.ndarray) -> float:  # how far the front outline falls behind its convex hull, metres
        across = points[points[:, 2] > front]
        columns = np.linspace(across[:, 0].min() + 0.015, across[:, 0].max() - 0.015, 24)
        outline = np.array([across[np.abs(across[:, 0] - x) < 0.003, 2].max() for x in columns])
        hull = outline.copy()
        for i in range(len(columns)):
            for j in range(i + 1, len(columns)):
                k = slice(i, j + 1)
                line = np.interp(columns[k], columns[[i, j]], outline[[i, j]])
                hull[k] = np.maximum(hull[k], line)
        return float((hull - outline).max())

    assert waviness(bare) > 0.004
    assert waviness(shod) < 0.0015


def test_the_rest_pose_is_the_shape_that_was_cut(subject):
    """But for folds, which are a few millimetres high."""
    vertices = at_rest(subject)
    for part in (TROUSERS, SHIRT):
        cloth = subject.parts[part].cloth
        away = np.linalg.norm(piece(subject, vertices, part)[: len(cloth.rest)] - cloth.rest, axis=1)
        assert 0.001 < np.quantile(away, 0.99) < 0.03


def test_eyes_look_out_between_the_lids(subject):
    """The balls stand before the body's closed sockets, one on each side, and move with the head."""
    eyes, marks = piece(subject, at_rest(subject), EYES), subject.person.marks
    left = eyes[: len(eyes) // 2] - marks["head"]
    assert 0.022 < np.ptp(left[:, 0]) < 0.026 and np.abs(left.mean(0) - [0.0317, 0.040, 0.09]).max() < 0.012
    from_middle = np.linalg.norm(left - [left[:, 0].min() + np.ptp(left[:, 0]) / 2, left[:, 1].mean(), 0], axis=1)
    assert from_middle.max() > 0.08  # in front of the head's joint
    turned = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), subject.betas)
    turned.body_pose[14] = torch.tensor([0.0, 0.5, 0.0])
    moved = piece(subject, subject.vertices(turned), EYES)
    edges = np.linalg.norm(np.diff(moved, axis=0), axis=1) - np.linalg.norm(np.diff(eyes, axis=0), axis=1)
    assert np.abs(edges).max() < 1e-3  # nearly rigid


def test_laces_lie_on_the_shoes(subject):
    laces, marks = piece(subject, at_rest(subject), LACES), subject.person.marks
    ahead = laces[:, 2] - marks["left_ankle"][2]
    assert 0.05 < ahead.min() and ahead.max() < 0.17
    body = torch.from_numpy(subject.worn).float(), torch.from_numpy(subject.person.dense.faces)
    assert closest_point(*body, torch.from_numpy(laces).float()).distance.max() < 0.015  # the bow's loops stand up


def test_hair_breaks_up_the_outline(subject):
    """Tips stand off the scalp, none by more than a centimetre or so."""
    locks = piece(subject, at_rest(subject), HAIR)
    scalp = subject.worn[subject.worn[:, 1] > subject.person.marks["head"][1] - 0.05]
    nearest = np.array([np.linalg.norm(scalp - point, axis=1).min() for point in locks[::37]])
    assert np.quantile(nearest, 0.98) > 0.004 and nearest.max() < 0.02


def test_turning_the_root_turns_the_clothes_rigidly(subject, body, pose):
    axis_angle = torch.tensor([0.0, math.radians(70), 0.0])
    turn = axis_angle_to_matrix(axis_angle).double().numpy()
    turned = subject.vertices(dataclasses.replace(pose, global_orient=axis_angle))
    pelvis = pose_body(body, pose).joints[0].double().numpy()
    expected = (subject.vertices(pose) - pelvis) @ turn.T + pelvis
    assert np.abs(turned - expected).max() < 1e-5


def test_posed_cloth_moves_with_the_body(subject, body, pose, posed):
    bare = subject.person.dense.refine(pose_body(body, pose).vertices.double().numpy())
    for part in (TROUSERS, SHIRT):
        cloth = subject.parts[part].cloth
        away = np.linalg.norm(piece(subject, posed, part)[: len(cloth.rest)] - bare[cloth.source], axis=1)
        assert np.median(away) < 0.06 and away.max() < 0.2
