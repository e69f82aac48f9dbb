"""Pointer and keys become edits, without any window."""

import pytest

from app.model import cameras, lights
from app.model.display_settings import BUFFERS
from app.model.edits import edit_body, edit_tool
from app.model.joints import NO_JOINT
from app.model.lamps import add_lamp
from app.model.preferences import LEFT, MIDDLE, RIGHT
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.commands.key_map import KeyMap
from app.tools.commands.window import NOTHING_HELD
from app.tools.lamps import lamp_handle
from tests.app.fake_commands import PictureEvents, Windows, blank_frame, fake_commands


@pytest.fixture
def calls():
    return []


@pytest.fixture
def store():
    return Store(add_lamp(ViewState()))


@pytest.fixture
def gestures(store, calls):
    return PictureEvents(fake_commands(store, calls), blank_frame(store.state, 512), window=(1000, 800))


def handle_point(gestures, store, index=0):
    handle = lamp_handle(gestures.viewport.view, store.state.light.lamps[index])
    return gestures.viewport.letterbox.to_window(handle.x_px, handle.y_px)


def test_a_left_drag_orbits_and_is_one_undo_step(gestures, store):
    gestures.press(200, 600, LEFT, False)
    for _ in range(5):
        gestures.move(210, 600, 10, 4)
    gestures.release(LEFT)
    store.apply()
    assert store.state.camera.azimuth_deg == pytest.approx(-50 * cameras.ORBIT_DEG_PER_PX)
    assert store.state.camera.elevation_deg == pytest.approx(20 * cameras.ORBIT_DEG_PER_PX)
    store.undo()
    assert store.state.camera == ViewState().camera


@pytest.mark.parametrize("button, has_shift", [(RIGHT, False), (MIDDLE, False), (LEFT, True)])
def test_other_drags_pan(gestures, store, button, has_shift):
    gestures.press(200, 600, button, has_shift)
    gestures.move(260, 600, 60, 0)
    gestures.release(button)
    store.apply()
    camera = store.state.camera
    assert camera.pan_m[0] < 0 and camera.azimuth_deg == 0.0 and store.state.light == add_lamp(ViewState()).light


def test_a_drag_that_starts_on_the_sun_moves_the_lamp_only(gestures, store):
    x, y = handle_point(gestures, store)
    gestures.press(x + 9, y - 9, LEFT, False)
    assert gestures.tool == "lamp"
    gestures.move(x - 91, y + 41, -100, 50)
    store.apply()
    assert handle_point(gestures, store) == pytest.approx((x - 100, y + 50), abs=1.0)
    assert store.state.camera == ViewState().camera
    gestures.release(LEFT)
    store.apply()
    store.undo()
    assert handle_point(gestures, store) == pytest.approx((x, y), abs=0.1)


def test_a_press_beside_the_sun_orbits(gestures, store):
    x, y = handle_point(gestures, store)
    gestures.press(x + 30, y, LEFT, False)
    assert gestures.tool == "orbit"


def test_a_second_button_during_a_drag_is_ignored(gestures, store):
    gestures.press(200, 600, LEFT, False)
    gestures.press(200, 600, RIGHT, False)
    gestures.release(RIGHT)
    assert gestures.tool == "orbit"
    gestures.release(LEFT)
    assert gestures.tool is None


def test_before_the_first_picture_a_drag_orbits_and_a_pan_waits(store):
    gestures = PictureEvents(fake_commands(store))
    gestures.press(10, 10, LEFT, False)
    assert gestures.tool == "orbit"
    gestures.release(LEFT)
    gestures.press(10, 10, RIGHT, False)
    gestures.move(30, 10, 20, 0)
    store.apply()
    assert store.state.camera.pan_m == (0.0, 0.0, 0.0)


def test_a_drag_with_the_light_key_turns_the_surrounding_light_and_is_one_undo_step(gestures, store):
    """To the right: a light in front of the avatar follows the pointer, toward +X."""
    gestures.press(200, 600, LEFT, False, turns_light=True)
    for _ in range(4):
        gestures.move(210, 600, 25, 3)
    gestures.release(LEFT)
    store.apply()
    assert store.state.light.yaw_deg == pytest.approx(40.0) and store.state.camera == ViewState().camera
    store.undo()
    assert store.state.light.yaw_deg == 0.0


def test_arrows_step_through_shipped_and_loaded_environments(store):
    gestures = PictureEvents(fake_commands(store, environments=("a.exr", "b.exr")))
    store.post(lambda s: lights.choose_environment(s, "/mine/c.hdr"), "load")
    seen = []
    for key in ("RIGHT", "RIGHT", "RIGHT", "LEFT", "LEFT"):
        gestures.key(key)
        store.apply()
        seen.append(store.state.light.environment)
    assert seen == ["a.exr", "b.exr", "/mine/c.hdr", "b.exr", "a.exr"]
    gestures.key("RIGHT", has_shift=True)
    store.apply()
    assert store.state.light.yaw_deg == 5.0


def test_keys_of_the_surroundings(gestures, store):
    for key in ("G", "K", "V"):
        gestures.key(key)
    store.apply()
    assert (
        store.state.surroundings.has_ground
        and store.state.surroundings.has_balls
        and store.state.surroundings.backdrop == "checker"
    )
    for _ in range(4):
        gestures.key("V")
    store.apply()
    assert store.state.surroundings.backdrop == "color"


