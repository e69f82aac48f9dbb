"""Edits of the camera (views, lens, flying) and of the camera path."""

import math
from dataclasses import replace

import pytest

from app.model import camera_paths, cameras, edits
from app.model.camera_paths import camera_at, mistake_in_keys
from app.model.cameras import CameraState, eye_of
from app.model.fields import range_of
from app.model.lamps import add_lamp
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.commands.command import execute
from app.tools.commands.key_map import KeyMap
from app.tools.orbit_view import OrbitView
from tests.app.fake_commands import fake_commands


def at(azimuth, **camera):
    return replace(ViewState(), camera=CameraState(azimuth_deg=azimuth, **camera))


def with_keys(*azimuths):
    state = ViewState()
    for azimuth in azimuths:
        state = camera_paths.add_key(edits.edit_camera(state, azimuth_deg=azimuth))
    return state


def azimuths(state):
    return [key.camera.azimuth_deg for key in state.path.keys]


def times(state):
    return [key.time_s for key in state.path.keys]


def test_views_turn_around_what_is_looked_at():
    state = at(33.0, elevation_deg=10.0, distance_m=0.8, pan_m=(0.0, 0.6, 0.0))
    for name, position in {"front": (0, 0, 0.8), "left": (0.8, 0, 0), "back": (0, 0, -0.8), "right": (-0.8, 0, 0),
                        "top": (0, 0.8, 0), "below": (0, -0.8, 0)}.items():  # fmt: skip
        x, y, z = eye_of(cameras.view_from(state, name).camera)
        assert (x, y - 0.6, z) == pytest.approx(position, abs=1e-9), name


def test_a_full_frame_lens_of_18_mm_spans_a_right_angle():
    assert cameras.lens_mm(90.0) == pytest.approx(18.0)
    assert cameras.fov_of_lens(50.0) == pytest.approx(39.5978, abs=1e-4)
    for focal in cameras.LENSES_MM:
        assert cameras.lens_mm(cameras.fov_of_lens(focal)) == pytest.approx(focal)


def test_another_lens_keeps_the_size_or_the_distance():
    state = cameras.set_lens(ViewState(), 35.0)
    before, after = ViewState().camera, state.camera
    size = [camera.distance_m * math.tan(math.radians(0.5 * camera.fov_deg)) for camera in (before, after)]
    assert size[0] == pytest.approx(size[1]) and after.distance_m < before.distance_m
    stays = cameras.set_lens(cameras.toggle_keeps_size(ViewState()), 35.0).camera
    assert stays.distance_m == before.distance_m and stays.fov_deg == after.fov_deg


def test_lenses_step_and_stop_at_the_ends():
    state = cameras.set_lens(ViewState(), 50.0)
    longer = cameras.step_lens(state, 1)
    assert cameras.lens_mm(longer.camera.fov_deg) == pytest.approx(85.0)
    assert cameras.step_lens(longer, -1).camera.fov_deg == pytest.approx(state.camera.fov_deg)
    for _ in range(20):
        state = cameras.step_lens(state, 1)
    assert cameras.lens_mm(state.camera.fov_deg) == pytest.approx(200.0)


def test_flight_moves_along_the_pictures_axes():
    state = at(37.0, elevation_deg=20.0)
    right, _, forward = OrbitView(state.camera, (0.0, 0.0, 0.0), 8, 8).axes
    flown = cameras.fly(state, 0.5, 0.25, 2.0).camera
    axes = enumerate(zip(right, forward, strict=True))
    expected = [0.5 * a + 2.0 * c + (0.25 if row == 1 else 0.0) for row, (a, c) in axes]
    assert flown.pan_m == pytest.approx(expected, abs=1e-6)
    assert replace(flown, pan_m=(0.0, 0.0, 0.0)) == state.camera
    assert max(map(abs, cameras.fly(state, 0.0, 0.0, 1e9).camera.pan_m)) <= range_of(CameraState, "pan_m").reach[1]


def test_looking_around_leaves_the_eye_where_it_is():
    state = at(10.0, pan_m=(1.0, 0.0, -2.0))
    turned = cameras.look(cameras.look(state, 250.0, -40.0), 31.0, 5000.0)
    assert eye_of(turned.camera) == pytest.approx(eye_of(state.camera), abs=1e-9)
    assert turned.camera.azimuth_deg < state.camera.azimuth_deg  # to the right
    assert turned.camera.elevation_deg == range_of(CameraState, "elevation_deg").reach[1]  # down, to the end


def test_keys_are_added_two_seconds_apart_and_between_where_the_path_was_scrubbed():
    state = with_keys(0.0, 40.0, 80.0)
    assert (times(state), azimuths(state), state.tool.camera.key) == ([0, 2, 4], [0, 40, 80], 2)
    state = camera_paths.go_to_time(state, 3.0)
    state = camera_paths.add_key(edits.edit_camera(state, azimuth_deg=-5.0))
    assert (times(state), azimuths(state), state.tool.camera.key) == ([0, 2, 3, 4], [0, 40, -5, 80], 2)


def test_a_key_added_after_the_last_one_of_a_closed_path_keeps_its_length():
    state = camera_paths.toggle_closed(with_keys(0.0, 90.0))
    state = camera_paths.add_key(camera_paths.go_to_time(state, 3.5))
    assert times(state) == [0, 2, 3.5] and state.path.closing_s == 0.5


