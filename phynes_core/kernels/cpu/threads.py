"""One pool of threads for calls that release Python's lock: embree, serial kernels, torch on chunks of rows."""

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

ANY_HIT_CHUNK = 1 << 14  # rays; small enough for the cache, large enough that starting a thread costs little
NEAREST_HITS_CHUNK = 1 << 11  # rays; callers need nearest hits of a few thousand points at once


def run_in_threads(work: Callable[[int], None], starts: Iterable[int]) -> None:
    """Call `work` for every start, side by side; the first exception is raised here."""
    for future in [_pool().submit(work, start) for start in starts]:
        future.result()


@cache
def _pool() -> ThreadPoolExecutor:
    has_affinity = hasattr(os, "sched_getaffinity")  # Linux: the cores this process may use, not all that exist
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1)


class ThreadedRays(ABC):
    """A mesh that rays are traced against, chunk by chunk in threads; what traces a chunk is the subclass's."""

    def expect(self, num_rays: int) -> None:  # noqa: B027
        """So many rays follow: the place for what does not pay for a few, and what threads must not do."""

    def any_hit(
        self,
        origins: np.ndarray,  # [N, 3] m
        directions: np.ndarray,  # [N, 3]
        reach: float = math.inf,  # how far rays go, in lengths of their direction
    ) -> np.ndarray:  # [N] bool
        """Whether each ray meets the mesh, from either side."""
        origins = np.ascontiguousarray(origins, np.float32)
        directions = np.ascontiguousarray(directions, np.float32)
        hit = np.empty(len(origins), np.bool_)
        self.expect(len(origins))

        def trace(start: int) -> None:
            rows = slice(start, start + ANY_HIT_CHUNK)
            hit[rows] = self.trace_chunk(origins[rows], directions[rows], reach)

        run_in_threads(trace, range(0, len(origins), ANY_HIT_CHUNK))
        return hit

    def nearest_hits(
        self,
        origins: np.ndarray,  # [N, 3] m
        directions: np.ndarray,  # [N, 3]
        reach: float = math.inf,  # how far rays go, in lengths of their direction
    ) -> tuple[np.ndarray, np.ndarray]:
        """Distance [N] to the nearest face in lengths of the direction, inf where there is none; face [N], -1 there."""
        origins = np.ascontiguousarray(origins, np.float32)
        directions = np.ascontiguousarray(directions, np.float32)
        distance, face = np.empty(len(origins), np.float32), np.empty(len(origins), np.int32)
        self.expect(len(origins))

        def trace(start: int) -> None:
            rows = slice(start, start + NEAREST_HITS_CHUNK)
            self.nearest_chunk(origins[rows], directions[rows], reach, distance[rows], face[rows])

        run_in_threads(trace, range(0, len(origins), NEAREST_HITS_CHUNK))
        return distance, face

    @abstractmethod
    def trace_chunk(
        self,
        origins: np.ndarray,  # [N, 3] float32, C-contiguous
        directions: np.ndarray,  # [N, 3] float32, C-contiguous
        reach: float = math.inf,
    ) -> np.ndarray:  # [N] bool
        """`any_hit` on the calling thread alone."""

    @abstractmethod
    def nearest_chunk(
        self,
        origins: np.ndarray,  # [N, 3] float32, C-contiguous
        directions: np.ndarray,  # [N, 3] float32, C-contiguous
        reach: float,
        distance: np.ndarray,  # [N] float32, written
        face: np.ndarray,  # [N] int32, written
    ) -> None:
        """`nearest_hits` on the calling thread alone."""
