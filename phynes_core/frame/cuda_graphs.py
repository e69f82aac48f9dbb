"""The executor `cuda`: groups of nodes on fixed memory, recorded as CUDA graphs, without a wait from pose to picture.

A graph runs when a version of what it gets from outside changed, and is recorded anew only when a shape, an avatar or
an option did. Nodes that belong to no graph run between the graphs and are kept, as on the CPU. Where the device is
the CPU, as in tests, the very same functions run unrecorded.
"""

from collections import ChainMap
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

import torch
from torch import Tensor

from phynes_core.frame.cuda_nodes import CUDA_NODES, GROUPS
from phynes_core.frame.kept import NOTHING, VERSIONS, Kept, Result
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.scene import Scene

_WARM_UPS = 2  # what libraries allocate and compile lazily happens before the recording


def can_record(scene: Scene, options: RenderOptions) -> bool:
    """Live views and plain pictures; what is rare or fine takes the executor `kept`, which waits for the device."""
    return (
        {options.backend, options.raster} <= {"auto", "warp"}
        and not (options.antialias or options.exact_visibility)
        and not scene.lighting.area_lamps
        and len({posed.f0 for posed in scene.avatars}) == 1
    )


class CudaGraphs(Kept):
    """Runs recorded groups where `kept` runs single nodes. What a group returns is written anew by its next run."""

    def __init__(self) -> None:
        super().__init__(CUDA_NODES)
        self._device = torch.device("cpu")
        self._groups = [Group(name, nodes) for name, nodes in GROUPS.items()]
        self._group_of = {node: group for group in self._groups for node in group.nodes}

    def start(self, values: dict[str, Any]) -> None:
        """As Kept's."""
        self._device = values["device"]
        super().start(ChainMap({"device": torch.device("cpu")}, values))  # what is made between the graphs

    def run(self, name: str) -> Any:
        """As Kept's."""
        if name not in self._group_of:
            return super().run(name)
        self._group_of[name].made_of = {}
        value = self.result(name).value
        return value.copied() if self._device.type == "cuda" else value

    def result(self, name: str) -> Result:
        """As Kept's."""
        if name in self._group_of and name not in self._now:
            group = self._group_of[name]
            self._now |= dict.fromkeys(group.nodes, NOTHING) | self._results(group)
        return super().result(name)

    def forget(self) -> None:
        """Compute everything anew; the recordings stay."""
        super().forget()
        for group in self._groups:
            group.made_of = {}

    def _results(self, group: "Group") -> dict[str, Result]:
        outside = self._outside(group)
        if not outside:
            return {}
        made_of = {name: given.version for name, given in outside.items()}
        if group.made_of == made_of:
            return group.results
        with self.timed(group.name):
            recorded = {name: outside[name] for name in outside if name in self._group_of}
            sent = {name: given.value for name, given in outside.items() if name not in recorded}
            shape = {name: _shape(value) for name, value in sent.items()}
            shape |= {n: g.value is not None and self._group_of[n].recording for n, g in recorded.items()}
            if group.shape != shape:
                for later in self._groups[self._groups.index(group) :]:
                    later.forget()  # frees its memory first
                group.shape, group.recording = shape, next(VERSIONS)
                group.fixed = {name: _fixed(value, self._device) for name, value in sent.items()}
            for name, value in sent.items():
                if group.made_of.get(name) != made_of[name]:
                    for held, part in zip(_parts(group.fixed[name]), _parts(value), strict=True):
                        if isinstance(held, Tensor):
                            held.copy_(part, non_blocking=True)
            group.run(recorded, self._device)
        group.made_of, version = made_of, next(VERSIONS)
        group.results = {name: Result(value, version) for name, value in group.values.items()}
        return group.results

    def _outside(self, group: "Group") -> dict[str, Result]:
        """All that the group's nodes get from outside of it; nothing where not one of them may run."""
        outside: dict[str, Result] = {}
        is_needed = False
        for node in group.nodes.values():
            if node.when:
                name = node.when.lstrip("!")
                outside[name] = self.result(name)
                if not node.may_run(outside[name].value):
                    continue
            asked = [given for given in node.asked if given[0] not in group.nodes]
            outside |= {name: self.result(name) for name, _, _ in asked}
            is_needed |= all(may_miss or part(outside[name].value) is not None for name, part, may_miss in asked)
        return outside if is_needed else {}


class Group:
    """Nodes on fixed memory, recorded together as a CUDA graph the first time and replayed from then on."""

    def __init__(self, name: str, nodes: tuple[str, ...]) -> None:
        self.name, self.nodes = name, {node: CUDA_NODES[node] for node in nodes}
        others = (node for node in CUDA_NODES.values() if node.name not in self.nodes)
        asked = {given for node in others for given, _, _ in node.asked}
        self._exports = [node for node in nodes if node in asked or node == "compose"]
        self.forget()

    def forget(self) -> None:
        """Let go of the recording."""
        self.recording = 0  # its number
        self.shape: dict[str, Any] = {}  # of what comes from outside: another one makes a new recording
        self.fixed: dict[str, Any] = {}  # copies on the device of what comes from outside, at places that stay
        self.made_of: dict[str, Any] = {}  # versions of all that comes from outside
        self.values: dict[str, Any] = {}  # what the others and the caller get to see
        self.results: dict[str, Result] = {}
        self._graph: torch.cuda.CUDAGraph | None = None

    @torch.no_grad()
    def run(self, recorded: dict[str, Result], device: torch.device) -> None:
        """Make the values of the fixed memory and of what other groups returned, without waiting for the device."""
        if self._graph is not None:
            self._graph.replay()
        elif device.type == "cuda":
            self._graph, self.values = recorded_graph(lambda: self._computed(recorded), device)
        else:
            self.values = self._computed(recorded)

    def _computed(self, recorded: dict[str, Result]) -> dict[str, Any]:
        inside = Kept(self.nodes)
        inside.start(recorded | {name: Result(value, None) for name, value in self.fixed.items()})
        return {name: inside.result(name).value for name in self._exports}


def recorded_graph(
    compute: Callable[[], dict[str, Any]], device: torch.device
) -> tuple[torch.cuda.CUDAGraph, dict[str, Any]]:
    """A graph of the function, and what it writes anew whenever it is replayed, as it was once already."""
    side = torch.cuda.Stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(_WARM_UPS):
            compute()
    torch.cuda.current_stream(device).wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):  # windows may work meanwhile
        values = compute()
    graph.replay()
    return graph, values


def _parts(value: Any) -> Iterator[Any]:
    """The tensors and whatever else a value consists of."""
    if isinstance(value, tuple) or is_dataclass(value):
        for part in value if isinstance(value, tuple) else vars(value).values():
            yield from _parts(part)
    else:
        yield value


def _shape(value: Any) -> list[Any]:
    """What of a value cannot be written into the memory of another: everything but the numbers in its tensors."""
    return [(part.shape, part.dtype) if isinstance(part, Tensor) else part for part in _parts(value)]


def _fixed(value: Any, device: torch.device) -> Any:
    """A copy whose tensors have memory of their own on the device."""
    if isinstance(value, Tensor):
        return value.detach().to(device, copy=True)
    if isinstance(value, tuple):
        return tuple(_fixed(part, device) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{name: _fixed(part, device) for name, part in vars(value).items()})
    return value
