"""Following a checkpoint that changes: a new content becomes the page; what cannot be read leaves it as it is."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from phynes_core.errors import PhynesError

LOOK_EVERY_S = 1.0
Stamp = tuple[int, int, int]  # of a file's content: inode, size, time of the last change in ns


class FileWatch:
    """Looks at a file every second, in a thread of its own, until `stop`.

    A file that still grows between two looks is left alone. A content is tried once: a damaged one costs one line.
    """

    def __init__(
        self,
        path: Path,
        show: Callable[[], None],  # makes the page of the file as it is now; PhynesError: it cannot be read
        say: Callable[[str], None],  # a line on the terminal
        fail: Callable[[BaseException], None],  # takes an error of ours, after which the watch ends
    ) -> None:
        self._path, self._show, self._say, self._fail = path, show, say, fail
        self._seen: Stamp | None = None  # by the look before
        self._tried: Stamp | None = None  # what the last page was made of, or could not be
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file watch", daemon=True)

    def start(self, shown: Stamp | None) -> None:
        """Begin; `shown` is the stamp of the content that is shown already."""
        self._seen = self._tried = shown
        self._thread.start()

    def stop(self) -> None:
        """End; a page that is just being made is not waited for."""
        self._stopped.set()

    def look(self) -> None:
        """One look at the file."""
        now = stamp_of(self._path)
        is_settled, self._seen = now == self._seen, now
        if now is None or now == self._tried or not is_settled:
            return
        self._tried = now
        try:
            self._show()
        except PhynesError as error:
            self._say(f"{error}; the page stays as it was")

    def _run(self) -> None:
        try:
            while not self._stopped.wait(LOOK_EVERY_S):
                self.look()
        except BaseException as error:
            self._fail(error)


def stamp_of(path: Path) -> Stamp | None:
    """What tells one content of a file from another; None where there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
