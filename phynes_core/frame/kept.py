"""Nodes of a frame, the versions that say which of them are stale, and the executor that computes only those."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from operator import attrgetter
from typing import Any, NamedTuple

from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.render.camera import Camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment


@dataclass(frozen=True)
class Node:
    """One step of a frame. Where it may not run, or an input that it needs is None, its value is None.

    An input is the name of a node or of a value of the frame, and maybe an attribute of it: `mesh.faces`.
    """

    name: str
    op: Callable[..., Any]  # called with the inputs, in their order
    inputs: str  # with a question mark: may be None
    when: str = ""  # a value that must be true; with an exclamation mark: that must not
    is_kept: bool = True  # False: large and quickly made, or the caller's: computed in every frame that asks for it
    is_shared: bool = False  # the same for every camera: views of the same bodies share the result
    is_by_content: bool = False  # small: a result that equals the last one keeps its version
    is_progressive: bool = False  # runs in every frame; a result that is the very object it was keeps its version

    @cached_property
    def asked(self) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
        """Each input's name, what takes its part of the named value, and whether it may be None."""
        return tuple(map(_asked, self.inputs.split()))

    def may_run(self, given: Any) -> bool:
        """Whether the value named in `when` lets it."""
        return bool(given) != self.when.startswith("!")


def _asked(text: str) -> tuple[str, Callable[[Any], Any], bool]:
    name, _, attribute = text.rstrip("?").partition(".")
    part = attrgetter(attribute) if attribute else lambda whole: whole
    return name, lambda whole: None if whole is None else part(whole), text.endswith("?")


class Result(NamedTuple):
    """A value, and what is equal only for results that are the same."""

    value: Any
    version: Any


NOTHING = Result(None, None)
VERSIONS = count(1)  # of results: no two ever share one


def version_of(value: Any) -> Any:
    """Equal for equal values. Avatars, edits and pictures, which stay as they were read, equal only themselves.

    A version holds them, so that nothing else can take their address: equal ids are the same picture.
    """
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy().tobytes()
    if isinstance(value, tuple):
        return tuple(map(version_of, value))
    if isinstance(value, Environment):
        return id(value.image), value.image, value.yaw_deg, value.intensity, value.tint
    if isinstance(value, Pose | Camera | Lighting):
        return tuple(map(version_of, vars(value).values()))
    return value


class Kept:
    """Computes what is asked for, and keeps every result until the version of an input changes."""

    def __init__(
        self,
        nodes: Mapping[str, Node],
        base: "Kept | None" = None,
        before_node: Callable[[], None] = lambda: None,  # called before each; what it raises gives the frame up
    ) -> None:
        """With a base: another view of the same bodies, which shares the nodes that no camera changes."""
        self._nodes = nodes
        self._before_node = before_node if base is None else base._before_node
        self._own: dict[str, tuple[Result, list[Any]]] = {}  # with the versions of what it was made of
        self._shared = self._own if base is None else base._shared
        self._values: Mapping[str, Any] = {}
        self._now: dict[str, Result] = {}  # of this frame
        self.timings: dict[str, float] = {}  # milliseconds of each node that ran in this frame

    def start(self, values: Mapping[str, Any]) -> None:
        """Begin a frame of these values (nodes.frame_values); those that are Results have their version already."""
        self._values, self._now, self.timings = values, {}, {}

    def run(self, name: str) -> Any:
        """The value of a node; of one that is not kept it is the caller's alone."""
        value = self.result(name).value
        self._now = {}
        return value

    def result(self, name: str) -> Result:
        """The value of a node or of the frame, and its version."""
        found = self._now.get(name)
        if found is None:
            found = self._now[name] = self._found(name)
        return found

    def last(self, name: str) -> Any:
        """The value of a shared node, whenever it was computed; None where it was not."""
        return self._shared[name][0].value if name in self._shared else None

    def forget(self) -> None:
        """Compute everything anew."""
        self._own.clear()

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add to the timings."""
        start = time.perf_counter()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + (time.perf_counter() - start) * 1e3

    def _found(self, name: str) -> Result:
        node = self._nodes.get(name)
        if node is None:
            value = self._values[name]
            return value if isinstance(value, Result) else Result(value, version_of(value))
        if node.when and not node.may_run(self.result(node.when.lstrip("!")).value):
            return NOTHING
        made_of, arguments = [], []
        for asked, part, is_optional in node.asked:
            given = self.result(asked)
            made_of.append(given.version)
            arguments.append(part(given.value))
            if arguments[-1] is None and not is_optional:
                return NOTHING
        memory = self._shared if node.is_shared else self._own
        last, was_made_of = memory.get(name, (NOTHING, None))
        if was_made_of == made_of and not node.is_progressive:
            return last
        self._before_node()
        with self.timed(name):
            value = node.op(*arguments)
        is_same = node.is_progressive and last.value is value
        version = version_of(value) if node.is_by_content else last.version if is_same else next(VERSIONS)
        result = Result(value, None if value is None else version)
        if node.is_kept:
            memory[name] = result, made_of
        return result
