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
from phynes_core.frame.kept import NOTHING, Kept, Result, new_version
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
        self._groups = [_Group(name, nodes) for name, nodes in GROUPS.items()]
        self._group_of = {node: group for group in self._groups for node in group.nodes}

    def start(self, values: dict[str, Any]) -> None:
        """As Kept's."""
        self._device = values["device"]
        super().start(ChainMap({"device": torch.device("cpu")}, values))  # what is made between the graphs

    def run(self, name: str) -> Any:
        """As Kept's."""
        group = self._group_of.get(name)
        if group is None:
            return super().run(name)
        group.made_of = {}
        value = self.result(name).value
        return value.copied() if self._device.type == "cuda" else value

    def result(self, name: str) -> Result:
        """As Kept's."""
        group = self._group_of.get(name)
        if group is not None and name not in self._now:
            self._now |= dict.fromkeys(group.nodes, NOTHING) | self._results(group)
        return super().result(name)

    def forget(self) -> None:
        """Compute everything anew; the recordings stay."""
        super().forget()
        for group in self._groups:
            group.made_of = {}

    def _results(self, group: "_Group") -> dict[str, Result]:
        outside = self._outside(group)
        if outside is None:
            return {}
        made_of = {name: given.version for name, given in outside.items()}
        if group.made_of == made_of:
            return group.results
        with self.timed(group.name):
            recorded = {name: self._group_of[name] for name in outside if name in self._group_of}
            sent = {name: given.value for name, given in outside.items() if name not in recorded}
            shape = {name: other.step for name, other in recorded.items()} | {n: _shape(v) for n, v in sent.items()}
            if group.step is None or group.shape != shape:
                for later in self._groups[self._groups.index(group) :]:
                    later.forget()  # frees its memory first
                group.shape, group.fixed = shape, {name: _fixed(value, self._device) for name, value in sent.items()}
                group.step = Step(lambda: group.computed({name: self._now[name] for name in recorded}), self._device)
            for name, value in sent.items():
                if group.made_of.get(name) != made_of[name]:
                    for held, part in zip(_parts(group.fixed[name]), _parts(value), strict=True):
                        if isinstance(held, Tensor):
                            held.copy_(part, non_blocking=True)
            group.step.run()
        version = new_version()
        group.made_of = made_of
        group.results = {name: Result(value, version) for name, value in group.step.result.items()}
        return group.results

    def _outside(self, group: "_Group") -> dict[str, Result] | None:
        """All that the group's nodes get from outside of it; None where not one of them may run."""
        outside: dict[str, Result] = {}
        is_needed = False
        for node in group.nodes.values():
            if node.condition:
                outside[node.condition.name] = self.result(node.condition.name)
                if not node.may_run(outside[node.condition.name].value):
                    continue
            asked = [given for given in node.asked if given.name not in group.nodes]
            outside |= {given.name: self.result(given.name) for given in asked}
            is_needed |= all(given.is_optional or given.of(outside[given.name].value) is not None for given in asked)
        return outside if is_needed else None


class _Group:
    """Nodes that one graph holds, and its newest recording."""

    def __init__(self, name: str, nodes: tuple[str, ...]) -> None:
        self.name, self.nodes = name, {node: CUDA_NODES[node] for node in nodes}
        others = (node for node in CUDA_NODES.values() if node.name not in self.nodes)
        asked = {given.name for node in others for given in node.asked}
        self._exports = [node for node in nodes if node in asked or node == "compose"]
        self.forget()

    def forget(self) -> None:
        """Let go of the recording."""
        self.step: Step | None = None
        self.shape: dict[str, Any] = {}  # of what comes from outside: another one makes a new recording
        self.fixed: dict[str, Any] = {}  # copies on the device of what comes from outside, at places that stay
        self.made_of: dict[str, Any] = {}  # versions of all that comes from outside
        self.results: dict[str, Result] = {}

    def computed(self, recorded: dict[str, Result]) -> dict[str, Any]:
        """What the nodes make of the fixed memory and of what other groups returned."""
        inside = Kept(self.nodes)
        inside.start(recorded | {name: Result(value, None) for name, value in self.fixed.items()})
        return {name: inside.result(name).value for name in self._exports}


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
    if isinstance(value, tuple):
        return tuple(_fixed(part, device) for part in value)
    if isinstance(value, Tensor):
        return value.detach().to(device, copy=True)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{name: _fixed(part, device) for name, part in vars(value).items()})
    return value


class Step:
    """A function of tensors that stay where they are, recorded the first time and replayed from then on."""

    def __init__(self, compute: Callable[[], Any], device: torch.device) -> None:
        self._compute, self._device = compute, device
        self._graph: torch.cuda.CUDAGraph | None = None
        self.result: Any = None

    @torch.no_grad()
    def run(self) -> None:
        """Without waiting for the device."""
        if self._graph is not None:
            self._graph.replay()
        elif self._device.type == "cuda":
            self._record()
        else:
            self.result = self._compute()

    def _record(self) -> None:
        side = torch.cuda.Stream(self._device)
        side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UPS):
                self._compute()
        torch.cuda.current_stream(self._device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):  # windows may work meanwhile
            self.result = self._compute()
        self._graph = graph
        graph.replay()
