"""Lamps, and their edits."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from app.model.edits import edit_light, edit_tool
from app.model.fields import MOST_LIGHT, TURN_DEG, Choice, LightColor, Number, Rule, Vector, changed, range_of, wrap_deg

if TYPE_CHECKING:
    from app.model.view_state import ViewState


LAMP_KINDS = ("sun", "area")
MAX_LAMPS = 8
FACING, HIGHLIGHT = "facing", "highlight"
AIMS = ("", FACING, HIGHLIGHT)  # what a press on the body does with the selected lamp


LONGEST_NAME = 40


def name_of(text: str) -> str:
    """The name that a typed text gives."""
    return "".join(letter for letter in text.strip() if letter.isprintable())[:LONGEST_NAME]


def mistake_in_name(name: str) -> str | None:
    """Why a name is too long or has line breaks; None where it has not."""
    if len(name) <= LONGEST_NAME and name.isprintable():
        return None
    return f"expected at most {LONGEST_NAME} characters of one line, got {name[:20]!r}..."


@dataclass(frozen=True)
class LampState:
    """A lamp that the user drags: infinitely far away like the sun, or a glowing sphere near the body."""

    azimuth_deg: Annotated[
        float, Number(-TURN_DEG, TURN_DEG, "degrees", soft=(-180.0, 180.0), format="azimuth  %.0f°")
    ] = 40.0
    elevation_deg: Annotated[  # at 90 degrees the azimuth has no meaning: a drag stops before
        float, Number(-90.0, 90.0, "degrees", soft=(-89.0, 89.0), format="elevation  %.0f°")
    ] = 35.0
    angular_radius_deg: Annotated[  # of a sun
        float, Number(0.0, 89.9, "degrees", soft=(0.1, 20.0), format="size  %.1f°")
    ] = 2.0
    color: LightColor = (1.0, 0.93, 0.8)  # linear; used while temperature_k is 0
    # irradiance on a surface that faces a sun, or an area lamp 1 m away; pi makes a white wall look white
    intensity: Annotated[float, Number(0.0, MOST_LIGHT, soft=(0.0, 20.0), format="intensity  %.2f")] = 2.0 * math.pi
    kind: Annotated[str, Choice(LAMP_KINDS)] = "sun"
    distance_m: Annotated[  # of an area lamp, from the pelvis
        float, Number(0.001, 1000.0, "metres", soft=(0.2, 6.0), format="distance  %.2f m")
    ] = 1.5
    radius_m: Annotated[  # of an area lamp
        float, Number(0.0, 100.0, "metres", soft=(0.0, 0.5), format="radius  %.2f m")
    ] = 0.1
    temperature_k: Annotated[  # above 0: the color of a black body, whatever `color` is
        float, Number(1000.0, 40_000.0, "K", soft=(1500.0, 12_000.0), format="%.0f K", has_zero=True)
    ] = 0.0
    is_on: bool = True
    is_solo: bool = False  # lights alone, with others that are solo: all other light is dark
    name: Annotated[str, Rule(mistake_in_name)] = ""  # "" shows its number


LAMP_AZIMUTHS_DEG = (40.0, -60.0, 150.0, -140.0, 90.0, 0.0, 180.0, -20.0)  # of new lamps, relative to the camera


def add_lamp(state: "ViewState") -> "ViewState":
    """Add a lamp at an azimuth relative to the camera's, and select it."""
    lamps = state.light.lamps
    if len(lamps) >= MAX_LAMPS:
        return state
    lamp = LampState(azimuth_deg=wrap_deg(state.camera.azimuth_deg + LAMP_AZIMUTHS_DEG[len(lamps)]))
    return edit_tool(edit_light(state, lamps=(*lamps, lamp)), selected_lamp=len(lamps))


def remove_lamp(state: "ViewState", index: int) -> "ViewState":
    """Remove a lamp; the selected index stays, clamped to the lamps that are left."""
    lamps = state.light.lamps
    if not 0 <= index < len(lamps):
        return state
    state = edit_light(state, lamps=lamps[:index] + lamps[index + 1 :])
    return edit_tool(state, selected_lamp=max(0, min(state.tool.selected_lamp, len(lamps) - 2)))


def edit_lamp(state: "ViewState", index: int, **changes: Any) -> "ViewState":
    """Replace fields of one lamp."""
    lamps = state.light.lamps
    if not 0 <= index < len(lamps):
        return state
    lamp = changed(lamps[index], **changes)
    return edit_light(state, lamps=(*lamps[:index], lamp, *lamps[index + 1 :]))


def move_lamp(state: "ViewState", index: int, azimuth_deg: float, elevation_deg: float) -> "ViewState":
    """Move a lamp to a direction and select it."""
    elevation = range_of(LampState, "elevation_deg").within_reach(elevation_deg)
    state = edit_lamp(state, index, azimuth_deg=wrap_deg(azimuth_deg), elevation_deg=elevation)
    return edit_tool(state, selected_lamp=index) if index < len(state.light.lamps) else state


