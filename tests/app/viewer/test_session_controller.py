"""Sessions: saving, opening, restoring after a crash, recent files, and sessions on the command line."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import command_name, main
from app.files.autosave import (
    MOST_ENDED,
    Autosave,
    autosave_folder,
    earlier_sessions,
    ended_sessions,
    lost_sessions,
)
from app.files.sessions import load_session, save_session
from app.model import cameras, edits
from app.model.avatar_row import BodyState
from app.model.lamps import add_lamp, edit_lamp, move_lamp
from app.model.status import OpenedSession
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.thumbnails import LightThumbnails
from app.viewer.lights import LightController, RigController
from app.viewer.sessions import SessionController


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)


class Bench:
    """A session controller, its store, and its messages."""

    def __init__(self, avatar_file, opened=OpenedSession()):  # noqa: B008 - frozen
        self.said = []
        self.store = Store(ViewState(BodyState(str(avatar_file.resolve()))))
        self.lights = LightController(self.store, self.say, LightThumbnails())
        self.controller = SessionController(self.store, self.say, self.lights, opened)

    def say(self, text, is_error=False):
        self.said.append((text, is_error))

    def edit(self, **changes):
        self.store.post(lambda s: edits.edit_light(s, **changes), "light")
        self.store.end_gesture()
        self.store.apply()


def crash(state):
    """Leave the files of a viewer that ended unexpectedly."""
    autosave = Autosave(ViewState())
    autosave.write_if_due(state, time.monotonic())
    autosave._writer.join(10)
    autosave._lock.release()


def test_saving_twice_writes_one_file_and_says_whether_it_is_current(avatar_file):
    bench = Bench(avatar_file)
    bench.edit(yaw_deg=20.0)
    assert not bench.controller.status.is_saved
    bench.controller.save()
    assert bench.controller.status.name == "small_session.json" and bench.controller.status.is_saved
    bench.edit(yaw_deg=30.0)
    assert not bench.controller.status.is_saved
    bench.controller.save()
    assert load_session(Path("small_session.json")) == bench.store.state
    assert len(list(Path().glob("*.json"))) == 1


def test_a_new_session_never_replaces_an_older_file(avatar_file):
    Path("small_session.json").write_text("mine")
    bench = Bench(avatar_file)
    bench.controller.save()
    assert Path("small_session.json").read_text() == "mine" and Path("small_session_2.json").is_file()


def test_opening_is_one_step_that_undo_takes_back(avatar_file, tmp_path):
    bench = Bench(avatar_file)
    before = bench.store.state
    other = cameras.orbit(add_lamp(before), 30, 10)
    save_session(tmp_path / "other.json", other)
    bench.controller.open("other.json")
    assert bench.store.state == other and bench.controller.status.name == "other.json"
    bench.store.undo()
    assert bench.store.state == before


def test_a_file_that_is_no_session_is_a_message_and_changes_nothing(avatar_file, tmp_path):
    bench = Bench(avatar_file)
    before = bench.store.state
    (tmp_path / "bad.json").write_text('{"format": "phynes session", "version": 2, "view": {"light": {"lamps": 3}}}')
    bench.controller.open("bad.json")
    assert bench.store.state == before and bench.controller.status.name == ""
    text, is_error = bench.said[-1]
    assert is_error and "light.lamps: expected a list, got 3" in text and "\n" not in text


def test_a_path_that_cannot_be_written_gives_a_message(avatar_file, tmp_path):
    bench = Bench(avatar_file)
    (tmp_path / "file").write_text("")
    bench.controller.save_as("file/s.json")
    assert bench.said[-1][1] and "cannot write here" in bench.said[-1][0]


def test_a_lost_session_is_offered_once_and_restored(avatar_file):
    lost = add_lamp(ViewState(BodyState(str(avatar_file.resolve()))))
    crash(lost)
    bench = Bench(avatar_file)
    assert bench.controller.offers_lost and bench.controller.can_restore
    bench.controller.restore()
    assert bench.store.state == lost and not bench.controller.offers_lost and not bench.controller.status.is_saved
    assert not bench.controller.can_restore
    bench.controller.end()
    assert not Bench(avatar_file).controller.offers_lost and lost_sessions() == []


def test_what_was_shown_last_is_reopened_after_a_normal_end_and_again_what_was_shown_before(avatar_file):
    for yaw_deg in (20.0, 40.0):
        bench = Bench(avatar_file)
        bench.edit(yaw_deg=yaw_deg)
        bench.controller.update(time.monotonic())
        bench.controller.end()
        time.sleep(0.02)  # files of two times
    assert lost_sessions() == [] and not list(autosave_folder().glob("*.lock"))
    bench = Bench(avatar_file)
    assert not bench.controller.offers_lost and bench.controller.can_restore
    for yaw_deg in (40.0, 20.0):
        bench.controller.restore()
        assert bench.store.state.light.yaw_deg == yaw_deg and not bench.controller.status.is_saved
        assert bench.said[-1][0].startswith("This was shown last on ") and bench.said[-1][0].endswith(
            "{session.save} saves it"
        )
    assert not bench.controller.can_restore


def test_a_lost_session_that_was_not_brought_back_stays_within_reach_and_comes_first(avatar_file):
    lost = add_lamp(ViewState(BodyState(str(avatar_file.resolve()))))
    crash(lost)
    bench = Bench(avatar_file)
    bench.edit(yaw_deg=20.0)
    bench.controller.end()
    bench = Bench(avatar_file)
    assert not bench.controller.offers_lost
    bench.controller.restore()
    bench.controller.restore()
    assert bench.store.state == lost
    crash(edits.edit_light(lost, yaw_deg=70.0))
    assert earlier_sessions() == [lost_sessions()[0], *ended_sessions()]


def test_few_of_the_sessions_that_ended_are_kept(avatar_file):
    for _ in range(MOST_ENDED + 2):
        Bench(avatar_file).controller.end()
    assert len(list(autosave_folder().iterdir())) == MOST_ENDED


def test_what_could_not_be_written_is_not_saved(avatar_file, tmp_path):
    bench = Bench(avatar_file)
    bench.edit(yaw_deg=20.0)
    (tmp_path / "file").touch()
    bench.controller.save_as("file/s.json")
    assert not bench.controller.status.is_saved
    bench.controller.save()
    assert bench.controller.status.is_saved


def test_a_running_viewers_session_is_not_lost(avatar_file):
    bench = Bench(avatar_file)
    bench.edit(yaw_deg=20.0)
    bench.controller.update(time.monotonic())
    bench.controller._autosave._writer.join(10)
    assert len(list(autosave_folder().glob("*.json"))) == 1 and lost_sessions() == []
    bench.controller.end()


def test_playing_a_clip_alone_writes_nothing(avatar_file):
    state = ViewState(BodyState(str(avatar_file)))
    autosave = Autosave(state)
    autosave.write_if_due(edits.edit_body(state, time_s=3.0, playing=True), time.monotonic())
    assert autosave._writer is None
    autosave.end(state)


def test_a_lost_session_that_is_damaged_is_a_message(avatar_file):
    crash(add_lamp(ViewState(BodyState(str(avatar_file.resolve())))))
    lost_sessions()[0].write_text("{")
    bench = Bench(avatar_file)
    before = bench.store.state
    bench.controller.restore()
    assert bench.said[-1][1] and bench.store.state == before and not bench.controller.offers_lost


def test_settings_that_cannot_be_written_do_not_stop_the_viewer(avatar_file, tmp_path):
    (tmp_path / "settings").write_text("a file where a folder should be")
    bench = Bench(avatar_file)
    bench.edit(yaw_deg=20.0)
    bench.controller.update(time.monotonic())
    bench.controller.note_shown(bench.store.state)
    bench.controller.end()


def test_a_recent_file_opens_by_its_kind(avatar_file, tmp_path):
    bench = Bench(avatar_file)
    other = tmp_path / "other.ckpt"
    shutil.copy(avatar_file, other)
    bench.controller.open_recent("avatar", str(other))
    bench.controller.open_recent("light", str(tmp_path / "gone.exr"))
    bench.store.apply()
    assert bench.store.state.body.avatar == str(other)
    assert bench.said == [(f"{tmp_path / 'gone.exr'}: it is not there any more", True)]


def test_a_rig_that_was_saved_or_loaded_is_a_recent_light(avatar_file, tmp_path):
    bench = Bench(avatar_file)
    rigs = RigController(bench.lights, bench.controller.note_light)
    rigs.save(str(tmp_path / "rig.json"))
    assert bench.controller.status.recent["light"] == (str(tmp_path / "rig.json"),)
    (tmp_path / "two.json").write_text('{"format": "phynes-light-rig", "version": 1, "lamps": [{}, {}]}')
    bench.controller.open_recent("light", str(tmp_path / "two.json"))
    bench.store.apply()
    assert len(bench.store.state.light.lamps) == 2 and bench.controller.status.recent["light"][0].endswith("two.json")


@pytest.mark.parametrize("name", ["", "/", "a\0b", "~nobody-of-this-name/s.json"])
def test_a_name_that_no_file_can_have_is_a_message(avatar_file, name):
    bench = Bench(avatar_file)
    bench.controller.save_as(name)
    bench.controller.open(name)
    RigController(bench.lights, bench.controller.note_light).save(name)
    assert len(bench.said) == 3 and all(is_error and "\n" not in text for text, is_error in bench.said)


# the command line


def refused(capsys, *argv):
    assert main(list(argv)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ") and len(error.splitlines()) == 1
    return error


def test_a_session_file_opens_the_viewer():
    assert command_name(["my.json", "--size", "256"]) == "view"
    assert command_name(["My.JSON"]) == "view"


def test_what_is_wrong_with_a_session_is_one_line(capsys, tmp_path, avatar_file):
    assert "No such file" in refused(capsys, "none.json")
    (tmp_path / "bad.json").write_text("{")
    assert "not a readable session" in refused(capsys, "bad.json")
    assert "not a readable session" in refused(capsys, "render", "--session", "bad.json", "--out", "o")
    save_session(tmp_path / "s.json", ViewState(BodyState(str(avatar_file.resolve()))))
    assert "--motion: --session s.json says that already" in refused(
        capsys, "render", "--session", "s.json", "--motion", "walk", "--out", "o"
    )
    assert "nothing was shown before" in refused(capsys, "--restore")


@pytest.mark.parametrize(
    "view, message",
    [
        ({"camera": {"distance_m": -1}}, "camera.distance_m: expected 0.05 to"),
        ({"light": {"lamps": [{}] * 9}}, "lamps: expected at most 8, got 9"),
        ({"light": {"probe_edits": [[600, [1, 1, 1]]]}}, "light.probe_edits[0][0]: expected 0 to 511, got 600"),
        ({"tool": {"selected_joint": 99}}, "selected_joint: expected -1 to 23, got 99"),
        ({"tool": {"turntable": {"fps": 0}}}, "fps: expected 1 to 120 frames a second, got 0"),
        ({"display": {"slider": 2}}, "slider: expected 0 to 1, got 2"),
    ],
)
def test_numbers_that_would_break_the_viewer_are_refused(capsys, tmp_path, view, message):
    (tmp_path / "s.json").write_text(json.dumps({"format": "phynes session", "version": 2, "view": view}))
    assert message in refused(capsys, "render", "--session", "s.json", "--out", "o")


def test_a_session_renders_as_the_same_options_do(capsys, tmp_path, avatar_file):
    state = ViewState(BodyState(str(avatar_file.resolve())))
    state = move_lamp(add_lamp(edits.edit_light(state, mode="none")), 0, 60.0, 30.0)
    state = edit_lamp(state, 0, color=(1.0, 1.0, 1.0), intensity=3.0)
    state = replace(state, surroundings=replace(state.surroundings, backdrop="none"))
    save_session(tmp_path / "s.json", edits.edit_camera(state, azimuth_deg=30.0, elevation_deg=10.0, distance_m=4.0))
    assert main(["render", "--session", "s.json", "--out", "a", "--size", "64"]) == 0
    options = ["--probe", "none", "--lamp", "60,30,3", "--camera", "30,10,4", "--out", "b", "--size", "64"]
    assert main(["render", "--avatar", str(avatar_file), *options]) == 0
    assert (tmp_path / "a" / "radiance.png").read_bytes() == (tmp_path / "b" / "radiance.png").read_bytes()
