"""Panels without any display: build them, show a state, call callbacks, look at the edits."""

from dataclasses import replace
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
import pytest

from app import edits
from app.actions import Actions
from app.frames import Choice, Choices
from app.light_presets import LIGHT_PRESETS
from app.panels.color_field import to_linear, to_srgb
from app.panels.layout import PanelLayout
from app.panels.panel import PanelContext, Snapshot, labels_to_keys
from app.panels.probe_panel import (
    CELL_PX,
    HEIGHT_PX,
    WIDTH_PX,
    ProbePanel,
    lamp_to_picture,
    picture_pixels,
    picture_to_lamp,
)
from app.panels.record_panel import FORMATS, KINDS
from app.panels.still_panel import FORMATS as STILL_FORMATS
from app.panels.theme import build_theme
from app.state import (
    BUFFERS,
    NUM_JOINTS,
    NUM_SHAPES,
    BodyState,
    CompareState,
    LampState,
    Store,
    TurntableState,
    ViewState,
)
from app.status import Message, RecordingStatus, Status
from phynes_core.conventions import direction_to_latlong, orbit_direction

CHOICES = Choices(
    (Choice("/a/josh.ckpt", "josh"), Choice("/b/josh.ckpt", "josh")),
    (Choice("", "rest pose"), Choice("/m/walk.npz", "walk", 2.0)),
    (Choice("/p/studio.exr", "studio"), Choice("/p/sunset.exr", "sunset")),
)


class Bench:
    """Panels, a store behind them, and a snapshot of both."""

    def __init__(self):
        self.calls = []
        names = ("record", "cancel_recording", "undo", "redo", "reset_camera")
        paths = {name: (lambda path, name=name: self.calls.append((name, path))) for name in ("save_rig", "load_rig")}
        actions = Actions(**paths, **{name: (lambda name=name: self.calls.append(name)) for name in names})
        self.store = Store(ViewState(BodyState("/a/josh.ckpt")))
        self.layout = PanelLayout(PanelContext(self.store.post, self.store.end_gesture, actions))

    def show(self, **changes):
        self.layout.sync(Snapshot(self.store.state, CHOICES, **changes))

    def set(self, state):
        self.store.post(lambda _: state, "test")
        self.store.apply()
        self.show()

    def panel(self, kind):
        return next(panel for panel in self.layout.panels if isinstance(panel, kind))

    def use(self, tag, value=None):
        """What a person's input does: the widget takes the value, then its callback is called."""
        if value is not None:
            dpg.set_value(tag, value)
        callback = dpg.get_item_callback(tag)
        arguments = (tag, dpg.get_value(tag), dpg.get_item_user_data(tag))
        callback(*arguments[: callback.__code__.co_argcount - (1 if hasattr(callback, "__self__") else 0)])
        self.store.apply()
        self.show()
        return self.store.state


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    dpg.create_context()
    build_theme()
    bench = Bench()
    bench.layout.build()
    bench.show()
    yield bench
    dpg.destroy_context()


def test_every_slider_posts_its_edit_and_shows_the_state(bench):
    cases = {
        "light.yaw_deg": (40.0, lambda s: s.light.yaw_deg),
        "light.intensity": (2.5, lambda s: s.light.intensity),
        "view.exposure": (-1.5, lambda s: s.look.exposure_ev),
        "view.fov": (45.0, lambda s: s.camera.fov_deg),
        "record.seconds": (7.5, lambda s: s.tool.turntable.seconds),
        "probes.intensity": (12.0, lambda s: s.tool.brush_intensity),
        "probes.radius": (2, lambda s: s.tool.brush_radius),
        "record.plays_motion": (True, lambda s: s.tool.turntable.plays_motion),
        "record.path": ("x.mp4", lambda s: s.tool.turntable.path),
        "view.curve": ("filmic", lambda s: s.look.curve),
        "view.freeze": (False, lambda s: s.body.freezes_materials),
        "record.spin": ("light spin", lambda s: KINDS[s.tool.turntable.spin]),
        "record.size": ("1080", lambda s: str(s.tool.turntable.size)),
        "record.format": ("PNG files", lambda s: FORMATS[Path(s.tool.turntable.path).suffix]),
        "record.has_alpha": (True, lambda s: s.tool.turntable.has_alpha),
        "record.fits": (False, lambda s: s.tool.turntable.fits),
        "still.size": ("4096", lambda s: str(s.tool.still.size)),
        "still.format": ("EXR, all buffers", lambda s: STILL_FORMATS[Path(s.tool.still.path).suffix]),
        "still.has_alpha": (True, lambda s: s.tool.still.has_alpha),
    }
    for tag, (value, read) in cases.items():
        assert read(bench.use(tag, value)) == (pytest.approx(value) if isinstance(value, float) else value), tag
    bench.set(ViewState())
    for tag, (_, read) in cases.items():
        assert dpg.get_value(tag) == read(ViewState()) or dpg.get_value(tag) == pytest.approx(read(ViewState()))


