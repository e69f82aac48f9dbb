"""Camera paths in files, in sessions and on the command line; a mistake is an error of one line."""

import json
from dataclasses import replace

import pytest

from app.files.cameras import CameraFileError, path_text, read_path, save_path
from app.files.sessions import SessionError, view_from_record, view_record
from app.model.camera_paths import CameraKey, CameraPath
from app.model.cameras import CameraState
from app.model.store import Store
from app.model.view_state import ViewState
from app.options.arguments import UsageError
from app.options.camera import camera_from_options
from app.options.view import SceneOptions, ViewOptions, open_render_service, view_from_options
from app.rendering.body_parts import PARTS
from app.tools.framing import frame_part
from app.viewer.dropped_files import read_dropped

PATH = CameraPath(
    (CameraKey(0.0, CameraState()), CameraKey(1.5, CameraState(40.0, -10.0, 2.0, (0.1, 0.2, 0.3), 50.0))),
    is_closed=True, closing_s=3.0, moves="straight", eases=False,
)  # fmt: skip
HOME = CameraState(distance_m=4.0)
HEAD = '{"format": "phynes-camera-path", "version": 1, "keys": '


def test_a_saved_path_is_read_unchanged(tmp_path):
    save_path(tmp_path / "path.json", PATH)
    assert read_path(tmp_path / "path.json") == PATH
    assert json.loads(path_text(PATH))["keys"][0]["camera"]["fov_deg"] == 30.0  # every number, for other programs
    dropped = read_dropped(tmp_path / "path.json")
    assert (dropped.edit(ViewState()).path, dropped.label) == (PATH, "camera path")


@pytest.mark.parametrize(
    "text, says",
    [
        ("{", "not a readable"),
        ("[" * 100_000, "not a readable"),
        ("[]", "expected format"),
        ('{"format": "phynes-camera-path", "version": 2}', "version 1"),
        ('{"format": "phynes-camera-path", "version": 1}', "one at least"),
        (HEAD + '[{"time": 0}]}', r"keys[0].time: unknown"),
        (HEAD + '[{"camera": {"fov_deg": 0}}]}', "keys[0].camera.fov_deg: expected 1 to 150"),
        (HEAD + '[{"camera": {"fov_deg": NaN}}]}', "a finite number"),
        (HEAD + '[{"camera": {"distance_m": -1}}]}', "keys[0].camera.distance_m: expected"),
        (HEAD + '[{"camera": {"elevation_deg": 91}}]}', "keys[0].camera.elevation_deg: expected -90 to 90"),
        (
            HEAD + '[{"camera": {"pan_m": [0, 1e9, 0]}}]}',
            "keys[0].camera.pan_m[1]: expected -1000 to 1000 metres",
        ),
        (HEAD + '[{"time_s": 1}]}', "keys[0].time_s: expected 0"),
        (HEAD + '[{}, {"time_s": 1}, {"time_s": 1}]}', "keys[2].time_s"),
        (HEAD + "[" + ",".join(["{}"] * 65) + "]}", "at most 64"),
        (HEAD + '[{}], "moves": "sideways"}', "around, straight"),
        (HEAD + '[{}], "closing_s": 0}', "closing_s"),
    ],
)
def test_an_invalid_path_is_refused_in_one_line(tmp_path, text, says):
    (tmp_path / "path.json").write_text(text)
    with pytest.raises(CameraFileError) as error:
        read_path(tmp_path / "path.json")
    assert says in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 500


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(CameraFileError, match="No such file"):
        read_path(tmp_path / "none.json")


def test_sessions_keep_the_path_and_refuse_a_wrong_camera(tmp_path):
    state = replace(ViewState(), path=PATH)
    assert view_from_record(view_record(state), "s", tmp_path) == state
    for record, says in [
        ({"camera": {"pan_m": [0.0, 1e9, 0.0]}}, r"camera.pan_m\[1\]"),
        ({"path": {"keys": [{"time_s": 3.0}]}}, "path.keys"),
        ({"tool": {"camera": {"fly_m_s": 0.0}}}, "fly_m_s"),
    ]:
        with pytest.raises(SessionError, match=says):
            view_from_record(record, "s", tmp_path)


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, HOME),
        ({"camera": "30,10,2"}, CameraState(30.0, 10.0, 2.0)),
        ({"camera": "side"}, CameraState(90.0, 0.0, 4.0)),
        ({"camera": "top"}, CameraState(0.0, 90.0, 4.0)),
        ({"camera": "back", "fov": 60.0}, CameraState(180.0, 0.0, 4.0 * 0.2679491924 / 0.5773502692, fov_deg=60.0)),
        ({"camera": "0,0,2", "lens": 18.0}, CameraState(0.0, 0.0, 2.0, fov_deg=90.0)),
    ],
)
def test_the_camera_of_the_command_line(options, expected):
    camera = camera_from_options(ViewOptions(**options), ViewState(), HOME)
    for name in ("azimuth_deg", "elevation_deg", "distance_m", "fov_deg"):
        assert getattr(camera, name) == pytest.approx(getattr(expected, name)), name


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_the_body_fills_the_picture_as_the_viewers_command_frames_it(avatar_file, part):
    options = SceneOptions(avatar=(str(avatar_file),), pose=("relaxed",), camera=part, lens=85.0, size="64")
    service, view = open_render_service(options, view_from_options(options))
    home = replace(view, camera=replace(service.home_camera(view), fov_deg=view.camera.fov_deg))
    store = Store(home)
    frame_part(store, service.render(home, 64), part)
    store.apply()
    for name, value in vars(store.state.camera).items():
        assert getattr(view.camera, name) == pytest.approx(value, abs=1e-5), name
    assert view.camera.distance_m < 0.7 * service.home_camera(view).distance_m


def test_the_camera_at_a_time_of_a_path_on_the_command_line(tmp_path):
    save_path(tmp_path / "path.json", PATH)
    camera = camera_from_options(ViewOptions(camera=str(tmp_path / "path.json"), camera_time=1.5), ViewState(), HOME)
    assert (camera.azimuth_deg, camera.fov_deg) == (pytest.approx(40.0), pytest.approx(50.0))


@pytest.mark.parametrize(
    "options, says",
    [
        ({"camera": "sideways"}, "front, left"),
        ({"camera": "1,2"}, "az,el,dist"),
        ({"camera": "0,0,-2"}, "distance_m: expected 0.05 to 1000 metres, got -2"),
        ({"camera": "0,95,2"}, "elevation"),
        ({"camera_time": 1.0}, "--camera-time"),
        ({"lens": 50.0, "fov": 30.0}, "both"),
        ({"lens": 1.0}, "--lens"),
        ({"fov": 180.0}, "--fov"),
        ({"fov": float("nan")}, "--fov"),
    ],
)
def test_an_invalid_camera_option_is_refused_in_one_line(options, says):
    with pytest.raises(UsageError) as error:
        camera_from_options(ViewOptions(**options), ViewState(), HOME)
    assert says in str(error.value) and "\n" not in str(error.value)
