"""Edits: pure functions that clamp numbers and ignore what does not exist."""

import math

import pytest

from app.model import cameras, edits, joints, lights, materials, view_state
from app.model.cameras import CameraState
from app.model.fields import range_of
from app.model.joints import NUM_JOINTS
from app.model.lamps import MAX_LAMPS, add_lamp, edit_lamp, move_lamp, remove_lamp
from app.model.lights import PROBE_COLUMNS
from app.model.view_state import ViewState
from app.panels.pose_panel import LIMBS

ELEVATION_DEG = range_of(CameraState, "elevation_deg").reach[1]


def test_dragging_right_turns_the_avatar_with_the_pointer():
    camera = cameras.orbit(ViewState(), dx_px=10, dy_px=0).camera
    assert camera.azimuth_deg < 0  # the camera goes left, so what is in front moves right


def test_the_camera_never_passes_over_the_pole():
    state = cameras.orbit(ViewState(), 0, 10_000)
    assert state.camera.elevation_deg == ELEVATION_DEG
    assert cameras.orbit(state, 0, -100_000).camera.elevation_deg == -ELEVATION_DEG


def test_zoom_is_undone_by_zooming_back_and_stays_in_range():
    camera = CameraState()
    closer = CameraState(distance_m=cameras.closer_m(camera, 3))
    assert closer.distance_m < camera.distance_m
    assert cameras.closer_m(closer, -3) == pytest.approx(camera.distance_m)
    assert (cameras.closer_m(camera, 500), cameras.closer_m(camera, -500)) == range_of(CameraState, "distance_m").reach


def test_another_lens_keeps_the_size_of_what_is_orbited():
    state = cameras.set_fov(ViewState(), 60.0)
    before, after = ViewState().camera, state.camera
    assert before.distance_m * math.tan(math.radians(15)) == pytest.approx(
        after.distance_m * math.tan(math.radians(30))
    )


def test_joints_are_set_and_reset_one_by_one():
    state = joints.set_joint(joints.set_joint(ViewState(), 18, (10, 20, 30)), 4, (5, 0, 0))
    assert state.body.joint_angles_deg[18] == (10.0, 20.0, 30.0)
    state = joints.reset_joints(state, (18,))
    assert state.body.joint_angles_deg[18] == (0.0, 0.0, 0.0) and state.body.joint_angles_deg[4] == (5.0, 0.0, 0.0)
    assert joints.reset_joints(state) == ViewState()
    assert joints.set_joint(state, 99, (1, 1, 1)) == state


def test_every_joint_has_exactly_one_slider():
    joints = sorted(joint for _, limb in LIMBS for joint, _ in limb)
    assert joints == list(range(NUM_JOINTS))


def test_new_lamps_are_selected_and_a_removed_one_leaves_a_valid_selection():
    state = ViewState()
    for count in range(MAX_LAMPS):
        state = add_lamp(state)
        assert state.tool.selected_lamp == count and len(state.light.lamps) == count + 1
    assert add_lamp(state) == state
    directions = {(lamp.azimuth_deg, lamp.elevation_deg) for lamp in state.light.lamps}
    assert len(directions) == MAX_LAMPS
    state = remove_lamp(state, MAX_LAMPS - 1)
    assert state.tool.selected_lamp == MAX_LAMPS - 2
    while state.light.lamps:
        state = remove_lamp(state, 0)
    assert state.tool.selected_lamp == 0
    assert remove_lamp(state, 0) == state and edit_lamp(state, 0, intensity=9.0) == state
    assert move_lamp(state, 3, 0.0, 0.0) == state


def test_lamps_wrap_around_and_stop_at_the_poles():
    state = move_lamp(add_lamp(ViewState()), 0, 190.0, 120.0)
    assert state.light.lamps[0].azimuth_deg == -170.0
    assert state.light.lamps[0].elevation_deg == ELEVATION_DEG


def test_painting_sets_single_probes_and_clears():
    state = lights.paint_probes(ViewState(), 3, 5, (1.0, 2.0, 3.0))
    assert state.light.probe_edits == ((3 * PROBE_COLUMNS + 5, (1.0, 2.0, 3.0)),)
    state = lights.paint_probes(state, 3, 5, (0.0, 0.0, 0.0))
    assert state.light.probe_edits == ((3 * PROBE_COLUMNS + 5, (0.0, 0.0, 0.0)),)
    assert lights.clear_paint(state).light.probe_edits == ()
    assert lights.paint_probes(state, 16, 0, (1.0, 1.0, 1.0)) == state


def test_a_brush_wraps_sideways_but_not_over_the_poles():
    cells = lights.brush_cells(0, 0, 1)
    assert set(cells) == {0, 1, PROBE_COLUMNS - 1, PROBE_COLUMNS, PROBE_COLUMNS + 1, 2 * PROBE_COLUMNS - 1}
    assert lights.brush_cells(7, 7, 0) == [7 * PROBE_COLUMNS + 7]


def test_files_that_cannot_be_read_are_reverted_and_other_edits_stay():
    shown = ViewState()
    asked = edits.edit_light(edits.edit_display(shown, exposure_ev=1.0), mode="environment", environment="broken.exr")
    assert view_state.revert_sources(asked, shown) == edits.edit_display(shown, exposure_ev=1.0)


def test_the_newest_fill_follows_the_tolerance_while_the_tool_is_held():
    state = materials.fill_at(materials.take_tool(ViewState(), "fill"), (0.5, 0.5))
    wider = materials.adjust_fill(state, tolerance=0.3)
    assert wider.body.materials.strokes[-1].tolerance == wider.tool.brush.stroke.tolerance == 0.3
    away = materials.adjust_fill(materials.take_tool(state, "fill"), tolerance=0.4)
    assert away.body.materials == state.body.materials and away.tool.brush.stroke.tolerance == 0.4
