"""One pool of threads for calls that release Python's lock: embree, serial kernels, torch on chunks of rows."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def run_in_threads(work: Callable[[int], None], starts: Iterable[int]) -> None:
    """Call `work` for every start, side by side; the first exception is raised here."""
    for future in [_pool().submit(work, start) for start in starts]:
        future.result()


@cache
def _pool() -> ThreadPoolExecutor:
    has_affinity = hasattr(os, "sched_getaffinity")  # Linux: the cores this process may use, not all that exist
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1)
