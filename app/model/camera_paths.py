"""The camera path: its keys, the interpolation between them, its edits, and playback along it.

The window's preview, videos and single pictures share the interpolation.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from app.model.cameras import MAX_KEYS, MAX_PATH_S, CameraState, edit_camera_tool, eye_of, looking_from
from app.model.exports import CAMERA_PATH, edit_turntable
from app.model.fields import Choice, Length, Number, Rule, changed, range_of, short, wrap_deg
from app.model.monotone_curve import MonotoneCurve

if TYPE_CHECKING:
    from app.model.view_state import ViewState


MIN_GAP_S = 0.01  # between two keys
ROUNDING_S = 1e-6  # of times that other programs wrote
PATH_MOVES = ("around", "straight")


@dataclass(frozen=True)
class CameraKey:
    """The camera at one time of a path."""

    time_s: Annotated[float, Number(0.0, MAX_PATH_S, "seconds", format="key at %.2f s", step=0.02)] = 0.0
    camera: CameraState = field(default_factory=CameraState)


def mistake_in_keys(keys: tuple[CameraKey, ...]) -> str | None:
    """Why the keys' times do not start at 0 or do not increase; None where they do."""
    for index, key in enumerate(keys):
        if index == 0 and key.time_s != 0.0:
            return f"[0].time_s: expected 0, where a path starts, got {short(key.time_s)}"
        least = keys[index - 1].time_s + MIN_GAP_S if index else 0.0
        if key.time_s < least - ROUNDING_S:
            return f"[{index}].time_s: expected at least {short(least)} seconds, got {short(key.time_s)}"
    return None


@dataclass(frozen=True)
class CameraPath:
    """Cameras in the order of their times; `camera_at` interpolates between them."""

    keys: Annotated[tuple[CameraKey, ...], Length(0, MAX_KEYS), Rule(mistake_in_keys)] = ()
    is_closed: bool = False  # after the last key the path returns to the first and repeats
    closing_s: Annotated[  # from the last key to the first, where closed
        float,
        Number(MIN_GAP_S, MAX_PATH_S, "seconds", soft=(0.05, MAX_PATH_S), format="and back in %.2f s", step=0.02),
    ] = 2.0
    moves: Annotated[str, Choice(PATH_MOVES)] = "around"  # on arcs around the orbited point, or on straight lines
    eases: bool = True  # an open path starts and stops with zero velocity


NEXT_KEY_S = 2.0  # after the last key, for a new key whose own time is taken
GAP_S = 0.05  # least time between two keys that edits leave
SAME_TIME_S = 1e-3


def selected_key(state: "ViewState") -> int:
    """Index of the selected key; -1 without keys."""
    return min(max(state.tool.camera.key, 0), len(state.path.keys) - 1)


