"""Flying by held keys: distance follows the time, a flight is one undo step, outside fly mode keys are commands."""

import pytest

from app.model import cameras
from app.model.cameras import eye_of
from app.model.preferences import LEFT, MIDDLE, RIGHT
from app.model.status import RecordingStatus, Status
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.fly import FAST, LONGEST_S, FlyKeys
from app.viewer.notices import tool_captions
from tests.app.fake_commands import PictureEvents, blank_frame, fake_commands


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store():
    return Store(cameras.toggle_fly(ViewState()))


@pytest.fixture
def calls():
    return []


@pytest.fixture
def fly_keys(store, clock):
    return FlyKeys(store, clock)


@pytest.fixture
def gestures(store, calls):
    return PictureEvents(fake_commands(store, calls), blank_frame(store.state, 512))


def flown(fly_keys, store, clock, names, seconds, num_steps):
    for name in names:
        fly_keys.press(name)
    for _ in range(num_steps):
        clock.now_s += seconds / num_steps
        fly_keys.advance()
    for name in names:
        fly_keys.release(name)
    store.apply()
    return store.state.camera.pan_m


@pytest.mark.parametrize("num_steps", [1, 3, 60])
def test_a_held_key_moves_by_the_time_at_any_frame_rate(fly_keys, store, clock, num_steps):
    assert flown(fly_keys, store, clock, "W", 0.4, num_steps) == pytest.approx(
        (0.0, 0.0, -0.4)
    )  # at 1 m/s, from the front


def test_a_tap_between_two_pictures_counts(fly_keys, store, clock):
    fly_keys.press("E")
    clock.now_s += 0.05
    fly_keys.release("E")
    clock.now_s += 5.0
    fly_keys.advance()
    store.apply()
    assert store.state.camera.pan_m == pytest.approx((0.0, 0.05, 0.0))


def test_two_keys_are_as_fast_as_one_and_opposite_ones_cancel(fly_keys, store, clock):
    x, y, z = flown(fly_keys, store, clock, "WD", 0.4, 2)
    assert (x * x + y * y + z * z) ** 0.5 == pytest.approx(0.4) and x == pytest.approx(-z)
    store.undo()
    assert flown(fly_keys, store, clock, "AD", 0.4, 2) == (0.0, 0.0, 0.0)


def test_shift_is_faster_and_the_wheel_sets_the_speed(fly_keys, store, clock):
    assert flown(fly_keys, store, clock, ["LEFT_SHIFT", "Q"], 0.1, 1) == pytest.approx((0.0, -0.1 * FAST, 0.0))
    store.post(lambda s: cameras.change_fly_speed(s, 2.0), "speed")
    store.apply()
    assert store.state.tool.camera.fly_m_s == pytest.approx(cameras.FLY_STEP**2)


def test_a_step_after_a_long_pause_is_short(fly_keys, store, clock):
    assert flown(fly_keys, store, clock, "W", 60.0, 1)[2] == pytest.approx(-LONGEST_S)


def test_a_flight_is_one_undo_step(fly_keys, store, clock):
    flown(fly_keys, store, clock, "W", 0.3, 5)
    flown(fly_keys, store, clock, "A", 0.3, 5)
    store.undo()
    assert store.state.camera.pan_m == pytest.approx((0.0, 0.0, -0.3))
    store.undo()
    assert store.state.camera == ViewState().camera and not store.can_undo


def test_outside_fly_mode_held_keys_move_nothing(fly_keys, store, clock):
    store.post(cameras.toggle_fly, "fly")
    store.apply()
    assert not fly_keys.press("W") and flown(fly_keys, store, clock, "W", 0.3, 2) == (0.0, 0.0, 0.0)


def test_a_drag_looks_around_and_the_middle_button_pans(gestures, store):
    for button in (LEFT, RIGHT):
        before = store.state.camera
        gestures.press(200, 300, button, False)
        assert gestures.tool == "look"
        gestures.move(240, 300, 40, 10)
        gestures.release(button)
        store.apply()
        assert store.state.camera != before
        assert eye_of(store.state.camera) == pytest.approx(eye_of(before))
        store.undo()
        assert store.state.camera == before
    gestures.press(200, 300, MIDDLE, False)
    assert gestures.tool == "pan"


def test_in_fly_mode_the_wheel_sets_the_speed_and_not_the_distance(gestures, store):
    gestures.scroll(1.0)
    store.apply()
    assert store.state.camera == ViewState().camera
    assert store.state.tool.camera.fly_m_s == pytest.approx(cameras.FLY_STEP) and not store.can_undo


def test_keys_fly_until_escape_which_does_not_close_the_viewer(gestures, store, calls):
    gestures.key("W")
    assert gestures.gestures.fly.is_moving
    gestures.key_up("W")
    gestures.key("ESCAPE")
    store.apply()
    assert not store.state.tool.camera.flies and not gestures.gestures.fly.is_moving
    assert calls == []


def test_in_fly_mode_a_caption_says_how_to_fly(store):
    caption, *others = tool_captions(store.state, Status())
    assert "1.0 m/s" in caption.text and not others
    assert not tool_captions(store.state, Status(recording=RecordingStatus("running")))
    assert not tool_captions(ViewState(), Status())


def test_undo_after_leaving_fly_mode_does_not_enter_it_again(fly_keys, store, clock):
    flown(fly_keys, store, clock, "W", 0.3, 2)
    store.post(cameras.toggle_fly, "fly mode")  # from the panel, as a step of its own
    store.apply()
    store.undo()
    assert store.state.camera == ViewState().camera and not store.state.tool.camera.flies
    store.redo()
    assert store.state.camera.pan_m[2] == pytest.approx(-0.3) and not store.state.tool.camera.flies
