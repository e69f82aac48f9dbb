"""The panels of light and surroundings, without any display: environments, lamps, rigs, backdrop."""

import math
from dataclasses import replace

import dearpygui.dearpygui as dpg
import numpy as np
import pytest

from app.model.lamps import LampState
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.panels.lamp_globe import MIDDLE_PX, RADIUS_PX, from_globe, to_globe
from app.panels.lamp_panel import RIG_DIALOGS, RIGS, LampPanel
from app.panels.widgets import to_linear, to_srgb


def test_choosing_an_environment_switches_to_it(bench):
    state = bench.use("light.environment", "sunset")
    assert (state.light.mode, state.light.environment) == ("environment", "/p/sunset.exr")
    assert dpg.get_value("light.mode") == "Environment"
    assert bench.use("light.mode", "Lamps only").light.mode == "none"
    assert bench.use("light.mode", "As captured").light.mode == "captured"
    assert bench.use("light.mode", "Environment").light.environment == "/p/sunset.exr"


def test_the_mode_environment_uses_the_first_one_until_one_is_chosen(bench):
    assert bench.use("light.mode", "Environment").light.environment == "/p/studio.exr"


def test_a_file_from_the_dialog_joins_the_list(bench, tmp_path):
    (tmp_path / "dawn.exr").touch()
    bench.choose_file("light.load_dialog", tmp_path / "dawn.exr")
    assert bench.store.state.light.environment == str(tmp_path / "dawn.exr")
    assert dpg.get_value("light.environment") == "dawn"
    assert "dawn" in dpg.get_item_configuration("light.environment")["items"]
    bench.use("light.environment", "studio")
    assert dpg.get_item_configuration("light.environment")["items"] == ["studio", "sunset", "dawn"]  # still offered


def test_colors_are_linear_inside_and_srgb_in_the_widget(bench):
    state = bench.use("light.tint", (255.0, 128.0, 0.0, 255.0))
    assert state.light.tint == pytest.approx((1.0, 0.2159, 0.0), abs=1e-3)
    assert dpg.get_value("light.tint")[:3] == pytest.approx([255.0, 128.0, 0.0], abs=0.6)
    assert bench.use("view.background", (255.0, 128.0, 0.0, 255.0)).display.background == pytest.approx(
        (1, 128 / 255, 0)
    )
    for value in np.linspace(0, 1, 21):
        assert to_linear(to_srgb(value)) == pytest.approx(value, abs=1e-6)


def test_lamps_are_added_selected_edited_and_removed(bench):
    bench.use("lamp.add")
    state = bench.use("lamp.add")
    assert len(state.light.lamps) == 2 and state.tool.selected_lamp == 1
    assert bench.use("lamp.0").tool.selected_lamp == 0
    for name, value in (
        ("azimuth_deg", -75.0),
        ("elevation_deg", 12.0),
        ("angular_radius_deg", 6.0),
        ("intensity", 9.0),
    ):
        state = bench.use(f"lamp.{name}", value)
        assert getattr(state.light.lamps[0], name) == value
    state = bench.use("lamp.color", (0.0, 255.0, 255.0, 255.0))
    assert state.light.lamps[0].color == pytest.approx((0.0, 1.0, 1.0))
    assert state.light.lamps[1] == LampState(azimuth_deg=-60.0)
    assert len(bench.use("lamp.remove").light.lamps) == 1
    assert bench.use("lamp.remove").light.lamps == ()
    assert dpg.get_item_configuration("lamp.hint")["show"] and not dpg.get_item_configuration("lamp.selected")["show"]


