"""The dressed subject as geometry: deterministic, close to the body, straight hems, no toes, follows the pose."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from phynes_core.body.model import Pose, pose_body
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.synthetic.subjects.josh import dress_josh
from phynes_core.synthetic.subjects.josh_garments import shirt_field, shirt_hems, snap_to_hems, trouser_field
from phynes_core.synthetic.surface.landmarks import inside
from phynes_core.synthetic.surface.subdivision import vertex_normals


@pytest.fixture(scope="module")
def pose(subject):
    generator = torch.Generator().manual_seed(5)
    return Pose(
        0.3 * torch.randn(23, 3, generator=generator), torch.zeros(3), torch.tensor([0.1, 0.2, 0.3]), subject.betas
    )


@pytest.fixture(scope="module")
def snapped(subject):
    return snap_to_hems(subject.person.rest, subject.person.dense.faces, subject.person.marks)


def test_building_twice_gives_the_same_subject(subject, body, pose):
    again = dress_josh(body)
    assert np.array_equal(subject.worn, again.worn)
    assert np.array_equal(subject.vertices(pose), again.vertices(pose))


def test_cloth_lies_outside_the_body_and_near_it(subject):
    normals = vertex_normals(subject.person.rest, subject.person.dense.faces)
    height = ((subject.worn - subject.person.rest) * normals).sum(1)
    cloth = (subject.shirt > 0.5) | (subject.trousers > 0.5)
    assert height[cloth].min() > 0 and np.quantile(height[cloth], 0.001) > 0.001
    assert np.quantile(height, 0.999) < 0.05 and height.max() < 0.06  # what an offset map must be able to hold
    bare = (subject.worn == subject.person.rest).all(1)
    assert 0.15 < bare.mean() < 0.6  # face, arms and hands are skin


def test_hems_are_straight(subject, snapped):
    points, on_hem = snapped
    waist = shirt_hems(points, subject.person.marks)[:, 2]
    rim = on_hem & (np.abs(waist) < 1e-9)
    assert rim.sum() > 100
    heights = subject.worn[rim, 1]
    assert np.ptp(heights) < 1e-6
    # no face has one corner in the shirt and the other further out than the wall
    value = shirt_field(points, subject.person.marks)[subject.person.dense.faces]
    assert not ((value.max(1) > 1e-6) & (value.min(1) < -1e-6)).any()


def test_garments_do_not_overlap(subject, snapped):
    points, _ = snapped
    shirt = inside(shirt_field(points, subject.person.marks))
    assert ((shirt == 0) | (shirt == 1)).mean() > 0.995
    assert (subject.shirt * subject.trousers).max() < 0.3
    assert (trouser_field(points, subject.person.marks)[subject.trousers > 0.5] > -1e-3).all()


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


def test_rest_pose_is_the_worn_surface_but_for_folds(subject):
    rest = dataclasses.replace(Pose.rest(), betas=subject.betas)
    away = np.linalg.norm(subject.vertices(rest) - subject.worn, axis=1)
    cloth = (subject.shirt > 0) | (subject.trousers > 0)
    assert away[~cloth].max() < 1e-6
    assert 0.001 < away[cloth].max() < 0.03


def test_turning_the_root_turns_the_clothes_rigidly(subject, body, pose):
    axis_angle = torch.tensor([0.0, math.radians(70), 0.0])
    turn = axis_angle_to_matrix(axis_angle).double().numpy()
    turned = subject.vertices(dataclasses.replace(pose, global_orient=axis_angle))
    pelvis = pose_body(body, pose).joints[0].double().numpy()
    expected = (subject.vertices(pose) - pelvis) @ turn.T + pelvis
    assert np.abs(turned - expected).max() < 1e-5


def test_posed_cloth_moves_with_the_body(subject, body, pose):
    bare = subject.person.dense.refine(pose_body(body, pose).vertices.double().numpy())
    away = np.linalg.norm(subject.vertices(pose) - bare, axis=1)
    assert np.median(away) < 0.02 and away.max() < 0.1