def test_every_joint_can_be_turned_shown_and_reset(bench):
    for joint in range(NUM_JOINTS):
        state = bench.use(f"joint{joint}", (10.0 + joint, -20.0, 30.0, 0.0))
        assert state.body.joint_angles_deg[joint] == (10.0 + joint, -20.0, 30.0)
        assert dpg.get_item_configuration(f"joint{joint}.reset")["show"]
    state = bench.use("joint5.reset")
    assert state.body.joint_angles_deg[5] == (0.0, 0.0, 0.0) and state.body.joint_angles_deg[6][0] == 16.0
    assert dpg.get_value("joint5")[:3] == [0.0, 0.0, 0.0]
    assert not any(any(angles) for angles in bench.use("pose.reset").body.joint_angles_deg)


def test_shape_sliders(bench):
    for index in range(NUM_SHAPES):
        assert bench.use(f"avatar.shape{index}", 1.5).body.shape[index] == 1.5
    assert bench.use("avatar.reset_shape").body.shape == (0.0,) * NUM_SHAPES


def test_avatars_of_one_name_stay_apart(bench):
    assert dpg.get_item_configuration("avatar.name")["items"] == ["josh", "josh (2)"]
    assert bench.use("avatar.name", "josh (2)").body.avatar == "/b/josh.ckpt"


def test_a_clip_can_be_chosen_scrubbed_and_played(bench):
    assert not dpg.get_item_configuration("avatar.play")["enabled"]
    assert bench.use("avatar.motion", "walk").body.motion == "/m/walk.npz"
    assert dpg.get_item_configuration("avatar.time")["max_value"] == 2.0
    assert bench.use("avatar.time", 1.25).body.time_s == 1.25
    assert bench.use("avatar.play").body.playing
    assert dpg.get_item_label("avatar.play") == "Pause"
    assert not bench.use("avatar.motion", "rest pose").body.playing


def test_choosing_an_environment_switches_to_it(bench):
    state = bench.use("light.environment", "sunset")
    assert (state.light.mode, state.light.environment) == ("environment", "/p/sunset.exr")
    assert dpg.get_value("light.mode") == "Environment"
    assert bench.use("light.mode", "Lamps only").light.mode == "none"
    assert bench.use("light.mode", "As captured").light.mode == "captured"
    assert bench.use("light.mode", "Environment").light.environment == "/p/sunset.exr"


def test_the_first_environment_stands_in_until_one_is_chosen(bench):
    assert bench.use("light.mode", "Environment").light.environment == "/p/studio.exr"


def test_a_file_from_the_dialog_joins_the_list(bench):
    dpg.get_item_callback("light.load_dialog")("light.load_dialog", {"file_path_name": "/my/sky.exr"})
    bench.store.apply()
    bench.show()
    assert bench.store.state.light.environment == "/my/sky.exr"
    assert dpg.get_value("light.environment") == "sky"
    assert "sky" in dpg.get_item_configuration("light.environment")["items"]
    bench.use("light.environment", "studio")
    assert dpg.get_item_configuration("light.environment")["items"] == ["studio", "sunset", "sky"]  # still offered


