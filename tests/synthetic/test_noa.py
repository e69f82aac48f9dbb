"""The third subject: an open coat with two sides that hangs round both legs, long hair, a hat."""

import dataclasses

import numpy as np
import pytest

from phynes_core.body.model import Pose, pose_body
from phynes_core.body.motion.files import load_motion
from phynes_core.io.shipped_files import bundled_motions

SKIN, TROUSERS, COAT, EYES, SOLES, HAIR, HAT = range(7)


@pytest.fixture(scope="module")
def rest(noa):
    return noa.vertices(dataclasses.replace(Pose.rest(), betas=noa.betas))


@pytest.fixture(scope="module")
def striding(noa):
    clip = load_motion(bundled_motions()["walk"])
    poses = [clip.pose_at(k / 8 * clip.duration_s, noa.betas) for k in range(8)]
    knees = [pose_body(noa.person.body, pose).joints[[4, 5]] for pose in poses]
    return noa.vertices(poses[int(np.argmax([float((left - right).norm()) for left, right in knees]))])


def outside(noa, vertices):  # -> [V, 3] the coat without its lining
    return vertices[noa.slices()[COAT]][: len(noa.parts[COAT].cloth.rest)]


def test_the_coat_reaches_below_the_knees_and_is_open_in_front(noa, rest):
    coat, marks = outside(noa, rest), noa.person.marks
    assert 0.05 < marks["left_knee"][1] - coat[:, 1].min() < 0.16
    low = coat[coat[:, 1] < marks["left_hip"][1] - 0.1]
    ahead = np.abs(np.arctan2(low[:, 0], low[:, 2] - low[:, 2].mean()))
    assert ahead.min() > 0.15  # nothing right in front
    turn = np.sort(np.arctan2(low[:, 0], -(low[:, 2] - low[:, 2].mean())))
    assert np.diff(turn).max() < 0.1  # whole everywhere else


def test_the_coat_has_two_sides(noa, rest):
    cloth = noa.parts[COAT].cloth
    both = rest[noa.slices()[COAT]]
    assert len(cloth.lining) == len(cloth.rest)
    away = np.linalg.norm(both[len(cloth.rest) :] - both[cloth.lining], axis=1)
    assert np.allclose(away, away[0]) and 0.001 < away[0] < 0.005
    faces = cloth.surface.faces
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    assert (uses == 2).all()  # closed


def test_the_tail_stays_outside_the_trousers_in_a_wide_step(noa, striding):
    part, jeans = noa.parts[COAT], noa.parts[TROUSERS].cloth
    coat, below = outside(noa, striding), striding[noa.slices()[TROUSERS]][: len(jeans.rest)]
    barrier = part.cloth.round_cloth(jeans, below, part.loose)(coat)
    near = np.isfinite(barrier.gap)
    height = ((coat - barrier.points) * barrier.normals).sum(1)[near]
    assert near.sum() > 2000 and (height > -0.006).mean() > 0.97


def test_cloth_is_not_torn_in_a_wide_step(noa, rest, striding):
    faces = noa.parts[COAT].cloth.faces
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    length = [np.linalg.norm(np.diff(outside(noa, v)[edges], axis=1)[:, 0], axis=1) for v in (rest, striding)]
    assert np.quantile(length[1] / np.maximum(length[0], 1e-3), 0.999) < 3 and length[1].max() < 0.06


def test_hair_hangs_outside_the_coat_down_to_the_back(noa, rest):
    hair, marks = rest[noa.slices()[HAIR]], noa.person.marks
    assert hair[:, 1].min() < marks["neck"][1] - 0.08
    behind = hair[hair[:, 1] < marks["neck"][1] - 0.02]
    assert len(behind) > 3000
    back = outside(noa, rest)
    back = back[(np.abs(back[:, 0]) < 0.12) & (back[:, 2] < 0)]
    for y in np.linspace(behind[:, 1].min() + 0.01, marks["neck"][1] - 0.05, 5):
        row = behind[(np.abs(behind[:, 1] - y) < 0.01) & (np.abs(behind[:, 0]) < 0.08) & (behind[:, 2] < 0)]
        cloth = back[np.abs(back[:, 1] - y) < 0.01]
        if len(row) and len(cloth):
            assert row[:, 2].mean() < cloth[:, 2].min() + 0.02


def test_the_hat_sits_on_the_head(noa, rest):
    hat, marks = rest[noa.slices()[HAT]], noa.person.marks
    crown = noa.person.rest[:, 1].max()
    assert hat[:, 1].max() > crown and hat[:, 1].min() > marks["head"][1] + 0.03
    brim = np.ptp(hat, axis=0)
    assert brim[0] > 0.3 and brim[2] > 0.3


def test_skin_is_dark_and_wool_is_rough(noa):
    materials = noa.paint(384)
    (u0, v0, u1, v1), size = noa.parts[COAT].rectangle, 384
    rows, columns = slice(int((1 - v1) * size), int((1 - v0) * size)), slice(int(u0 * size), int(u1 * size))
    assert np.median(materials.roughness[rows, columns]) > 0.75
    assert materials.albedo.min() >= 0.01 - 1e-6 and materials.albedo.max() <= 0.92
