"""Small pictures of environments, made beside the windows so that nothing waits for a file."""

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from phynes_core.conventions import linear_to_srgb
from phynes_core.errors import PhynesError
from phynes_core.render.probes import load_environment_image

ROWS, COLUMNS = 22, 44
MIDDLE_GRAY = 0.18  # what a typical texel becomes, so that night and noon can both be told


class LightThumbnails:
    """`made` grows from a thread of its own; `changed` is called there."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._asked: set[str] = set()
        self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._made: dict[str, np.ndarray] = {}
        self._thread: threading.Thread | None = None

    @property
    def made(self) -> Mapping[str, np.ndarray]:
        """Path -> [22, 44, 3] float32 in [0, 1], sRGB. A new mapping whenever there is more."""
        return self._made

    def ask(self, paths: Iterable[str]) -> None:
        """Make those that were not asked for yet."""
        for path in paths:
            if path and path not in self._asked:
                self._asked.add(path)
                self._queue.put(path)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
                    self._thread.start()

    def _work(self) -> None:
        while True:
            path = self._queue.get()
            try:
                picture = thumbnail(load_environment_image(Path(path)))
            except PhynesError:  # who lights with it is told
                continue
            self._made = {**self._made, path: picture}
            self._changed()


def thumbnail(radiance: Tensor) -> np.ndarray:  # [H, 2 H, 3] linear -> [22, 44, 3] in [0, 1], sRGB
    """Means of blocks, at an exposure of its own, highlights rolled off."""
    small = adaptive_avg_pool2d(radiance.permute(2, 0, 1), (ROWS, COLUMNS)).permute(1, 2, 0)
    typical = (small.mean(-1) + 1e-6).log().mean().exp()  # a sun would darken all else in an arithmetic mean
    light = small * (MIDDLE_GRAY / typical)
    return linear_to_srgb(light / (1.0 + light)).numpy()
