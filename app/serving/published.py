"""What the server shows at the moment: the avatar's page and its version, which threads can wait for."""

import gzip
import threading
from dataclasses import dataclass
from pathlib import Path

_GZIP_LEVEL = 6


@dataclass(frozen=True)
class Document:
    """One file of the server as it goes out."""

    content: bytes
    content_type: str
    policy: str  # Content-Security-Policy
    packed: bytes = b""  # the content in gzip; empty where that is not worth it

    @classmethod
    def read(cls, path: Path, content_type: str, policy: str) -> "Document":
        """A small file of the program."""
        return cls(path.read_bytes(), content_type, policy)


# The page forbids every request by a policy of its own; this header adds who may show it in a frame.
_PAGE_POLICY = "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"


class Published:
    """The newest page. `show` replaces it; everybody who waits learns of it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._page: Document | None = None
        self._version = 0  # 0: nothing yet
        self._is_closed = False

    @property
    def page(self) -> Document | None:
        """The newest page; None before the first."""
        with self._changed:
            return self._page

    @property
    def version(self) -> int:
        """How many pages there were."""
        with self._changed:
            return self._version

    def show(self, html: bytes) -> None:
        """Show this page from now on."""
        page = Document(html, "text/html; charset=utf-8", _PAGE_POLICY, gzip.compress(html, _GZIP_LEVEL, mtime=0))
        with self._changed:
            self._page, self._version = page, self._version + 1
            self._changed.notify_all()

    def wait_beyond(self, version: int, seconds: float) -> int:
        """The version as soon as it is another one, or after so many seconds; -1 once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._version != version, timeout=seconds)
            return -1 if self._is_closed else self._version

    def close(self) -> None:
        """Let everybody go who waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