def test_a_lamp_is_near_or_far_and_colored_by_temperature_or_by_the_picker(bench):
    bench.use("lamp.add")
    assert not dpg.get_item_configuration("lamp.distance_m")["show"]
    assert bench.use("lamp.kind", "Near lamp").light.lamps[0].kind == "area"
    assert dpg.get_item_configuration("lamp.distance_m")["show"]
    assert not dpg.get_item_configuration("lamp.angular_radius_deg")["show"]
    assert bench.use("lamp.distance_m", 0.75).light.lamps[0].distance_m == 0.75
    assert bench.use("lamp.radius_m", 0.25).light.lamps[0].radius_m == 0.25
    assert bench.use("lamp.by_kelvin", True).light.lamps[0].temperature_k == 5600.0
    warm = bench.use("lamp.temperature_k", 2700.0).light.lamps[0]
    assert warm.temperature_k == 2700.0
    red, _, blue = dpg.get_value("lamp.color")[:3]
    assert red == pytest.approx(255.0) and blue < 0.7 * red
    assert bench.use("lamp.color", (0.0, 255.0, 0.0, 255.0)).light.lamps[0].temperature_k == 0.0
    assert not bench.use("lamp.is_on", False).light.lamps[0].is_on
    assert bench.use("lamp.temperature_k", 3200.0).light.lamps[0].temperature_k == 3200.0, "it switches itself on"


def test_the_end_of_the_list_of_rigs_opens_the_dialogs_and_no_rig_stays_chosen(bench):
    for label, dialog in RIG_DIALOGS.items():
        bench.use("rig.preset", label)
        assert bench.calls[-1] == ("windows.show_dialog", dialog) and dpg.get_value("rig.preset") == RIGS
    assert bench.use("rig.preset", "top").light.lamps and dpg.get_value("rig.preset") == RIGS


def test_rigs_are_chosen_by_name_and_saved_and_loaded_as_files(bench, tmp_path):
    assert len(bench.use("rig.preset", "three-point").light.lamps) == 3
    assert bench.store.state.light.mode == "none"
    bench.choose_file("rig.save_dialog", tmp_path / "rig")
    (tmp_path / "rig.json").touch()
    bench.choose_file("rig.load_dialog", tmp_path / "rig.json")
    assert bench.calls == [("rigs.save", str(tmp_path / "rig.json")), ("rigs.load", str(tmp_path / "rig.json"))]


def test_the_surroundings_have_a_backdrop_a_floor_and_balls(bench):
    assert bench.use("surroundings.backdrop", "Light, out of focus").surroundings.backdrop == "blurred"
    assert bench.use("surroundings.ground", True).surroundings.has_ground
    assert bench.use("surroundings.ground_shadow", 0.5).surroundings.ground_shadow == 0.5
    assert bench.use("surroundings.ground_reflection", 0.25).surroundings.ground_reflection == 0.25
    assert bench.use("surroundings.balls", True).surroundings.has_balls
    bench.set(ViewState())
    assert dpg.get_value("surroundings.backdrop") == "Color" and not dpg.get_value("surroundings.ground")


@pytest.mark.parametrize("azimuth, elevation", [(0.0, 0.0), (170.0, -60.0), (-100.0, 45.0), (30.0, 80.0)])
def test_the_globe_shows_every_direction_once(azimuth, elevation):
    lamp = LampState(azimuth, elevation)
    x, y = to_globe(lamp, camera_deg=25.0)
    assert from_globe(x, y, camera_deg=25.0) == pytest.approx((azimuth, elevation))
    is_behind = math.cos(math.radians(azimuth - 25.0)) < 0.0
    assert (y < MIDDLE_PX) == is_behind


def test_a_drag_on_the_globe_brings_the_lamp_behind_the_avatar(bench):
    bench.set(replace(bench.store.state, light=LightState(lamps=(LampState(0.0, 0.0), LampState(90.0, 10.0)))))
    globe = bench.panel(LampPanel).globe
    globe.press(*to_globe(LampState(90.0, 10.0), 0.0))
    globe.move(MIDDLE_PX, MIDDLE_PX - 0.5 * RADIUS_PX)
    globe.release()
    bench.store.apply()
    moved = bench.store.state.light.lamps[1]
    assert abs(moved.azimuth_deg) == pytest.approx(180.0) and moved.elevation_deg == pytest.approx(0.0)
    assert bench.store.state.tool.selected_lamp == 1 and bench.store.state.light.lamps[0] == LampState(0.0, 0.0)
    globe.move(0.0, 0.0)  # nothing is held
    bench.store.apply()
    assert bench.store.state.light.lamps[1] == moved
