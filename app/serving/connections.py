"""Connections of a server that anybody on the machine can open: bounded in number, in bytes and in time."""

import contextlib
import io
import socket
import threading
import time

MOST_CONNECTIONS = 64  # a thread each
MOST_HEAD_BYTES = 16 * 1024  # of a request
HEAD_SECONDS = 10.0  # for all of a request, however it trickles in


class HeadReader(io.RawIOBase):
    """Reads a request from a socket: at most so many bytes, at most so long; then it ends like a closed connection."""

    def __init__(self, connection: socket.socket, most_bytes: int = MOST_HEAD_BYTES, seconds: float = HEAD_SECONDS):
        self._connection, self._left = connection, most_bytes
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[override]
        """See `io.RawIOBase`."""
        seconds = self._until - time.monotonic()
        if seconds <= 0.0 or self._left <= 0:
            return 0
        self._connection.settimeout(seconds)
        try:
            count = self._connection.recv_into(buffer, min(len(buffer), self._left))
        except OSError:  # a time-out, or a client that went away
            return 0
        self._left -= count
        return count


class Connections:
    """The open connections. Those that have shown the token are busy; of the others the oldest makes room for another.

    So a client that sends slowly, or many that send nothing, keep nobody out.
    """

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._waiting: dict[socket.socket, None] = {}  # in the order in which they came
        self._busy: set[socket.socket] = set()

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting) + len(self._busy)

    def admit(self, connection: socket.socket) -> bool:
        """Take a new connection in; False where all that are open are busy."""
        with self._lock:
            if len(self._waiting) + len(self._busy) >= self._most:
                if not self._waiting:
                    return False
                oldest = next(iter(self._waiting))
                del self._waiting[oldest]
                _cut(oldest)
            self._waiting[connection] = None
            return True

    def keep(self, connection: socket.socket) -> None:
        """The connection has shown the token: it is not cut for another one."""
        with self._lock:
            if connection in self._waiting:
                del self._waiting[connection]
                self._busy.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """The connection is closed."""
        with self._lock:
            self._waiting.pop(connection, None)
            self._busy.discard(connection)

    def cut_all(self) -> None:
        """Cut every connection, whose threads end then."""
        with self._lock:
            for connection in (*self._waiting, *self._busy):
                _cut(connection)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
