"""Joints in the picture: a click on a limb selects its joint, a dragged ring turns it by the drag's angle."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from pyglm import glm

from app.model import edits, joints
from app.model.avatar_row import BodyState, add_body
from app.model.cameras import CameraState
from app.model.joints import (
    KEY_STEP_DEG,
    NO_JOINT,
    angles_of,
    matrix_of,
    mirror_pose,
    mirrored,
    select_joint,
    set_limit,
    toggle_mirror,
    turn_joint,
    turned,
)
from app.model.preferences import LEFT
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.posing import posed_by, turn_matrices
from app.rendering.render_service import RenderService
from app.tools.commands.key_map import KeyMap
from app.tools.commands.window import NOTHING_HELD
from app.tools.limbs import body_of_face, limb_weights, picked_limb, rings_shown
from app.tools.orbit_view import OrbitView
from app.tools.rings import RingDrag, rings_of
from phynes_core.body.joint_limits import GROUPS, SOFT_DEG, joint_limits, limited
from tests.app.fake_commands import PictureEvents, fake_commands

LEFT_ELBOW, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_KNEE, HEAD, LEFT_WRIST = 18, 16, 17, 4, 15, 20
SIZE = 256


def test_angles_and_matrices_are_inverse_and_agree_with_the_engine():
    generator = np.random.default_rng(3)
    for angles in generator.uniform(-170, 170, (40, 3)):
        matrix = matrix_of(tuple(angles))
        assert np.allclose(matrix, turn_matrices(torch.from_numpy(angles[None]).float())[0].numpy(), atol=1e-5)
        assert np.allclose(matrix_of(angles_of(matrix)), matrix, atol=1e-9)
        assert angles_of(matrix, tuple(angles)) == pytest.approx(tuple(angles), abs=1e-6)
    for straight_up in ((10.0, 90.0, 25.0), (10.0, -90.0, 25.0)):  # x and z turn about one axis there
        assert np.allclose(
            matrix_of(angles_of(matrix_of(straight_up), (0.0, 80.0, 25.0))), matrix_of(straight_up), atol=1e-6
        )


def test_a_joint_turns_about_its_own_axis_and_the_root_about_the_worlds():
    angles = (20.0, -50.0, 70.0)
    for axis in range(3):
        own, root = turned(angles, axis, 33.0, is_root=False), turned(angles, axis, 33.0, is_root=True)
        assert np.allclose(matrix_of(own)[:, axis], matrix_of(angles)[:, axis])
        assert np.allclose((matrix_of(root) @ matrix_of(angles).T)[axis, axis], 1.0)


def test_mirrored_edits_are_mirror_images():
    mirror = np.diag([-1.0, 1.0, 1.0])
    angles = (15.0, -40.0, 65.0)
    assert np.allclose(matrix_of(mirrored(angles)), mirror @ matrix_of(angles) @ mirror)
    state = turn_joint(toggle_mirror(ViewState()), LEFT_SHOULDER, angles)
    assert state.body.joint_angles_deg[RIGHT_SHOULDER] == mirrored(angles)
    assert mirror_pose(state) == state
    alone = turn_joint(ViewState(), LEFT_SHOULDER, angles)
    assert not any(alone.body.joint_angles_deg[RIGHT_SHOULDER])


@pytest.fixture(scope="module")
def session():
    return RenderService()


@pytest.fixture(scope="module")
def shown(session, avatar_file):
    """Two T-poses side by side, seen a little from the side."""
    state = add_body(ViewState(BodyState(str(avatar_file)), CameraState(azimuth_deg=25.0, elevation_deg=12.0)))
    state = edits.edit_display(state, buffer="normal")
    frame = session.render(state, SIZE)
    return frame, OrbitView(state.camera, frame.target, SIZE, SIZE)


def between(frame, view, index, first, second):
    joints = frame.bodies[index].joints
    return view.project(glm.vec3(*(0.5 * (joints[first] + joints[second])).tolist()))[:2]


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("ends, joint", [((16, 18), 16), ((18, 20), 18), ((4, 7), 4), ((2, 5), 2), ((19, 21), 19)])
def test_a_click_picks_the_limb_that_was_clicked(shown, index, ends, joint):
    frame, view = shown
    assert picked_limb(frame, view, *between(frame, view, index, *ends)) == (index, joint)


def test_a_click_on_the_background_picks_nothing(shown):
    frame, view = shown
    assert picked_limb(frame, view, 2.0, 2.0) is None and picked_limb(frame, view, -5.0, 999.0) is None


def test_the_tint_covers_the_limb_of_one_body_alone(shown):
    frame, view = shown
    weights = limb_weights(frame, 1, LEFT_ELBOW)
    x, y = between(frame, view, 1, 18, 20)
    assert weights[int(y), int(x)] > 200
    x, y = between(frame, view, 0, 18, 20)
    assert weights[int(y), int(x)] == 0 and weights[0, 0] == 0
    rows, columns = np.nonzero(weights)
    assert {body_of_face(frame, face) for face in frame.face_index[rows, columns].tolist()} == {1}


def ring_point(rings, view, axis, degrees):
    """Pixel of a point on the ring, at an angle in degrees."""
    angle = math.radians(degrees)
    first, second = rings.axes[:, (axis + 1) % 3], rings.axes[:, (axis + 2) % 3]
    point = np.array(rings.center.to_tuple()) + rings.radius_m * (math.cos(angle) * first + math.sin(angle) * second)
    return view.project(glm.vec3(*point.tolist()))[:2]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("joint", [0, LEFT_SHOULDER, LEFT_KNEE])
def test_dragging_a_ring_by_an_angle_turns_by_that_angle(shown, axis, joint):
    frame, _ = shown
    view = OrbitView(CameraState(azimuth_deg=35.0, elevation_deg=35.0), frame.target, SIZE, SIZE)  # no ring is flat
    rings = rings_of(frame, view, 0, joint)
    assert rings.hit(view, *ring_point(rings, view, axis, 40.0), reach_px=4.0) is not None
    drag = RingDrag(rings, view, axis, *ring_point(rings, view, axis, 40.0))
    for degrees in range(40, 281, 8):  # past half a turn
        drag.move(*ring_point(rings, view, axis, degrees))
    assert drag.degrees == pytest.approx(240.0, abs=0.1)


def test_a_ring_seen_edge_on_is_dragged_along_the_picture(shown):
    frame, _ = shown
    view = OrbitView(CameraState(), frame.target, SIZE, SIZE)  # from the front the x and y rings are lines
    rings = rings_of(frame, view, 1, HEAD)
    start = ring_point(rings, view, 1, 0.0)
    drag = RingDrag(rings, view, 1, *start)
    one_degree = rings.radius_m * math.radians(1.0) * view.focal_px / view.camera.distance_m
    assert abs(drag.move(start[0] + 20 * one_degree, start[1])) == pytest.approx(20.0, rel=0.15)


def test_a_click_then_a_drag_in_the_picture_turn_the_limb_about_the_ring(session, avatar_file):
    state = edits.edit_display(ViewState(BodyState(str(avatar_file))), buffer="normal")
    state = replace(state, camera=replace(session.home_camera(state), azimuth_deg=30.0, elevation_deg=25.0))
    store, calls = Store(state), []
    gestures = PictureEvents(fake_commands(store, calls), session.render(state, SIZE), window=(800, 600))
    viewport = gestures.viewport
    window = viewport.letterbox.to_window(*between(viewport.frame, viewport.view, 0, 16, 18))
    gestures.press(*window, LEFT, False)
    gestures.release(LEFT, *window)
    store.apply()
    assert store.state.tool.selected_joint == LEFT_SHOULDER and not store.can_undo
    rings = rings_shown(store.state, viewport)
    points = [viewport.letterbox.to_window(*ring_point(rings, viewport.view, 2, angle)) for angle in (60, 75, 90, 105)]
    gestures.press(*points[0], LEFT, False)
    assert gestures.tool == "ring" and gestures.gestures.rings.held(viewport).dragged_axis == 2
    for point in points[1:]:
        gestures.move(*point, 0.0, 0.0)
    gestures.release(LEFT, *points[-1])
    assert gestures.gestures.rings.held(viewport).dragged_axis is None
    store.apply()
    assert store.state.body.joint_angles_deg[LEFT_SHOULDER] == pytest.approx((0.0, 0.0, 45.0), abs=1.0)
    assert store.state.camera == state.camera and store.state.tool.joint_axis == 2
    store.undo()
    assert not any(store.state.body.joint_angles_deg[LEFT_SHOULDER])
    gestures.key("ESCAPE")
    store.apply()
    assert store.state.tool.selected_joint == NO_JOINT and calls == []
    gestures.key("ESCAPE")
    assert calls == [("say", KeyMap().filled(NOTHING_HELD))]


def test_keys_reach_every_joint_and_axis():
    store = Store(ViewState())
    gestures = PictureEvents(fake_commands(store))
    for key, has_shift in (("TAB", False), ("TAB", False), ("TAB", True), ("X", False), ("EQUAL", False)):
        gestures.key(key, has_shift=has_shift)
        store.apply()
    assert store.state.tool.selected_joint == 0 and store.state.tool.joint_axis == 1
    assert store.state.body.joint_angles_deg[0] == pytest.approx((0.0, KEY_STEP_DEG, 0.0))
    gestures.key("R", has_alt=True)
    store.apply()
    assert not any(store.state.body.joint_angles_deg[0])


def turned_pose(angles, joint=HEAD, unlimited=()):
    state = joints.set_joint(ViewState(), joint, angles)
    return posed_by(replace(state.body, unlimited=unlimited), None, None, torch.zeros(10))[1].body_pose[joint - 1]


def test_a_turned_head_stops_at_its_limit_unless_limits_are_off():
    small = turned_pose((0.0, 30.0, 0.0))
    assert torch.rad2deg(small) == pytest.approx(torch.tensor([0.0, 30.0, 0.0]), abs=1e-3)
    far = torch.rad2deg(turned_pose((0.0, 170.0, 0.0)))
    assert 55.0 - SOFT_DEG < far[1] <= 55.0
    free = torch.rad2deg(turned_pose((0.0, 170.0, 0.0), unlimited=("head",)))
    assert free[1] == pytest.approx(170.0, abs=1e-2)
    state = set_limit(ViewState(), "head", False)
    assert state.body.unlimited == ("head",) and set_limit(state, "head", True) == ViewState()


def test_limits_are_symmetric_and_do_not_pull_back_a_pose_beyond_them():
    limits = joint_limits()
    assert torch.equal(limits[LEFT_WRIST, 2], -limits[21, 2].flip(0)) and torch.equal(limits[20, 0], limits[21, 0])
    assert sorted(joint for group in GROUPS.values() for joint in group) == list(range(1, 24))
    base = torch.zeros(24, 3)
    base[HEAD, 1] = 2.0  # a clip may exceed the limits
    assert torch.equal(limited(base, base, ("head",)), base)
    further = base.clone()
    further[HEAD, 1] = 2.9
    assert 2.0 < limited(further, base, ("head",))[HEAD, 1] < 2.0 + math.radians(SOFT_DEG) + 1e-6


def test_selecting_a_joint_that_does_not_exist_selects_none():
    assert select_joint(ViewState(), 99).tool.selected_joint == NO_JOINT