def test_colors_are_linear_inside_and_srgb_in_the_widget(bench):
    state = bench.use("light.tint", (255.0, 128.0, 0.0, 255.0))
    assert state.light.tint == pytest.approx((1.0, 0.2159, 0.0), abs=1e-3)
    assert dpg.get_value("light.tint")[:3] == pytest.approx([255.0, 128.0, 0.0], abs=0.6)
    assert bench.use("view.background", (255.0, 128.0, 0.0, 255.0)).look.background == pytest.approx((1, 128 / 255, 0))
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


def test_a_lamp_is_near_or_far_and_colored_by_temperature_or_by_hand(bench):
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


def test_rigs_come_by_name_and_go_by_file(bench):
    assert len(bench.use("rig.preset", "three-point").light.lamps) == 3
    assert bench.store.state.light.mode == "none"
    dpg.get_item_callback("rig.save_dialog")("rig.save_dialog", {"file_path_name": "/my/rig.json"})
    dpg.get_item_callback("rig.load_dialog")("rig.load_dialog", {"file_path_name": "/my/rig.json"})
    assert bench.calls == [("save_rig", "/my/rig.json"), ("load_rig", "/my/rig.json")]


def test_the_stage_has_a_backdrop_a_floor_and_balls(bench):
    assert bench.use("stage.backdrop", "Light, out of focus").stage.backdrop == "blurred"
    assert bench.use("stage.ground", True).stage.has_ground
    assert bench.use("stage.ground_shadow", 0.5).stage.ground_shadow == 0.5
    assert bench.use("stage.ground_reflection", 0.25).stage.ground_reflection == 0.25
    assert bench.use("stage.balls", True).stage.has_balls
    bench.set(ViewState())
    assert dpg.get_value("stage.backdrop") == "Color" and not dpg.get_value("stage.ground")


def test_the_eyedropper_takes_the_light_of_a_probe_and_the_brush_mirrors(bench):
    radiance = np.zeros((16, 32, 3), np.float32)
    radiance[2, 7] = (4.0, 2.0, 0.0)
    bench.show(probe_radiance=radiance)
    probes = bench.panel(ProbePanel)
    probes.pick(7.5 * CELL_PX, 2.5 * CELL_PX)
    probes.pick(-5.0, 1e6)
    bench.store.apply()
    assert bench.store.state.tool.brush_color == (1.0, 0.5, 0.0) and bench.store.state.tool.brush_intensity == 4.0
    assert bench.use("probes.mirrors", True).tool.brush_mirrors
    bench.use("probes.tool", "Paint")
    probes.press(20.5 * CELL_PX, 3.5 * CELL_PX)
    probes.release()
    bench.store.apply()
    bench.show()
    assert len(bench.store.state.light.probe_edits) == 2
    once = bench.store.state.light.probe_edits
    bench.use("probes.mirror")
    assert bench.store.state.light.probe_edits == once  # the same on both sides


def test_every_buffer_has_a_button(bench):
    for name in BUFFERS:
        assert bench.use(f"view.{name}").look.buffer == name


def test_directions_in_the_probe_picture_are_the_conventions(bench):
    for azimuth, elevation in ((0, 0), (90, 0), (-89, 30), (135, -60), (20, 80)):
        u, v = direction_to_latlong(orbit_direction(azimuth, elevation)).tolist()
        assert lamp_to_picture(azimuth, elevation) == pytest.approx((u * WIDTH_PX, v * HEIGHT_PX), abs=0.01)
        assert picture_to_lamp(u * WIDTH_PX, v * HEIGHT_PX) == pytest.approx((azimuth, elevation), abs=0.05)


