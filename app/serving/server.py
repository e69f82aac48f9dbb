"""The server of one avatar's page: 127.0.0.1 only, for whoever has the token; GET and HEAD of its few own files."""

import os
import socket
import socketserver
import sys
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from pathlib import Path
from typing import cast

from app.serving.access import Access, Verdict
from app.serving.connections import MOST_HEAD_BYTES, Connections, HeadReader
from app.serving.published import Document, Published
from phynes_core.errors import PhynesError

HOST = "127.0.0.1"
DEFAULT_PORT = 8808
LINE_SECONDS = 10.0  # for an answer of a line
PAGE_SECONDS = 900.0  # for the page, 12 MB through a slow tunnel
BEAT_SECONDS = 15.0  # between signs of life to those who wait for the next page
PAGE, CHANGES = "/avatar.html", "/changes"

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
_FRAME = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TOKEN_MISSING = "This address needs the token that stands in the one printed where the page is served from.\n"


class PageServer(ThreadingHTTPServer):
    """Serves what is published. `serve_forever` runs it, `stop` ends it from another thread or after it."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = os.name != "nt"  # there it would give away a port that another server has

    def __init__(self, port: int, published: Published, frame: Path | None = None, token: str | None = None) -> None:
        """Raises PhynesError where the port is taken. `frame`: folder of the page that follows the avatar's."""
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            reason = error.strerror or str(error)
            raise PhynesError(
                f"--port {port}: cannot serve from {HOST}:{port} ({reason}); choose another port, or 0 for a free one"
            ) from error
        self.port = self.server_address[1]
        self.access = Access(token)
        self.connections = Connections()
        self.published = published
        self.files: Mapping[str, Document] = {} if frame is None else _frame_files(frame)

    @property
    def address(self) -> str:
        """What a person opens, with the token."""
        return f"http://{HOST}:{self.port}/?token={self.access.token}"

    def server_bind(self) -> None:
        """Bind without asking for the machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def document(self, path: str) -> Document | None:
        """The file at a path; None where there is none."""
        if path in self.files:
            return self.files[path]
        return self.published.page if path == (PAGE if self.files else "/") else None

    def process_request(self, request, client_address) -> None:
        """Give the connection a thread, where it is let in."""
        assert isinstance(request, socket.socket)  # of TCP, which is all that binds here
        if self.connections.admit(request):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request) -> None:
        """Close the connection."""
        assert isinstance(request, socket.socket)
        self.connections.forget(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no error; anything else is one of ours and keeps its traceback."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Close the port and all connections; `serve_forever` must have ended or end now (`shutdown`)."""
        self.published.close()
        self.server_close()
        self.connections.cut_all()


def _frame_files(folder: Path) -> dict[str, Document]:
    return {
        "/": Document.read(folder / "watch.html", "text/html; charset=utf-8", _FRAME),
        "/watch.js": Document.read(folder / "watch.js", "text/javascript; charset=utf-8", _NOTHING),
        "/watch.css": Document.read(folder / "watch.css", "text/css; charset=utf-8", _NOTHING),
    }


class _Handler(BaseHTTPRequestHandler):
    """One connection, one request."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # what names none gets an answer with a head, too

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = BufferedReader(HeadReader(self.connection))

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(MOST_HEAD_BYTES)
        if self.raw_requestline and self.parse_request():
            self.close_connection = True
            self.connection.settimeout(LINE_SECONDS)
            self._answer()

    def handle_expect_100(self) -> bool:
        return True  # no body is ever read

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self._line(HTTPStatus(code), f"{HTTPStatus(code).phrase}.\n")

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # without the name and version of the server

    def _answer(self) -> None:
        server = self._server
        verdict = server.access.verdict(self.path, self.headers)
        if verdict is Verdict.REFUSED:
            self._line(HTTPStatus.FORBIDDEN, _TOKEN_MISSING)
            return
        server.connections.keep(self.connection)
        if self.command not in ("GET", "HEAD"):
            self._line(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD alone.\n", {"Allow": "GET, HEAD"})
        elif verdict is Verdict.EXCHANGED:
            headers = {"Location": f"{server.access.place}/", "Set-Cookie": server.access.set_cookie}
            self._line(HTTPStatus.SEE_OTHER, "", headers)
        elif (path := self._own_path()) == CHANGES and server.files:
            self._report_changes()
        elif (document := server.document(path)) is not None:
            self._send(document)
        else:
            self._line(HTTPStatus.NOT_FOUND, "There is no such file here.\n")

    def _own_path(self) -> str:
        """The path below the server's place; "" beside it."""
        place = self._server.access.place
        return self.path.removeprefix(place) if self.path.startswith(f"{place}/") else ""

    @property
    def _server(self) -> PageServer:
        return cast(PageServer, self.server)

    def _send(self, document: Document) -> None:
        is_packed = bool(document.packed) and "gzip" in self.headers.get("Accept-Encoding", "")
        content = document.packed if is_packed else document.content
        extra = {"Content-Encoding": "gzip"} if is_packed else {}
        self._head(HTTPStatus.OK, document.content_type, document.policy, len(content), extra)
        if self.command == "GET":
            self.connection.settimeout(PAGE_SECONDS)
            self.wfile.write(content)

    def _line(self, status: HTTPStatus, text: str, extra: Mapping[str, str] | None = None) -> None:
        content = text.encode()
        with suppress(OSError):
            self._head(status, "text/plain; charset=utf-8", _NOTHING, len(content), extra or {})
            if self.command != "HEAD":
                self.wfile.write(content)

    def _report_changes(self) -> None:
        """Server-sent events: the version of the page, now and whenever it changes, until the client goes away."""
        self._head(HTTPStatus.OK, "text/event-stream", _NOTHING, None, {})
        if self.command == "HEAD":
            return
        published, version = self._server.published, self._server.published.version
        self.wfile.write(b"retry: 2000\ndata: %d\n\n" % version)
        while (newest := published.wait_beyond(version, BEAT_SECONDS)) >= 0:
            self.wfile.write(b": still here\n\n" if newest == version else b"data: %d\n\n" % newest)
            version = newest

    def _head(
        self, status: HTTPStatus, content_type: str, policy: str, length: int | None, extra: Mapping[str, str]
    ) -> None:
        self.send_response(status)
        headers = {**_HEADERS, "Content-Type": content_type, "Content-Security-Policy": policy, **extra}
        if length is not None:
            headers["Content-Length"] = str(length)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
