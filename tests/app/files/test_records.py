"""Declared ranges apply to files and options alike; a mistake in a file is one line with its path."""

import json
import re

import pytest

from app.files.light_rigs import RigError, read_rig
from app.files.records import RecordError, from_record, to_record
from app.files.sessions import SessionError, parse_session
from app.model.avatar_row import AvatarRowState, BodyState
from app.model.cameras import CameraState
from app.model.display_settings import DisplaySettings
from app.model.fields import Choice, Length, range_of
from app.model.lamps import LampState
from app.model.lights import LightState
from app.model.materials import MaterialState, StrokeState
from app.model.playback import PlaybackState
from app.model.view_state import ViewState
from app.options.arguments import UsageError
from app.options.bodies import BodyOptions, PlaybackOptions, playback_of, row_from_options
from app.options.camera import check_camera
from app.options.display import with_display_options
from app.options.light import LightOptions, light_from_options
from app.options.view import ViewOptions


def in_session(field: str, value: object) -> None:
    """Read a session that holds the value at a path such as light.lamps[0].temperature_k."""
    record: object = value
    for step in reversed(re.findall(r"\w+", field)):
        record = [record] if step == "0" else {step: record}
    parse_session(json.dumps({"format": "phynes session", "version": 2, "view": record}), "s", None)


def by_options(**options: object) -> None:
    options = ViewOptions(**options)
    check_camera(options)
    light_from_options(options)
    with_display_options(options, ViewState())


def lamp(text: str) -> None:
    light_from_options(LightOptions(lamp=(text,)))


def row(avatar: object, **options: object) -> None:
    row_from_options(BodyOptions(avatar=(str(avatar),), **options))


def speed(value: float) -> None:
    playback_of(PlaybackOptions(speed=value))


REFUSED = [  # class, field, a value, its path in a session, the options with that value
    (LampState, "temperature_k", 40_001.0, "light.lamps[0].temperature_k", lambda v: lamp(f"1,2,3@{v}")),
    (LampState, "temperature_k", 500.0, "light.lamps[0].temperature_k", lambda v: lamp(f"1,2,3@{v}")),
    (LampState, "elevation_deg", 90.5, "light.lamps[0].elevation_deg", lambda v: lamp(f"1,{v},3")),
    (LampState, "intensity", -1.0, "light.lamps[0].intensity", lambda v: lamp(f"1,2,{v}")),
    (LampState, "angular_radius_deg", 90.0, "light.lamps[0].angular_radius_deg", lambda v: lamp(f"1,2,3,{v}")),
    (LampState, "distance_m", 1e4, "light.lamps[0].distance_m", lambda v: lamp(f"area:{v},0,0,3")),
    (LightState, "yaw_deg", 1e6, "light.yaw_deg", lambda v: by_options(probe_yaw=v)),
    (LightState, "intensity", -0.5, "light.intensity", lambda v: by_options(probe_intensity=v)),
    (LightState, "tint", -0.5, "light.tint", lambda v: by_options(probe_tint=f"1,1,{v}")),
    (LightState, "bright_sources", 65, "light.bright_sources", lambda v: by_options(bright_sources=v)),
    (CameraState, "fov_deg", 151.0, "camera.fov_deg", lambda v: by_options(fov=v)),
    (CameraState, "elevation_deg", -91.0, "camera.elevation_deg", lambda v: by_options(camera=f"0,{v},2")),
    (CameraState, "distance_m", 0.01, "camera.distance_m", lambda v: by_options(camera=f"0,0,{v}")),
    (DisplaySettings, "slider", 1.5, "display.slider", lambda v: by_options(wipe=v)),
    (PlaybackState, "speed", 21.0, "body.playback.speed", speed),
]


