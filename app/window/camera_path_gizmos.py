"""The camera path as lines over the picture: the path of the eye, and the viewing direction at each key."""

from dataclasses import dataclass
from functools import lru_cache

import moderngl
import numpy as np

from app.model.camera_paths import CameraPath, camera_at, duration_s, selected_key
from app.model.cameras import eye_of
from app.model.fields import Rgb
from app.model.view_state import ViewState
from app.tools.orbit_view import OrbitView
from app.tools.viewport import Letterbox
from app.window.shaders import open_strip, shader_source

STEPS_A_KEY = 24
LOOK_M = 0.28  # length of the line along a key's viewing direction
NEAR_M = 0.3  # points nearer to the eye are not drawn: a camera may be on its own path


@dataclass(frozen=True)
class PathMarks:
    """A path to draw and its selected key."""

    path: CameraPath
    selected: int  # index of a key


@dataclass(frozen=True, eq=False)
class PathLine:
    """A polyline in the picture."""

    points: np.ndarray  # [N, 2] image, px
    is_shown: np.ndarray  # [N] bool
    kind: str  # path, look or selected


def path_marks(state: ViewState) -> PathMarks | None:
    """The path that the state shows; None while it is hidden, played or empty."""
    tool = state.tool.camera
    if not tool.shows_path or tool.plays or not state.path.keys:
        return None
    return PathMarks(state.path, selected_key(state))


def path_lines(marks: PathMarks, view: OrbitView) -> list[PathLine]:
    """The path of the eye, then a line for each key."""
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
def _eyes(path: CameraPath) -> np.ndarray:  # [N, 3] metres, relative to the point that an unpanned camera orbits
    times = np.linspace(0.0, duration_s(path), STEPS_A_KEY * len(path.keys) + 1)
    times[-1] = min(times[-1], np.nextafter(duration_s(path), 0.0))  # the end of a closed path would be its start
    return np.array([eye_of(camera_at(path, float(time))) for time in times])


def _projected(points: np.ndarray, view: OrbitView) -> tuple[np.ndarray, np.ndarray]:
    right, up, forward = (np.array(axis.to_tuple()) for axis in view.axes)
    offset = points - np.array(view.eye.to_tuple())
    depth = offset @ forward
    scale = view.focal_px / np.maximum(depth, 1e-3)
    pixels = np.stack([0.5 * view.width + offset @ right * scale, 0.5 * view.height - offset @ up * scale], 1)
    return pixels, (depth > 0.05) & (np.linalg.norm(offset, axis=1) > NEAR_M)


INKS: dict[str, Rgb] = {"path": (0.45, 0.78, 0.95), "look": (0.45, 0.78, 0.95), "selected": (1.0, 0.84, 0.42)}
WIDTHS_PX = {"path": 1.8, "look": 2.2, "selected": 3.0}
OPACITIES = {"path": 0.75, "look": 0.95, "selected": 1.0}
DOT_PX = {"look": 4.0, "selected": 5.5}
SHADOW_PX, SHADOW = 1.6, (0.0, 0.0, 0.0, 0.35)


class PathGizmos:
    """Needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context) -> None:
        self._stroke = context.program(
            vertex_shader=shader_source("stroke.vert.glsl"), fragment_shader=shader_source("stroke.frag.glsl")
        )
        self._buffer = context.buffer(reserve=1 << 16, dynamic=True)
        self._strips = context.vertex_array(self._stroke, [(self._buffer, "2f 1f 4f", "position_px", "side", "color")])

    def draw(self, marks: PathMarks, view: OrbitView, letterbox: Letterbox, pixel_ratio: float) -> None:
        """Draw the path, then its keys over it."""
        strips = [strip for line in path_lines(marks, view) for strip in _strips_of(line, letterbox, pixel_ratio)]
        vertices = np.concatenate(strips).astype("f4") if strips else np.zeros((0, 7), "f4")
        if not len(vertices):
            return
        if vertices.nbytes > self._buffer.size:
            self._buffer.orphan(vertices.nbytes)
        self._buffer.write(vertices.tobytes())
        self._stroke["window"] = (letterbox.window_width, letterbox.window_height)
        self._strips.render(moderngl.TRIANGLES, len(vertices))


def _strips_of(line: PathLine, letterbox: Letterbox, ratio: float) -> list[np.ndarray]:
    points = line.points * letterbox.scale + letterbox.origin
    width = WIDTHS_PX[line.kind] * ratio
    color = (*INKS[line.kind], OPACITIES[line.kind])
    strips = [
        open_strip(points, line.is_shown, width + SHADOW_PX * ratio, SHADOW),
        open_strip(points, line.is_shown, width, color),
    ]
    if line.kind in DOT_PX:  # a square at the eye
        reach = DOT_PX[line.kind] * ratio
        square = np.array([points[0] - (reach, 0.0), points[0] + (reach, 0.0)])
        shown = np.array([line.is_shown[0]] * 2)
        strips += [
            open_strip(square, shown, 2 * reach + SHADOW_PX * ratio, SHADOW),
            open_strip(square, shown, 2 * reach, color),
        ]
    return strips
