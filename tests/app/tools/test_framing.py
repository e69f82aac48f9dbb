"""The wheel keeps what is under the pointer; commands and a double click frame parts of a body."""

import math
from dataclasses import replace

import numpy as np
import pytest
from pyglm import glm

from app.model.cameras import CameraState
from app.model.edits import edit_tool
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.body_parts import PART_OF_JOINT, PARTS, whole
from app.rendering.frames import ShownBody
from app.tools.framing import frame_held, frame_part, frame_under
from app.tools.orbit_view import OrbitView, zoomed
from app.tools.viewport import Viewport
from tests.app.fake_commands import PictureEvents, blank_frame, fake_commands

TURNED = CameraState(azimuth_deg=35.0, elevation_deg=20.0, pan_m=(0.1, -0.2, 0.3))
PELVIS = np.array([0.0, 1.0, 0.0])


def view_of(camera: CameraState) -> OrbitView:
    return OrbitView(camera, tuple(PELVIS + camera.pan_m), 400, 400)


@pytest.mark.parametrize("notches", [1.0, 5.0, -3.0])
@pytest.mark.parametrize("pixel", [(200.0, 200.0), (320.0, 90.0)])
def test_what_is_under_the_pointer_stays_there(notches, pixel):
    view = view_of(TURNED)
    ray = view.ray(*pixel)
    point = view.eye + ray * (TURNED.distance_m / glm.dot(ray, view.axes[2]))
    after = view_of(zoomed(view, notches, *pixel))
    assert after.project(point)[:2] == pytest.approx(pixel, abs=1e-3)
    assert (after.camera.distance_m < TURNED.distance_m) == (notches > 0)


def body() -> ShownBody:
    """Joints on a grid, so that each part has a place of its own."""
    joints = np.stack([np.arange(24) % 5, np.arange(24) // 5, np.zeros(24)], 1) * 0.2
    axes = np.broadcast_to(np.eye(3), (24, 3, 3))
    weights = np.zeros((24, 24), np.uint8)
    weights[np.arange(24), np.arange(24)] = 255  # face i belongs to joint i
    return ShownBody(joints, axes, np.zeros((24, 3)), 0.0, 0.0, 0, weights)


def store_and_frame(joint: int = -1):
    store = Store(edit_tool(replace(ViewState(), camera=TURNED), selected_joint=joint))
    faces = np.full((64, 64), -1, np.int32)
    faces[10, 20] = 15
    frame = blank_frame(store.state, 64, tuple(PELVIS + TURNED.pan_m))
    return store, replace(frame, bodies=(body(),), faces=faces)


def seen(store: Store) -> np.ndarray:  # the orbited point
    return PELVIS + np.asarray(store.state.camera.pan_m)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_comes_to_the_middle_and_the_direction_stays(name):
    store, frame = store_and_frame()
    frame_part(store, frame, name)
    store.apply()
    part, camera = PARTS[name][0], store.state.camera
    points = frame.bodies[0].joints[list(part.joints)]
    assert (camera.azimuth_deg, camera.elevation_deg, camera.fov_deg) == (35.0, 20.0, TURNED.fov_deg)
    half = camera.distance_m * math.tan(math.radians(0.5 * camera.fov_deg))
    assert np.linalg.norm(points - seen(store), axis=1).max() < half  # all of it is in the picture
    assert half < 0.8


def test_hands_are_framed_one_after_the_other():
    store, frame = store_and_frame()
    places = []
    for _ in range(3):
        frame_part(store, frame, "hands")
        store.apply()
        places.append(seen(store))
    assert not np.allclose(places[0], places[1]) and np.allclose(places[0], places[2])


def test_the_held_limb_is_framed_and_nothing_without_one():
    store, frame = store_and_frame()
    assert not frame_held(store, frame)
    store, frame = store_and_frame(joint=21)
    assert frame_held(store, frame)
    store.apply()
    joints = frame.bodies[0].joints[list(PART_OF_JOINT[21].joints)]
    assert np.allclose(seen(store), 0.5 * (joints.min(0) + joints.max(0)))


def test_every_joint_belongs_to_a_part():
    assert set(PART_OF_JOINT) == set(range(24))


def test_what_is_under_a_double_click_is_framed():
    store, frame = store_and_frame()
    viewport = Viewport.of(frame, (64, 64))
    assert not frame_under(store, viewport, (60.5, 60.5))
    assert frame_under(store, viewport, (20.5, 10.5))
    store.apply()
    assert np.allclose(seen(store), frame.bodies[0].joints[15] + (0.0, PART_OF_JOINT[15].up_m, 0.0))


def test_two_clicks_at_one_place_are_a_double_click_and_a_third_is_not():
    calls: list = []
    store, frame = store_and_frame()
    events = PictureEvents(fake_commands(store, calls), frame, window=(64, 64))
    for _ in range(3):
        events.press(20, 10)
        events.release(x=20, y=10)
    assert [call[0] for call in calls] == ["cameras.frame_under"]
    events.press(40, 40)
    events.release(x=40, y=40)
    assert len(calls) == 1  # elsewhere


def test_the_whole_body_is_framed_with_the_present_lens_and_direction():
    home = CameraState(distance_m=4.0)
    camera = whole(replace(ViewState(), camera=replace(TURNED, fov_deg=60.0)), home).camera
    assert (camera.azimuth_deg, camera.elevation_deg, camera.pan_m) == (35.0, 20.0, (0.0, 0.0, 0.0))
    assert camera.distance_m * math.tan(math.radians(30)) == pytest.approx(4.0 * math.tan(math.radians(15)))
