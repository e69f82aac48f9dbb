"""Camera paths against closed forms: circles, dolly zooms, straight lines; nothing overshoots."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyglm import glm

from app.model.camera_paths import CameraKey, CameraPath, camera_at, duration_s
from app.model.cameras import CameraState, eye_of, looking_from
from app.model.exports import TurntableState
from app.model.view_state import ViewState
from app.rendering.exports.video_views import turntable_views
from app.tools.orbit_view import OrbitView
from phynes_core.errors import OutputError

CAMERAS = st.builds(
    CameraState, st.floats(-180, 179.9), st.floats(-89, 89), st.floats(0.4, 20), st.tuples(*[st.floats(-5, 5)] * 3),
    st.floats(5, 100),
)  # fmt: skip


def path_of(*cameras, step_s=1.0, **changes):
    return CameraPath(tuple(CameraKey(index * step_s, camera) for index, camera in enumerate(cameras)), **changes)


def numbers(camera):
    return [camera.azimuth_deg, camera.elevation_deg, camera.distance_m, *camera.pan_m, camera.fov_deg]


@given(st.lists(CAMERAS, min_size=1, max_size=5), st.sampled_from(["around", "straight"]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_path_goes_through_its_keys(cameras, moves, is_closed):
    path = path_of(*cameras, moves=moves, is_closed=is_closed)
    for key in path.keys:
        assert numbers(camera_at(path, key.time_s)) == pytest.approx(numbers(key.camera), abs=1e-9)


@given(CAMERAS, CAMERAS, CAMERAS, st.floats(0, 2), st.booleans())
@settings(max_examples=150, deadline=None)
def test_nothing_overshoots_its_two_keys(first, second, third, time_s, eases):
    path = path_of(first, second, third, eases=eases)
    before, after = (first, second) if time_s <= 1 else (second, third)
    between = camera_at(path, time_s)
    for low, high, value in list(zip(numbers(before), numbers(after), numbers(between), strict=True))[1:]:
        low, high = sorted((low, high))
        assert low - 1e-9 <= value <= high + 1e-9
    way = (after.azimuth_deg - before.azimuth_deg + 180) % 360 - 180
    turned = (between.azimuth_deg - before.azimuth_deg + 180) % 360 - 180
    if abs(way) < 179:
        assert min(0, way) - 1e-6 <= turned <= max(0, way) + 1e-6


def test_keys_on_a_circle_are_a_turntable():
    """A closed path of four views at equal times: the azimuth grows linearly, the distance is constant."""
    path = path_of(
        *(CameraState(azimuth_deg=angle) for angle in (0.0, 90.0, -180.0, -90.0)), is_closed=True, closing_s=1
    )
    assert duration_s(path) == 4.0
    for time_s in (0.3, 1.7, 2.5, 3.9, 4.3, 11.1):
        camera = camera_at(path, time_s)
        angle = (90.0 * time_s + 180.0) % 360.0 - 180.0
        assert numbers(camera) == pytest.approx(numbers(replace(CameraState(), azimuth_deg=angle)), abs=1e-9)


@pytest.mark.parametrize("eases", [True, False])
def test_a_dolly_zoom_keeps_the_subject_at_its_size_all_the_way(eases):
    def camera(fov_deg):
        return CameraState(distance_m=1.0 / math.tan(math.radians(0.5 * fov_deg)), fov_deg=fov_deg)

    path = path_of(camera(20.0), camera(80.0), camera(35.0), eases=eases)
    for time_s in (0.2, 0.5, 0.9, 1.4, 1.8):
        between = camera_at(path, time_s)
        assert between.distance_m * math.tan(math.radians(0.5 * between.fov_deg)) == pytest.approx(1.0, abs=1e-9)


def test_straight_moves_the_eye_on_a_line_and_looking_around_does_not_move_it():
    start = CameraState(30.0, 10.0, 3.0, (0.2, 0.1, 0.0))
    turned = looking_from(replace(start, azimuth_deg=-50.0, elevation_deg=-20.0), eye_of(start))
    path = path_of(start, turned, moves="straight")
    for time_s in (0.25, 0.5, 0.8):
        assert eye_of(camera_at(path, time_s)) == pytest.approx(eye_of(start), abs=1e-9)
    flown = replace(start, pan_m=(2.2, 0.1, 1.0), distance_m=2.0)
    first, last = eye_of(start), eye_of(flown)
    middle = eye_of(camera_at(path_of(start, flown, moves="straight"), 0.5))
    assert middle == pytest.approx([0.5 * (a + b) for a, b in zip(first, last, strict=True)], abs=1e-9)


def test_an_eased_path_starts_and_stops_with_zero_velocity():
    path = path_of(CameraState(), CameraState(azimuth_deg=40.0), CameraState(azimuth_deg=60.0))
    step = 1e-4
    assert abs(camera_at(path, step).azimuth_deg) / step < 0.05
    assert abs(camera_at(path, 2.0 - step).azimuth_deg - 60.0) / step < 0.05
    evenly = camera_at(replace(path, eases=False), step).azimuth_deg / step
    assert evenly == pytest.approx(50.0, rel=1e-2)  # of the parabola through the three


@given(CAMERAS)
@settings(max_examples=40, deadline=None)
def test_the_eye_is_where_the_window_has_it(camera):
    view = OrbitView(camera, camera.pan_m, 64, 64)
    assert eye_of(camera) == pytest.approx(tuple(glm.vec3(view.eye)), abs=1e-4)  # float32 there


def test_a_video_of_a_path_begins_and_ends_with_it():
    path = path_of(CameraState(), CameraState(azimuth_deg=90.0))
    settings = TurntableState(spin="path", seconds=0.5, fps=10, fits=False)
    views = list(turntable_views(replace(ViewState(), path=path), settings))
    assert len(views) == 5
    assert [view.camera.azimuth_deg for view in views] == pytest.approx([0, 14.0625, 45, 75.9375, 90])
    closed = replace(path, is_closed=True, closing_s=1.0)
    views = list(turntable_views(replace(ViewState(), path=closed), replace(settings, fps=8)))
    assert [view.camera for view in views] == [camera_at(closed, 0.5 * index) for index in range(4)]


def test_a_video_without_a_path_is_refused():
    with pytest.raises(OutputError, match="two keys"):
        list(turntable_views(ViewState(), TurntableState(spin="path")))
    with pytest.raises(ValueError, match="at least one key"):
        camera_at(CameraPath(), 0.0)
