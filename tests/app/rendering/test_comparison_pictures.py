"""A comparison: two pictures and the slider between them."""

from dataclasses import replace

import numpy as np
import pytest

from app.model import edits
from app.model.comparison import CompareState, compared_state, first_column, side_by_side, swapped
from app.model.display_settings import DisplaySettings
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.rendering.frames import PLAIN, Frame
from app.rendering.picture import display_bytes
from app.tools.viewport import Letterbox
from tests.app.offscreen import shown_by_gl

SIZE = 32


def frame_of(seed):
    values = np.random.default_rng(seed).random((SIZE, SIZE, 3))
    pixels = np.concatenate([values, np.ones((SIZE, SIZE, 1))], -1).astype(np.float16)
    return Frame(pixels, PLAIN, ViewState(), (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0)


@pytest.mark.parametrize("share, column", [(0.0, 0), (0.5, 16), (0.51, 16), (0.52, 17), (1.0, 32), (-2.0, 0)])
def test_a_column_belongs_to_the_picture_that_its_center_lies_in(share, column):
    assert first_column(share, SIZE) == column


@pytest.mark.parametrize("share", [0.0, 0.27, 0.5, 1.0])
def test_both_pictures_are_unchanged_in_files_and_on_the_screen(share):
    first, second, display = frame_of(1), frame_of(2), DisplaySettings(slider=share)
    expected = side_by_side(display_bytes(first, display), display_bytes(second, display), share)
    both = replace(first, other=second)
    assert (display_bytes(both, display) == expected).all()
    shown = shown_by_gl(both, display, Letterbox(SIZE, SIZE, SIZE, SIZE))
    assert np.abs(shown.astype(int) - expected).max() <= 1


def test_the_right_picture_differs_only_in_what_is_compared():
    state = replace(ViewState(), compare=CompareState(True, buffer="normal"))
    other = compared_state(state)
    assert other.display.buffer == "normal" and other.light == state.light and not other.compare.is_on
    light = LightState(mode="none")
    other = compared_state(replace(state, compare=CompareState(True, light=light, avatar="b.ckpt")))
    assert (other.light, other.body.avatar, other.display.buffer) == (light, "b.ckpt", "radiance")


def test_swapping_exchanges_the_pictures_and_twice_changes_nothing():
    state = edits.edit_display(ViewState(), buffer="albedo")
    state = replace(state, compare=CompareState(True, buffer="uv", light=LightState(mode="none")))
    once = swapped(state)
    assert compared_state(once).display.buffer == "albedo" and once.display.buffer == "uv"
    assert once.light.mode == "none" and swapped(once) == state
