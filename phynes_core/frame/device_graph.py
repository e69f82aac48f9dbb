"""One step of a frame on fixed memory: recorded as a CUDA graph the first time and replayed from then on.

Elsewhere, as in tests on the CPU, the very same function is called each time.
"""

from collections.abc import Callable
from typing import Any

import torch

_WARM_UPS = 2  # what libraries allocate and compile lazily happens before the recording


class Step:
    """A function of tensors that stay where they are. What it returns is written anew by each run."""

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
