"""Rotations convert into each other and interpolate evenly."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from phynes_core.body.rotations import (
    axis_angle_to_matrix,
    axis_angle_to_quaternion,
    matrix_to_quaternion,
    quaternion_to_axis_angle,
    slerp,
)

vectors = st.lists(st.floats(-1.7, 1.7), min_size=3, max_size=3).map(lambda v: torch.tensor(v, dtype=torch.float64))


def test_quarter_turn_about_y_takes_z_to_x():
    turn = axis_angle_to_matrix(torch.tensor([0.0, math.pi / 2, 0.0]))
    torch.testing.assert_close(turn @ torch.tensor([0.0, 0.0, 1.0]), torch.tensor([1.0, 0.0, 0.0]), atol=1e-6, rtol=0)


@settings(deadline=None)
@given(vectors)
def test_round_trips(axis_angle):
    matrix = axis_angle_to_matrix(axis_angle)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(3, dtype=torch.float64), atol=1e-6, rtol=0)
    for quaternion in (axis_angle_to_quaternion(axis_angle), matrix_to_quaternion(matrix)):
        back = quaternion_to_axis_angle(quaternion)
        torch.testing.assert_close(back, axis_angle, atol=1e-6, rtol=0)


def test_half_turns_survive_the_way_through_a_matrix():
    for axis in torch.eye(3, dtype=torch.float64):
        matrix = axis_angle_to_matrix(axis * math.pi)
        again = axis_angle_to_matrix(quaternion_to_axis_angle(matrix_to_quaternion(matrix)))
        torch.testing.assert_close(again, matrix, atol=1e-6, rtol=0)


@settings(deadline=None)
@given(vectors, vectors, st.floats(0, 1))
def test_slerp_turns_at_a_constant_rate(start, end, fraction):
    first, last = axis_angle_to_quaternion(start), axis_angle_to_quaternion(end)
    between = slerp(first, last, fraction)

    def angle(a, b):
        return 2 * torch.atan2((a - b).norm(), (a + b).norm()) if (a * b).sum() > 0 else angle(a, -b)

    whole = angle(first, last)
    torch.testing.assert_close(angle(first, between), whole * fraction, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(angle(between, last), whole * (1 - fraction), atol=1e-4, rtol=1e-4)
