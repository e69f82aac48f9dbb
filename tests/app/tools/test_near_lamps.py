"""Near lamps in the picture: the handle stands where the lamp is, and axes move it along the world's."""

from dataclasses import replace

import pytest
from pyglm import glm

from app.model.lamps import LampState, lamp_offset
from app.model.lights import LightState
from app.model.preferences import LEFT
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.lamps import lamp_axes, lamp_handle, near_position
from app.tools.orbit_view import OrbitView
from tests.app.fake_commands import PictureEvents, blank_frame, fake_commands

NEAR = LampState(50.0, 20.0, kind="area", distance_m=0.8)


def events_of(*lamps: LampState) -> tuple[Store, PictureEvents]:
    state = replace(ViewState(), light=LightState(lamps=lamps))
    store = Store(state)
    return store, PictureEvents(fake_commands(store), blank_frame(state, 512))


def view_of(events: PictureEvents) -> OrbitView:
    return events.viewport.view


def test_the_handle_of_a_near_lamp_stands_at_its_position():
    _, events = events_of(NEAR)
    view = view_of(events)
    handle, position = lamp_handle(view, NEAR), near_position(view, NEAR)
    assert position == glm.vec3(*view.target) + glm.vec3(*lamp_offset(NEAR))
    assert (handle.x_px, handle.y_px) == pytest.approx(view.project(position)[:2])


def test_one_out_of_sight_keeps_a_handle_in_the_picture_and_has_no_axes():
    _, events = events_of(NEAR)
    far = replace(NEAR, distance_m=5.9, azimuth_deg=90.0)
    handle = lamp_handle(view_of(events), far)
    assert near_position(view_of(events), far) is None and 0 <= handle.x_px <= 512
    assert lamp_axes(view_of(events), far, 64.0) == () == lamp_axes(view_of(events), LampState(), 64.0)


@pytest.mark.parametrize("number", [0, 1])
def test_a_drag_of_an_axis_moves_the_lamp_along_it_under_the_pointer(number):
    store, events = events_of(NEAR)
    view = view_of(events)
    axis = lamp_axes(view, NEAR, 64.0)[number]
    start = (0.5 * (axis.start[0] + axis.end[0]), 0.5 * (axis.start[1] + axis.end[1]))
    step = (axis.end[0] - axis.start[0], axis.end[1] - axis.start[1])
    events.press(*start, LEFT)
    assert events.tool == "lamp axis"
    events.move(start[0] + step[0], start[1] + step[1])
    events.release(LEFT)
    store.apply()
    moved = store.state.light.lamps[0]
    before, after = lamp_offset(NEAR), lamp_offset(moved)
    changed = [abs(old - new) > 1e-4 for old, new in zip(before, after, strict=True)]
    assert changed == [part == axis.axis for part in range(3)]
    shown, was = lamp_handle(view, moved), lamp_handle(view, NEAR)
    # nearer or farther lamps move differently on the screen: the pointer's point of the axis follows, not the disc
    assert (shown.x_px - was.x_px) * step[0] + (shown.y_px - was.y_px) * step[1] > 0
    store.undo()
    assert store.state.light.lamps[0] == NEAR


def test_a_drag_of_the_disc_keeps_the_distance():
    store, events = events_of(NEAR)
    handle = lamp_handle(view_of(events), NEAR)
    events.press(handle.x_px, handle.y_px)
    assert events.tool == "lamp"
    events.move(handle.x_px - 30, handle.y_px + 10)
    events.release()
    store.apply()
    moved = store.state.light.lamps[0]
    after = lamp_handle(view_of(events), moved)
    assert moved.distance_m == NEAR.distance_m
    assert (after.x_px, after.y_px) == pytest.approx((handle.x_px - 30, handle.y_px + 10), abs=0.5)
