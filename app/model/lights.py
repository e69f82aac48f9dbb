"""The light but its lamps, and the surroundings (backdrop, floor, balls), and their edits."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from app.model.edits import edit_light, edit_tool
from app.model.fields import (
    MOST_LIGHT,
    TURN_DEG,
    Choice,
    Length,
    LightColor,
    Number,
    Rgb,
    Rule,
    changed,
    clamped,
    wrap_deg,
)
from app.model.lamps import MAX_LAMPS, LampState

if TYPE_CHECKING:
    from app.model.view_state import ViewState


LIGHT_MODES = ("captured", "environment", "none")
Backdrop = Literal["color", "checker", "blurred", "environment", "none"]
BACKDROPS: tuple[str, ...] = get_args(Backdrop)
PROBE_ROWS = 16
PROBE_COLUMNS = 32


ProbeEdit = tuple[Annotated[int, Number(0, PROBE_ROWS * PROBE_COLUMNS - 1)], LightColor]


def mistake_in_probe_edits(edits: tuple[ProbeEdit, ...]) -> str | None:
    """Why the probes' cells are not unique and sorted; None where they are."""
    cells = [cell for cell, _ in edits]
    return None if cells == sorted(set(cells)) else "expected each cell once, in increasing order, got another order"


@dataclass(frozen=True)
class LightState:
    """Everything that lights the avatar."""

    mode: Annotated[str, Choice(LIGHT_MODES)] = "captured"
    environment: str = ""  # path of a lat-long image, used when mode is "environment"
    yaw_deg: Annotated[
        float, Number(-TURN_DEG, TURN_DEG, "degrees", soft=(-180.0, 180.0), format="rotation  %.0f°")
    ] = 0.0
    intensity: Annotated[float, Number(0.0, MOST_LIGHT, soft=(0.0, 8.0), format="intensity  %.2f x")] = 1.0
    tint: LightColor = (1.0, 1.0, 1.0)
    # (cell = row * 32 + column, radiance) painted over the light, sorted
    probe_edits: Annotated[tuple[ProbeEdit, ...], Rule(mistake_in_probe_edits)] = ()
    lamps: Annotated[tuple[LampState, ...], Length(0, MAX_LAMPS)] = ()
    # most bright parts of an environment (sun, windows, bulbs) that become lamps with shadow rays of their own
    bright_sources: Annotated[int, Number(0, 64)] = 8
    turn_deg: Annotated[  # turns environment and painted probes together; only turntables use it
        float, Number(-TURN_DEG, TURN_DEG, "degrees")
    ] = 0.0
    captured_of: str = ""  # path of the avatar of the row whose light "captured" means; "": the active one's


@dataclass(frozen=True)
class Surroundings:
    """The backdrop, the floor and the light-probe balls around the avatar."""

    backdrop: Annotated[str, Choice(BACKDROPS)] = "color"  # "none" is transparent in files, the color in the window
    has_ground: bool = False
    ground_shadow: Annotated[float, Number(0.0, 1.0, format="shadow  %.2f")] = 1.0  # opacity of the shadow on the floor
    ground_reflection: Annotated[  # of the body in the floor, seen from straight above
        float, Number(0.0, 1.0, format="mirror  %.2f")
    ] = 0.15
    has_balls: bool = False  # a chrome and a gray ball, as light probes on a film set

    @property
    def rendered(self) -> "Surroundings":
        """What a rendered frame depends on: the backdrops "none" and "color" give the same one."""
        return replace(self, backdrop="color" if self.backdrop == "none" else self.backdrop)


BRUSH_RADIANCE = Number(0.0, MOST_LIGHT, soft=(0.0, 40.0), format="%.1f x")  # of the brush that paints probes
BRUSH_RADIUS = Number(0, PROBE_ROWS, "cells", soft=(0, 4), format="radius %d")


def brush_cells(row: int, column: int, radius: int) -> list[int]:
    """Indices of the cells under a round brush, which wraps at the left and right edge but not over the poles."""
    cells = []
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down * down + right * right <= radius * radius + radius and 0 <= row + down < PROBE_ROWS:
                cells.append((row + down) * PROBE_COLUMNS + (column + right) % PROBE_COLUMNS)
    return cells


def clear_paint(state: "ViewState") -> "ViewState":
    """Remove all paint from the probes."""
    return edit_light(state, probe_edits=())


MAX_LOADED = 24  # environments listed beside the bundled ones
TURN_DEG_PER_PX = 0.4


