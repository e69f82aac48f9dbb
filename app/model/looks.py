"""Edits of how one looks: buffers, comparison, single lights. As total as those of app/model/edits.py."""

from dataclasses import replace
from typing import Any

from app.model.comparison import swapped
from app.model.view_state import BUFFERS, LOUPE_ZOOMS, ViewState

FIRST_OTHER_BUFFER = {"radiance": "shading"}  # what a comparison opens with; else the radiance


def edit_compare(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the comparison."""
    return replace(state, compare=replace(state.compare, **changes))


def toggle_compare(state: ViewState) -> ViewState:
    """Split the picture, or join it again. A comparison with nothing to compare gets another buffer."""
    compare = state.compare
    if not compare.is_on and not compare.avatar and compare.light is None and compare.buffer in ("", state.look.buffer):
        compare = replace(compare, buffer=FIRST_OTHER_BUFFER.get(state.look.buffer, "radiance"))
    return replace(state, compare=replace(compare, is_on=not compare.is_on))


def swap_sides(state: ViewState) -> ViewState:
    """What was right of the wipe stands left."""
    return swapped(state) if state.compare.is_on else state


def move_wipe(state: ViewState, share: float) -> ViewState:
    """Put the line somewhere in the picture."""
    return replace(state, look=replace(state.look, wipe=max(0.0, min(1.0, share))))


def toggle_false_color(state: ViewState) -> ViewState:
    """Numbers as colors, or as they are."""
    return replace(state, look=replace(state.look, has_false_color=not state.look.has_false_color))


def toggle_joints(state: ViewState) -> ViewState:
    """The skeleton over the picture, or not."""
    return replace(state, look=replace(state.look, has_joints=not state.look.has_joints))


def toggle_wireframe(state: ViewState) -> ViewState:
    """The mesh's edges over the picture, or not."""
    return replace(state, look=replace(state.look, has_wireframe=not state.look.has_wireframe))


def toggle_readout(state: ViewState) -> ViewState:
    """Tell the values of the pixel under the pointer, or not."""
    return replace(state, tool=replace(state.tool, has_readout=not state.tool.has_readout))


def toggle_loupe(state: ViewState) -> ViewState:
    """Magnify the pixels around the pointer, or not."""
    return replace(state, tool=replace(state.tool, has_loupe=not state.tool.has_loupe))


def magnify(state: ViewState, steps: int) -> ViewState:
    """The loupe's next zoom, not beyond the ends; one that is off is switched on first."""
    tool = state.tool
    if not tool.has_loupe:
        return toggle_loupe(state)
    nearest = min(range(len(LOUPE_ZOOMS)), key=lambda index: abs(LOUPE_ZOOMS[index] - tool.loupe_zoom))
    chosen = max(0, min(len(LOUPE_ZOOMS) - 1, nearest + steps))
    return replace(state, tool=replace(tool, loupe_zoom=LOUPE_ZOOMS[chosen]))


def show_buffer(state: ViewState, name: str) -> ViewState:
    """Show a buffer; light_visibility begins with the selected lamp and goes on to the next one each time."""
    if name not in BUFFERS:
        return state
    look, lamps = state.look, len(state.light.lamps)
    if name == "light_visibility" and lamps:
        kind, _, number = look.shown_light.partition(":")
        is_next = look.buffer == name and kind == "lamp" and number.isdecimal()
        lamp = (int(number) + 1) % lamps if is_next else min(max(state.tool.selected_lamp, 0), lamps - 1)
        look = replace(look, shown_light=f"lamp:{lamp}")
    elif name == "light_visibility" and look.shown_light.startswith("lamp:"):
        look = replace(look, shown_light="")
    return replace(state, look=replace(look, buffer=name))
