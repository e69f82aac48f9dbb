"""The timeline: edits, strip and keys; and the edits that dropped files make."""

from dataclasses import replace
from pathlib import Path

import dearpygui.dearpygui as dpg
import pytest

from app.model.avatar_row import BodyState
from app.model.playback import change_speed, end_here, load_motion_file, range_s, set_range, start_here, step_frames
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, Snapshot
from app.panels.timeline_panel import HEIGHT_PX, INSET_PX, WIDTH_PX, TimelinePanel
from app.viewer.dropped_files import read_dropped
from phynes_core.body.motion.pose_files import SavedPose, write_pose
from phynes_core.errors import PhynesError
from tests.app.fake_commands import Clip, PictureEvents, fake_commands

LENGTH_S, FPS = 4.0, 30.0


def playing_at(time_s: float) -> ViewState:
    return ViewState(BodyState("a", "walk", time_s, True))


def test_stepping_rests_on_whole_frames_within_the_clip():
    assert step_frames(playing_at(1.01), 1, FPS, LENGTH_S).body.time_s == pytest.approx(31 / FPS)
    assert step_frames(playing_at(0.0), -1, FPS, LENGTH_S).body.time_s == 0.0
    assert step_frames(playing_at(4.0), 3, FPS, LENGTH_S).body.time_s == 4.0
    assert not step_frames(playing_at(1.0), 1, FPS, LENGTH_S).body.playing


def test_the_range_begins_and_ends_here_and_an_empty_one_is_the_whole_clip():
    state = end_here(replace(start_here(playing_at(1.0), LENGTH_S), body=replace(
        start_here(playing_at(1.0), LENGTH_S).body, time_s=3.0)), LENGTH_S)  # fmt: skip
    assert range_s(state.body, LENGTH_S) == (1.0, 3.0)
    assert range_s(set_range(state, 2.0, 2.0, LENGTH_S).body, LENGTH_S) == (0.0, LENGTH_S)
    assert range_s(load_motion_file(state, "run").body, LENGTH_S) == (0.0, LENGTH_S)


def test_speeds_step_through_a_list():
    state = change_speed(ViewState(), 1)
    assert state.body.playback.speed == 1.5 and change_speed(state, -1) == ViewState()
    assert change_speed(ViewState(), 99).body.playback.speed == 4.0


def test_keys_step_and_set_the_range():
    store = Store(playing_at(1.0))
    gestures = PictureEvents(fake_commands(store, clock=Clip(LENGTH_S, FPS)))
    for key in ("I", "PERIOD", "PERIOD", "O", "HOME"):
        gestures.key(key)
    store.apply()
    assert range_s(store.state.body, LENGTH_S) == pytest.approx((1.0, 1.0 + 2 / FPS))
    assert store.state.body.time_s == 1.0
    gestures.key("END")
    gestures.key("L", has_control=True)
    gestures.key("LEFT_BRACKET")
    store.apply()
    assert store.state.body.time_s == pytest.approx(1.0 + 2 / FPS)
    assert not store.state.body.playback.loops and store.state.body.playback.speed == 0.5


@pytest.fixture
def strip(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    dpg.create_context()
    store = Store(playing_at(0.5))
    panel = TimelinePanel(PanelContext(fake_commands(store)))
    with dpg.window():
        panel.build()

    def show():
        store.apply()
        panel.sync(Snapshot(store.state, duration_s=LENGTH_S, clip_fps=FPS))
        return store.state.body

    show()
    yield panel, show
    dpg.destroy_context()


def x_of(time_s: float) -> float:
    return INSET_PX + (WIDTH_PX - 2 * INSET_PX) * time_s / LENGTH_S


def test_the_strip_scrubs_and_its_handles_set_the_range(strip):
    panel, show = strip
    panel.press(x_of(2.0))
    panel.move(x_of(3.0))
    panel.release()
    assert show().time_s == pytest.approx(3.0)
    panel.press(x_of(4.0) - 2)
    panel.move(x_of(3.5))
    panel.release()
    panel.press(x_of(0.0) + 2)
    panel.move(x_of(1.0))
    panel.release()
    assert range_s(show(), LENGTH_S) == pytest.approx((1.0, 3.5))
    assert show().time_s == pytest.approx(3.0) and HEIGHT_PX > 0
    panel.move(x_of(2.0))
    assert show().time_s == pytest.approx(3.0)  # after the release nothing is dragged


def test_without_a_clip_the_strip_does_nothing(strip):
    panel, _ = strip
    panel.sync(Snapshot(ViewState()))
    panel.press(100.0)
    panel.move(120.0)
    assert panel._drag is None and not dpg.get_item_configuration("timeline.play")["enabled"]


def dropped(path: Path, state: ViewState) -> ViewState:
    return read_dropped(path).edit(state)


def test_dropped_files_make_the_edit_of_their_kind(tmp_path):
    state = ViewState(BodyState("a"))
    moved = dropped(tmp_path / "Dance.BVH", state).body
    assert moved.motion.endswith("Dance.BVH") and moved.playing
    assert dropped(Path("/x/dawn.exr"), state).light.environment == "/x/dawn.exr"
    assert [body.avatar for body in dropped(Path("/x/b.ckpt"), state).bodies] == ["a", "/x/b.ckpt"]
    rotations = tuple((0.01 * joint, 0.0, 0.0) for joint in range(24))
    write_pose(tmp_path / "pose.json", SavedPose("wave", rotations))
    held = dropped(tmp_path / "pose.json", state).body
    assert held.held_pose == rotations and held.held_share == 1.0


@pytest.mark.parametrize("name", ["notes.txt", "other.json", "no_suffix"])
def test_a_dropped_file_of_no_known_kind_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_text("{}")
    with pytest.raises(PhynesError, match=name):
        read_dropped(tmp_path / name)