@pytest.mark.parametrize("kind, name, value, path, type_option", REFUSED, ids=lambda v: v if isinstance(v, str) else "")
def test_a_value_out_of_range_is_refused_with_the_same_text_everywhere(kind, name, value, path, type_option, tmp_path):
    expected = f"expected {range_of(kind, name).text}, got "
    values = [1, 1, value] if name == "tint" else value
    with pytest.raises(SessionError, match=re.escape(expected)):
        in_session(path, values)
    with pytest.raises(UsageError, match=re.escape(expected)):
        type_option(value)
    if kind in (LampState, LightState):
        rig = {"lamps": [{name: values}]} if kind is LampState else {"sky": {name: values}}
        (tmp_path / "rig.json").write_text(json.dumps({"format": "phynes-light-rig", "version": 1} | rig))
        with pytest.raises(RigError, match=re.escape(expected)):
            read_rig(tmp_path / "rig.json")


def test_options_of_bodies_are_checked_against_the_declared_ranges(avatar_file):
    for option, value, kind, name in (
        ("spacing", 11.0, AvatarRowState, "spacing_m"), ("shape", "0,21", BodyState, "shape"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=re.escape(f"--{option}: expected {range_of(kind, name).text}, got")):
            row(avatar_file, **{option: value})
    with pytest.raises(UsageError, match=re.escape(range_of(PlaybackState, "mix").text)):
        playback_of(PlaybackOptions(mix="walk,2"))


def test_a_lamp_of_20000_kelvin_is_taken_by_sessions_rigs_and_options(tmp_path):
    in_session("light.lamps[0].temperature_k", 20_000)
    (tmp_path / "rig.json").write_text(
        '{"format": "phynes-light-rig", "version": 1, "lamps": [{"temperature_k": 2e4}]}'
    )
    assert read_rig(tmp_path / "rig.json")[0][0].temperature_k == 20_000.0
    assert light_from_options(LightOptions(lamp=("1,2,3@20000",))).lamps[0].temperature_k == 20_000.0


def test_the_help_of_lamp_names_the_declared_temperatures():
    import inspect

    held = range_of(LampState, "temperature_k")
    assert f"{held.least:.0f} to {held.most:.0f} K" in " ".join(inspect.getsource(LightOptions).split())


@pytest.mark.parametrize(
    "text, says",
    [
        ('{"light": {"intensity": 1e999}}', "light.intensity: expected a finite number, got inf"),
        ('{"light": {"intensity": %s}}' % ("9" * 400), "light.intensity: expected a finite number, got inf"),
        ('{"light": {"intensity": %s}}' % ("9" * 5000), "light.intensity: expected a finite number, got inf"),
        ('{"tool": {"turntable": {"fps": %s}}}' % ("9" * 400), "tool.turntable.fps: expected"),
        ('{"tool": {"turntable": {"fps": true}}}', "tool.turntable.fps: expected a whole number, got True"),
        ('{"body": ' + "[" * 300 + "]" * 300 + "}", "levels of lists and objects, got more"),
        ('{"path": {"keys": [{"camera": null}]}}', "path.keys[0].camera: expected an object, got None"),
        ('{"compare": {"light": {"tint": [1, 1, 1, 1]}}}', "compare.light.tint: expected 3 entries, got 4"),
        (
            '{"compare": {"materials": {"strokes": [{"shape": "x"}]}}}',
            "materials.strokes[0].shape: expected one",
        ),
        ('{"avatar_row": {"others": [{"light": 1}]}}', "avatar_row.others[0].light: unknown; expected some of avatar"),
        ('{"two\\nlines": 1}', "two lines: unknown"),
    ],
)
def test_a_mistake_anywhere_is_one_line_with_its_path(text, says, tmp_path):
    with pytest.raises(SessionError) as error:
        parse_session(f'{{"format": "phynes session", "version": 2, "view": {text}}}', "s.json", tmp_path)
    assert says in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 400
    assert str(error.value).startswith("s.json: ")


def test_numbers_of_points_and_lengths_are_declared_too():
    stroke = StrokeState(points=((0.5, 0.5),) * 30_001)
    with pytest.raises(RecordError, match="strokes: expected at most 60000 points together, got 60002"):
        from_record(MaterialState, to_record(MaterialState(strokes=(stroke, stroke))))
    assert Length(3, 3).mistake((1,)) == "expected 3 entries, got 1" and Length(0, 2).mistake(()) is None
    assert Choice(("", "a", "b")).mistake("c") == "expected one of a, b, got 'c'"
