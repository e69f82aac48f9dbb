"""The panel Preferences changes what is kept for this person."""

import dearpygui.dearpygui as dpg
import pytest

from app.panels.preferences_panel import NAVIGATION_LABELS, UNIT_LABELS


def test_every_preference_can_be_changed(bench):
    preferences = bench.commands.preferences
    bench.use("preferences.fits_exposure", False)
    bench.use("preferences.undoes_camera", True)
    bench.use("preferences.navigation", NAVIGATION_LABELS["blender"])
    now = preferences.now
    assert (now.fits_exposure, now.undoes_camera, now.navigation) == (False, True, "blender")
    assert dpg.get_value("preferences.navigation") == "drags as in Blender"


def test_the_output_folder_moves_the_next_picture_and_video_there(bench):
    state = bench.use("preferences.output_folder", "/renders")
    assert bench.commands.preferences.now.output_folder == "/renders"
    assert (state.tool.still.path, state.tool.turntable.path) == ("/renders/picture.png", "/renders/turntable.mp4")


@pytest.mark.parametrize(
    "units, distance, text, radius, spread",
    [
        ("metric", 1.5, "distance  %.2f m", 2.0, "radius %.1f cm"),
        ("centimeters", 150.0, "distance  %.1f cm", 2.0, "radius %.1f cm"),
        ("inches", 59.055, "distance  %.1f in", 0.787, "radius %.1f in"),
    ],
)
def test_lengths_are_shown_and_typed_in_the_preferred_units(bench, units, distance, text, radius, spread):
    bench.use("lamp.add")
    bench.use("lamp.kind", "Near lamp")
    bench.use("preferences.units", UNIT_LABELS["inches"])
    bench.use("preferences.units", UNIT_LABELS[units])
    assert dpg.get_value("lamp.distance_m") == pytest.approx(distance, abs=1e-3)
    assert dpg.get_item_configuration("lamp.distance_m")["format"] == text
    assert dpg.get_value("materials.radius") == pytest.approx(radius, abs=1e-3)
    assert dpg.get_item_configuration("materials.radius")["format"] == spread
    assert bench.use("lamp.distance_m", 0.5 * distance).light.lamps[0].distance_m == pytest.approx(0.75, abs=1e-4)
    assert dpg.get_item_configuration("lamp.azimuth_deg")["format"] == "azimuth  %.0f°"
