"""GLSL programs from shaders/present, with `#include "file"`, and polylines as triangles for stroke.vert.glsl."""

import re
from collections.abc import Mapping
from pathlib import Path

import moderngl
import numpy as np

from phynes_core.io.shipped_files import SHADERS

PRESENT = SHADERS / "present"
_INCLUDE = re.compile(r'^#include "([\w.]+)"$', re.MULTILINE)


def shader_source(name: str) -> str:
    """The text of a shader file with its includes inserted."""
    text = (PRESENT / Path(name).name).read_text()
    return _INCLUDE.sub(lambda match: shader_source(match.group(1)), text)


def rectangle_program(
    context: moderngl.Context, fragment: str, defined: Mapping[str, int] | None = None
) -> moderngl.Program:
    """A program that draws one rectangle of the window with <fragment>.frag.glsl, in which names are `defined`."""
    version, rest = shader_source(f"{fragment}.frag.glsl").split("\n", 1)
    lines = [version, *(f"#define {name} {number}" for name, number in (defined or {}).items()), rest]
    return context.program(vertex_shader=shader_source("quad.vert.glsl"), fragment_shader="\n".join(lines))


Color = tuple[float, float, float, float]  # sRGB, opacity
SIDES = (1.0, -1.0, 1.0, 1.0, -1.0, -1.0)  # of the line on which a segment's six corners lie


def open_strip(
    points: np.ndarray,  # [N, 2] px
    is_shown: np.ndarray,  # [N] bool: a segment shows where both ends do
    width_px: float,
    color: Color,
) -> np.ndarray:  # [6 M, 7] position, side, color: two triangles a segment
    """A strip along a polyline, mitered where segments meet."""
    tangents = np.empty_like(points)
    tangents[1:-1] = points[2:] - points[:-2]
    tangents[0], tangents[-1] = points[1] - points[0], points[-1] - points[-2]
    return _strip(points, tangents, is_shown[:-1] & is_shown[1:], width_px, color)


def closed_strip(
    points: np.ndarray,  # [N + 1, 2] px, the first one again at the end
    is_shown: np.ndarray,  # [N + 1] bool: a segment shows where its first point does
    width_px: float,
    color: Color,
) -> np.ndarray:  # [6 M, 7]
    """A strip along a closed polyline."""
    inner = points[:-1]
    tangents = np.roll(inner, -1, 0) - np.roll(inner, 1, 0)
    return _strip(points, np.concatenate([tangents, tangents[:1]]), is_shown[:-1], width_px, color)


def _strip(
    points: np.ndarray, tangents: np.ndarray, has_segment: np.ndarray, width_px: float, color: Color
) -> np.ndarray:
    lengths = np.maximum(np.linalg.norm(tangents, axis=1), 1e-6)
    normal = np.stack([-tangents[:, 1], tangents[:, 0]], 1) / lengths[:, None]
    normal = normal * (0.5 * width_px + 0.5)
    one, other = points + normal, points - normal
    first = np.flatnonzero(has_segment)
    second = first + 1
    corners = [one[first], other[first], one[second], one[second], other[first], other[second]]
    rows = [
        np.concatenate([corner, np.full((len(first), 1), side), np.tile(color, (len(first), 1))], 1)
        for corner, side in zip(corners, SIDES, strict=True)
    ]
    return np.stack(rows, 1).reshape(-1, 7)
