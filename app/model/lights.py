"""Edits of the light and the stage: small pure functions from a ViewState to the next one, total as all edits."""

from dataclasses import replace
from typing import Any

from app.model.edits import MAX_LAMPS, brush_cells, edit_lamp, edit_light, edit_tool, wrap_deg
from app.model.light_state import BACKDROPS, LAMP_KINDS, LampState, LightState, Rgb
from app.model.view_state import PROBE_COLUMNS, PROBE_ROWS, ViewState

MAX_LOADED = 24  # environments remembered beside the bundled ones
TURN_DEG_PER_PX = 0.4
MIN_DISTANCE_M, MAX_DISTANCE_M = 0.2, 6.0


def edit_stage(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the stage: backdrop, ground, balls."""
    return replace(state, stage=replace(state.stage, **changes))


def choose_environment(state: ViewState, path: str) -> ViewState:
    """Light with this file, and remember it among the loaded ones (newest last)."""
    loaded = (*(known for known in state.tool.loaded_environments if known != path), path)[-MAX_LOADED:]
    return edit_tool(edit_light(state, mode="environment", environment=path), loaded_environments=loaded)


def step_environment(state: ViewState, offered: tuple[str, ...], steps: int) -> ViewState:
    """The next environment of those that ship and those that were loaded, around and around."""
    paths = environment_paths(offered, state.tool.loaded_environments)
    if not paths:
        return state
    is_shown = state.light.mode == "environment" and state.light.environment in paths
    index = paths.index(state.light.environment) + steps if is_shown else (0 if steps > 0 else -1)
    return edit_light(state, mode="environment", environment=paths[index % len(paths)])


def environment_paths(offered: tuple[str, ...], loaded: tuple[str, ...]) -> tuple[str, ...]:
    """Bundled ones first, then loaded ones, each once."""
    return (*offered, *(path for path in loaded if path not in offered))


def turn_environment(state: ViewState, degrees: float) -> ViewState:
    """Turn the surrounding light about the vertical."""
    return edit_light(state, yaw_deg=wrap_deg(state.light.yaw_deg + degrees))


def set_lamp_kind(state: ViewState, index: int, kind: str) -> ViewState:
    """A sun becomes a lamp near the body and back; on the pelvis it stays as bright."""
    lamps = state.light.lamps
    if not 0 <= index < len(lamps) or kind not in LAMP_KINDS or lamps[index].kind == kind:
        return state
    squared = lamps[index].distance_m ** 2
    scale = squared if kind == "area" else 1.0 / squared
    return edit_lamp(state, index, kind=kind, intensity=lamps[index].intensity * scale)


def move_lamp_away(state: ViewState, index: int, factor: float) -> ViewState:
    """Another distance of a lamp near the body; its light falls off by itself."""
    if not 0 <= index < len(state.light.lamps) or state.light.lamps[index].kind != "area":
        return state
    distance = state.light.lamps[index].distance_m * factor
    return edit_lamp(state, index, distance_m=min(MAX_DISTANCE_M, max(MIN_DISTANCE_M, distance)))


def use_rig(state: ViewState, lamps: tuple[LampState, ...], sky: LightState | None) -> ViewState:
    """These lamps instead of the present ones; with a sky of their own, or alone when `sky` is of mode "none"."""
    light = state.light if sky is None else replace(sky, turn_deg=state.light.turn_deg)
    return edit_tool(replace(state, light=replace(light, lamps=lamps[:MAX_LAMPS])), selected_lamp=0)


# the brush on the probes


def mirrored_column(column: int) -> int:
    """The cell on the other side of the body's plane of symmetry, x -> -x."""
    return (PROBE_COLUMNS // 2 - 1 - column) % PROBE_COLUMNS


def paint_probes(state: ViewState, row: int, column: int, radiance: Rgb) -> ViewState:
    """Set the probes under the brush to one radiance, on both sides if the brush mirrors."""
    if not (0 <= row < PROBE_ROWS and 0 <= column < PROBE_COLUMNS):
        return state
    cells = brush_cells(row, column, state.tool.brush_radius)
    if state.tool.brush_mirrors:
        cells += brush_cells(row, mirrored_column(column), state.tool.brush_radius)
    painted = dict(state.light.probe_edits)
    painted.update(dict.fromkeys(cells, radiance))
    return edit_light(state, probe_edits=tuple(sorted(painted.items())))


def mirror_paint(state: ViewState) -> ViewState:
    """Swap the left and the right of what was painted."""
    cells = [
        (cell // PROBE_COLUMNS * PROBE_COLUMNS + mirrored_column(cell % PROBE_COLUMNS), radiance)
        for cell, radiance in state.light.probe_edits
    ]
    return edit_light(state, probe_edits=tuple(sorted(cells)))


def pick_radiance(state: ViewState, radiance: Rgb) -> ViewState:
    """The eyedropper: paint with this light from now on."""
    peak = max(*radiance, 0.0)
    if peak <= 0.0:
        return edit_tool(state, brush_color=(0.0, 0.0, 0.0), brush_intensity=1.0)
    red, green, blue = radiance
    return edit_tool(state, brush_color=(red / peak, green / peak, blue / peak), brush_intensity=peak)


def resize_brush(state: ViewState, steps: int) -> ViewState:
    """A wider or narrower brush."""
    return edit_tool(state, brush_radius=min(4, max(0, state.tool.brush_radius + steps)))


# the stage


def next_backdrop(state: ViewState) -> ViewState:
    """Another thing behind the avatar, around and around."""
    index = BACKDROPS.index(state.stage.backdrop) if state.stage.backdrop in BACKDROPS else -1
    return edit_stage(state, backdrop=BACKDROPS[(index + 1) % len(BACKDROPS)])


def toggle_ground(state: ViewState) -> ViewState:
    """With or without a floor."""
    return edit_stage(state, has_ground=not state.stage.has_ground)


def toggle_balls(state: ViewState) -> ViewState:
    """With or without the film set's balls."""
    return edit_stage(state, has_balls=not state.stage.has_balls)
