"""Files that were read, remembered as long as they are among the last few of their kind."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

MAX_KEPT = 8  # avatars, clips and environments, each: a row of bodies needs as many

Loaded = TypeVar("Loaded")


class KeptFiles:
    """What was read from each path, by kind."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, object]] = {}

    def get(self, kind: str, path: str, read: Callable[[Path], Loaded]) -> Loaded:
        """The very same object as the last time, unless others pushed it out."""
        kept = self._kept.setdefault(kind, {})
        if path in kept:
            kept[path] = kept.pop(path)  # now the newest
        else:
            loaded = read(Path(path))
            while len(kept) >= MAX_KEPT:
                kept.pop(next(iter(kept)))
            kept[path] = loaded
        return kept[path]  # type: ignore[return-value]
