"""Sessions are read as they were saved, and a mistake in a file is an error of one line."""

import json
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from app.files.records import RecordError, from_record, to_record
from app.files.sessions import SessionError, load_session, save_session, session_text, view_of_argument, view_record
from app.model import cameras, edits, exports, joints, lights
from app.model.avatar_row import BodyState
from app.model.lamps import add_lamp, move_lamp
from app.model.view_state import ViewState
from phynes_core.io.shipped_files import CHECKPOINTS, PROJECT


@dataclass(frozen=True)
class Inner:
    numbers: tuple[float, ...] = ()
    pair: tuple[int, str] = (1, "a")


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner = Inner()
    size: float | None = None
    mode: Literal["a", "b"] = "a"
    is_on: bool = False
    inners: tuple[Inner, ...] = ()
    by_name: dict[str, float] | None = None


@pytest.fixture
def state(avatar_file):
    state = add_lamp(add_lamp(ViewState(BodyState(str(avatar_file.resolve())))))
    state = move_lamp(joints.set_joint(state, 16, (10.0, -20.5, 3.0)), 1, 12.5, 30.0)
    state = lights.paint_probes(edits.edit_tool(state, brush_radius=1), 3, 4, (1.0, 2.0, 3.0))
    return exports.edit_turntable(cameras.orbit(state, 100.0, 30.0), spin="light", seconds=2.5)


def test_a_saved_session_is_read_unchanged(state, tmp_path):
    save_session(tmp_path / "s.json", state)
    assert load_session(tmp_path / "s.json") == state
    assert view_of_argument(json.dumps(view_record(state))) == state
    assert view_of_argument(str(tmp_path / "s.json")) == state


def test_a_record_holds_every_kind_of_value():
    outer = Outer("x", Inner((1.0, 2.5), (3, "b")), 4.0, "b", True, (Inner(), Inner((1.0,))), {"k": 2.0})
    record = json.loads(json.dumps(to_record(outer)))
    assert from_record(Outer, record) == outer
    assert to_record(Outer("x")) == {"name": "x"}


def test_files_of_the_project_are_named_relative_to_it():
    state = ViewState(BodyState(str(CHECKPOINTS / "josh.ckpt")))
    assert view_record(state) == {"body": {"avatar": "checkpoints/josh.ckpt"}}
    assert str(PROJECT) not in session_text(state)
    assert view_of_argument(json.dumps(view_record(state))) == state


def test_a_file_beside_the_session_is_found(state, avatar_file, tmp_path):
    (tmp_path / "mine.ckpt").write_bytes(avatar_file.read_bytes())
    text = session_text(state).replace(str(avatar_file.resolve()), "mine.ckpt")
    (tmp_path / "s.json").write_text(text)
    assert load_session(tmp_path / "s.json").body.avatar == str((tmp_path / "mine.ckpt").resolve())


@pytest.mark.parametrize(
    "view, message",
    [
        ({"ligth": {}}, "ligth: unknown; expected some of body, camera, light"),
        ({"light": {"yaw_deg": "x"}}, "light.yaw_deg: expected a finite number, got 'x'"),
        ({"light": {"yaw_deg": float("nan")}}, "light.yaw_deg: expected a finite number, got nan"),
        ({"light": {"intensity": True}}, "light.intensity: expected a finite number, got True"),
        ({"light": {"tint": [1, 2]}}, "light.tint: expected 3 entries, got 2"),
        ({"light": {"mode": "moon"}}, "mode: expected one of captured, environment, none, got 'moon'"),
        ({"light": {"lamps": [{"size": 1}]}}, r"light.lamps\[0\].size: unknown"),
        ({"body": {"joint_angles_deg": [[0, 0, 0]]}}, "body.joint_angles_deg: expected 24 entries, got 1"),
        ({"body": {"playing": 1}}, "body.playing: expected true or false, got 1"),
        ({"body": {"avatar": "gone.ckpt"}}, "names gone.ckpt, which is no file"),
        ({"light": []}, r"light: expected an object, got \[\]"),
        ([], r"record: expected an object, got \[\]"),
        ({"tool": {"turntable": {"fps": 29.97}}}, "tool.turntable.fps: expected a whole number, got 29.97"),
    ],
)
def test_an_invalid_view_is_refused_in_one_line(tmp_path, view, message):
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"format": "phynes session", "version": 2, "view": view}))
    with pytest.raises(SessionError, match=message) as error:
        load_session(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "not a readable"),
        (b"{", "not a readable"),
        (b"\xff\xfe\x00", "not a readable"),
        (b"[" * 100000, "not a readable"),
        (b'{"a": 1}', "expected a session file, got other JSON"),
        (b'{"format": "phynes session", "version": 9}', "expected version 2, got 9"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "s.json"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=message):
        load_session(path)


def test_a_missing_session_is_an_error(tmp_path):
    with pytest.raises(SessionError, match="No such file"):
        load_session(tmp_path / "none.json")


def test_a_missing_required_field_is_named():
    with pytest.raises(RecordError, match="name: missing"):
        from_record(Outer, {})


def test_a_failed_write_leaves_the_older_session(state, tmp_path, monkeypatch):
    save_session(tmp_path / "s.json", state)
    monkeypatch.setattr("app.files.sessions.session_text", lambda state: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_session(tmp_path / "s.json", replace(state, body=BodyState()))
    assert load_session(tmp_path / "s.json") == state and len(list(tmp_path.iterdir())) == 1


def test_a_session_of_version_1_is_read_with_the_present_names_of_fields(tmp_path):
    view = {
        "company": {"others": [{}, {}], "place": 2, "spacing_m": 1.1},
        "stage": {"has_ground": True},
        "look": {"wipe": 0.25, "buffer": "albedo"},
        "light": {"lamps": [{"temperature_k": 15_000}]},
    }
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"format": "phynes session", "version": 1, "view": view}))
    state = load_session(path)
    assert (state.avatar_row.active, len(state.bodies), state.avatar_row.spacing_m) == (2, 3, 1.1)
    assert (state.surroundings.has_ground, state.display.slider, state.display.buffer) == (True, 0.25, "albedo")
    assert state.light.lamps[0].temperature_k == 15_000.0
    save_session(path, state)
    assert json.loads(path.read_text())["version"] == 2 and load_session(path) == state