def edit_path(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the path."""
    return use_path(state, changed(state.path, **changes))


def use_path(state: "ViewState", path: CameraPath) -> "ViewState":
    """Replace the path; playback along the old one continues along the new one."""
    state = replace(state, path=path)
    tool = state.tool.camera
    if not path.keys:
        return edit_camera_tool(state, plays=False, time_s=0.0, key=0)
    state = edit_camera_tool(state, key=selected_key(state), time_s=min(tool.time_s, duration_s(path)))
    return _at_time(state) if tool.plays else state


def add_key(state: "ViewState") -> "ViewState":
    """Add the present camera as a key at the path's time, or two seconds after the last key where one has that time."""
    keys, time_s, length = state.path.keys, state.tool.camera.time_s, duration_s(state.path)
    if len(keys) >= MAX_KEYS:
        return state
    if any(abs(key.time_s - time_s) < SAME_TIME_S for key in keys):
        time_s = keys[-1].time_s + NEXT_KEY_S
    elif state.path.is_closed and length > time_s > keys[-1].time_s:  # the total length stays
        state = replace(state, path=replace(state.path, closing_s=max(GAP_S, length - time_s)))
    return _with_keys(state, [*keys, CameraKey(time_s if keys else 0.0, state.camera)], len(keys))


def replace_key(state: "ViewState") -> "ViewState":
    """Replace the selected key's camera with the present one."""
    index = selected_key(state)
    if index < 0:
        return state
    keys = list(state.path.keys)
    keys[index] = replace(keys[index], camera=state.camera)
    return use_path(state, replace(state.path, keys=tuple(keys)))


def remove_key(state: "ViewState") -> "ViewState":
    """Remove the selected key; the one before it becomes the selected one."""
    index = selected_key(state)
    if index < 0:
        return state
    keys = state.path.keys
    return _with_keys(state, [*keys[:index], *keys[index + 1 :]], max(0, index - 1))


def set_key_time(state: "ViewState", index: int, time_s: float) -> "ViewState":
    """Move a key in time, past others too; the first one stays at 0."""
    keys = list(state.path.keys)
    if not 0 < index < len(keys):
        return state
    keys[index] = replace(keys[index], time_s=min(max(time_s, GAP_S), MAX_PATH_S))
    return _with_keys(state, keys, index)


def move_key(state: "ViewState", seconds: float) -> "ViewState":
    """Move the selected key later by `seconds`."""
    index = selected_key(state)
    return set_key_time(state, index, state.path.keys[index].time_s + seconds) if index >= 0 else state


def set_selected_time(state: "ViewState", time_s: float) -> "ViewState":
    """Give the selected key another time."""
    return set_key_time(state, selected_key(state), time_s)


def set_closing(state: "ViewState", seconds: float) -> "ViewState":
    """Set the seconds of a closed path from its last key back to the first."""
    return edit_path(state, closing_s=range_of(CameraPath, "closing_s").within_reach(seconds))


def record_path(state: "ViewState") -> "ViewState":
    """Set the next video to run along the path and to take as long as it."""
    return edit_turntable(state, spin=CAMERA_PATH, fits=True)


def clear_path(state: "ViewState") -> "ViewState":
    """Remove all keys."""
    return use_path(state, CameraPath())


def shift_key(state: "ViewState", steps: int) -> "ViewState":
    """Exchange the selected key's camera with that of the key `steps` further."""
    index = selected_key(state)
    other = index + steps
    if index < 0 or not 0 <= other < len(state.path.keys):
        return state
    keys = list(state.path.keys)
    first, second = keys[index], keys[other]
    keys[index], keys[other] = replace(first, camera=second.camera), replace(second, camera=first.camera)
    return _with_keys(state, keys, other)


def go_to_key(state: "ViewState", index: int) -> "ViewState":
    """Select a key and move the camera to it."""
    if not 0 <= index < len(state.path.keys):
        return state
    key = state.path.keys[index]
    return replace(edit_camera_tool(state, key=index, time_s=key.time_s, plays=False), camera=key.camera)


def step_key(state: "ViewState", steps: int) -> "ViewState":
    """Go to the key `steps` further; after the last comes the first."""
    num = len(state.path.keys)
    return go_to_key(state, (selected_key(state) + steps) % num) if num else state


def go_to_time(state: "ViewState", time_s: float) -> "ViewState":
    """Move the camera to where the path is at a time."""
    if not state.path.keys:
        return state
    return _at_time(edit_camera_tool(state, time_s=min(max(time_s, 0.0), duration_s(state.path))))


def toggle_path(state: "ViewState") -> "ViewState":
    """Start playback along the path, from the beginning where it was at the end, or stop it."""
    tool, length = state.tool.camera, duration_s(state.path)
    if tool.plays or length <= 0:
        return edit_camera_tool(state, plays=False)
    start = 0.0 if tool.time_s >= length - SAME_TIME_S else tool.time_s
    return _at_time(edit_camera_tool(state, plays=True, flies=False, time_s=start))


def toggle_closed(state: "ViewState") -> "ViewState":
    """Close the path, or open it."""
    return edit_path(state, is_closed=not state.path.is_closed)


def toggle_shows_path(state: "ViewState") -> "ViewState":
    """Show or hide the path as a line in the picture."""
    return edit_camera_tool(state, shows_path=not state.tool.camera.shows_path)


def advance_path(state: "ViewState", seconds: float) -> "ViewState":
    """Advance playback by `seconds` of real time; it stops where another edit has moved the camera since."""
    tool, length = state.tool.camera, duration_s(state.path)
    if not tool.plays:
        return state
    if length <= 0 or state.camera != camera_at(state.path, tool.time_s):
        return edit_camera_tool(state, plays=False)
    time_s = tool.time_s + seconds
    is_over = not state.path.is_closed and time_s >= length
    time_s = min(time_s, length) if not state.path.is_closed else time_s % length
    return _at_time(edit_camera_tool(state, time_s=time_s, plays=not is_over))


def _at_time(state: "ViewState") -> "ViewState":
    return replace(state, camera=camera_at(state.path, state.tool.camera.time_s))


def _with_keys(state: "ViewState", keys: Iterable[CameraKey], selected: int) -> "ViewState":
    """Use keys sorted by time, the first at 0, GAP_S apart; `selected` is an index before sorting.

    The state is returned as it is where the path would be longer than MAX_PATH_S.
    """
    order = sorted(enumerate(keys), key=lambda item: item[1].time_s)
    start = order[0][1].time_s if order else 0.0
    spaced: list[CameraKey] = []
    for _, key in order:
        least = spaced[-1].time_s + GAP_S if spaced else 0.0
        spaced.append(replace(key, time_s=max(key.time_s - start, least)))
    if spaced and spaced[-1].time_s > MAX_PATH_S:
        return state
    key_index = next((position for position, (index, _) in enumerate(order) if index == selected), 0)
    state = use_path(edit_camera_tool(state, key=key_index), replace(state.path, keys=tuple(spaced)))
    moment = spaced[key_index].time_s if spaced else 0.0
    return state if state.tool.camera.plays else edit_camera_tool(state, time_s=moment)


_CLOSING = 2  # keys repeated after the end of a closed path, so that its curves join smoothly


def duration_s(path: CameraPath) -> float:
    """Length in seconds: from the first key to the last, or once around a closed path."""
    if len(path.keys) < 2:
        return 0.0
    return path.keys[-1].time_s + (path.closing_s if path.is_closed else 0.0)


def camera_at(path: CameraPath, time_s: float) -> CameraState:
    """The camera at a time; constant before an open path's first key and after its last. ValueError without keys."""
    if not path.keys:
        raise ValueError("path: expected at least one key, got none")
    first = path.keys[0]
    if len(path.keys) == 1:
        return first.camera
    if path.is_closed:
        time_s %= duration_s(path)
    exact = next((key for key in path.keys if key.time_s == time_s), None)
    if exact is not None:  # without the rounding of logarithms
        return exact.camera
    azimuth, elevation, log_distance, log_half, *point = (curve(time_s) for curve in _curves(path))
    camera = CameraState(
        wrap_deg(azimuth), elevation, math.exp(log_distance), (point[0], point[1], point[2]),
        2.0 * math.degrees(math.atan(math.exp(log_half))),
    )  # fmt: skip
    return camera if path.moves == "around" else looking_from(camera, camera.pan_m)


@lru_cache(maxsize=8)
def _curves(path: CameraPath) -> tuple[MonotoneCurve, ...]:
    """One curve over time for each number that `_numbers` returns."""
    keys = list(path.keys)
    if path.is_closed:
        period = duration_s(path)
        before = CameraKey(keys[-1].time_s - period, keys[-1].camera)
        after = [CameraKey(key.time_s + period, key.camera) for key in keys[:_CLOSING]]
        keys = [before, *keys, *after]
    times = [key.time_s for key in keys]
    columns = list(zip(*(_numbers(key.camera, path.moves) for key in keys), strict=True))
    columns[0] = tuple(_unwrapped(columns[0]))
    is_flat = path.eases and not path.is_closed
    return tuple(MonotoneCurve(times, column, is_flat) for column in columns)


def _numbers(camera: CameraState, moves: str) -> tuple[float, ...]:
    """What is interpolated: azimuth, elevation, log distance, log tan(fov / 2), and the pan or the eye (x, y, z)."""
    log_half = math.log(math.tan(0.5 * math.radians(camera.fov_deg)))
    point = camera.pan_m if moves == "around" else eye_of(camera)
    return camera.azimuth_deg, camera.elevation_deg, math.log(camera.distance_m), log_half, *point


def _unwrapped(angles_deg: tuple[float, ...]) -> list[float]:
    """The same angles without jumps: each at most 180 degrees from the one before."""
    unwrapped = [angles_deg[0]]
    for angle in angles_deg[1:]:
        unwrapped.append(unwrapped[-1] + wrap_deg(angle - unwrapped[-1]))
    return unwrapped
