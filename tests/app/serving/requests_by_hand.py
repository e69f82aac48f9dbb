"""Raw requests to a page server, and a server that runs beside a test."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.serving.published import Published
from app.serving.served_avatar import FRAME
from app.serving.server import PageServer

PAGE = b"<!doctype html><title>josh</title><p>the avatar"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # by name in lower case
    body: bytes


@contextmanager
def serving(page: bytes | None = PAGE, is_watched: bool = False) -> Iterator[PageServer]:
    published = Published()
    if page is not None:
        published.show(page)
    server = PageServer(0, published, FRAME if is_watched else None)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.stop()
        thread.join()


def connected(server: PageServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20.0)


def raw(server: PageServer, request: bytes) -> Answer | None:
    """The answer to these bytes; None where the connection ends without one."""
    with connected(server) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)  # so that what is no whole request ends here, not at its time
        return answer_of(connection)


def answer_of(connection: socket.socket) -> Answer | None:
    content = b""
    while part := connection.recv(65536):
        content += part
    if not content:
        return None
    head, _, body = content.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)


def ask(
    server: PageServer, target: str = "/", method: str = "GET", cookie: str | None = "", **headers: str | None
) -> Answer:
    """Ask as a browser that has the cookie, below the server's place; another cookie, or None for none, at the target.

    A header that is None is left out.
    """
    named = {"Host": f"127.0.0.1:{server.port}"}
    if cookie is not None:
        named["Cookie"] = cookie or cookie_of(server)
        target = server.access.place + target if target.startswith("/") else target
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    shown = {name: value for name, value in (named | given).items() if value is not None}
    lines = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
    answer = raw(server, f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("utf-8", "surrogateescape"))
    assert answer is not None
    return answer


def cookie_of(server: PageServer) -> str:
    return server.access.set_cookie.partition(";")[0]
