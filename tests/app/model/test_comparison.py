"""The picture right of the comparison slider: chosen by edits, and undone with them."""

from dataclasses import replace

from app.files.light_rigs import LIGHT_PRESETS
from app.files.sessions import SessionError, parse_session, session_text
from app.model import comparison, edits, view_state
from app.model.avatar_row import AvatarRowState, BodyState
from app.model.comparison import compared_state
from app.model.lamps import add_lamp
from app.model.lights import LightState
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.camera_tools import is_right_of_slider
from app.tools.viewport import Viewport
from app.viewer.dropped_files import read_dropped
from tests.app.fake_commands import blank_frame

AVATARS = ("a.ckpt", "b.ckpt", "c.ckpt")
ENVIRONMENTS = ("one.exr", "two.exr")


def test_each_choice_splits_the_picture_and_changes_nothing_else():
    state = ViewState(BodyState("a.ckpt"))
    assert compared_state(comparison.compare_buffer(state, "uv")).display.buffer == "uv"
    other = compared_state(comparison.compare_avatar(state, "b.ckpt"))
    assert other.body == replace(state.body, avatar="b.ckpt") and other.light == state.light
    lit = comparison.compare_environment(add_lamp(state), "one.exr")
    assert lit.compare.is_on and compared_state(lit).light.environment == "one.exr"
    assert compared_state(lit).light.lamps == lit.light.lamps and lit.light.mode == "captured"
    rig = comparison.compare_rig(state, LIGHT_PRESETS["rim"], LightState(mode="none"))
    assert compared_state(rig).light == LightState(mode="none", lamps=LIGHT_PRESETS["rim"])
    assert comparison.compare_buffer(state, "beauty") == state


def test_the_first_buffer_of_a_comparison_is_dropped_when_something_else_is_compared():
    state = comparison.toggle_compare(ViewState())
    assert state.compare.buffer == "shading"
    assert comparison.compare_avatar(state, "b.ckpt").compare.buffer == ""
    chosen = comparison.compare_buffer(state, "normal")
    assert comparison.compare_avatar(chosen, "b.ckpt").compare.buffer == "normal"


def test_steps_go_through_avatars_and_environments_and_return():
    state, seen = ViewState(BodyState("a.ckpt")), []
    for _ in range(3):
        state = comparison.step_compared_avatar(state, AVATARS)
        seen.append(state.compare.avatar)
    assert seen == ["b.ckpt", "c.ckpt", ""]
    dropped = replace(ViewState(BodyState("a.ckpt")), avatar_row=AvatarRowState((BodyState("mine.ckpt"),)))
    last = comparison.compare_avatar(dropped, "c.ckpt")
    assert (
        comparison.step_compared_avatar(last, AVATARS).compare.avatar == "mine.ckpt"
    )  # in the row, not among those offered
    lights = []
    for _ in range(3):
        state = comparison.step_compared_environment(state, ENVIRONMENTS, 1)
        lights.append(state.compare.light and state.compare.light.environment)
    assert lights == ["one.exr", "two.exr", None]
    back = comparison.step_compared_environment(state, ENVIRONMENTS, -1)
    assert back.compare.light is not None and back.compare.light.environment == "two.exr"


def test_a_kept_light_follows_only_the_left_ones_turntable_angle():
    state = comparison.keep_light(edits.edit_light(ViewState(), yaw_deg=30.0))
    state = edits.edit_light(state, yaw_deg=90.0, turn_deg=15.0)
    assert compared_state(state).light == LightState(yaw_deg=30.0, turn_deg=15.0)
    assert comparison.keep_light(state).compare.light is None


def test_every_choice_is_one_step_of_undo_and_part_of_a_session(tmp_path):
    for name in ("b.ckpt", "one.exr"):
        (tmp_path / name).write_bytes(b"x")
    store = Store(ViewState())
    store.post(lambda s: comparison.compare_avatar(s, str(tmp_path / "b.ckpt")), "compare")
    store.end_gesture()
    store.post(lambda s: comparison.compare_environment(s, str(tmp_path / "one.exr")), "compare")
    store.apply()
    text = session_text(store.state)
    assert parse_session(text, "s.json", tmp_path) == store.state
    store.undo()
    assert store.state.compare.light is None and store.state.compare.avatar
    store.undo()
    assert store.state == ViewState()
    try:
        parse_session(text.replace('"is_on"', '"buffer": "beauty", "is_on"'), "s.json", tmp_path)
    except SessionError as error:
        assert "buffer" in str(error) and "beauty" in str(error)
    else:
        raise AssertionError("a buffer that does not exist was taken")


def test_a_comparison_that_cannot_be_rendered_is_reverted():
    shown = comparison.compare_buffer(ViewState(), "uv")
    broken = comparison.compare_avatar(shown, "broken.ckpt")
    assert view_state.revert_sources(broken, shown).compare.avatar == ""


def test_a_file_dropped_on_the_right_picture_changes_that_picture(tmp_path):
    state = comparison.compare_buffer(ViewState(BodyState("a.ckpt")), "")
    lit = read_dropped(tmp_path / "sky.exr", is_right=True).edit(state)
    assert lit.compare.light == replace(state.light, mode="environment", environment=str(tmp_path / "sky.exr"))
    both = read_dropped(tmp_path / "b.ckpt", is_right=True).edit(lit)
    assert both.compare.avatar == str(tmp_path / "b.ckpt") and (both.body, both.light) == (state.body, state.light)
    assert read_dropped(tmp_path / "sky.exr").edit(state).compare == state.compare
    state = replace(state, display=replace(state.display, slider=0.25))
    viewport = Viewport.of(blank_frame(state, 100), (200, 100))
    assert not is_right_of_slider(state, None, (500, 50))  # no picture yet
    assert is_right_of_slider(state, viewport, (76, 50)) and not is_right_of_slider(state, viewport, (74, 50))
