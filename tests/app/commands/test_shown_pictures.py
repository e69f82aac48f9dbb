"""`render` writes what the window shows: comparison, false color and overlays."""

from dataclasses import replace

import numpy as np
import pytest

from app import cli
from app.files.light_rigs import LIGHT_PRESETS
from app.model import comparison
from app.model.avatar_row import BodyState
from app.model.display_settings import DisplaySettings
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.options.display import DisplayOptions, with_display_options
from app.options.light import probe_file
from app.rendering.render_service import RenderService
from app.tools.viewport import Letterbox
from phynes_core.io.image_files import read_png
from tests.app.offscreen import shown_by_gl

SIZE = 96
STUDIO = str(probe_file("studio").resolve())


def rendered(avatar_file, out, *options: str) -> np.ndarray:  # [H, W, 3]
    size = ["--size", str(SIZE), "--buffers", "shading"]
    assert cli.main(["render", "--avatar", str(avatar_file), "--out", str(out), *size, *options]) == 0
    return read_png(out / "shading.png")


def test_a_file_equals_the_windows_picture(avatar_file, tmp_path):
    options = ["--compare", "normal", "--compare", "rig=rim", "--overlay", "wireframe,joints", "--false-color"]
    picture = rendered(avatar_file, tmp_path, *options, "--wipe", "0.45", "--camera", "20,5,3")
    service = RenderService()
    display = DisplaySettings("shading", has_false_color=True, slider=0.45, has_wireframe=True, has_joints=True)
    state = ViewState(BodyState(str(avatar_file)), display=display)
    state = comparison.compare_rig(state, LIGHT_PRESETS["rim"], LightState(mode="none"))
    state = comparison.compare_buffer(state, "normal")
    state = replace(state, camera=replace(service.home_camera(state), azimuth_deg=20, elevation_deg=5, distance_m=3))
    frame = service.render(state, SIZE, is_final=True)
    shown = shown_by_gl(frame, display, Letterbox(SIZE, SIZE, SIZE, SIZE)).astype(int)
    assert np.abs(shown - picture).max() <= 2  # 8 bits, rounded twice in the window


def test_comparison_options_change_only_the_right_picture(avatar_file, tmp_path):
    plain = rendered(avatar_file, tmp_path / "plain", "--compare", "shading").astype(int)
    lit = rendered(avatar_file, tmp_path / "lit", "--compare", "probe=studio").astype(int)
    assert (lit[:, : SIZE // 2] == plain[:, : SIZE // 2]).all() and (lit[:, SIZE // 2 :] != plain[:, SIZE // 2 :]).any()
    wired = rendered(avatar_file, tmp_path / "wired", "--overlay", "wireframe").astype(int)
    changed = (wired != plain).any(-1)
    assert changed[:, : SIZE // 2].any() and changed[:, SIZE // 2 :].any()


def test_options_make_the_same_state_as_the_window(avatar_file):
    view = ViewState(BodyState("a.ckpt"))
    options = DisplayOptions(compare=(f"avatar={avatar_file}", "rig=candle", "probe=studio"), wipe=0.2)
    compare = with_display_options(options, view).compare
    assert compare.is_on and compare.avatar == str(avatar_file.resolve()) and compare.buffer == ""
    assert compare.light is not None and compare.light.lamps == LIGHT_PRESETS["candle"]
    assert (compare.light.mode, compare.light.environment) == ("environment", STUDIO)
    assert with_display_options(options, view).display == DisplaySettings(slider=0.2)
    assert with_display_options(DisplayOptions(), view) == view
    kept = replace(view, display=DisplaySettings(has_joints=True, slider=0.7))  # a session's
    assert with_display_options(DisplayOptions(overlay="wireframe"), kept).display == replace(
        kept.display, has_wireframe=True
    )


@pytest.mark.parametrize(
    "options, expected",
    [
        (("--compare", "beauty"), "avatar=NAME"),
        (("--compare", "uv", "--compare", "buffer=normal"), "one buffer"),
        (("--compare", "avatar=missing"), "missing"),
        (("--compare", "rig=nothing"), "nothing"),
        (("--compare", "probe=nothing"), "nothing"),
        (("--overlay", "bones"), "wireframe, joints"),
        (("--compare", "uv", "--wipe", "1.5"), "--wipe"),
        (("--overlay", "joints", "--format", "exr"), "--format"),
        (("--false-color", "--supersample", "3"), "--supersample"),
        (("--overlay", "joints", "--buffers", "position"), "position"),
    ],
)
def test_invalid_display_options_are_refused_in_one_line(avatar_file, tmp_path, capsys, options, expected):
    out = tmp_path / "out"
    assert cli.main(["render", "--avatar", str(avatar_file), "--out", str(out), *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and expected in error and error.count("\n") == 1 and not out.exists()
