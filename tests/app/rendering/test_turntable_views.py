"""The views of a video."""

from dataclasses import replace
from typing import get_args, get_type_hints

import pytest

from app.commands.turntable import Turntable
from app.model import cameras, edits, fields
from app.model.exports import SPINS, TurntableState
from app.model.lamps import add_lamp
from app.model.playback import PlaybackState
from app.model.view_state import ViewState
from app.panels.record_panel import KINDS as PANEL_KINDS
from app.rendering.exports.video_views import KINDS, turntable_views
from phynes_core.errors import OutputError

SETTINGS = TurntableState(seconds=2.0, fps=12)


def test_the_camera_goes_round_once_and_does_not_repeat_its_first_view():
    start = cameras.orbit(ViewState(), -50, 10)
    views = list(turntable_views(start, SETTINGS))
    assert len(views) == 24 and views[0] == start
    steps = [
        (b.camera.azimuth_deg - a.camera.azimuth_deg) % 360 for a, b in zip(views, [*views[1:], views[0]], strict=True)
    ]
    assert steps == pytest.approx([15.0] * 24)
    assert {view.light for view in views} == {start.light}


def test_environment_and_lamps_turn_together():
    start = add_lamp(add_lamp(ViewState()))
    views = list(turntable_views(start, TurntableState(spin="light", seconds=1.0, fps=4)))
    assert [view.light.turn_deg for view in views] == [0.0, 90.0, -180.0, -90.0]
    for lamp, first in zip(views[1].light.lamps, start.light.lamps, strict=True):
        assert lamp.azimuth_deg == fields.wrap_deg(first.azimuth_deg + 90.0)
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
    with pytest.raises(ValueError, match="expected one of camera, light, timeline, path, got 'table'"):
        list(turntable_views(ViewState(), TurntableState(spin="table")))


def test_the_timeline_plays_the_range_once_at_its_speed():
    playback = PlaybackState(speed=2.0, start_s=0.5, end_s=1.5)
    start = edits.edit_body(ViewState(), motion="walk", time_s=1.2, playback=playback)
    settings = TurntableState(spin="timeline", fps=10)
    views = list(turntable_views(start, settings, {"walk": 3.0}))
    assert [view.body.time_s for view in views] == pytest.approx([0.5, 0.7, 0.9, 1.1, 1.3])
    assert {view.camera for view in views} == {start.camera}
    as_wanted = list(turntable_views(start, replace(settings, fits=False, seconds=0.2), {"walk": 3.0}))
    assert [view.body.time_s for view in as_wanted] == pytest.approx([1.2, 1.4])


@pytest.mark.parametrize("spin, message", [("timeline", "expected a clip to play"), ("path", "two keys at least")])
def test_a_timeline_without_a_clip_and_a_path_without_keys_are_refused(spin, message):
    with pytest.raises(OutputError, match=message):
        list(turntable_views(ViewState(), TurntableState(spin=spin)))


def test_every_kind_has_a_name_in_the_panel_and_on_the_command_line():
    assert tuple(KINDS) == SPINS == tuple(PANEL_KINDS)
    assert get_args(get_type_hints(Turntable)["spin"]) == SPINS