def test_keys_are_replaced_removed_and_reordered():
    state = with_keys(0.0, 40.0, 80.0)
    state = camera_paths.replace_key(edits.edit_camera(camera_paths.go_to_key(state, 1), azimuth_deg=50.0))
    assert azimuths(state) == [0, 50, 80]
    assert azimuths(camera_paths.shift_key(state, -1)) == [50, 0, 80]
    assert camera_paths.shift_key(state, -1).tool.camera.key == 0
    later = camera_paths.set_key_time(state, 1, 7.0)
    assert (times(later), azimuths(later), later.tool.camera.key) == ([0, 4, 7], [0, 80, 50], 2)
    gone = camera_paths.remove_key(camera_paths.go_to_key(state, 0))
    assert (times(gone), azimuths(gone)) == ([0, 2], [50, 80])  # a path starts at 0
    assert camera_paths.set_key_time(state, 0, 5.0) == state


def test_two_keys_never_have_the_same_time():
    state = camera_paths.set_key_time(with_keys(0.0, 40.0, 80.0), 2, 2.0)
    assert times(state) == [0, 2, 2 + camera_paths.GAP_S] and mistake_in_keys(state.path.keys) is None
    for index in range(80):
        state = camera_paths.add_key(edits.edit_camera(state, azimuth_deg=float(index)))
    assert len(state.path.keys) == 64 and mistake_in_keys(state.path.keys) is None


def test_every_edit_of_an_empty_path_does_nothing():
    state = ViewState()
    for edit in (camera_paths.replace_key, camera_paths.remove_key, camera_paths.toggle_path):
        assert edit(state) == state
    for edit in (camera_paths.advance_path, camera_paths.step_key, camera_paths.shift_key, camera_paths.go_to_time):
        assert edit(state, 1) == state
    assert camera_paths.set_key_time(state, 0, 1) == state and camera_paths.go_to_key(state, 3) == state


@pytest.mark.parametrize("steps", [1, 7, 300])
def test_a_preview_does_not_depend_on_the_number_of_frames(steps):
    state = camera_paths.toggle_path(camera_paths.go_to_time(with_keys(0.0, 40.0, 80.0), 0.0))
    for _ in range(steps):
        state = camera_paths.advance_path(state, 1.5 / steps)
    assert state.camera.azimuth_deg == pytest.approx(camera_at(state.path, 1.5).azimuth_deg)
    assert state.tool.camera.plays
    state = camera_paths.advance_path(state, 10.0)
    assert state.camera.azimuth_deg == 80.0 and not state.tool.camera.plays
    assert camera_paths.toggle_path(state).tool.camera.time_s == 0.0  # again from the start


def test_a_closed_preview_repeats_and_an_edit_of_the_camera_stops_it():
    state = camera_paths.toggle_path(camera_paths.go_to_time(camera_paths.toggle_closed(with_keys(0.0, 90.0)), 0.0))
    state = camera_paths.advance_path(state, 4.0 * 3 + 1.0)
    assert state.tool.camera.plays and state.tool.camera.time_s == pytest.approx(1.0)
    edited = camera_paths.advance_path(camera_paths.set_key_time(state, 1, 3.0), 0.1)
    assert edited.tool.camera.plays  # an edit of the path does not stop it
    orbited = camera_paths.advance_path(cameras.orbit(state, 10.0, 0.0), 0.1)
    assert not orbited.tool.camera.plays and orbited.camera == cameras.orbit(state, 10.0, 0.0).camera


def test_undo_restores_the_camera_from_before_the_preview():
    store = Store(edits.edit_camera(camera_paths.go_to_time(with_keys(0.0, 80.0), 0.0), azimuth_deg=-33.0))
    store.post(camera_paths.toggle_path, "play path")
    store.end_gesture()
    store.post(lambda s: camera_paths.advance_path(s, 0.7), "clock", is_undoable=False)
    store.apply()
    store.post(add_lamp, "add lamp")
    store.post(lambda s: camera_paths.advance_path(s, 0.7), "clock", is_undoable=False)
    store.apply()
    store.undo()  # the lamp: the camera runs on
    assert store.state.tool.camera.time_s == pytest.approx(1.4) and not store.state.light.lamps
    store.undo()
    store.post(lambda s: camera_paths.advance_path(s, 0.1), "clock", is_undoable=False)
    store.apply()
    assert store.state.camera.azimuth_deg == -33.0 and not store.state.tool.camera.plays


def test_the_edits_of_camera_and_path_have_working_keys():
    store = Store(ViewState())
    chords = ("Alt+2", "Alt+K", "Alt+3", "Alt+K", "Alt+EQUAL", "Ctrl+K", "Alt+RIGHT_BRACKET", "Alt+O", "Alt+PAGE_UP")
    for pressed in chords:
        execute(KeyMap().command_at(pressed), fake_commands(store))
        store.apply()
    assert azimuths(store.state) == [-180.0, 90.0] and times(store.state) == [0.0, 2.25]
    assert store.state.path.is_closed and store.state.path.keys[0].camera.fov_deg < 30.0
    for _ in chords:
        assert store.undo()
    assert store.state == ViewState() and not store.can_undo
