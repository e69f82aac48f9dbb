"""A record of what the windows did, one JSON object a line: for tests and for bug reports (PHYNES_TRACE=FILE)."""

import json
import os
import time
from pathlib import Path
from typing import Any

VARIABLE = "PHYNES_TRACE"


class Trace:
    """Appends events to a file, or does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file = open(path, "a", buffering=1) if path else None
        self._said: dict[str, Any] = {}

    @staticmethod
    def from_environment() -> "Trace":
        """Traces where PHYNES_TRACE says."""
        path = os.environ.get(VARIABLE)
        return Trace(Path(path) if path else None)

    @property
    def is_on(self) -> bool:
        """Whether anybody reads: lets callers skip costly fields."""
        return self._file is not None

    def event(self, kind: str, **fields: Any) -> None:
        """Write one line."""
        if self._file is not None:
            self._file.write(json.dumps({"kind": kind, "time_s": time.monotonic(), **fields}) + "\n")

    def changed(self, kind: str, value: Any) -> None:
        """Write one line unless it was the last of its kind."""
        if self._said.get(kind) != value:
            self._said[kind] = value
            self.event(kind, value=value)

    def close(self) -> None:
        """Flush and close."""
        if self._file is not None:
            self._file.close()
            self._file = None