def test_a_marker_is_dragged_and_a_click_calls_the_selected_lamp(bench):
    bench.set(edits.move_lamp(edits.add_lamp(edits.add_lamp(ViewState())), 1, 30.0, 20.0))
    probes = bench.panel(ProbePanel)
    first = lamp_to_picture(40.0, 35.0)
    probes.press(first[0] + 4, first[1])
    probes.move(100.0, 60.0)
    probes.release()
    bench.store.apply()
    bench.show()
    lamp = bench.store.state.light.lamps[0]
    assert (lamp.azimuth_deg, lamp.elevation_deg) == pytest.approx(picture_to_lamp(100.0, 60.0))
    assert bench.store.state.tool.selected_lamp == 0
    probes.press(300.0, 40.0)
    probes.release()
    bench.store.apply()
    assert bench.store.state.light.lamps[0].azimuth_deg == pytest.approx(picture_to_lamp(300.0, 40.0)[0])
    assert bench.store.state.light.lamps[1] == LampState(azimuth_deg=30.0, elevation_deg=20.0)


def test_a_stroke_paints_without_gaps_and_is_one_undo_step(bench):
    bench.use("probes.tool", "Paint")
    bench.use("probes.intensity", 8.0)
    probes = bench.panel(ProbePanel)
    probes.press(5.5 * CELL_PX, 3.5 * CELL_PX)
    probes.move(9.5 * CELL_PX, 3.5 * CELL_PX)
    probes.release()
    bench.store.apply()
    assert [cell for cell, _ in bench.store.state.light.probe_edits] == [3 * 32 + column for column in range(5, 10)]
    assert {radiance for _, radiance in bench.store.state.light.probe_edits} == {(8.0, 8.0, 8.0)}
    bench.store.undo()
    assert bench.store.state.light.probe_edits == ()
    bench.store.redo()
    bench.show()
    assert bench.use("probes.clear").light.probe_edits == ()


def test_without_lamps_a_click_in_the_picture_does_nothing(bench):
    probes = bench.panel(ProbePanel)
    probes.press(50.0, 50.0)
    probes.move(60.0, 60.0)
    probes.release()
    assert not bench.store.apply()


def test_the_probe_picture_has_a_flat_cell_for_each_probe():
    radiance = np.zeros((16, 32, 3), np.float32)
    radiance[2, 7] = (1.0, 0.0, 0.0)
    pixels = picture_pixels(radiance, 0.0).reshape(HEIGHT_PX, WIDTH_PX, 4)
    cell = pixels[2 * CELL_PX : 3 * CELL_PX, 7 * CELL_PX : 8 * CELL_PX]
    assert (cell[1:, 1:, 0] == cell[5, 5, 0]).all() and cell[5, 5, 0] > 0.5
    assert pixels[..., 1].max() == 0 and (pixels[..., 3] == 1).all()
    assert (pixels[..., 0] > 0).sum() == CELL_PX * CELL_PX


def test_the_record_button_records_and_then_cancels(bench):
    bench.use("record.start")
    running = Status(recording=RecordingStatus("running", 5, 20, "t.mp4"))
    bench.show(status=running)
    assert dpg.get_item_label("record.start") == "Cancel" and dpg.get_value("record.progress") == 0.25
    assert dpg.get_item_configuration("record.progress")["overlay"] == "5 of 20"
    callback = dpg.get_item_callback("record.start")
    callback()
    assert bench.calls == ["record", "cancel_recording"]
    bench.show(status=Status(recording=RecordingStatus("done", 20, 20, "t.mp4")))
    assert dpg.get_item_configuration("record.progress")["overlay"] == "saved t.mp4"


def test_record_settings_keep_a_size_that_is_not_in_the_list(bench):
    tool = replace(ViewState().tool, turntable=TurntableState(size=384))
    bench.set(replace(ViewState(), tool=tool))
    assert dpg.get_value("record.size") == "384"
    assert bench.use("record.size", "720").tool.turntable.size == 720
    assert bench.use("record.fps", "24").tool.turntable.fps == 24


