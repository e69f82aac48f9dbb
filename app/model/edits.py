"""The edits a person can make: small pure functions from a ViewState to the next one.

Every one is total: an index that no longer exists or a value out of range leaves a valid state.
"""

from dataclasses import replace
from typing import Any

from app.model.material_state import MaterialState
from app.model.view_state import (
    HELP_PAGES,
    NUM_JOINTS,
    PROBE_COLUMNS,
    PROBE_ROWS,
    REST_ANGLES,
    LampState,
    Vector,
    ViewState,
)

MAX_ELEVATION_DEG = 89.0  # straight up has no azimuth
MIN_DISTANCE_M, MAX_DISTANCE_M = 0.4, 60.0
MAX_LAMPS = 8
ORBIT_DEG_PER_PX = 0.4
ZOOM_PER_NOTCH = 0.9
LAMP_AZIMUTHS_DEG = (40.0, -60.0, 150.0, -140.0, 90.0, 0.0, 180.0, -20.0)  # key, fill, rims: no two in one place


def wrap_deg(angle: float) -> float:
    """The same angle in [-180, 180)."""
    return (angle + 180.0) % 360.0 - 180.0


def edit_body(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the body."""
    return replace(state, body=replace(state.body, **changes))


def choose_avatar(state: ViewState, path: str) -> ViewState:
    """Another avatar, whose materials are as its maps say."""
    return state if path == state.body.avatar else edit_body(state, avatar=path, materials=MaterialState())


def edit_camera(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the camera."""
    return replace(state, camera=replace(state.camera, **changes))


def edit_light(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the light."""
    return replace(state, light=replace(state.light, **changes))


def edit_look(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the look."""
    return replace(state, look=replace(state.look, **changes))


def edit_tool(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the tools."""
    return replace(state, tool=replace(state.tool, **changes))


def edit_turntable(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of the turntable settings."""
    return edit_tool(state, turntable=replace(state.tool.turntable, **changes))


def edit_still(state: ViewState, **changes: Any) -> ViewState:
    """Replace fields of what pictures that are taken away are like."""
    return edit_tool(state, still=replace(state.tool.still, **changes))


def toggle_playing(state: ViewState) -> ViewState:
    """Play everybody's clip, or let them rest."""
    is_playing = not state.body.playing
    others = tuple(replace(body, playing=is_playing) for body in state.company.others)
    return replace(edit_body(state, playing=is_playing), company=replace(state.company, others=others))


def toggle_help(state: ViewState) -> ViewState:
    """The next page of the table of keys; behind the last one it is hidden."""
    return edit_tool(state, help_page=(state.tool.help_page + 1) % (HELP_PAGES + 1))


def orbit(state: ViewState, dx_px: float, dy_px: float) -> ViewState:
    """Turn the camera as if the pointer held the avatar."""
    camera = state.camera
    elevation = camera.elevation_deg + dy_px * ORBIT_DEG_PER_PX
    return edit_camera(
        state,
        azimuth_deg=wrap_deg(camera.azimuth_deg - dx_px * ORBIT_DEG_PER_PX),
        elevation_deg=max(-MAX_ELEVATION_DEG, min(MAX_ELEVATION_DEG, elevation)),
    )


def zoom(state: ViewState, notches: float) -> ViewState:
    """Wheel up comes closer."""
    distance = state.camera.distance_m * ZOOM_PER_NOTCH**notches
    return edit_camera(state, distance_m=max(MIN_DISTANCE_M, min(MAX_DISTANCE_M, distance)))


def set_joint(state: ViewState, joint: int, angles_deg: Vector) -> ViewState:
    """Turn one joint on top of the clip."""
    if not 0 <= joint < NUM_JOINTS:
        return state
    angles = list(state.body.joint_angles_deg)
    angles[joint] = (float(angles_deg[0]), float(angles_deg[1]), float(angles_deg[2]))
    return edit_body(state, joint_angles_deg=tuple(angles))


def reset_joints(state: ViewState, joints: tuple[int, ...] = tuple(range(NUM_JOINTS))) -> ViewState:
    """Back to what the clip says."""
    angles = list(state.body.joint_angles_deg)
    for joint in joints:
        angles[joint] = REST_ANGLES[joint]
    return edit_body(state, joint_angles_deg=tuple(angles))


def set_shape(state: ViewState, index: int, value: float) -> ViewState:
    """One shape coefficient, on top of the avatar's own."""
    shape = list(state.body.shape)
    shape[index] = float(value)
    return edit_body(state, shape=tuple(shape))


def add_lamp(state: ViewState) -> ViewState:
    """A new lamp, placed relative to the camera so that it is in sight, and selected."""
    lamps = state.light.lamps
    if len(lamps) >= MAX_LAMPS:
        return state
    lamp = LampState(azimuth_deg=wrap_deg(state.camera.azimuth_deg + LAMP_AZIMUTHS_DEG[len(lamps)]))
    return edit_tool(edit_light(state, lamps=(*lamps, lamp)), selected_lamp=len(lamps))


def remove_lamp(state: ViewState, index: int) -> ViewState:
    """Take a lamp away; the one before it becomes the selected one."""
    lamps = state.light.lamps
    if not 0 <= index < len(lamps):
        return state
    state = edit_light(state, lamps=lamps[:index] + lamps[index + 1 :])
    return edit_tool(state, selected_lamp=max(0, min(state.tool.selected_lamp, len(lamps) - 2)))


def edit_lamp(state: ViewState, index: int, **changes: Any) -> ViewState:
    """Replace fields of one lamp."""
    lamps = state.light.lamps
    if not 0 <= index < len(lamps):
        return state
    lamp = replace(lamps[index], **changes)
    return edit_light(state, lamps=(*lamps[:index], lamp, *lamps[index + 1 :]))


def move_lamp(state: ViewState, index: int, azimuth_deg: float, elevation_deg: float) -> ViewState:
    """Put a lamp somewhere on its sphere and select it."""
    elevation = max(-MAX_ELEVATION_DEG, min(MAX_ELEVATION_DEG, elevation_deg))
    state = edit_lamp(state, index, azimuth_deg=wrap_deg(azimuth_deg), elevation_deg=elevation)
    return edit_tool(state, selected_lamp=index) if index < len(state.light.lamps) else state


def brush_cells(row: int, column: int, radius: int) -> list[int]:
    """Cells under a round brush: it wraps at the left and right edge, never over the poles."""
    cells = []
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if down * down + right * right <= radius * radius + radius and 0 <= row + down < PROBE_ROWS:
                cells.append((row + down) * PROBE_COLUMNS + (column + right) % PROBE_COLUMNS)
    return cells


def clear_paint(state: ViewState) -> ViewState:
    """The light as it was before the first stroke."""
    return edit_light(state, probe_edits=())


def revert_sources(state: ViewState, shown: ViewState) -> ViewState:
    """Back to the files of a state that could be shown, after one that could not."""
    body = replace(
        state.body, avatar=shown.body.avatar, motion=shown.body.motion, playback=shown.body.playback,
        materials=shown.body.materials,
    )  # fmt: skip
    state = replace(state, company=shown.company)
    light = replace(state.light, mode=shown.light.mode, environment=shown.light.environment)
    compare = replace(state.compare, avatar=shown.compare.avatar, light=shown.compare.light)
    return replace(state, body=body, light=light, compare=compare)
