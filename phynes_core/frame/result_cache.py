"""Results that are kept until what they were made of changes, and how long each took to make."""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass(frozen=True)
class _Memo:
    key: Hashable
    value: Any
    keeps: list[Any] = field(default_factory=list)  # objects whose id() is in the key: they must not be freed
    serial: int = 0  # names this result in the keys of later stages, which outlive what `keeps` holds


class Stages:
    """One result a stage, by name."""

    def __init__(self, base: "Stages | None" = None, shared: frozenset[str] = frozenset()) -> None:
        """Results of the stages named in `shared` are those of `base`."""
        self._base, self._shared = base, shared
        self._memos: dict[str, _Memo] = {}
        self._serials = count(1)
        self.timings: dict[str, float] = {}  # milliseconds of each stage that ran since this was last emptied

    def result(self, name: str, key: Hashable, compute: Callable[[], Any], keeps: Iterable[Any] = ()) -> Any:
        """The stage's last result if it was made for this key, else a new one."""
        if self._base is not None and name in self._shared:
            return self._base.result(name, key, compute, keeps)
        memo = self._memos.get(name)
        if memo is None or memo.key != key:
            with self.timed(name):
                memo = _Memo(key, compute(), list(keeps), next(self._serials))
            self._memos[name] = memo
        return memo.value

    def serial(self, name: str) -> int:
        """The number of the stage's result; no two results ever share one."""
        if self._base is not None and name in self._shared:
            return self._base.serial(name)
        return self._memos[name].serial

    def forget(self) -> None:
        """Make everything anew the next time."""
        self._memos.clear()

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count the time of what is not kept."""
        start = time.perf_counter()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + (time.perf_counter() - start) * 1e3
