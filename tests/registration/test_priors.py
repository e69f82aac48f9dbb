"""The prior pulls poses back to the given ones, and learns from corrections how much those are to be doubted."""

import dataclasses
import math

import numpy as np
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.joint_limits import joint_limits
from phynes_core.body.model import Pose
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.registration.kinematics import POSE_UNKNOWNS, turned_pose
from phynes_core.registration.priors import (
    NARROWEST_M,
    NARROWEST_RAD,
    PosePrior,
    within_limits,
    without_common_shift,
)

JOINT_RAD, SHIFT_M = math.radians(2.0), 0.01
KNEE = 3  # of body_pose


def _given() -> dict[int, Pose]:
    generator = torch.Generator().manual_seed(0)
    made = {}
    for frame in range(3):
        body_pose, orient = 0.2 * torch.randn(23, 3, generator=generator), torch.randn(3, generator=generator)
        made[frame] = Pose(body_pose, orient, torch.zeros(3), torch.zeros(10))
    return made


def _prior(given):
    return PosePrior(load_bundled_body(), given, JOINT_RAD, SHIFT_M)


def _changes(given, rad, metres, seed=0):
    generator, body = np.random.default_rng(seed), load_bundled_body()
    changes = {frame: generator.normal(size=POSE_UNKNOWNS) * rad for frame in given}
    for change in changes.values():
        change[-3:] *= metres / rad
    return {frame: turned_pose(body, pose, changes[frame]) for frame, pose in given.items()}, changes


def test_given_poses_are_not_pulled():
    given = _given()
    precision, away = _prior(given).pull(1, given[1], False)
    np.testing.assert_allclose(away, 0.0, atol=1e-6)
    np.testing.assert_allclose(precision[:-3], 1.0 / JOINT_RAD**2)
    np.testing.assert_allclose(precision[-3:], 1.0 / SHIFT_M**2)


def test_the_pull_is_the_change_of_a_joint_that_was_turned():
    """To first order: joints below turn with it, and their own axes with them."""
    given, body = _given(), load_bundled_body()
    moved, changes = _changes(given, 1e-3, 1e-3)
    _, away = _prior(given).pull(2, moved[2], False)
    np.testing.assert_allclose(away, changes[2], atol=3e-5)
    back = turned_pose(body, moved[2], -away)
    torch.testing.assert_close(back.body_pose, given[2].body_pose, atol=3e-5, rtol=0)
    torch.testing.assert_close(back.transl, given[2].transl, atol=1e-6, rtol=0)


def test_held_poses_do_not_move():
    given = _given()
    moved, _ = _changes(given, 0.01, 0.01)
    precision, away = _prior(given).pull(0, moved[0], True)
    assert precision.min() >= 1e12 and not away.any()


def test_doubt_becomes_the_mean_square_of_the_corrections():
    given = _given()
    prior = _prior(given)
    moved, changes = _changes(given, math.radians(1.0), 0.004)
    prior.learn(moved)
    everything = np.stack(list(changes.values()))
    np.testing.assert_allclose(prior.variances[0], (everything[:, :-3] ** 2).mean(), rtol=0.02)
    np.testing.assert_allclose(prior.variances[1], (everything[:, -3:] ** 2).mean(), rtol=1e-3)


def test_doubt_stays_between_its_bounds():
    given = _given()
    prior = _prior(given)
    prior.learn(given)
    np.testing.assert_allclose(np.sqrt(prior.variances), [NARROWEST_RAD, NARROWEST_M])
    prior.learn(_changes(given, 0.3, 0.3)[0])
    np.testing.assert_allclose(np.sqrt(prior.variances), [JOINT_RAD, SHIFT_M])


def test_a_joint_does_not_turn_beyond_its_limit_but_may_stay_where_it_was_given():
    highest = float(joint_limits()[KNEE + 1, 0, 1])
    given, bent = Pose.rest(), Pose.rest()
    bent.body_pose[KNEE, 0] = highest + 0.5
    assert float(within_limits(bent, given).body_pose[KNEE, 0]) < highest
    assert torch.equal(within_limits(bent, bent).body_pose, bent.body_pose)
    turned = dataclasses.replace(given, global_orient=torch.tensor([3.0, 0.0, 0.0]))
    assert torch.equal(within_limits(turned, given).global_orient, turned.global_orient)  # the root has no limits


def test_what_all_translations_have_in_common_is_left_to_the_surface():
    """In the roots' own axes: the given turns differ from frame to frame."""
    given = _given()
    roots = {frame: axis_angle_to_matrix(pose.global_orient[None])[0] for frame, pose in given.items()}
    own = {0: torch.tensor([0.01, 0.0, 0.0]), 1: torch.tensor([-0.01, 0.02, 0.0]), 2: torch.tensor([0.0, -0.02, 0.0])}
    common = torch.tensor([0.005, -0.01, 0.003])

    def moved(more):
        return {
            frame: dataclasses.replace(pose, transl=pose.transl + roots[frame] @ (own[frame] + more))
            for frame, pose in given.items()
        }

    error = 0.004  # of each given translation, so a third of its square of their mean
    expected = moved(common.clamp(-(error / math.sqrt(3.0)), error / math.sqrt(3.0)))
    for frame, pose in without_common_shift(moved(common), given, error).items():
        torch.testing.assert_close(pose.transl, expected[frame].transl, atol=1e-6, rtol=0)
        assert torch.equal(pose.body_pose, given[frame].body_pose)