def test_wheel_up_comes_closer(gestures, store):
    gestures.scroll(2.0)
    store.apply()
    assert store.state.camera.distance_m < ViewState().camera.distance_m


def test_alt_and_the_wheel_magnify_while_there_is_a_loupe(gestures, store):
    gestures.scroll(1.0, magnifies=True)
    store.apply()
    assert store.state.camera != ViewState().camera  # without a loupe the wheel zooms
    gestures.key("U")
    gestures.key("T")
    store.apply()
    before = store.state
    gestures.scroll(1.0, magnifies=True)
    store.apply()
    assert store.state.tool.loupe_zoom == 12 and store.state.camera == before.camera and before.tool.has_readout


def test_shift_and_a_number_choose_the_buffer_right_of_the_split(gestures, store):
    gestures.key("6", has_shift=True)
    gestures.key("J")
    gestures.key("J", has_shift=True)
    store.apply()
    assert store.state.compare.is_on and store.state.compare.buffer == BUFFERS[5]
    assert store.state.display.has_joints and store.state.display.has_wireframe
    for _ in range(3):
        store.undo()
    assert store.state == add_lamp(ViewState())


def test_number_keys_choose_buffers(gestures, store):
    for number, name in enumerate(BUFFERS, 1):
        gestures.key(str(number))
        store.apply()
        assert store.state.display.buffer == name
    gestures.key("9")
    store.apply()
    assert store.state.display.buffer == BUFFERS[-1]


def test_escape_closes_what_is_open_before_it_lets_go_and_never_the_viewer(store, calls):
    class Open(Windows):
        is_open = True

        def close_popup(self):
            was_open, self.is_open = self.is_open, False
            return was_open

    keys = PictureEvents(fake_commands(store, calls, windows=Open("windows", calls)))
    store.post(lambda state: edit_tool(state, selected_joint=4, help_page=1), "held")
    for held, page in ((4, 1), (4, 0), (NO_JOINT, 0), (NO_JOINT, 0)):
        keys.key("ESCAPE")
        store.apply()
        assert (store.state.tool.selected_joint, store.state.tool.help_page) == (held, page)
    assert calls == [("say", KeyMap().filled(NOTHING_HELD))]


def test_other_keys(gestures, store, calls):
    store.post(lambda state: edit_body(state, motion="/walk.npz"), "motion")
    gestures.key("SPACE")
    gestures.key("L")
    store.apply()
    assert store.state.body.playing and len(store.state.light.lamps) == 2
    gestures.key("DELETE")
    store.apply()
    assert len(store.state.light.lamps) == 1
    for key in ("R", "F", "ESCAPE", "Q"):
        gestures.key(key)
    gestures.key("W")
    gestures.key("W", has_control=True)
    assert calls == ["exports.record", "cameras.frame", ("say", KeyMap().filled(NOTHING_HELD)), "windows.close"]
    for key, lamps in (("Z", 2), ("Z", 1), ("Y", 2)):
        gestures.key(key)
        assert len(store.state.light.lamps) == lamps


def test_a_drag_on_the_line_of_a_split_picture_moves_the_line(gestures, store):
    """Elsewhere, or while the picture is not split, a drag orbits."""
    line, row = gestures.viewport.letterbox.to_window(256, 256)
    gestures.press(line + 4, row, LEFT, False)
    assert gestures.tool == "orbit"
    gestures.release(LEFT)
    gestures.key("C")
    store.apply()
    assert store.state.compare.is_on
    gestures.press(line + 30, row, LEFT, False)
    assert gestures.tool != "slider"
    gestures.release(LEFT)
    gestures.press(line + 4, row, LEFT, False)
    assert gestures.tool == "slider"
    gestures.move(*gestures.viewport.letterbox.to_window(128, 256), 0, 0)
    store.apply()
    assert store.state.display.slider == pytest.approx(0.25, abs=0.01)
    gestures.move(-500, row, 0, 0)
    store.apply()
    assert store.state.display.slider == 0.0


@pytest.mark.parametrize(
    "key, held, says",
    [
        ("DELETE", {}, "L adds one"),
        ("MINUS", {}, "Tab or a click"),
        ("N", {}, "B adds one"),
        ("C", {"has_shift": True}, "C splits it"),
        ("COMMA", {}, "choose a motion"),
        ("DELETE", {"has_shift": True}, "no paint"),
        ("DELETE", {"has_alt": True}, "Alt+K adds one"),
        ("SPACE", {"has_shift": True}, "Alt+K adds one"),
        ("UP", {"has_alt": True}, "the panel Lamps"),
    ],
)
def test_a_key_that_can_do_nothing_says_why(key, held, says):
    said = []
    store = Store(ViewState())
    PictureEvents(fake_commands(store, say=said.append)).key(key, **held)
    assert not store.apply() and len(said) == 1 and says in said[0]


def test_a_key_sees_what_was_posted_before_it():
    said = []
    store = Store(ViewState())
    gestures = PictureEvents(fake_commands(store, say=said.append))
    gestures.key("L")
    gestures.key("DELETE")
    store.apply()
    assert not store.state.light.lamps and not said