def test_times_and_messages_are_shown(bench):
    status = Status(render_fps=12.0, messages=(Message("a"), Message("cannot read sky.exr", True)))
    stages = {"mesh": 4.0, "lamp_visibility": 30.0}
    bench.show(
        status=status,
        stage_ms=stages,
        render_ms=40.0,
        display_fps=25.0,
        display_name="llvmpipe",
        frame_path="pinned copy",
    )
    assert dpg.get_value("stats.render") == "Render 40 ms,  12 / s"
    assert dpg.get_value("stats.display").strip() == "Display 25 / s"
    assert dpg.get_value("stats.frame_path") == "Frames to the window: pinned copy"
    assert dpg.get_item_configuration("stats.stage0")["overlay"] == "lamp visibility  30.0 ms"
    assert not dpg.get_item_configuration("stats.stage2")["show"]
    assert dpg.get_value("message") == "cannot read sky.exr"
    bench.show(status=Status(activity="Preparing the renderer"))
    assert dpg.get_value("message") == "Preparing the renderer"


def test_buttons_of_history_and_view(bench):
    for tag in ("edit.undo", "edit.redo", "view.reset"):
        dpg.get_item_callback(tag)()
    assert bench.calls == ["undo", "redo", "reset_camera"]


def test_labels_that_occur_twice_are_numbered():
    assert labels_to_keys([("1", "a"), ("2", "a"), ("3", "a"), ("4", "b")]) == {
        "a": "1", "a (2)": "2", "a (3)": "3", "b": "4",
    }  # fmt: skip


def test_detail_and_frozen_materials_say_what_they_do_to_this_avatar(bench):
    assert bench.use("view.detail", "detail: on").body.detail == "on"
    assert bench.use("view.detail", "detail: off").body.detail == "off"
    assert bench.use("view.detail", "detail: auto").body.detail == "auto"
    bench.show(has_detail=True, materials_follow_pose=True)
    assert dpg.get_value("view.detail") == "detail: auto (on)"
    assert dpg.get_item_configuration("view.freeze")["enabled"]
    bench.show()
    assert dpg.get_value("view.detail") == "detail: auto (off)"
    assert not dpg.get_item_configuration("view.freeze")["enabled"]  # nothing to freeze


def test_looking_closely_is_switched_on_and_chosen_in_one_panel(bench):
    look = bench.use("inspect.joints", True).look
    assert look.has_joints and bench.use("inspect.wireframe", True).look.has_wireframe
    assert bench.use("inspect.readout", True).tool.has_readout and bench.use("inspect.loupe", True).tool.has_loupe
    assert bench.use("inspect.loupe_zoom", "16x").tool.loupe_zoom == 16
    assert bench.use("view.false_color", True).look.has_false_color
    for _ in range(6):
        bench.store.undo()
    assert bench.store.state == ViewState(BodyState("/a/josh.ckpt"))
    bench.show()
    assert not dpg.get_value("inspect.joints") and dpg.get_value("inspect.loupe_zoom") == "8x"


def test_the_right_side_of_a_split_is_chosen_by_buffer_avatar_and_light(bench):
    assert bench.use("inspect.split_buffer", "normal").compare == CompareState(True, "normal")
    assert bench.use("inspect.split_avatar", "josh (2)").compare.avatar == "/b/josh.ckpt"
    light = bench.use("inspect.split_light", "sunset").compare.light
    assert (light.mode, light.environment) == ("environment", "/p/sunset.exr")
    assert dpg.get_value("inspect.split_light") == "sunset"
    assert bench.use("inspect.split_light", "rig: rim").compare.light.lamps == LIGHT_PRESETS["rim"]
    assert dpg.get_value("inspect.split_light") == "rig: rim"
    bench.use("light.yaw_deg", 40.0)
    kept = bench.use("inspect.split_light", "light: what shines now").compare.light
    assert kept.yaw_deg == 40.0 and bench.use("light.yaw_deg", 10.0).compare.light == kept
    swapped = bench.use("inspect.split_swap")
    assert swapped.look.buffer == "normal" and swapped.light == kept and swapped.compare.buffer == "radiance"
    assert bench.use("inspect.split_light", "light: same").compare.light is None
    assert bench.use("inspect.split_avatar", "avatar: same").compare.avatar == ""
    assert not bench.use("inspect.split").compare.is_on
