"""The camera path as lines in the picture: where the eye goes, and at each key where it looks."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.camera_path import camera_at, duration_s, eye_of
from app.camera_state import CameraPath
from app.orbit_camera import OrbitView
from app.path_edits import selected_key
from app.state import ViewState

STEPS_A_KEY = 24
LOOK_M = 0.28  # length of the line that shows where a key looks
NEAR_M = 0.3  # what is nearer to the eye is not drawn: the path that the camera stands on


@dataclass(frozen=True)
class PathMarks:
    """What is shown of a path."""

    path: CameraPath
    selected: int


@dataclass(frozen=True, eq=False)
class PathLine:
    """A polyline in the picture."""

    places: np.ndarray  # [N, 2] image, px
    is_shown: np.ndarray  # [N] bool
    kind: str  # path, look or selected


def path_marks(state: ViewState) -> PathMarks | None:
    """What the state shows of its path: nothing while the camera runs along it."""
    tool = state.tool.camera
    if not tool.shows_path or tool.plays or not state.path.keys:
        return None
    return PathMarks(state.path, selected_key(state))


def path_lines(marks: PathMarks, view: OrbitView) -> list[PathLine]:
    """The way of the eye, then a line for each key."""
    origin = np.array(view.target) - np.array(view.camera.pan_m)
    lines = [PathLine(*_projected(_eyes(marks.path) + origin, view), "path")] if len(marks.path.keys) > 1 else []
    for index, key in enumerate(marks.path.keys):
        eye = np.array(eye_of(key.camera))
        toward = np.array(key.camera.pan_m) - eye
        tip = eye + toward * (LOOK_M / max(float(np.linalg.norm(toward)), 1e-6))
        kind = "selected" if index == marks.selected else "look"
        lines.append(PathLine(*_projected(np.stack([eye, tip]) + origin, view), kind))
    return lines


@lru_cache(maxsize=4)
def _eyes(path: CameraPath) -> np.ndarray:  # [N, 3] metres, from the point that an unpanned camera orbits
    times = np.linspace(0.0, duration_s(path), STEPS_A_KEY * len(path.keys) + 1)
    times[-1] = min(times[-1], np.nextafter(duration_s(path), 0.0))  # a closed path's end is its start
    return np.array([eye_of(camera_at(path, float(time))) for time in times])


def _projected(points: np.ndarray, view: OrbitView) -> tuple[np.ndarray, np.ndarray]:
    right, up, forward = (np.array(axis.to_tuple()) for axis in view.axes)
    offset = points - np.array(view.eye.to_tuple())
    depth = offset @ forward
    scale = view.focal_px / np.maximum(depth, 1e-3)
    places = np.stack([0.5 * view.width + offset @ right * scale, 0.5 * view.height - offset @ up * scale], 1)
    return places, (depth > 0.05) & (np.linalg.norm(offset, axis=1) > NEAR_M)
