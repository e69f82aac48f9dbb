"""Panels without any display: callbacks post the right edits, and a state is shown."""

from dataclasses import replace
from pathlib import Path

import dearpygui.dearpygui as dpg
import pytest

from app.files.light_rigs import LIGHT_PRESETS
from app.model.avatar_row import NUM_SHAPES, BodyState
from app.model.comparison import CompareState
from app.model.display_settings import BUFFERS
from app.model.edits import edit_tool
from app.model.exports import TurntableState
from app.model.joints import NUM_JOINTS
from app.model.status import Message, RecordingStatus, Status
from app.model.view_state import ViewState
from app.panels.panel import labels_to_keys
from app.panels.record_panel import FORMATS, KINDS
from app.panels.still_panel import FORMATS as STILL_FORMATS


def test_every_slider_posts_its_edit_and_shows_the_state(bench):
    cases = {
        "light.yaw_deg": (40.0, lambda s: s.light.yaw_deg),
        "light.intensity": (2.5, lambda s: s.light.intensity),
        "view.exposure": (-1.5, lambda s: s.display.exposure_ev),
        "view.fov": (45.0, lambda s: s.camera.fov_deg),
        "record.seconds": (7.5, lambda s: s.tool.turntable.seconds),
        "probes.intensity": (12.0, lambda s: s.tool.brush_intensity),
        "probes.radius": (2, lambda s: s.tool.brush_radius),
        "record.plays_motion": (True, lambda s: s.tool.turntable.plays_motion),
        "record.path": ("x.mp4", lambda s: s.tool.turntable.path),
        "view.curve": ("filmic", lambda s: s.display.curve),
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


def test_a_clip_can_be_chosen_and_played_by_one_button(bench):
    assert not dpg.get_item_configuration("timeline.play")["enabled"]
    assert bench.use("avatar.motion", "walk").body.motion == "/m/walk.npz"
    bench.show(duration_s=2.0, clip_fps=30.0)
    assert dpg.get_item_configuration("timeline.play")["enabled"]
    assert bench.use("timeline.play").body.playing
    assert dpg.get_item_label("timeline.play") == "Pause"
    assert not bench.use("avatar.motion", "rest pose").body.playing


def test_a_pose_that_is_held_is_not_called_the_rest_pose(bench):
    held = ((0.1, 0.0, 0.0),) * NUM_JOINTS
    bench.set(replace(bench.store.state, body=replace(bench.store.state.body, held_pose=held)))
    assert dpg.get_value("avatar.motion") == "held pose"
    assert bench.use("avatar.motion", "held pose").body.held_pose == held
    assert bench.use("avatar.motion", "rest pose").body.held_pose == ()
    assert dpg.get_value("avatar.motion") == "rest pose"


def test_the_joints_of_one_limb_are_shown_and_a_held_joint_shows_its_own(bench):
    def shown():
        return [number for number in range(5) if dpg.get_item_configuration(f"pose.joints{number}")["show"]]

    assert shown() == [1]
    bench.use("pose.limb4")
    assert shown() == [4]
    bench.set(edit_tool(bench.store.state, selected_joint=15))  # the head
    assert shown() == [0]
    bench.use("pose.limb3")
    assert shown() == [3]


def test_every_buffer_has_a_button(bench):
    for name in BUFFERS:
        assert bench.use(f"view.{name}").display.buffer == name


def test_the_record_button_records_and_then_cancels(bench):
    bench.use("record.start")
    running = Status(recording=RecordingStatus("running", 5, 20, "t.mp4"))
    bench.show(status=running)
    assert dpg.get_item_label("record.start") == "Cancel" and dpg.get_value("record.progress") == 0.25
    assert dpg.get_item_configuration("record.progress")["overlay"] == "5 of 20"
    bench.exports.is_running = True
    callback = dpg.get_item_callback("record.start")
    callback()
    assert bench.calls == ["exports.record", "exports.cancel"]
    bench.show(status=Status(recording=RecordingStatus("done", 20, 20, "t.mp4")))
    assert dpg.get_item_configuration("record.progress")["overlay"] == "saved t.mp4"


def test_record_settings_keep_a_size_that_is_not_in_the_list(bench):
    tool = replace(ViewState().tool, turntable=TurntableState(size=384))
    bench.set(replace(ViewState(), tool=tool))
    assert dpg.get_value("record.size") == "384"
    assert bench.use("record.size", "720").tool.turntable.size == 720
    assert bench.use("record.fps", "24").tool.turntable.fps == 24


def test_times_and_messages_are_shown(bench):
    status = Status(render_fps=12.0, messages=(Message("a"), Message("cannot read dawn.exr", True)))
    nodes = {"mesh": 4.0, "lamp_visibility": 30.0}
    bench.show(
        status=status,
        node_ms=nodes,
        render_ms=40.0,
        display_fps=25.0,
        display_name="llvmpipe",
        frame_path="pinned copy",
    )
    assert dpg.get_value("stats.render") == "Render 40 ms,  12 / s"
    assert dpg.get_value("stats.display").strip() == "Display 25 / s"
    assert dpg.get_value("stats.frame_path") == "Frames to the window: pinned copy"
    assert dpg.get_item_configuration("stats.node0")["overlay"] == "lamp visibility  30.0 ms"
    assert not dpg.get_item_configuration("stats.node2")["show"]
    assert dpg.get_value("message") == "cannot read dawn.exr"
    bench.show(status=Status(activity="Preparing the renderer"))
    assert dpg.get_value("message") == "Preparing the renderer"


def test_undo_redo_and_reset_view_buttons(bench):
    assert bench.use("view.curve", "filmic").display.curve == "filmic"
    assert bench.use("menu.edit.undo").display.curve != "filmic"
    assert bench.use("menu.edit.redo").display.curve == "filmic"
    bench.use("view.reset")
    assert bench.calls == ["cameras.go_home"]


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


def test_the_panel_inspect_switches_overlays_values_and_loupe(bench):
    display = bench.use("inspect.joints", True).display
    assert display.has_joints and bench.use("inspect.wireframe", True).display.has_wireframe
    assert bench.use("inspect.readout", True).tool.has_readout and bench.use("inspect.loupe", True).tool.has_loupe
    assert bench.use("inspect.loupe_zoom", "16x").tool.loupe_zoom == 16
    assert bench.use("view.false_color", True).display.has_false_color
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
    assert swapped.display.buffer == "normal" and swapped.light == kept and swapped.compare.buffer == "radiance"
    assert bench.use("inspect.split_light", "light: same").compare.light is None
    assert bench.use("inspect.split_avatar", "avatar: same").compare.avatar == ""
    assert not bench.use("inspect.split").compare.is_on
