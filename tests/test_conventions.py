"""The worked vectors of conventions.py, and the round trips it promises."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from phynes_core.conventions import (
    JOINT_NAMES,
    NUM_JOINTS,
    NUM_PROBES,
    POSE_DIM,
    direction_to_latlong,
    latlong_directions,
    latlong_solid_angles,
    latlong_to_direction,
    linear_to_srgb,
    orbit_angles,
    orbit_direction,
    rotation_about_y,
    srgb_to_linear,
)

X, Y, Z = torch.eye(3)


def assert_near(got, expected):
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


def test_counts_fit_together():
    assert len(JOINT_NAMES) == NUM_JOINTS == 24
    assert POSE_DIM == 3 * NUM_JOINTS
    assert NUM_PROBES == 512


@pytest.mark.parametrize("angles, expected", [((0, 0), Z), ((90, 0), X), ((0, 90), Y), ((180, 0), -Z), ((0, -90), -Y)])
def test_orbit_directions(angles, expected):
    assert_near(orbit_direction(*angles), expected)


@settings(deadline=None)
@given(st.floats(-179, 179), st.floats(-89, 89))
def test_orbit_angles_invert_orbit_direction(azimuth, elevation):
    assert orbit_angles(3.0 * orbit_direction(azimuth, elevation)) == pytest.approx((azimuth, elevation), abs=2e-3)


def test_a_quarter_yaw_takes_what_stood_at_plus_z_to_plus_x():
    assert_near(rotation_about_y(90) @ Z, X)
    assert_near(rotation_about_y(90) @ X, -Z)
    assert_near(rotation_about_y(30) @ rotation_about_y(60), rotation_about_y(90))
    assert_near(rotation_about_y(37) @ Y, Y)


@pytest.mark.parametrize(
    "direction, u, v", [(X, 0.5, 0.5), (Z, 0.75, 0.5), (-Z, 0.25, 0.5), (Y, None, 0.0), (-Y, None, 1.0)]
)
def test_latlong_places_the_axes(direction, u, v):
    got = direction_to_latlong(direction)
    assert float(got[1]) == pytest.approx(v, abs=1e-6)
    if u is not None:
        assert float(got[0]) == pytest.approx(u, abs=1e-6)


def test_latlong_cells():
    directions = latlong_directions(16, 32)
    assert directions.shape == (16, 32, 3)
    assert_near(directions.norm(dim=-1), torch.ones(16, 32))
    assert (directions[0, :, 1] > 0.99).all()  # the first row looks almost straight up
    assert (directions[-1, :, 1] < -0.99).all()
    middle = latlong_directions(15, 31)[7, 15]  # odd sizes have a cell in the middle, and it looks along +X
    assert_near(middle, X)


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_latlong_round_trip(u, v):
    uv = torch.tensor([u, v], dtype=torch.float64)
    torch.testing.assert_close(direction_to_latlong(latlong_to_direction(uv)), uv, atol=1e-9, rtol=0)


@pytest.mark.parametrize("rows, columns", [(16, 32), (1, 1), (7, 3), (256, 512)])
def test_solid_angles_sum_to_the_sphere(rows, columns):
    solid_angles = latlong_solid_angles(rows, columns)
    assert solid_angles.shape == (rows, columns)
    assert (solid_angles > 0).all()
    assert float(solid_angles.double().sum()) == pytest.approx(4 * math.pi, rel=1e-6)


def test_solid_angles_integrate_a_cosine_to_pi():
    directions, solid_angles = latlong_directions(256, 512).double(), latlong_solid_angles(256, 512).double()
    irradiance = (directions[..., 1].clamp(min=0) * solid_angles).sum()
    assert float(irradiance) == pytest.approx(math.pi, rel=1e-4)


@settings(deadline=None)
@given(st.floats(-0.5, 8.0))
def test_srgb_round_trip(value):
    linear = torch.tensor(value, dtype=torch.float64)
    torch.testing.assert_close(srgb_to_linear(linear_to_srgb(linear)), linear, atol=1e-6, rtol=1e-6)


def test_srgb_known_values():
    assert float(linear_to_srgb(torch.tensor(0.0))) == 0
    assert float(linear_to_srgb(torch.tensor(1.0))) == pytest.approx(1.0, abs=1e-6)
    assert float(linear_to_srgb(torch.tensor(0.18))) == pytest.approx(0.46136, abs=1e-4)
    assert float(srgb_to_linear(torch.tensor(0.5))) == pytest.approx(0.21404, abs=1e-4)


def test_srgb_gradients_are_finite_everywhere():
    for curve in (linear_to_srgb, srgb_to_linear):
        values = torch.tensor([-1.0, 0.0, 0.001, 0.0031308, 0.04045, 0.5, 2.0], requires_grad=True)
        curve(values).sum().backward()
        assert torch.isfinite(values.grad).all()
        assert (values.grad > 0).all()
