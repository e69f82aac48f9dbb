"""Milliseconds of each pass by the device's own clock, where it has timestamps, and what a frame costs on paper."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from phynes_core.kernels.gpu.description import Run, description
from phynes_core.kernels.gpu.device import GpuDevice

_MOST = 256  # passes of a frame that are timed


class PassTimes:
    """Timestamps around the passes of a frame; off where the device was opened without them."""

    def __init__(self, device: GpuDevice) -> None:
        self.is_on = device.has_timestamps
        self._device = device
        self._names: list[str] = []
        self._queries: Any = None
        self._resolved: Any = None

    def begin(self) -> None:
        """Begin a frame."""
        self._names = []
        if self.is_on and self._queries is None:
            self._queries = self._device.handle.create_query_set(type="timestamp", count=2 * _MOST)
            self._resolved = self._device.buffer(16 * _MOST, "query")

    def stamps(self, name: str) -> dict[str, Any]:
        """What a pass is begun with."""
        if not self.is_on or len(self._names) == _MOST:
            return {}
        at = 2 * len(self._names)
        self._names.append(name)
        return {
            "timestamp_writes": {
                "query_set": self._queries, "beginning_of_pass_write_index": at, "end_of_pass_write_index": at + 1
            }
        }  # fmt: skip

    def resolve(self, encoder: Any) -> None:
        """Have the times of the passes written where `milliseconds` reads them."""
        if self._names:
            encoder.resolve_query_set(self._queries, 0, 2 * len(self._names), self._resolved, 0)

    def milliseconds(self) -> dict[str, float]:
        """Run -> time in the last frame; waits for it."""
        if not self._names:
            return {}
        stamps = self._device.download(self._resolved, 16 * len(self._names)).view(np.uint64).reshape(-1, 2)
        found: dict[str, float] = {}
        for name, (start, end) in zip(self._names, stamps.astype(np.int64), strict=True):
            found[name] = found.get(name, 0.0) + max(0, int(end) - int(start)) / 1e6
        return found


def costs(ran: Iterable[str], values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Run -> floating-point operations and bytes of memory, counted from the description.

    `values` are those of the frame with avatar0's as `avatar.`, and the measured `covered`, `seen`, `open_lights`.
    """
    names = set(ran)
    runs = [run for group in description().frame for run in group if run.name in names]
    return {run.name: (_sum(run, run.operations, values), _sum(run, run.traffic, values)) for run in runs}


def _sum(run: Run, terms: Iterable[tuple[Any, ...]], values: Mapping[str, float]) -> float:
    total = 0.0
    for term in terms:
        product = 1.0
        for factor in term:
            product *= values[factor] if isinstance(factor, str) else factor
        total += product
    return total
