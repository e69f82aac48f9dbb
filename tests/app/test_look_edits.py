"""Edits of how one looks."""

from app.model import edits, looks
from app.model.view_state import LightState, ViewState


def test_comparing_starts_with_something_to_see_and_ends_with_one_picture():
    state = looks.toggle_compare(ViewState())
    assert state.compare.is_on and state.compare.buffer not in ("", state.look.buffer)
    assert not looks.toggle_compare(state).compare.is_on
    kept = looks.edit_compare(ViewState(), light=LightState(mode="none"))
    assert looks.toggle_compare(kept).compare.buffer == ""  # two lights are enough


def test_the_wipe_stays_in_the_picture_and_renders_nothing():
    state = looks.toggle_compare(ViewState())
    moved = looks.move_wipe(state, 1.7)
    assert moved.look.wipe == 1.0 and moved.rendered == state.rendered
    assert looks.swap_sides(ViewState()) == ViewState()


def test_the_buffer_of_one_light_goes_from_lamp_to_lamp():
    state = edits.add_lamp(edits.add_lamp(ViewState()))
    seen = []
    for _ in range(3):
        state = looks.show_buffer(state, "light_visibility")
        seen.append(state.look.shown_light)
    assert seen == ["lamp:1", "lamp:0", "lamp:1"]  # the newest is the selected one
    bare = looks.show_buffer(edits.edit_light(state, lamps=()), "light_visibility")
    assert bare.look.shown_light == "" and looks.show_buffer(bare, "beauty") == bare
