"""The exposure fits the light once when light or avatar change, and is left alone otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from app.model import lights
from app.model.avatar_row import choose_avatar
from app.model.edits import edit_display
from app.model.lamps import add_lamp
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.picture import display_bytes, fitting_exposure
from app.viewer.lights import ExposureController
from tests.app.fake_commands import FixedPreferences, blank_frame


def lit_frame(state: ViewState, light: float):
    """A frame whose left half is a body: most of it under this light, a part four times as bright."""
    frame = blank_frame(state, 40)
    pixels, faces = np.zeros((40, 40, 4), np.float16), np.full((40, 40), -1, np.int32)
    pixels[:, :20], faces[:, :20] = (light, light, light, 1.0), 3
    pixels[:5, :20, :3] = 4.0 * light
    return replace(frame, image=pixels, faces=faces)


@pytest.mark.parametrize("curve", ["linear", "filmic", "aces", "agx"])
@pytest.mark.parametrize("light", [0.004, 0.2, 9.0])
def test_highlights_do_not_clip_and_the_body_is_not_dark(curve, light):
    frame = lit_frame(ViewState(), light)
    exposure_ev = fitting_exposure(frame, curve)
    shown = display_bytes(frame, edit_display(ViewState(), exposure_ev=exposure_ev, curve=curve).display)
    assert shown[:, :20].max() < 235 and np.median(shown[:, :20]) > 60


def test_pictures_without_light_or_body_say_nothing():
    state = ViewState()
    assert fitting_exposure(blank_frame(state, 8), "filmic") is None
    assert fitting_exposure(lit_frame(edit_display(state, buffer="albedo"), 1.0), "filmic") is None


class Bench:
    def __init__(self, fits_first=True, **preferences):
        self.store = Store(ViewState())
        self.exposure = ExposureController(self.store, FixedPreferences(**preferences), fits_first)

    def show(self, light=0.05):
        """A frame of the present state."""
        self.store.apply()
        self.exposure.update(lit_frame(self.store.state, light))
        self.store.apply()
        return self.store.state.display.exposure_ev

    def post(self, edit):
        self.store.post(edit, "edit")
        self.store.end_gesture()
        self.store.apply()


def test_the_first_picture_and_another_environment_are_fitted_once():
    bench = Bench()
    first = bench.show(0.05)
    assert first > 0.5 and bench.show(0.5) == first  # a lamp that was turned
    bench.post(lambda s: lights.choose_environment(s, "dawn.exr"))
    assert bench.show(0.5) < first - 2.0
    bench.post(lambda s: choose_avatar(s, "other.ckpt"))
    assert bench.show(0.05) == first


def test_an_exposure_that_is_set_by_hand_or_comes_with_a_session_stays():
    bench = Bench()
    bench.post(lambda s: edit_display(s, exposure_ev=2.5))
    assert bench.show() == 2.5
    bench.post(lambda s: edit_display(lights.choose_environment(s, "dawn.exr"), exposure_ev=-1.5))
    assert bench.show() == -1.5
    assert bench.store.undo() and bench.show() == 2.5


def test_it_waits_for_a_picture_of_the_new_light():
    bench = Bench(fits_first=False)
    before = lit_frame(bench.store.state, 0.05)
    bench.post(add_lamp)
    bench.exposure.update(before)
    bench.exposure.update(None)
    bench.store.apply()
    assert bench.store.state.display.exposure_ev == 0.0
    assert bench.show() != 0.0


def test_the_preference_switches_it_off():
    bench = Bench(fits_exposure=False)
    assert bench.show() == 0.0
