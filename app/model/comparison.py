"""The comparison slider: what the picture right of it shows, and which pixel columns that picture has."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from app.model.display_settings import BUFFERS, DisplaySettings
from app.model.fields import Choice, changed, range_of
from app.model.lamps import MAX_LAMPS, LampState
from app.model.lights import LightState, environment_paths
from app.model.materials import MaterialState

if TYPE_CHECKING:
    from app.model.view_state import ViewState


@dataclass(frozen=True)
class CompareState:
    """What the picture right of the slider shows differently; None and "" mean the same as on the left."""

    is_on: bool = False
    buffer: Annotated[str, Choice(("", *BUFFERS))] = ""
    avatar: str = ""  # path of a .ckpt
    light: LightState | None = None
    materials: MaterialState | None = None  # with another avatar, None means no edits


FIRST_OTHER_BUFFER = {"radiance": "shading"}  # left buffer -> the right one that a new comparison shows; else radiance


def edit_compare(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the comparison."""
    return replace(state, compare=changed(state.compare, **changes))


def toggle_compare(state: "ViewState") -> "ViewState":
    """Split the picture, or join it again. A comparison without any difference gets another buffer."""
    compare = state.compare
    if (
        not compare.is_on
        and not compare.avatar
        and compare.light is None
        and compare.buffer in ("", state.display.buffer)
    ):
        compare = replace(compare, buffer=FIRST_OTHER_BUFFER.get(state.display.buffer, "radiance"))
    return replace(state, compare=replace(compare, is_on=not compare.is_on))


def swap_sides(state: "ViewState") -> "ViewState":
    """Exchange the left and the right picture."""
    return swapped(state) if state.compare.is_on else state


def move_slider(state: "ViewState", share: float) -> "ViewState":
    """Move the slider to a share of the picture's width."""
    return replace(state, display=replace(state.display, slider=range_of(DisplaySettings, "slider").clamped(share)))


def compare_buffer(state: "ViewState", name: str) -> "ViewState":
    """Split the picture and show this buffer on the right; "" means the left one's."""
    return edit_compare(state, is_on=True, buffer=name) if name in ("", *BUFFERS) else state


def compare_avatar(state: "ViewState", path: str) -> "ViewState":
    """Split the picture and show another avatar on the right, in the active one's pose; "" means the left one's."""
    return replace(state, compare=replace(_without_first_buffer(state), is_on=True, avatar=path))


def compare_light(state: "ViewState", light: LightState | None) -> "ViewState":
    """Split the picture and light the right picture differently; None means as on the left."""
    return replace(state, compare=replace(_without_first_buffer(state), is_on=True, light=light))


def compare_environment(state: "ViewState", path: str) -> "ViewState":
    """Light the right picture with this file and the present lamps; "" means the light learned in training."""
    mode = "environment" if path else "captured"
    return compare_light(state, replace(state.light, mode=mode, environment=path, probe_edits=()))


def compare_rig(state: "ViewState", lamps: tuple[LampState, ...], surrounding: LightState | None) -> "ViewState":
    """Light the right picture with a rig's lamps, and with its surrounding light where it has one."""
    return compare_light(state, replace(surrounding or state.light, lamps=lamps[:MAX_LAMPS]))


def keep_light(state: "ViewState") -> "ViewState":
    """Fix the right picture's light to the present one; called again, it follows the left one."""
    return compare_light(state, state.light if state.compare.light is None else None)


def compared_avatars(state: "ViewState", offered: Sequence[str]) -> tuple[str, ...]:
    """Paths of shown avatars that are not among those offered: files that were opened or dropped."""
    shown = (*(body.avatar for body in state.bodies), state.compare.avatar)
    return tuple(path for path in dict.fromkeys(shown) if path and path not in offered)


def step_compared_avatar(state: "ViewState", offered: tuple[str, ...]) -> "ViewState":
    """Compare with the next avatar offered; after the last one, with the left one."""
    avatars = (*offered, *compared_avatars(state, offered))
    paths = ("", *(path for path in avatars if path != state.body.avatar))
    index = paths.index(state.compare.avatar) if state.compare.avatar in paths else 0
    return compare_avatar(state, paths[(index + 1) % len(paths)])


def step_compared_environment(state: "ViewState", offered: tuple[str, ...], steps: int) -> "ViewState":
    """Light the right picture with the next environment; between the last and the first, as on the left."""
    paths = (None, *environment_paths(offered, state.tool.loaded_environments))
    present = None if state.compare.light is None else state.compare.light.environment
    index = paths.index(present) if present in paths else 0
    chosen = paths[(index + steps) % len(paths)]
    return compare_light(state, None) if chosen is None else compare_environment(state, chosen)


def _without_first_buffer(state: "ViewState") -> CompareState:
    """The comparison without the buffer that `toggle_compare` chose where there was no other difference."""
    compare = state.compare
    is_first = compare.buffer == FIRST_OTHER_BUFFER.get(state.display.buffer, "radiance")
    return replace(compare, buffer="") if is_first and not compare.avatar and compare.light is None else compare


SLIDER_GRAB_PX = 9.0  # window pixels to either side of the slider where a press grabs it


def first_column(share: float, width: int) -> int:
    """Index of the second picture's first pixel column: the first whose center lies right of the slider."""
    return max(0, min(width, math.ceil(share * width - 0.5)))


def side_by_side(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:  # [H, W, C] both
    """One picture: the first left of the slider, the second right of it."""
    column = first_column(share, first.shape[1])
    return np.concatenate([first[:, :column], second[:, column:]], 1)


def compared_state(state: "ViewState") -> "ViewState":
    """The state that the right picture shows: the left one's with what the comparison changes."""
    compare = state.compare
    display = replace(state.display, buffer=compare.buffer or state.display.buffer)
    own = MaterialState() if compare.avatar else state.body.materials
    materials = own if compare.materials is None else compare.materials
    body = replace(state.body, avatar=compare.avatar or state.body.avatar, materials=materials)
    light = state.light if compare.light is None else replace(compare.light, turn_deg=state.light.turn_deg)
    return replace(state, display=display, body=body, light=light, compare=CompareState())


def swapped(state: "ViewState") -> "ViewState":
    """The state with the left and the right picture exchanged; the slider stays."""
    other, compare = compared_state(state), state.compare
    back = replace(
        compare,
        buffer=state.display.buffer if compare.buffer else "",
        avatar=state.body.avatar if compare.avatar else "",
        light=state.light if compare.light is not None else None,
        materials=state.body.materials if compare.avatar or compare.materials is not None else None,
    )
    return replace(other, compare=back)
