"""Edits of the light and the surroundings."""

import pytest

from app.files.light_rigs import LIGHT_PRESETS
from app.model import edits, lights
from app.model.fields import range_of
from app.model.lamps import LampState, add_lamp, move_lamp_away, set_lamp_kind
from app.model.lights import BACKDROPS, PROBE_COLUMNS, LightState
from app.model.view_state import ViewState


def test_a_sun_turned_into_an_area_lamp_keeps_the_irradiance_at_the_pelvis():
    state = add_lamp(ViewState())
    sun = state.light.lamps[0]
    near = set_lamp_kind(state, 0, "area").light.lamps[0]
    assert near.intensity / near.distance_m**2 == pytest.approx(sun.intensity)
    assert set_lamp_kind(set_lamp_kind(state, 0, "area"), 0, "sun").light.lamps[0] == sun
    assert set_lamp_kind(state, 3, "area") == state == set_lamp_kind(state, 0, "moon")


def test_only_area_lamps_have_a_distance_and_it_stays_in_range():
    state = set_lamp_kind(add_lamp(ViewState()), 0, "area")
    assert move_lamp_away(state, 0, 1e9).light.lamps[0].distance_m == range_of(LampState, "distance_m").reach[1]
    assert move_lamp_away(state, 0, 0.0).light.lamps[0].distance_m == range_of(LampState, "distance_m").reach[0]
    assert move_lamp_away(add_lamp(ViewState()), 0, 2.0) == add_lamp(ViewState())


def test_loaded_environments_are_remembered_once_newest_last():
    state = ViewState()
    for path in ("a.hdr", "b.hdr", "a.hdr"):
        state = lights.choose_environment(state, path)
    assert state.tool.loaded_environments == ("b.hdr", "a.hdr") and state.light.environment == "a.hdr"
    assert lights.environment_paths(("b.hdr", "s.exr"), state.tool.loaded_environments) == (
        "b.hdr", "s.exr", "a.hdr",
    )  # fmt: skip
    assert lights.step_environment(ViewState(), (), 1) == ViewState()
    assert lights.step_environment(ViewState(), ("s.exr", "t.exr"), -1).light.environment == "t.exr"


def test_mirroring_exchanges_left_and_right_and_twice_changes_nothing():
    """Columns between front (24) and left (16) are exchanged with those between front and right (0)."""
    assert {column: lights.mirrored_column(column) for column in (23, 24, 7, 8, 16)} == {
        23: 24, 24: 23, 7: 8, 8: 7, 16: 31,
    }  # fmt: skip
    painted = lights.paint_probes(ViewState(), 3, 16, (1.0, 2.0, 3.0))
    once = lights.mirror_paint(painted)
    assert once.light.probe_edits == ((3 * PROBE_COLUMNS + 31, (1.0, 2.0, 3.0)),)
    assert lights.mirror_paint(once) == painted


def test_a_mirrored_brush_paints_two_cells():
    state = edits.edit_tool(ViewState(), brush_mirrors=True)
    cells = [cell for cell, _ in lights.paint_probes(state, 5, 20, (1.0, 1.0, 1.0)).light.probe_edits]
    assert cells == [5 * PROBE_COLUMNS + 20, 5 * PROBE_COLUMNS + 27]


def test_the_eyedropper_paints_what_it_picked():
    tool = lights.pick_radiance(ViewState(), (2.0, 8.0, 4.0)).tool
    assert tool.brush_color == (0.25, 1.0, 0.5) and tool.brush_intensity == 8.0
    assert lights.pick_radiance(ViewState(), (0.0, 0.0, 0.0)).tool.brush_color == (0.0, 0.0, 0.0)
    assert lights.resize_brush(ViewState(), 9).tool.brush_radius == 4


def test_a_rig_replaces_the_lamps_and_the_environment_only_where_it_has_one():
    lit = edits.edit_light(add_lamp(ViewState()), mode="environment", environment="a.exr")
    rigged = lights.use_rig(lit, LIGHT_PRESETS["rim"], None)
    assert rigged.light.lamps == LIGHT_PRESETS["rim"] and rigged.light.environment == "a.exr"
    assert lights.use_rig(lit, LIGHT_PRESETS["rim"], LightState(mode="none")).light.mode == "none"


def test_backdrops_are_cycled_through():
    state, seen = ViewState(), []
    for _ in BACKDROPS:
        state = lights.next_backdrop(state)
        seen.append(state.surroundings.backdrop)
    assert sorted(seen) == sorted(BACKDROPS) and state == ViewState()
    assert lights.toggle_ground(ViewState()).rendered != ViewState().rendered
    assert lights.edit_surroundings(ViewState(), backdrop="none").rendered == ViewState().rendered
