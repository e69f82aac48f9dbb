"""Two pictures of one size, the second one right of a line: where the line is, and who is drawn where."""

import math
from dataclasses import replace

import numpy as np

from app.material_state import MaterialState
from app.state import CompareState, ViewState

WIPE_GRAB_PX = 9.0  # of the window, to either side of the line


def first_column(share: float, width: int) -> int:
    """The first pixel column of the second picture: those whose center lies right of the line."""
    return max(0, min(width, math.ceil(share * width - 0.5)))


def wiped(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:  # [H, W, C] both
    """One picture of both."""
    column = first_column(share, first.shape[1])
    return np.concatenate([first[:, :column], second[:, column:]], 1)


def other_side(state: ViewState) -> ViewState:
    """The state that the second picture shows: as the first, but for what the comparison names."""
    compare = state.compare
    look = replace(state.look, buffer=compare.buffer or state.look.buffer)
    own = MaterialState() if compare.avatar else state.body.materials
    materials = own if compare.materials is None else compare.materials
    body = replace(state.body, avatar=compare.avatar or state.body.avatar, materials=materials)
    light = state.light if compare.light is None else replace(compare.light, turn_deg=state.light.turn_deg)
    return replace(state, look=look, body=body, light=light, compare=CompareState())


def swapped(state: ViewState) -> ViewState:
    """What was right stands left; the line stays."""
    other, compare = other_side(state), state.compare
    back = replace(
        compare,
        buffer=state.look.buffer if compare.buffer else "",
        avatar=state.body.avatar if compare.avatar else "",
        light=state.light if compare.light is not None else None,
        materials=state.body.materials if compare.avatar or compare.materials is not None else None,
    )
    return replace(other, compare=back)
