"""Draws the camera path over the picture."""

import moderngl
import numpy as np

from app.orbit_camera import OrbitView
from app.path_line import PathLine, PathMarks, path_lines
from app.picking import Letterbox
from app.shader_files import shader_source
from app.state import Rgb

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
        self._bands = context.vertex_array(self._stroke, [(self._buffer, "2f 1f 4f", "place_px", "side", "paint")])

    def draw(self, marks: PathMarks, view: OrbitView, letterbox: Letterbox, pixel_ratio: float) -> None:
        """The path below, its keys above."""
        bands = [band for line in path_lines(marks, view) for band in _bands_of(line, letterbox, pixel_ratio)]
        vertices = np.concatenate(bands).astype("f4") if bands else np.zeros((0, 7), "f4")
        if not len(vertices):
            return
        if vertices.nbytes > self._buffer.size:
            self._buffer.orphan(vertices.nbytes)
        self._buffer.write(vertices.tobytes())
        self._stroke["window"] = (letterbox.window_width, letterbox.window_height)
        self._bands.render(moderngl.TRIANGLES, len(vertices))


def _bands_of(line: PathLine, letterbox: Letterbox, ratio: float) -> list[np.ndarray]:
    places = line.places * letterbox.scale + letterbox.origin
    width = WIDTHS_PX[line.kind] * ratio
    paint = (*INKS[line.kind], OPACITIES[line.kind])
    bands = [band(places, line.is_shown, width + SHADOW_PX * ratio, SHADOW), band(places, line.is_shown, width, paint)]
    if line.kind in DOT_PX:  # a square at the eye
        reach = DOT_PX[line.kind] * ratio
        square = np.array([places[0] - (reach, 0.0), places[0] + (reach, 0.0)])
        shown = np.array([line.is_shown[0]] * 2)
        bands += [band(square, shown, 2 * reach + SHADOW_PX * ratio, SHADOW), band(square, shown, 2 * reach, paint)]
    return bands


def band(
    places: np.ndarray,  # [N, 2] px, an open polyline
    is_shown: np.ndarray,  # [N] bool: a segment shows where both ends do
    width_px: float,
    paint: tuple[float, float, float, float],
) -> np.ndarray:  # [6 M, 7] place, side, paint: two triangles a segment
    """A band along a polyline, mitered so that its segments join."""
    ahead = np.empty_like(places)
    ahead[1:-1] = places[2:] - places[:-2]
    ahead[0], ahead[-1] = places[1] - places[0], places[-1] - places[-2]
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], 1) / np.maximum(np.linalg.norm(ahead, axis=1), 1e-6)[:, None]
    normal = normal * (0.5 * width_px + 0.5)
    one, other = places + normal, places - normal
    first = np.flatnonzero(is_shown[:-1] & is_shown[1:])
    second = first + 1
    corners = [one[first], other[first], one[second], one[second], other[first], other[second]]
    rows = [
        np.concatenate([corner, np.full((len(first), 1), side), np.tile(paint, (len(first), 1))], 1)
        for corner, side in zip(corners, (1.0, -1.0, 1.0, 1.0, -1.0, -1.0), strict=True)
    ]
    return np.stack(rows, 1).reshape(-1, 7)
