"""The command lines of the viewer describe the state exactly: they are parsed again and compared."""

import shlex
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.files.sessions import load_session
from app.model import avatar_row, edits, exports, joints, lights
from app.model.avatar_row import BodyState, add_body
from app.model.camera_paths import CameraKey, CameraPath
from app.model.cameras import CameraState
from app.model.comparison import CompareState
from app.model.exports import StillState, TurntableState
from app.model.lamps import add_lamp, edit_lamp, move_lamp, set_lamp_kind
from app.model.lights import Surroundings
from app.model.playback import PlaybackState
from app.model.status import with_suffix
from app.model.store import Store
from app.model.view_state import ViewState
from app.options.command_lines import still_command, video_command
from app.options.view import open_render_service, view_from_options
from app.rendering.exports.export_jobs import StillJob
from app.rendering.exports.video_views import KINDS
from app.rendering.render_service import RenderService
from app.viewer.exports import SETTLED_S, ExportController
from phynes_core.io.image_files import read_png
from phynes_core.io.shipped_files import ASSETS, bundled_motions

STUDIO = str(ASSETS / "probes" / "studio.exr")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def state(avatar_file) -> ViewState:
    body = BodyState(str(avatar_file.resolve()), motion=str(bundled_motions()["walk"].resolve()), time_s=1.0 / 3.0)
    return ViewState(body, CameraState(12.3456789, -3.1, 3.3))


def white_sun(state, azimuth_deg):
    state = add_lamp(state)
    index = len(state.light.lamps) - 1
    state = edit_lamp(state, index, color=(1.0, 1.0, 1.0), temperature_k=3200.0)
    return move_lamp(state, index, azimuth_deg, 33.3)


def lit(state):
    light = replace(state.light, mode="environment", environment=STUDIO, yaw_deg=31.7, tint=(1.0, 0.5, 0.1))
    return white_sun(replace(state, light=light), -20.123456)


def with_display(state):
    display = replace(state.display, exposure_ev=0.7, curve="agx", buffer="shading", has_false_color=True)
    return replace(state, display=display, camera=replace(state.camera, fov_deg=47.0))


OPTION_STATES = {  # states that options can describe
    "plain": lambda s: s,
    "lit": lit,
    "display": with_display,
    "surroundings": lambda s: replace(s, surroundings=Surroundings("checker", has_ground=True, has_balls=True)),
    "shaped": lambda s: edits.edit_body(avatar_row.set_shape(s, 2, 1.234567), motion="", time_s=0.0, detail="off"),
    "row of avatars": lambda s: replace(
        s, avatar_row=replace(s.avatar_row, others=(s.body, replace(s.body, motion="", time_s=0.0)), spacing_m=1.1)
    ),
    "playing": lambda s: edits.edit_body(s, playing=True),
    "lines": lambda s: edits.edit_display(s, has_wireframe=True, has_joints=True),
    "no surroundings": lambda s: edits.edit_light(s, mode="none"),
}
SESSION_STATES = {  # states that only a session can describe
    "joints": lambda s: joints.set_joint(s, 16, (1.0, 2.0, 3.0)),
    "painted": lambda s: lights.paint_probes(s, 3, 4, (1.0, 2.0, 3.0)),
    "panned": lambda s: edits.edit_camera(s, pan_m=(0.1, 0.2, 0.0)),
    "colored lamp": add_lamp,
    "area lamp": lambda s: set_lamp_kind(white_sun(s, 10.0), 0, "area"),
    "split": lambda s: replace(s, compare=CompareState(True, "albedo")),
    "faint shadow": lambda s: replace(s, surroundings=Surroundings(has_ground=True, ground_shadow=0.3)),
    "last active": lambda s: add_body(edits.edit_body(s, motion="", time_s=0.0)),
}


def parsed(text):
    """The options that a shell and the command's parser make of a line, and the view that the command starts with."""
    python, launcher, command, *arguments = shlex.split(text)
    assert (python, Path(launcher).name) == ("python", "launch.py")
    options = cli._parse(command, import_module(f"app.commands.{command}"), arguments)
    return options, open_render_service(options, view_from_options(options))[1]


def comparable(state):
    """The part of a state that shows in a picture."""
    body = state.body if state.body.motion else replace(state.body, time_s=0.0)
    bare = replace(state, body=body, tool=ViewState().tool, path=ViewState().path)
    return bare.rendered, bare.display, bare.surroundings


@pytest.mark.parametrize("name", OPTION_STATES)
def test_options_describe_the_picture(state, name):
    shown = OPTION_STATES[name](state)
    command = still_command(shown, StillState(512, False, "p.png"), {})
    assert command.session is None and "--session" not in command.text
    options, view = parsed(command.text)
    assert comparable(view) == comparable(shown)
    assert (options.out, options.size, options.transparent) == (Path("p.png"), "512", False)


