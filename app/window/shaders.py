"""GLSL from shaders/present, with `#include "file"`, and lines of a width as triangles for it."""

import re
from pathlib import Path

import moderngl
import numpy as np

from phynes_core.io.shipped_files import SHADERS

PRESENT = SHADERS / "present"
_INCLUDE = re.compile(r'^#include "([\w.]+)"$', re.MULTILINE)


def shader_source(name: str) -> str:
    """The text of a shader file with its includes in place."""
    text = (PRESENT / Path(name).name).read_text()
    return _INCLUDE.sub(lambda match: shader_source(match.group(1)), text)


def rectangle_program(context: moderngl.Context, fragment: str) -> moderngl.Program:
    """A program that draws one rectangle of the window with <fragment>.frag.glsl."""
    return context.program(
        vertex_shader=shader_source("quad.vert.glsl"), fragment_shader=shader_source(f"{fragment}.frag.glsl")
    )


Paint = tuple[float, float, float, float]  # sRGB, opacity
SIDES = (1.0, -1.0, 1.0, 1.0, -1.0, -1.0)  # of the line, for a segment's six corners


def open_strip(
    places: np.ndarray,  # [N, 2] px
    is_shown: np.ndarray,  # [N] bool: a segment shows where both ends do
    width_px: float,
    paint: Paint,
) -> np.ndarray:  # [6 M, 7] place, side, paint: two triangles a segment
    """A strip along a polyline, mitered so that its segments join."""
    ahead = np.empty_like(places)
    ahead[1:-1] = places[2:] - places[:-2]
    ahead[0], ahead[-1] = places[1] - places[0], places[-1] - places[-2]
    return _band(places, ahead, is_shown[:-1] & is_shown[1:], width_px, paint)


def closed_strip(
    places: np.ndarray,  # [N + 1, 2] px, the first one again at the end
    is_shown: np.ndarray,  # [N + 1] bool: a segment shows where its first point does
    width_px: float,
    paint: Paint,
) -> np.ndarray:  # [6 M, 7]
    """The same along a ring."""
    inner = places[:-1]
    ahead = np.roll(inner, -1, 0) - np.roll(inner, 1, 0)
    return _band(places, np.concatenate([ahead, ahead[:1]]), is_shown[:-1], width_px, paint)


def _band(places: np.ndarray, ahead: np.ndarray, has_segment: np.ndarray, width_px: float, paint: Paint) -> np.ndarray:
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], 1) / np.maximum(np.linalg.norm(ahead, axis=1), 1e-6)[:, None]
    normal = normal * (0.5 * width_px + 0.5)
    one, other = places + normal, places - normal
    first = np.flatnonzero(has_segment)
    second = first + 1
    corners = [one[first], other[first], one[second], one[second], other[first], other[second]]
    rows = [
        np.concatenate([corner, np.full((len(first), 1), side), np.tile(paint, (len(first), 1))], 1)
        for corner, side in zip(corners, SIDES, strict=True)
    ]
    return np.stack(rows, 1).reshape(-1, 7)
