"""A served avatar: its page, made at the start and, where it is watched, whenever its checkpoint changes."""

import getpass
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from app.serving.file_watch import FileWatch, stamp_of
from app.serving.published import Published
from app.serving.server import HOST, PageServer
from phynes_core.errors import PhynesError

FRAME = Path(__file__).resolve().parent / "frame"  # the page around the avatar's that follows it
SSH_PORT = "22"
Say = Callable[[str], None]


class ServedAvatar:
    """Server and watch of one avatar. `run` serves until it is interrupted or `end` is called by another thread."""

    def __init__(
        self,
        path: Path,  # the checkpoint
        make_page: Callable[[], bytes],  # of the checkpoint as it is now; raises PhynesError
        port: int,
        is_watched: bool,
        say: Say,
        is_outdated: bool = False,
    ) -> None:
        """Raises PhynesError where the port is taken, or where the avatar cannot be read or is missing.

        A watched avatar may be missing, or the file may hold an outdated one: the page waits for it.
        """
        self._published, self._make_page = Published(), make_page
        self.server = PageServer(port, self._published, FRAME if is_watched else None)
        self._failure: BaseException | None = None
        self._watch = FileWatch(path, self._show, say, self._fail) if is_watched else None
        self._shown = stamp_of(path)
        try:
            if not is_watched or (self._shown is not None and not is_outdated):
                self._show()
        except BaseException:
            self.server.stop()
            raise

    def run(self) -> None:
        """Serve; an interruption ends it and is no error."""
        try:
            if self._watch is not None:
                self._watch.start(self._shown)
            self.server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            if self._watch is not None:
                self._watch.stop()
            self.server.stop()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Let `run` return; from another thread."""
        self.server.shutdown()

    def _show(self) -> None:
        self._published.show(self._make_page())

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        self.end()


def invitation(address: str, name: str) -> str:
    """What is printed: where the page is, and how to get there from another machine."""
    port = address.removeprefix(f"http://{HOST}:").partition("/")[0]
    return (
        f"{name} is served for this machine alone, at\n"
        f"  {address}\n"
        f"From another machine, first: {tunnel(int(port))}\n"
        f"and then the same address there."
    )


def tunnel(port: int) -> str:
    """The ssh command line that brings the port to another machine."""
    connection = os.environ.get("SSH_CONNECTION", "").split()  # client and its port, this machine and its port
    host, ssh_port = (connection[2], connection[3]) if len(connection) == 4 else (socket.gethostname(), SSH_PORT)
    return f"ssh {f'-p {ssh_port} ' * (ssh_port != SSH_PORT)}-L {port}:{HOST}:{port} {getpass.getuser()}@{host}"


@contextmanager
def served_beside(path: Path, make_page: Callable[[], bytes], port: int, is_outdated: bool) -> Iterator[str]:
    """Serve a watched avatar from a process of its own while the block runs; gives the address.

    The process takes nothing from the block: no lock of the interpreter and no random number. `make_page` is pickled.
    """

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_beside, args=(theirs, path, make_page, port, is_outdated), daemon=True)
    process.start()
    theirs.close()
    try:
        try:
            kind, text = ours.recv()
        except EOFError:
            raise RuntimeError("the process that serves the avatar ended before it could say why") from None
        if kind == "error":
            raise PhynesError(text)
        yield text
    finally:
        ours.close()  # the process ends with it
        process.join(timeout=10.0)
        process.kill()


def _serve_beside(pipe: Connection, path: Path, make_page: Callable[[], bytes], port: int, is_outdated: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process beside, which ends this one
    try:
        served = ServedAvatar(path, make_page, port, True, _say_beside, is_outdated)
    except PhynesError as error:
        pipe.send(("error", str(error)))
        return
    pipe.send(("address", served.server.address))
    threading.Thread(target=_end_with, args=(pipe, served), daemon=True).start()
    served.run()


def _say_beside(line: str) -> None:
    print(f"serve: {line}", file=sys.stderr)


def _end_with(pipe: Connection, served: ServedAvatar) -> None:
    """End when the other end of the pipe closes, however its process ended."""
    try:
        pipe.recv()
    except (EOFError, OSError):
        served.end()