def edit_surroundings(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the surroundings: backdrop, ground, balls."""
    return replace(state, surroundings=changed(state.surroundings, **changes))


def choose_environment(state: "ViewState", path: str) -> "ViewState":
    """Use this environment file, and list it among the loaded ones (newest last)."""
    loaded = (*(known for known in state.tool.loaded_environments if known != path), path)[-MAX_LOADED:]
    return edit_tool(edit_light(state, mode="environment", environment=path), loaded_environments=loaded)


def step_environment(state: "ViewState", offered: tuple[str, ...], steps: int) -> "ViewState":
    """Use the next of the bundled and loaded environments; after the last comes the first."""
    paths = environment_paths(offered, state.tool.loaded_environments)
    if not paths:
        return state
    is_shown = state.light.mode == "environment" and state.light.environment in paths
    index = paths.index(state.light.environment) + steps if is_shown else (0 if steps > 0 else -1)
    return edit_light(state, mode="environment", environment=paths[index % len(paths)])


def environment_paths(offered: tuple[str, ...], loaded: tuple[str, ...]) -> tuple[str, ...]:
    """Paths of the bundled environments, then of the loaded ones, each once."""
    return (*offered, *(path for path in loaded if path not in offered))


def turn_environment(state: "ViewState", degrees: float) -> "ViewState":
    """Turn the environment about +Y by degrees."""
    return edit_light(state, yaw_deg=wrap_deg(state.light.yaw_deg + degrees))


def use_rig(state: "ViewState", lamps: tuple[LampState, ...], surrounding: LightState | None) -> "ViewState":
    """Replace the lamps, and the surrounding light too unless it is None."""
    light = state.light if surrounding is None else replace(surrounding, turn_deg=state.light.turn_deg)
    return edit_tool(replace(state, light=replace(light, lamps=lamps[:MAX_LAMPS])), selected_lamp=0)


# the brush on the probes


def mirrored_column(column: int) -> int:
    """The column of probes mirrored at the plane x = 0, the body's plane of symmetry."""
    return (PROBE_COLUMNS // 2 - 1 - column) % PROBE_COLUMNS


def paint_probes(state: "ViewState", row: int, column: int, radiance: Rgb) -> "ViewState":
    """Set the probes under the brush to one radiance, and their mirror images where the brush mirrors."""
    if not (0 <= row < PROBE_ROWS and 0 <= column < PROBE_COLUMNS):
        return state
    cells = brush_cells(row, column, state.tool.brush_radius)
    if state.tool.brush_mirrors:
        cells += brush_cells(row, mirrored_column(column), state.tool.brush_radius)
    painted = dict(state.light.probe_edits) | dict.fromkeys(cells, clamped(LightColor, radiance))
    return replace(state, light=replace(state.light, probe_edits=tuple(sorted(painted.items()))))


def mirror_paint(state: "ViewState") -> "ViewState":
    """Mirror the painted cells at the plane x = 0."""
    cells = [
        (cell // PROBE_COLUMNS * PROBE_COLUMNS + mirrored_column(cell % PROBE_COLUMNS), radiance)
        for cell, radiance in state.light.probe_edits
    ]
    return edit_light(state, probe_edits=tuple(sorted(cells)))


def pick_radiance(state: "ViewState", radiance: Rgb) -> "ViewState":
    """Set the brush to a picked radiance."""
    peak = max(*radiance, 0.0)
    if peak <= 0.0:
        return edit_tool(state, brush_color=(0.0, 0.0, 0.0), brush_intensity=1.0)
    red, green, blue = radiance
    return edit_tool(state, brush_color=(red / peak, green / peak, blue / peak), brush_intensity=peak)


def resize_brush(state: "ViewState", steps: int) -> "ViewState":
    """Change the radius of the probes' brush by a number of cells."""
    return edit_tool(state, brush_radius=round(BRUSH_RADIUS.within_reach(state.tool.brush_radius + steps)))


# the surroundings


def next_backdrop(state: "ViewState") -> "ViewState":
    """Use the next of BACKDROPS; after the last comes the first."""
    index = BACKDROPS.index(state.surroundings.backdrop) if state.surroundings.backdrop in BACKDROPS else -1
    return edit_surroundings(state, backdrop=BACKDROPS[(index + 1) % len(BACKDROPS)])


def toggle_ground(state: "ViewState") -> "ViewState":
    """Show or hide the floor."""
    return edit_surroundings(state, has_ground=not state.surroundings.has_ground)


def toggle_balls(state: "ViewState") -> "ViewState":
    """Show or hide the chrome and the gray ball."""
    return edit_surroundings(state, has_balls=not state.surroundings.has_balls)
