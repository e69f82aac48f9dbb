"""The panel Preferences changes what is kept for this person."""

import dearpygui.dearpygui as dpg

from app.panels.preferences_panel import NAVIGATION_LABELS


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
