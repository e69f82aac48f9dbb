"""Lamps: turning by keys, the other side of the avatar, solo and mute, names, positions of near ones."""

import json
import math
from dataclasses import replace

import pytest
import torch

from app.files.sessions import SessionError, parse_session, session_text
from app.model import lamps as edits
from app.model.cameras import CameraState
from app.model.edits import edit_camera
from app.model.lamps import LampState, add_lamp, edit_lamp, label_of, lamp_offset, name_of, place_lamp, shining
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.rendering.lighting import LightingCache
from app.tools.lamps import lamp_handle
from app.tools.orbit_view import OrbitView


def lit(*lamps: LampState) -> ViewState:
    return replace(ViewState(), light=LightState(lamps=lamps))


def test_keys_turn_the_selected_lamp_and_the_pole_stops_it():
    state = edits.turn_lamp(add_lamp(ViewState()), 5.0, 0.0)
    assert state.light.lamps[0].azimuth_deg == 45.0
    for _ in range(40):
        state = edits.turn_lamp(state, 0.0, 5.0)
    assert state.light.lamps[0].elevation_deg == 89.0
    assert edits.turn_lamp(ViewState(), 5.0, 5.0) == ViewState()


@pytest.mark.parametrize("camera_deg", [0.0, 75.0, -160.0])
def test_a_lamp_goes_behind_the_avatar_and_back_at_one_place_of_the_picture(camera_deg):
    state = edit_camera(add_lamp(ViewState()), azimuth_deg=camera_deg)
    state = edits.move_lamp(state, 0, camera_deg + 30.0, 0.0)
    view = OrbitView(CameraState(camera_deg), (0.0, 1.0, 0.0), 512, 512)
    behind = edits.lamp_to_other_side(state)
    before, after = (lamp_handle(view, each.light.lamps[0]) for each in (state, behind))
    assert after.is_behind and not before.is_behind
    assert math.copysign(1.0, after.x_px - 256) == math.copysign(1.0, before.x_px - 256)
    assert edits.lamp_to_other_side(behind).light.lamps[0].azimuth_deg == pytest.approx(
        state.light.lamps[0].azimuth_deg
    )


def test_solo_lamps_shine_alone_and_muted_ones_never():
    key, fill, rim = LampState(name="key"), LampState(is_on=False), LampState(is_solo=True)
    assert shining((key, fill)) == (key,)
    assert shining((key, fill, rim)) == (rim,)
    assert shining((key, replace(rim, is_on=False))) == (key,)


def test_a_solo_lamp_darkens_the_surrounding_light_and_the_painted_one():
    cache, captured, center = LightingCache(lambda path: torch.ones(16, 32, 3)), torch.ones(16, 32, 3), torch.zeros(3)
    lamp = LampState()
    both = cache.build(captured, LightState(lamps=(lamp,), probe_edits=((3, (1.0, 1.0, 1.0)),)), center)
    alone = cache.build(captured, LightState(lamps=(replace(lamp, is_solo=True), lamp)), center)
    again = cache.build(captured, LightState(lamps=(lamp,)), center)
    assert both.lighting.environment is not None and again.lighting.environment is not None
    assert alone.lighting.environment is None and len(alone.lighting.lamps) == 1


def test_commands_switch_the_selected_lamp():
    state = add_lamp(add_lamp(ViewState()))
    assert not edits.toggle_lamp(state).light.lamps[1].is_on
    assert edits.toggle_solo(edits.toggle_solo(state)) == state
    assert edits.select_next_lamp(state).tool.selected_lamp == 0
    assert edits.toggle_lamp(ViewState()) == edits.toggle_solo(ViewState()) == ViewState()


def test_names_are_kept_and_wrong_ones_are_refused():
    state = edit_lamp(add_lamp(ViewState()), 0, name=name_of(" key\n light "))
    assert state.light.lamps[0].name == "key light"
    assert parse_session(session_text(state), "s", None) == state
    assert label_of(state.light.lamps[0], 0) == "key light" and label_of(LampState(), 2) == "lamp 3"
    for name in ("x" * 41, "a\nb"):
        record = json.loads(session_text(state))
        record["view"]["light"]["lamps"][0]["name"] = name
        with pytest.raises(SessionError, match="name"):
            parse_session(json.dumps(record), "s", None)


def test_a_near_lamp_is_put_where_it_is_asked_to_stand():
    state = lit(LampState(kind="area"))
    for offset in ((1.0, 0.5, -0.7), (-0.4, -0.3, 0.2)):
        placed = place_lamp(state, 0, offset).light.lamps[0]
        assert lamp_offset(placed) == pytest.approx(offset)
    assert place_lamp(state, 0, (0.0, 0.0, 0.0)) == state == place_lamp(state, 5, (1.0, 0.0, 0.0))
