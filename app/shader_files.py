"""GLSL from shaders/, with `#include "file"`."""

import re
from pathlib import Path

import moderngl

from phynes_core.io.shipped_files import PROJECT

SHADERS = PROJECT / "shaders"
_INCLUDE = re.compile(r'^#include "([\w.]+)"$', re.MULTILINE)


def shader_source(name: str) -> str:
    """The text of a shader file with its includes in place."""
    text = (SHADERS / Path(name).name).read_text()
    return _INCLUDE.sub(lambda match: shader_source(match.group(1)), text)


def rectangle_program(context: moderngl.Context, fragment: str) -> moderngl.Program:
    """A program that draws one rectangle of the window with shaders/<fragment>.frag.glsl."""
    return context.program(
        vertex_shader=shader_source("quad.vert.glsl"), fragment_shader=shader_source(f"{fragment}.frag.glsl")
    )
