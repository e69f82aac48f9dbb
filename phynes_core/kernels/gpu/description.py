"""The GPU's frame as it is described beside its WGSL: passes, buffers and runs of shaders/engine/frame.json.

The description is data that a host in any language runs (kernels/gpu/graph.py is the one of the desktop); this file
reads it, joins included WGSL, and puts a pass's constants before it.
"""

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phynes_core.errors import BackendError
from phynes_core.io.shipped_files import SHADERS

ENGINE = SHADERS / "engine"
_INCLUDE = re.compile(r'^#include "([\w./]+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Binding:
    """What a pass reads or writes."""

    name: str
    access: str  # read, write, state (written in part and kept) or texture
    element: str  # WGSL's type of an item


@dataclass(frozen=True)
class Pass:
    """One file of WGSL."""

    name: str
    file: str
    bindings: tuple[Binding, ...]
    params: tuple[tuple[str, str], ...]  # fields of the uniform, which is binding 0 where there are any
    constants: tuple[str, ...]  # stand before the file
    entries: tuple[str, ...]  # of compute one; of drawing the vertex and the fragment shader
    target: str  # format of what is drawn

    @property
    def is_drawing(self) -> bool:
        """Whether the rasterizer runs it."""
        return len(self.entries) == 2

    def first_binding(self) -> int:
        """Number of the first buffer."""
        return 1 if self.params else 0

    def source(self, constants: Mapping[str, str]) -> str:
        """The WGSL with includes and these values of its constants."""
        lines = [f"const {name} = {constants[name]};" for name in self.constants]
        return "\n".join([*lines, wgsl(self.file)])


@dataclass(frozen=True)
class Run:
    """A pass at its place in the frame, with the names of its buffers and values."""

    name: str
    pass_name: str
    each: str  # "avatar" or "tile": it runs for each of them; "" once
    when: str  # a value that must be true; with an exclamation mark: that must not
    unless: str  # a value that must not be true
    params: Mapping[str, Any]
    buffers: Mapping[str, str]
    clears: tuple[str, ...]  # buffers that are zeroed before it
    clears_after: Mapping[str, tuple[str, ...]]  # and those only when one of some buffers changed
    dispatch: Mapping[str, Any]
    target: str  # texture that is drawn
    corners: tuple[Any, ...]  # how many vertices are drawn, as a product
    map: str  # prefix of the values that are its constants
    operations: tuple[tuple[Any, ...], ...]  # floating point, a sum of products
    traffic: tuple[tuple[Any, ...], ...]  # bytes of memory, likewise


@dataclass(frozen=True)
class BufferSize:
    """A buffer between passes."""

    bytes: tuple[Any, ...]  # a product
    is_shared: bool  # by the views of one scene


@dataclass(frozen=True)
class Texture:
    """A texture that is drawn."""

    format: str
    size: tuple[str, str]


@dataclass(frozen=True)
class Description:
    """The whole frame."""

    passes: Mapping[str, Pass]
    buffers: Mapping[str, BufferSize]
    textures: Mapping[str, Texture]
    frame: tuple[tuple[Run, ...], ...]  # groups that run for each avatar or tile together; others alone


def wgsl(name: str) -> str:
    """The text of a file of shaders/engine/ with its includes, each once."""
    seen: set[str] = set()

    def joined(name: str) -> str:
        if name in seen:
            return ""
        seen.add(name)
        return _INCLUDE.sub(lambda match: joined(match.group(1)), _text(ENGINE / name))

    return joined(name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BackendError(
            f"{path}: expected a part of the GPU engine, got {type(error).__name__}; restore the folder shaders/engine"
        ) from None


@functools.cache
def description() -> Description:
    """What frame.json says; raises BackendError where it is damaged."""
    path = ENGINE / "frame.json"
    try:
        return _described(json.loads(_text(path)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackendError(
            f"{path}: expected the description of the GPU's frame, got what cannot be read ({error}); "
            "restore the folder shaders/engine"
        ) from None


def _described(table: dict[str, Any]) -> Description:
    passes = {name: _pass(name, entry, table) for name, entry in table["passes"].items()}
    buffers = {
        name: BufferSize(tuple(entry["bytes"]), entry.get("shared", False)) for name, entry in table["buffers"].items()
    }
    textures = {name: Texture(entry["format"], tuple(entry["size"])) for name, entry in table["textures"].items()}
    frame = tuple(tuple(_runs(entry)) for entry in table["frame"])
    return Description(passes, buffers, textures, frame)


def _pass(name: str, entry: dict[str, Any], table: dict[str, Any]) -> Pass:
    return Pass(
        name, entry["file"], tuple(Binding(*binding) for binding in entry["bindings"]),
        tuple((field, kind) for field, kind in entry.get("params", ())),
        tuple(table[entry["constants"]]) if "constants" in entry else (), tuple(entry.get("entries", ("main",))),
        entry.get("target", ""),
    )  # fmt: skip


def _runs(entry: dict[str, Any]) -> Iterator[Run]:
    runs: Sequence[dict[str, Any]] = entry["runs"] if "runs" in entry else (entry,)
    for run in runs:
        yield Run(
            run["name"], run["pass"], entry.get("each", ""), run.get("when", ""), run.get("unless", ""),
            run.get("params", {}), run.get("buffers", {}), tuple(run.get("clears", ())),
            {name: tuple(after) for name, after in run.get("clears_after", {}).items()}, run.get("dispatch", {}),
            run.get("target", ""), tuple(run.get("corners", ())), run.get("map", ""),
            tuple(map(tuple, run.get("operations", ()))), tuple(map(tuple, run.get("traffic", ()))),
        )  # fmt: skip
