"""One pool of threads for work that numba does not share out: calls into embree, which let other threads run."""

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
    return ThreadPoolExecutor(os.process_cpu_count() if hasattr(os, "process_cpu_count") else _usable_cores())


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