@pytest.mark.parametrize("name", SESSION_STATES)
def test_a_session_describes_what_no_option_does(state, name):
    shown = SESSION_STATES[name](state)
    command = still_command(shown, StillState(512, False, "out/p.png"), {})
    assert not Path(command.session_path).exists()  # showing the line writes nothing
    command.write_session()
    assert Path(command.session_path).parent == Path("out")
    options, view = parsed(command.text)
    assert comparable(view) == comparable(shown) and options.session == command.session_path
    assert load_session(Path(command.session_path)) == view


def test_another_state_has_another_session_file(state):
    first, second = (
        still_command(joints.set_joint(state, 16, (angle, 0.0, 0.0)), StillState(), {}) for angle in (1.0, 2.0)
    )
    assert first.session_path != second.session_path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["v.mp4", "v.webm", "frames"])
def test_the_line_of_a_video_has_all_its_settings(state, kind, path):
    playback = PlaybackState(speed=0.5, loops=False, start_s=0.2, end_s=0.9)
    shown = edits.edit_body(lit(state), playback=playback)
    if kind == "path":
        turned = replace(state.camera, azimuth_deg=90.0)
        shown = replace(shown, path=CameraPath((CameraKey(0.0, state.camera), CameraKey(2.0, turned))))
    settings = TurntableState(kind, 2.5, 25, 256, kind != "timeline", path, has_alpha=path != "v.mp4", height=144)
    command = video_command(shown, settings, {})
    command.write_session()
    options, view = parsed(command.text)
    is_whole = kind in ("timeline", "path")
    assert options.seconds == (None if is_whole else 2.5)
    assert (options.spin, options.fps, options.size, options.play) == (kind, 25, "256x144", settings.plays_motion)
    assert (options.transparent or view.surroundings.backdrop == "none") == (path != "v.mp4")
    assert view.body.playback == playback and comparable(view)[0][3] == shown.light
    assert view.path == shown.path


def test_options_of_the_engine_are_repeated(state):
    engine = {"backend": "numba", "device": "cpu", "smpl": None, "maps": "auto"}
    text = still_command(state, StillState(), engine).text
    assert "--backend numba --device cpu" in text and "--smpl" not in text and "--maps" not in text


@pytest.mark.parametrize("name", ["plain", "joints"])
def test_the_line_makes_exactly_the_same_picture(state, name):
    """The same file as the window's F12 writes, bit for bit."""
    shown = {**OPTION_STATES, **SESSION_STATES}[name](state)
    settings = StillState(64, True, "p.png")
    service = RenderService()
    StillJob(shown, replace(settings, path="window.png")).run(service, lambda *_: True, lambda: False)
    command = still_command(shown, settings, {})
    command.write_session()
    assert cli.main(shlex.split(command.text)[2:]) == 0
    assert np.array_equal(read_png(Path("p.png")), read_png(Path("window.png")))


class MessageRecorder:
    """A worker that records its messages."""

    def __init__(self):
        self.messages = []

    def say(self, text, is_error=False):
        self.messages.append((text, is_error))


def test_the_controller_makes_lines_when_the_state_rests_and_copies_them(state):
    store, worker, copied = Store(joints.set_joint(state, 16, (1.0, 2.0, 3.0))), MessageRecorder(), []
    controller = ExportController(store, worker, dict, copied.append, {})
    controller.update(10.0)
    assert controller.texts.picture == ""
    controller.update(10.0 + SETTLED_S)
    assert controller.texts.picture.startswith("python ") and " render " in controller.texts.picture
    assert " turntable " in controller.texts.video and list(Path().iterdir()) == []
    controller.copy_picture_command()
    assert copied == [controller.texts.picture] and len(list(Path().glob("picture-*.json"))) == 1
    assert not worker.messages[-1][1]
    Path("file").write_text("")
    store.post(lambda s: exports.edit_still(s, path="file/p.png"), "path")
    store.apply()
    controller.copy_picture_command()
    assert worker.messages[-1][1] and len(copied) == 1


@pytest.mark.parametrize("path", ["/", ".", "~no-such-person/x.png", "x" * 300 + ".png"])
def test_a_path_that_no_file_can_have_is_a_message(state, path):
    state = exports.edit_turntable(
        exports.edit_still(joints.set_joint(state, 16, (1.0, 2.0, 3.0)), path=path), path=path
    )
    worker = MessageRecorder()
    worker.export = lambda job: True
    controller = ExportController(Store(state), worker, dict, lambda text: None, {})
    controller.update(10.0)
    controller.update(20.0)
    controller.copy_picture_command()
    controller.copy_video_command()
    controller.take_picture()
    assert all(is_error for _, is_error in worker.messages)


@pytest.mark.parametrize(
    "path, expected", [("a/b.png", "a/b.exr"), ("/", "/picture.exr"), (".", "picture.exr"), ("b", "b.exr")]
)
def test_another_format_keeps_the_name(path, expected):
    assert with_suffix(path, ".exr", "picture") == expected
