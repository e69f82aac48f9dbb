"""Names over the picture: what is shown, under which light, on which side; and the selected lamp."""

from pathlib import Path

from app.model.comparison import compared_state
from app.model.lamps import label_of, shining
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.tools.lamps import lamp_handle
from app.tools.viewport import Viewport
from app.window.captions import Caption

TOP, SIDE = 0.028, 0.012  # of the window
SIZE, OPACITY = 0.85, 0.8
LAMP_BELOW_PX = 26.0


def picture_names(state: ViewState, viewport: Viewport | None, scale: float) -> list[Caption]:
    """The captions; `scale`: size of text and widgets, times the usual one."""
    if viewport is None or not state.tool.has_names:
        return []
    captions = [Caption(described(state), SIDE, TOP * scale, opacity=OPACITY, anchor=0.0, size=SIZE)]
    if state.compare.is_on:
        text = described(compared_state(state))
        captions.append(Caption(text, 1.0 - SIDE, TOP * scale, opacity=OPACITY, anchor=1.0, size=SIZE))
    return captions + _lamp_name(state, viewport, scale)


def described(state: ViewState) -> str:
    """Buffer, avatar and light in a few words."""
    parts = [state.display.buffer.replace("_", " "), Path(state.body.avatar).stem, light_name(state)]
    return "  ·  ".join(part for part in parts if part)


def light_name(state: ViewState) -> str:
    """The surrounding light, and how many lamps join it."""
    light, count = state.light, len(shining(state.light.lamps))
    lamps = "" if not count else "1 lamp" if count == 1 else f"{count} lamps"
    if any(lamp.is_on and lamp.is_solo for lamp in light.lamps):
        return f"solo: {lamps}"
    return " + ".join(part for part in (_surrounding(light, state), lamps) if part) or "no light"


def _surrounding(light: LightState, state: ViewState) -> str:
    if light.mode == "none":
        return "painted light" if light.probe_edits else ""
    name = Path(light.environment).stem
    if light.mode == "captured":
        name = f"as captured with {Path(light.captured_of or state.body.avatar).stem}"
    return f"{name}, painted" if light.probe_edits else name


def _lamp_name(state: ViewState, viewport: Viewport, scale: float) -> list[Caption]:
    lamps, index = state.light.lamps, state.tool.selected_lamp
    if index >= len(lamps):
        return []
    handle, box = lamp_handle(viewport.view, lamps[index]), viewport.letterbox
    x, y = box.to_window(handle.x_px, handle.y_px)
    lamp = lamps[index]
    marks = ("behind", handle.is_behind), ("off", not lamp.is_on), ("solo", lamp.is_solo)
    words = [label_of(lamp, index), *(word for word, is_so in marks if is_so)]
    if len(words) == 1 and not lamp.name:
        return []  # a plain lamp's disc says enough
    y += LAMP_BELOW_PX * scale
    return [Caption(", ".join(words), x / box.window_width, y / box.window_height, opacity=OPACITY, size=SIZE)]
