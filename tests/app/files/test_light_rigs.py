"""Light rigs as files and presets, and the light of the options."""

import json
import math
from dataclasses import replace

import pytest
import torch

from app.files.light_rigs import LIGHT_PRESETS, RigError, load_rig, read_rig, save_rig
from app.model.blackbody import blackbody_color
from app.model.lamps import LampState
from app.model.lights import LightState
from app.options.arguments import UsageError
from app.options.light import LightOptions, background_color, light_from_options, parse_lamp, probe_file
from app.rendering.lighting import engine_lamps

RIG = LightState(
    "environment", str(probe_file("studio")), 30.0, 1.5, (1.0, 0.9, 0.8), ((5, (1.0, 2.0, 3.0)),),
    (LampState(10.0, 20.0, 3.0, (1.0, 0.5, 0.25), 4.0), LampState(kind="area", temperature_k=2700.0, is_on=False)),
)  # fmt: skip


def test_a_saved_rig_is_read_unchanged(tmp_path):
    save_rig(tmp_path / "rig.json", RIG)
    lamps, sky = read_rig(tmp_path / "rig.json")
    assert lamps == RIG.lamps and sky == replace(RIG, lamps=())
    assert json.loads((tmp_path / "rig.json").read_text())["sky"]["environment"] == "studio"  # on any machine


HEAD = '{"format": "phynes-light-rig", "version": 1, '


@pytest.mark.parametrize(
    "text, says",
    [
        ("{", "not a readable"),
        ("[]", "expected format 'phynes-light-rig', version 1, got other JSON"),
        ('{"format": "other"}', "expected format"),
        ('{"format": "phynes-light-rig", "version": 2}', "got 'phynes-light-rig', version 2"),
        (HEAD + '"lamp": []}', "lamp: unknown; expected some of format, version, lamps, sky"),
        (HEAD + '"lamps": [{"azimut": 1}]}', "lamps[0].azimut: unknown; expected some of azimuth_deg"),
        (HEAD + '"lamps": [{"intensity": -1}]}', "lamps[0].intensity: expected 0 to 1e+09, got -1"),
        (HEAD + '"lamps": [{"intensity": NaN}]}', "lamps[0].intensity: expected a finite number, got nan"),
        (HEAD + '"lamps": [{"intensity": true}]}', "lamps[0].intensity: expected a finite number, got True"),
        (HEAD + '"lamps": [{"temperature_k": 500}]}', "expected 0 or 1000 to 40000 K, got 500"),
        (HEAD + '"lamps": [{"color": [1, 1]}]}', "lamps[0].color: expected 3 entries, got 2"),
        (HEAD + '"lamps": [{"kind": "moon"}]}', "lamps[0].kind: expected one of sun, area, got 'moon'"),
        (HEAD + '"lamps": [{}, {}, {}, {}, {}, {}, {}, {}, {}]}', "lamps: expected at most 8, got 9"),
        (HEAD + '"sky": {"mode": "environment"}}', "sky.environment: expected the name of an environment"),
        (HEAD + '"sky": {"probe_edits": [[512, [1, 1, 1]]]}}', "sky.probe_edits[0][0]: expected 0 to 511, got 512"),
        (HEAD + '"sky": {"lamps": [{}]}}', "sky.lamps: unknown"),
        ("[" * 100_000, "not a readable"),
    ],
)
def test_an_invalid_rig_is_refused_in_one_line(tmp_path, text, says):
    (tmp_path / "rig.json").write_text(text)
    with pytest.raises(RigError) as error:
        read_rig(tmp_path / "rig.json")
    assert says in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_missing_rig_names_the_presets(tmp_path):
    with pytest.raises(RigError, match="three-point"):
        load_rig(str(tmp_path / "none.json"))


def test_presets_are_valid_rigs_without_an_environment(tmp_path):
    assert set(LIGHT_PRESETS) == {"three-point", "rim", "top", "candle"}
    for name in LIGHT_PRESETS:
        lamps, sky = load_rig(name)
        assert sky is not None and sky.mode == "none"
        save_rig(tmp_path / f"{name}.json", replace(sky, lamps=lamps))
        assert read_rig(tmp_path / f"{name}.json") == (lamps, sky)


def test_lamps_of_the_command_line():
    sun = parse_lamp("60,30,3.14,1.5@3200")
    assert (sun.azimuth_deg, sun.elevation_deg, sun.intensity, sun.angular_radius_deg) == (60, 30, 3.14, 1.5)
    assert sun.kind == "sun" and sun.temperature_k == 3200
    near = parse_lamp("area:0.5,0.2,1,4,0.05")
    suns, spheres = engine_lamps((sun, near), torch.tensor([1.0, 1.0, 1.0]))
    assert spheres[0].position == pytest.approx((1.5, 1.2, 2.0)) and spheres[0].radius_m == 0.05
    assert spheres[0].intensity == 4 and spheres[0].color == (1.0, 1.0, 1.0)
    assert suns[0].color == blackbody_color(3200.0)


@pytest.mark.parametrize(
    "text",
    ["1,2", "1,2,-3", "a,b,c", "1,2,3,90", "1,2,3@x", "1,2,3@50", "area:1,2,3", "area:0,0,0,1", "area:1,0,0,1,2"],
)
def test_an_invalid_lamp_option_is_refused_in_one_line(text):
    with pytest.raises(UsageError, match="--lamp"):
        parse_lamp(text)


def test_rig_probe_and_lamps_are_combined(tmp_path):
    save_rig(tmp_path / "rig.json", RIG)
    light = light_from_options(LightOptions(rig=str(tmp_path / "rig.json"), lamp=("0,0,1",), probe_yaw=15.0))
    assert light.environment == RIG.environment and light.yaw_deg == 45.0 and len(light.lamps) == 3
    light = light_from_options(LightOptions(rig="candle", probe="captured", probe_tint="1,0.5,0", probe_intensity=2.0))
    assert light.mode == "captured" and light.tint == (1.0, 0.5, 0.0) and light.lamps == LIGHT_PRESETS["candle"]
    assert light_from_options(LightOptions()) == LightState()
    with pytest.raises(UsageError, match="at most 8"):
        light_from_options(LightOptions(lamp=("0,0,1",) * 9))


def test_lamps_that_are_off_are_left_out():
    suns, spheres = engine_lamps((LampState(is_on=False), LampState(kind="area", is_on=False)), torch.zeros(3))
    assert suns == spheres == ()


def test_background_colors():
    assert background_color("ff8000", (0, 0, 0)) == pytest.approx((1.0, 128 / 255, 0.0))
    assert background_color("", (0.1, 0.2, 0.3)) == (0.1, 0.2, 0.3)
    with pytest.raises(UsageError, match="RRGGBB"):
        background_color("red", (0, 0, 0))
    assert math.isclose(sum(background_color("#000000", (1, 1, 1))), 0.0)
