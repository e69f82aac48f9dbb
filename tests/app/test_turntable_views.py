"""A turntable is a pure sequence of views."""

import pytest

from app import edits
from app.state import TurntableState, ViewState
from app.turntable import turntable_views

SETTINGS = TurntableState(seconds=2.0, fps=12)


def test_the_camera_goes_round_once_and_does_not_repeat_its_first_view():
    start = edits.orbit(ViewState(), -50, 10)
    views = list(turntable_views(start, SETTINGS))
    assert len(views) == 24 and views[0] == start
    steps = [
        (b.camera.azimuth_deg - a.camera.azimuth_deg) % 360 for a, b in zip(views, [*views[1:], views[0]], strict=True)
    ]
    assert steps == pytest.approx([15.0] * 24)
    assert {view.light for view in views} == {start.light}


def test_all_light_goes_round_together():
    start = edits.add_lamp(edits.add_lamp(ViewState()))
    views = list(turntable_views(start, TurntableState(spin="light", seconds=1.0, fps=4)))
    assert [view.light.turn_deg for view in views] == [0.0, 90.0, -180.0, -90.0]
    for lamp, first in zip(views[1].light.lamps, start.light.lamps, strict=True):
        assert lamp.azimuth_deg == edits.wrap_deg(first.azimuth_deg + 90.0)
    assert {view.camera for view in views} == {start.camera}


def test_the_motion_runs_on_request_and_loops():
    start = edits.edit_body(ViewState(), motion="walk", time_s=0.5)
    still = list(turntable_views(start, SETTINGS, durations_s={"walk": 1.0}))
    assert {view.body.time_s for view in still} == {0.5}
    moving = list(
        turntable_views(start, TurntableState(seconds=1.0, fps=10, plays_motion=True), durations_s={"walk": 1.0})
    )
    assert [view.body.time_s for view in moving] == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9, 0.0, 0.1, 0.2, 0.3, 0.4])


def test_an_unknown_spin_is_refused():
    with pytest.raises(ValueError, match="expected one of camera, light, path, got 'table'"):
        list(turntable_views(ViewState(), TurntableState(spin="table")))
