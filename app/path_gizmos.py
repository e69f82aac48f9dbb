"""Draws the camera path over the picture."""

import moderngl
import numpy as np

from app.line_bands import open_band
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
    bands = [
        open_band(places, line.is_shown, width + SHADOW_PX * ratio, SHADOW),
        open_band(places, line.is_shown, width, paint),
    ]
    if line.kind in DOT_PX:  # a square at the eye
        reach = DOT_PX[line.kind] * ratio
        square = np.array([places[0] - (reach, 0.0), places[0] + (reach, 0.0)])
        shown = np.array([line.is_shown[0]] * 2)
        bands += [
            open_band(square, shown, 2 * reach + SHADOW_PX * ratio, SHADOW),
            open_band(square, shown, 2 * reach, paint),
        ]
    return bands
