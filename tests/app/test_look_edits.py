"""Edits of how one looks."""

from app import edits, look_edits
from app.state import LightState, ViewState


def test_comparing_starts_with_something_to_see_and_ends_with_one_picture():
    state = look_edits.toggle_compare(ViewState())
    assert state.compare.is_on and state.compare.buffer not in ("", state.look.buffer)
    assert not look_edits.toggle_compare(state).compare.is_on
    kept = look_edits.edit_compare(ViewState(), light=LightState(mode="none"))
    assert look_edits.toggle_compare(kept).compare.buffer == ""  # two lights are enough


def test_the_wipe_stays_in_the_picture_and_renders_nothing():
    state = look_edits.toggle_compare(ViewState())
    moved = look_edits.move_wipe(state, 1.7)
    assert moved.look.wipe == 1.0 and moved.rendered == state.rendered
    assert look_edits.swap_sides(ViewState()) == ViewState()


def test_the_buffer_of_one_light_goes_from_lamp_to_lamp():
    state = edits.add_lamp(edits.add_lamp(ViewState()))
    seen = []
    for _ in range(3):
        state = look_edits.show_buffer(state, "light_visibility")
        seen.append(state.look.shown_light)
    assert seen == ["lamp:1", "lamp:0", "lamp:1"]  # the newest is the selected one
    bare = look_edits.show_buffer(edits.edit_light(state, lamps=()), "light_visibility")
    assert bare.look.shown_light == "" and look_edits.show_buffer(bare, "beauty") == bare
