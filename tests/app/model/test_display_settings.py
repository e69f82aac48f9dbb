"""Edits of the display settings and of the comparison."""

from app.model import comparison, display_settings, edits
from app.model.lamps import add_lamp
from app.model.lights import LightState
from app.model.view_state import ViewState


def test_a_comparison_starts_with_a_difference_and_ends_with_one_picture():
    state = comparison.toggle_compare(ViewState())
    assert state.compare.is_on and state.compare.buffer not in ("", state.display.buffer)
    assert not comparison.toggle_compare(state).compare.is_on
    kept = comparison.edit_compare(ViewState(), light=LightState(mode="none"))
    assert comparison.toggle_compare(kept).compare.buffer == ""  # two lights are a difference


def test_the_slider_stays_in_the_picture_and_needs_no_new_frame():
    state = comparison.toggle_compare(ViewState())
    moved = comparison.move_slider(state, 1.7)
    assert moved.display.slider == 1.0 and moved.rendered == state.rendered
    assert comparison.swap_sides(ViewState()) == ViewState()


def test_the_buffer_of_one_light_goes_from_lamp_to_lamp():
    state = add_lamp(add_lamp(ViewState()))
    seen = []
    for _ in range(3):
        state = display_settings.show_buffer(state, "light_visibility")
        seen.append(state.display.shown_light)
    assert seen == ["lamp:1", "lamp:0", "lamp:1"]  # the newest is the selected one
    bare = display_settings.show_buffer(edits.edit_light(state, lamps=()), "light_visibility")
    assert bare.display.shown_light == "" and display_settings.show_buffer(bare, "beauty") == bare
