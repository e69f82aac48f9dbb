"""What may be wrong with cameras and paths that were read from a file or typed."""

import math
from typing import TYPE_CHECKING

from app.model.camera_paths import MAX_KEYS, MAX_PATH_S, MIN_GAP_S, PATH_MOVES, CameraPath
from app.model.cameras import CameraState

if TYPE_CHECKING:
    from app.model.view_state import ViewState


BOUNDS = {  # of a camera's numbers
    "azimuth_deg": (-3600.0, 3600.0), "elevation_deg": (-90.0, 90.0), "distance_m": (0.05, 1000.0),
    "fov_deg": (1.0, 150.0),
}  # fmt: skip
MAX_PAN_M = 1000.0


def mistake_in_camera(camera: CameraState) -> str | None:
    """The first mistake as "field: expected X, got Y"."""
    for name, (least, most) in BOUNDS.items():
        if not least <= (value := getattr(camera, name)) <= most:
            return f"{name}: expected {least:g} to {most:g}, got {value:g}"
    worst = max(camera.pan_m, key=abs)
    if not abs(worst) <= MAX_PAN_M or not all(math.isfinite(length) for length in camera.pan_m):
        return f"pan_m: expected at most {MAX_PAN_M:g} metres, got {worst:g}"
    return None


def mistake_in_path(path: CameraPath) -> str | None:
    """The first mistake as "field: expected X, got Y"."""
    if len(path.keys) > MAX_KEYS:
        return f"keys: expected at most {MAX_KEYS}, got {len(path.keys)}"
    if path.moves not in PATH_MOVES:
        return f"moves: expected one of {', '.join(PATH_MOVES)}, got {path.moves!r}"
    if not MIN_GAP_S <= path.closing_s <= MAX_PATH_S:
        return f"closing_s: expected {MIN_GAP_S:g} to {MAX_PATH_S:g} seconds, got {path.closing_s:g}"
    for index, key in enumerate(path.keys):
        if (mistake := mistake_in_camera(key.camera)) is not None:
            return f"keys[{index}].camera.{mistake}"
        if index == 0 and key.time_s != 0.0:
            return f"keys[0].time_s: expected 0, where a path starts, got {key.time_s:g}"
        least = path.keys[index - 1].time_s + MIN_GAP_S if index else 0.0
        if not least - 1e-6 <= key.time_s <= MAX_PATH_S:
            return f"keys[{index}].time_s: expected {least:g} to {MAX_PATH_S:g} seconds, got {key.time_s:g}"
    return None


def mistake_in_cameras(state: "ViewState") -> str | None:
    """The first mistake in anything of a state that says where the camera is."""
    if (mistake := mistake_in_camera(state.camera)) is not None:
        return f"camera.{mistake}"
    if (mistake := mistake_in_path(state.path)) is not None:
        return f"path.{mistake}"
    speed = state.tool.camera.fly_m_s
    return None if 0.01 <= speed <= 100.0 else f"fly_m_s: expected 0.01 to 100 metres a second, got {speed:g}"
