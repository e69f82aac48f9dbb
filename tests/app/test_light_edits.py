"""Edits of light and stage: pure, total, and what they say."""

import pytest

from app import edits, light_edits
from app.light_presets import LIGHT_PRESETS
from app.light_state import BACKDROPS, LightState
from app.state import PROBE_COLUMNS, ViewState


def test_a_sun_turned_into_a_near_lamp_lights_the_pelvis_as_before():
    state = edits.add_lamp(ViewState())
    sun = state.light.lamps[0]
    near = light_edits.set_lamp_kind(state, 0, "area").light.lamps[0]
    assert near.intensity / near.distance_m**2 == pytest.approx(sun.intensity)
    assert light_edits.set_lamp_kind(light_edits.set_lamp_kind(state, 0, "area"), 0, "sun").light.lamps[0] == sun
    assert light_edits.set_lamp_kind(state, 3, "area") == state == light_edits.set_lamp_kind(state, 0, "moon")


def test_only_near_lamps_have_a_distance_and_it_stays_in_range():
    state = light_edits.set_lamp_kind(edits.add_lamp(ViewState()), 0, "area")
    assert light_edits.move_lamp_away(state, 0, 1e9).light.lamps[0].distance_m == light_edits.MAX_DISTANCE_M
    assert light_edits.move_lamp_away(state, 0, 0.0).light.lamps[0].distance_m == light_edits.MIN_DISTANCE_M
    assert light_edits.move_lamp_away(edits.add_lamp(ViewState()), 0, 2.0) == edits.add_lamp(ViewState())


def test_loaded_environments_are_remembered_once_newest_last():
    state = ViewState()
    for path in ("a.hdr", "b.hdr", "a.hdr"):
        state = light_edits.choose_environment(state, path)
    assert state.tool.loaded_environments == ("b.hdr", "a.hdr") and state.light.environment == "a.hdr"
    assert light_edits.environment_paths(("b.hdr", "s.exr"), state.tool.loaded_environments) == (
        "b.hdr", "s.exr", "a.hdr",
    )  # fmt: skip
    assert light_edits.step_environment(ViewState(), (), 1) == ViewState()
    assert light_edits.step_environment(ViewState(), ("s.exr", "t.exr"), -1).light.environment == "t.exr"


def test_mirroring_swaps_left_and_right_and_twice_is_nothing():
    """The middle columns between front (24) and left (16) change with those between front and right (0)."""
    assert {column: light_edits.mirrored_column(column) for column in (23, 24, 7, 8, 16)} == {
        23: 24, 24: 23, 7: 8, 8: 7, 16: 31,
    }  # fmt: skip
    painted = light_edits.paint_probes(ViewState(), 3, 16, (1.0, 2.0, 3.0))
    once = light_edits.mirror_paint(painted)
    assert once.light.probe_edits == ((3 * PROBE_COLUMNS + 31, (1.0, 2.0, 3.0)),)
    assert light_edits.mirror_paint(once) == painted


def test_a_brush_for_both_sides_paints_twice():
    state = edits.edit_tool(ViewState(), brush_mirrors=True)
    cells = [cell for cell, _ in light_edits.paint_probes(state, 5, 20, (1.0, 1.0, 1.0)).light.probe_edits]
    assert cells == [5 * PROBE_COLUMNS + 20, 5 * PROBE_COLUMNS + 27]


def test_the_eyedropper_paints_what_it_picked():
    tool = light_edits.pick_radiance(ViewState(), (2.0, 8.0, 4.0)).tool
    assert tool.brush_color == (0.25, 1.0, 0.5) and tool.brush_intensity == 8.0
    assert light_edits.pick_radiance(ViewState(), (0.0, 0.0, 0.0)).tool.brush_color == (0.0, 0.0, 0.0)
    assert light_edits.resize_brush(ViewState(), 9).tool.brush_radius == 4


def test_a_rig_replaces_the_lamps_and_keeps_the_sky_unless_it_has_one():
    lit = edits.edit_light(edits.add_lamp(ViewState()), mode="environment", environment="a.exr")
    rigged = light_edits.use_rig(lit, LIGHT_PRESETS["rim"], None)
    assert rigged.light.lamps == LIGHT_PRESETS["rim"] and rigged.light.environment == "a.exr"
    assert light_edits.use_rig(lit, LIGHT_PRESETS["rim"], LightState(mode="none")).light.mode == "none"


def test_backdrops_go_around():
    state, seen = ViewState(), []
    for _ in BACKDROPS:
        state = light_edits.next_backdrop(state)
        seen.append(state.stage.backdrop)
    assert sorted(seen) == sorted(BACKDROPS) and state == ViewState()
    assert light_edits.toggle_ground(ViewState()).rendered != ViewState().rendered
    assert light_edits.edit_stage(ViewState(), backdrop="none").rendered == ViewState().rendered
