"""Lamp handles: their positions, which one is grabbed, and where a drag moves the lamp."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.cameras import CameraState
from app.model.lamps import LampState
from app.tools.lamps import LAMP_SPHERE_SHARE, LampDrag, grabbed_lamp, lamp_handle
from app.tools.orbit_view import OrbitView
from app.tools.viewport import Letterbox

VIEW = OrbitView(CameraState(20.0, 10.0, 3.75), (0.0, 1.0, 0.0), 512, 512)


def at(azimuth, elevation):
    return LampState(azimuth_deg=azimuth, elevation_deg=elevation)


@given(st.integers(50, 2000), st.integers(50, 2000), st.integers(16, 1024), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_letterbox_inverts_and_keeps_the_picture_inside(width, height, size, x, y):
    box = Letterbox(width, height, size, size)
    inside = box.to_window(x * size, y * size)
    assert -1e-6 <= inside[0] <= width + 1e-6 and -1e-6 <= inside[1] <= height + 1e-6
    assert box.to_image(*inside) == pytest.approx((x * size, y * size), abs=1e-6)


def test_a_wide_window_shows_the_picture_in_its_middle():
    box = Letterbox(1000, 500, 512, 512)
    assert box.origin == (250.0, 0.0) and box.scale == 500 / 512


@pytest.mark.parametrize("distance", [0.8, 3.75, 12.0])
@pytest.mark.parametrize("fov", [20.0, 30.0, 60.0])
def test_handles_stay_in_the_picture_at_any_zoom(distance, fov):
    view = OrbitView(CameraState(0.0, 0.0, distance, fov_deg=fov), (0.0, 1.0, 0.0), 512, 512)
    xs = [lamp_handle(view, at(azimuth, 0.0)).x_px for azimuth in range(-180, 180, 2)]
    assert max(xs) == pytest.approx(256 + 256 * LAMP_SPHERE_SHARE, abs=1.0)
    assert min(xs) == pytest.approx(256 - 256 * LAMP_SPHERE_SHARE, abs=1.0)


def test_a_handle_is_grabbed_within_its_reach_only():
    lamps = (at(50.0, 30.0), at(-60.0, 10.0))
    handle = lamp_handle(VIEW, lamps[1])
    assert grabbed_lamp(VIEW, lamps, handle.x_px + 17, handle.y_px, 18.0) == 1
    assert grabbed_lamp(VIEW, lamps, handle.x_px + 19, handle.y_px, 18.0) is None
    assert grabbed_lamp(VIEW, (), 100.0, 100.0, 18.0) is None


def test_the_front_handle_wins_over_one_behind_it():
    straight = VIEW.camera.azimuth_deg, VIEW.camera.elevation_deg
    lamps = (at(straight[0] + 180.0, -straight[1]), at(*straight))
    assert lamp_handle(VIEW, lamps[0]).is_behind and not lamp_handle(VIEW, lamps[1]).is_behind
    assert grabbed_lamp(VIEW, lamps, 256.0, 256.0, 18.0) == 1


@given(st.floats(-70, 70), st.floats(-60, 60), st.floats(-120, 120), st.floats(-120, 120), st.floats(-6, 6))
@settings(max_examples=60, deadline=None)
def test_the_handle_follows_the_pointer_from_where_it_was_grabbed(azimuth, elevation, dx, dy, slip):
    lamp = at(VIEW.camera.azimuth_deg + azimuth, elevation)
    start = lamp_handle(VIEW, lamp)
    drag = LampDrag(VIEW, lamp, (start.x_px + slip, start.y_px - slip))
    angles = drag.angles_deg(VIEW, (start.x_px + slip + dx, start.y_px - slip + dy))
    end = lamp_handle(VIEW, at(*angles))
    wanted = (start.x_px + dx, start.y_px + dy)
    radius = 256 * LAMP_SPHERE_SHARE
    if ((wanted[0] - 256) ** 2 + (wanted[1] - 256) ** 2) ** 0.5 < radius - 2:
        assert (end.x_px, end.y_px) == pytest.approx(wanted, abs=0.5)


def test_a_pointer_that_leaves_the_outline_and_returns_moves_the_lamp_behind():
    lamp = at(VIEW.camera.azimuth_deg + 30.0, 10.0)
    start = lamp_handle(VIEW, lamp)
    drag = LampDrag(VIEW, lamp, (start.x_px, start.y_px))
    assert not lamp_handle(VIEW, at(*drag.angles_deg(VIEW, (400.0, 256.0)))).is_behind
    drag.angles_deg(VIEW, (510.0, 256.0))
    inside = lamp_handle(VIEW, at(*drag.angles_deg(VIEW, (400.0, 256.0))))
    assert inside.is_behind and inside.x_px == pytest.approx(400.0, abs=0.5)
    drag.angles_deg(VIEW, (510.0, 256.0))
    assert not lamp_handle(VIEW, at(*drag.angles_deg(VIEW, (400.0, 256.0)))).is_behind
