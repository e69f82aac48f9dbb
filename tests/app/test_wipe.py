"""Two pictures and the line between them."""

from dataclasses import replace

import numpy as np
import pytest

from app.model import edits
from app.model.comparison import first_column, other_side, swapped, wiped
from app.model.view_state import CompareState, LightState, LookState, ViewState
from app.rendering.frames import PLAIN, Frame
from app.rendering.picture import display_bytes
from app.tools.picking import Letterbox
from tests.app.offscreen import shown_by_gl

SIZE = 32


def frame_of(seed):
    values = np.random.default_rng(seed).random((SIZE, SIZE, 3))
    pixels = np.concatenate([values, np.ones((SIZE, SIZE, 1))], -1).astype(np.float16)
    return Frame(pixels, PLAIN, ViewState(), (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0)


@pytest.mark.parametrize("share, column", [(0.0, 0), (0.5, 16), (0.51, 16), (0.52, 17), (1.0, 32), (-2.0, 0)])
def test_a_column_belongs_to_the_side_that_its_center_lies_on(share, column):
    assert first_column(share, SIZE) == column


@pytest.mark.parametrize("share", [0.0, 0.27, 0.5, 1.0])
def test_each_side_is_exactly_its_own_picture_in_files_and_on_the_screen(share):
    first, second, look = frame_of(1), frame_of(2), LookState(wipe=share)
    expected = wiped(display_bytes(first, look), display_bytes(second, look), share)
    both = replace(first, other=second)
    assert (display_bytes(both, look) == expected).all()
    shown = shown_by_gl(both, look, Letterbox(SIZE, SIZE, SIZE, SIZE))
    assert np.abs(shown.astype(int) - expected).max() <= 1


def test_the_second_side_differs_in_what_the_comparison_names_only():
    state = replace(ViewState(), compare=CompareState(True, buffer="normal"))
    other = other_side(state)
    assert other.look.buffer == "normal" and other.light == state.light and not other.compare.is_on
    light = LightState(mode="none")
    other = other_side(replace(state, compare=CompareState(True, light=light, avatar="b.ckpt")))
    assert (other.light, other.body.avatar, other.look.buffer) == (light, "b.ckpt", "radiance")


def test_swapping_twice_is_nothing_and_once_exchanges_the_sides():
    state = edits.edit_look(ViewState(), buffer="albedo")
    state = replace(state, compare=CompareState(True, buffer="uv", light=LightState(mode="none")))
    once = swapped(state)
    assert other_side(once).look.buffer == "albedo" and once.look.buffer == "uv"
    assert once.light.mode == "none" and swapped(once) == state