def set_lamp_kind(state: "ViewState", index: int, kind: str) -> "ViewState":
    """Turn a sun into an area lamp or back, with the same irradiance at the pelvis."""
    lamps = state.light.lamps
    if not 0 <= index < len(lamps) or kind not in LAMP_KINDS or lamps[index].kind == kind:
        return state
    squared = lamps[index].distance_m ** 2
    scale = squared if kind == "area" else 1.0 / squared
    return edit_lamp(state, index, kind=kind, intensity=lamps[index].intensity * scale)


def move_lamp_away(state: "ViewState", index: int, factor: float) -> "ViewState":
    """Scale an area lamp's distance by a factor; its intensity stays, so that its light falls off."""
    if not 0 <= index < len(state.light.lamps) or state.light.lamps[index].kind != "area":
        return state
    distance = state.light.lamps[index].distance_m * factor
    return edit_lamp(state, index, distance_m=range_of(LampState, "distance_m").within_reach(distance))


def turn_lamp(state: "ViewState", azimuth_deg: float, elevation_deg: float) -> "ViewState":
    """Turn the selected lamp by angles."""
    index, lamps = state.tool.selected_lamp, state.light.lamps
    if index >= len(lamps):
        return state
    lamp = lamps[index]
    return move_lamp(state, index, lamp.azimuth_deg + azimuth_deg, lamp.elevation_deg + elevation_deg)


def lamp_to_other_side(state: "ViewState") -> "ViewState":
    """Bring the selected lamp behind the avatar, seen from the camera, or before it again; as far to the side."""
    index, lamps = state.tool.selected_lamp, state.light.lamps
    if index >= len(lamps):
        return state
    aside_deg = wrap_deg(lamps[index].azimuth_deg - state.camera.azimuth_deg)
    return turn_lamp(state, 180.0 - 2.0 * aside_deg, 0.0)


def toggle_lamp(state: "ViewState") -> "ViewState":
    """Switch the selected lamp off or on."""
    index, lamps = state.tool.selected_lamp, state.light.lamps
    return edit_lamp(state, index, is_on=not lamps[index].is_on) if index < len(lamps) else state


def toggle_solo(state: "ViewState") -> "ViewState":
    """Let the selected lamp light alone, or with all other light again."""
    index, lamps = state.tool.selected_lamp, state.light.lamps
    return edit_lamp(state, index, is_solo=not lamps[index].is_solo) if index < len(lamps) else state


def select_next_lamp(state: "ViewState") -> "ViewState":
    """Select the next lamp; after the last comes the first."""
    count = len(state.light.lamps)
    return edit_tool(state, selected_lamp=(state.tool.selected_lamp + 1) % count) if count else state


def lamp_offset(lamp: LampState) -> Vector:
    """Position of a near lamp in metres from the pelvis, world axes."""
    azimuth, elevation = math.radians(lamp.azimuth_deg), math.radians(lamp.elevation_deg)
    across = lamp.distance_m * math.cos(elevation)
    return across * math.sin(azimuth), lamp.distance_m * math.sin(elevation), across * math.cos(azimuth)


def place_lamp(state: "ViewState", index: int, offset_m: Vector) -> "ViewState":
    """Put a near lamp at a position from the pelvis in world axes; it stays where its direction would be lost."""
    x, y, z = offset_m
    distance_m = math.hypot(x, y, z)
    if not 0 <= index < len(state.light.lamps) or distance_m < range_of(LampState, "distance_m").reach[0]:
        return state
    state = edit_lamp(state, index, distance_m=range_of(LampState, "distance_m").within_reach(distance_m))
    return move_lamp(state, index, math.degrees(math.atan2(x, z)), math.degrees(math.asin(y / distance_m)))


def aim_lamp(state: "ViewState", index: int, point_m: Vector, toward: Vector) -> "ViewState":
    """Let a lamp shine onto a point, from a unit direction; a near lamp keeps its distance from the point.

    `point_m` lies in metres from the pelvis, world axes.
    """
    if not 0 <= index < len(state.light.lamps):
        return state
    lamp = state.light.lamps[index]
    if lamp.kind == "area":
        least, most = range_of(LampState, "distance_m").reach
        far_m = min(max(math.dist(lamp_offset(lamp), point_m), least), most)
        x, y, z = (at + far_m * along for at, along in zip(point_m, toward, strict=True))
        return place_lamp(state, index, (x, y, z))
    x, y, z = toward
    return move_lamp(state, index, math.degrees(math.atan2(x, z)), math.degrees(math.asin(max(-1.0, min(1.0, y)))))


def toggle_aim(state: "ViewState", aims: str) -> "ViewState":
    """Let the next press on the body aim the selected lamp in a way of AIMS, or no more."""
    if state.tool.selected_lamp >= len(state.light.lamps):
        return state
    return edit_tool(state, aims="" if state.tool.aims == aims else aims)


def shining(lamps: tuple[LampState, ...]) -> tuple[LampState, ...]:
    """The lamps that shine: those that are on, and of these the solo ones alone where there are any."""
    solo = tuple(lamp for lamp in lamps if lamp.is_on and lamp.is_solo)
    return solo or tuple(lamp for lamp in lamps if lamp.is_on)


def label_of(lamp: LampState, index: int) -> str:
    """The lamp's name, or its number from 1."""
    return lamp.name or f"lamp {index + 1}"
