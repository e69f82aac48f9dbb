"""Declared fields: edits clamp to them, sliders take their range from them, sessions hold every state of edits."""

import dataclasses
import math
import typing
from dataclasses import replace

import dearpygui.dearpygui as dpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.files.records import from_record, to_record
from app.files.sessions import parse_session, session_text
from app.model import avatar_row, camera_paths, cameras, comparison, edits, exports, joints, lights, materials, playback
from app.model.avatar_row import BodyState
from app.model.camera_paths import CameraKey, CameraPath
from app.model.cameras import CameraState, CameraTool
from app.model.display_settings import DisplaySettings
from app.model.exports import StillState, TurntableState
from app.model.fields import Number, changed, hints_of, number_in, range_of
from app.model.lamps import (
    MAX_LAMPS,
    LampState,
    add_lamp,
    edit_lamp,
    move_lamp,
    move_lamp_away,
    remove_lamp,
    set_lamp_kind,
)
from app.model.lights import LightState, Surroundings
from app.model.materials import MaterialState, StrokeState
from app.model.playback import PlaybackState
from app.model.tools import ToolState
from app.model.view_state import ViewState
from app.panels.widgets import declared


def dataclasses_in(hint: object) -> set[type]:
    """Every dataclass that a type holds, at any depth."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        found = {hint}
        for inner in hints_of(hint).values():
            found |= dataclasses_in(inner)
        return found
    return {kind for inner in typing.get_args(hint) for kind in dataclasses_in(inner)}


STATES = sorted(dataclasses_in(ViewState), key=lambda kind: kind.__name__)
FIELDS = [(kind, name) for kind in STATES for name in hints_of(kind)]


def undeclared_numbers(hint: object, number: Number | None = None) -> list[object]:
    """The types of numbers in a type for which no range is declared."""
    if typing.get_origin(hint) is typing.Annotated:
        plain, *declarations = typing.get_args(hint)
        number = next((item for item in declarations if isinstance(item, Number)), number)
        return undeclared_numbers(plain, number)
    if hint in (int, float):
        return [] if number is not None else [hint]
    return (
        []
        if dataclasses.is_dataclass(hint)
        else [x for inner in typing.get_args(hint) for x in undeclared_numbers(inner)]
    )


@pytest.mark.parametrize("kind, name", FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_every_number_of_the_state_declares_its_range(kind, name):
    assert not undeclared_numbers(hints_of(kind)[name])


def test_the_tests_of_fields_reach_nested_states():
    assert {LampState, CameraKey, StrokeState, TurntableState, StillState, CameraTool, Surroundings} < set(STATES)


def test_defaults_are_valid_and_sliders_lie_within_the_declared_range():
    assert from_record(ViewState, to_record(ViewState(), has_defaults=True)) == ViewState()
    for kind, name in FIELDS:
        try:
            number = range_of(kind, name)
        except LookupError:
            continue
        least, most = number.reach
        assert number.least <= least < most <= number.most, (kind, name)
        assert "%" in number.format, (kind, name)


# edits


def test_edits_clamp_to_the_declared_range():
    assert changed(LampState(), temperature_k=500.0).temperature_k == 1000.0
    assert changed(LampState(), temperature_k=-1.0).temperature_k == 0.0
    assert changed(LampState(), temperature_k=1e9, kind="area").temperature_k == 40_000.0
    assert changed(LightState(), tint=(0.5, -1.0, math.inf)).tint == (0.5, 0.0, range_of(LightState, "tint").most)
    assert changed(CameraState(), fov_deg=math.nan).fov_deg == 1.0
    cells = lights.paint_probes(ViewState(), 3, 5, (-1.0, 2.0, 1e12)).light.probe_edits
    assert cells == ((101, (0.0, 2.0, range_of(LightState, "tint").most)),)
    assert cameras.set_fov(ViewState(), 500.0).camera.fov_deg == 150.0
    assert edits.edit_tool(ViewState(), selected_lamp=99).tool.selected_lamp == MAX_LAMPS - 1


ANY = st.floats(width=32)
ANY_RGB = st.tuples(ANY, ANY, ANY)
INDEX = st.integers(-3, 30)


def numbers_of(kind: type) -> list[tuple[str, type]]:
    """Fields that hold one number, with its type."""
    plain = ((name, typing.get_args(hint)) for name, hint in hints_of(kind).items())
    return [(name, found[0]) for name, found in plain if found and found[0] in (int, float)]


def changes_of(kind: type) -> st.SearchStrategy:
    """One field of a class with any number."""
    values = {float: ANY, int: st.integers(-1000, 1000)}
    return st.one_of([st.builds(lambda v, n=name: {n: v}, values[is_a]) for name, is_a in numbers_of(kind)])


def edit_of(function, *arguments):
    return st.builds(lambda *given: lambda state: function(state, *given), *arguments)


def keywords_of(function, kind):
    return st.builds(lambda changes: lambda state: function(state, **changes), changes_of(kind))


EDITS = st.one_of(
    keywords_of(edits.edit_body, BodyState), keywords_of(edits.edit_camera, CameraState),
    keywords_of(edits.edit_light, LightState), keywords_of(edits.edit_display, DisplaySettings),
    keywords_of(edits.edit_tool, ToolState), keywords_of(playback.edit_playback, PlaybackState),
    keywords_of(lights.edit_surroundings, Surroundings), keywords_of(exports.edit_turntable, TurntableState),
    keywords_of(exports.edit_still, StillState), keywords_of(materials.edit_materials, MaterialState),
    keywords_of(materials.edit_next_stroke, StrokeState),
    st.builds(lambda i, c: lambda s: edit_lamp(s, i, **c), INDEX, changes_of(LampState)),
    st.builds(lambda color: lambda s: edits.edit_light(s, tint=color), ANY_RGB),
    st.builds(lambda color: lambda s: edits.edit_display(s, background=color), ANY_RGB),
    st.builds(lambda metres: lambda s: avatar_row.edit_avatar_row(s, spacing_m=metres), ANY),
    st.sampled_from([
        add_lamp, lights.mirror_paint, avatar_row.remove_body, camera_paths.add_key, camera_paths.replace_key,
        camera_paths.toggle_closed, camera_paths.toggle_path, comparison.toggle_compare, comparison.keep_light,
        materials.compare_plain, comparison.swap_sides,
    ]),
    edit_of(avatar_row.add_body), edit_of(avatar_row.choose_body, INDEX), edit_of(remove_lamp, INDEX),
    edit_of(move_lamp, INDEX, ANY, ANY), edit_of(move_lamp_away, INDEX, ANY),
    edit_of(set_lamp_kind, INDEX, st.sampled_from(["sun", "area"])),
    edit_of(lights.paint_probes, INDEX, INDEX, ANY_RGB), edit_of(lights.pick_radiance, ANY_RGB),
    edit_of(lights.resize_brush, INDEX), edit_of(materials.resize_brush, INDEX),
    edit_of(materials.pick_material, ANY_RGB, ANY),
    edit_of(materials.begin_stroke, st.tuples(st.tuples(ANY, ANY))), edit_of(materials.fill_at, st.tuples(ANY, ANY)),
    edit_of(joints.set_joint, INDEX, ANY_RGB), edit_of(joints.set_share, ANY),
    edit_of(joints.hold_pose, st.builds(lambda turn: (turn,) * joints.NUM_JOINTS, ANY_RGB)),
    edit_of(avatar_row.set_shape, st.integers(0, 9), ANY), edit_of(comparison.move_slider, ANY),
    edit_of(cameras.set_fly_speed, ANY), edit_of(cameras.set_fov, ANY),
    edit_of(cameras.orbit, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
    edit_of(cameras.look, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
    edit_of(cameras.fly, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)),
    edit_of(camera_paths.set_key_time, INDEX, st.floats(-1e4, 1e4)), edit_of(camera_paths.set_closing, ANY),
    edit_of(camera_paths.go_to_time, ANY), edit_of(camera_paths.shift_key, INDEX),
)  # fmt: skip


@given(st.lists(EDITS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_every_state_that_edits_can_make_is_restored_from_its_session(tmp_path_factory, listed):
    state = ViewState()
    for edit in listed:
        state = edit(state)
    assert parse_session(session_text(state), "s", tmp_path_factory.getbasetemp()) == state


# sliders


def test_a_slider_takes_range_format_and_label_from_the_field():
    assert declared(range_of(LampState, "azimuth_deg")) == {
        "min_value": -180.0, "max_value": 180.0, "format": "azimuth  %.0f°",
    }  # fmt: skip
    assert declared(range_of(StrokeState, "radius_m")) == {
        "min_value": 0.2, "max_value": 30.0, "format": "radius %.1f cm",
    }  # fmt: skip
    assert declared(range_of(DisplaySettings, "exposure_ev"))["label"] == "exposure"
    brush = declared(range_of(ToolState, "brush_radius"))
    assert (brush["min_value"], brush["max_value"], type(brush["max_value"])) == (0, 4, int)


def test_a_slider_returns_the_fields_value():
    from app.panels.widgets import slider

    given = []
    dpg.create_context()
    with dpg.window():
        slider("radius", range_of(StrokeState, "radius_m"), given.append, width=-1)
        slider("cells", range_of(ToolState, "brush_radius"), given.append)
    dpg.get_item_callback("radius")(None, 20.0)
    dpg.get_item_callback("cells")(None, 3)
    dpg.destroy_context()
    assert given == [0.2, 3]


def test_a_tuple_of_different_numbers_is_clamped_one_by_one():
    assert number_in(hints_of(LightState)["probe_edits"]).most == 511
    path = changed(CameraPath(), closing_s=1e9)
    assert path.closing_s == 600.0 and replace(path, closing_s=2.0) == CameraPath()
