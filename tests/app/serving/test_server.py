"""What a page server answers to whoever has the token, and that nobody keeps it from answering."""

import gzip
import threading

import pytest

from app.serving import connections
from app.serving.connections import Connections
from phynes_core.errors import PhynesError
from tests.app.serving.requests_by_hand import PAGE, answer_of, ask, connected, cookie_of, raw, serving


@pytest.fixture(scope="module")
def server():
    with serving() as server:
        yield server


def test_it_listens_on_this_machine_alone(server):
    assert server.socket.getsockname() == ("127.0.0.1", server.port)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "PROPFIND"])
def test_only_get_and_head_are_answered(server, method):
    answer = ask(server, method=method)
    assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD"
    assert ask(server, method=method, cookie=None).status == 403


def test_head_tells_the_size_and_sends_nothing(server):
    answer = ask(server, method="HEAD")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(len(PAGE)))


@pytest.mark.parametrize(
    "target",
    [
        "/launch.py", "/../launch.py", "/..%2flaunch.py", "/%2e%2e/launch.py", "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/....//etc/passwd", "/\\..\\launch.py", "//etc/passwd", "/etc/passwd", "/index.html", "/avatar.html",
        "/%00", "/.", "/./", "http://127.0.0.1/", "http://evil.example/", "*", "/?a=b", "/changes", "/watch.js",
        "/%2F", "/;x", "/#x",
    ],
)  # fmt: skip
def test_nothing_but_its_own_files_is_there(server, target):
    answer = ask(server, target)
    assert answer.status == 404 and b"root:" not in answer.body


def test_answers_tell_no_version_and_are_kept_nowhere(server):
    for answer in (ask(server), ask(server, cookie=None), ask(server, "/no")):
        assert "server" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors" in answer.headers["content-security-policy"]
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_the_page_is_packed_for_those_who_ask(server):
    answer = ask(server, Accept_Encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip" and gzip.decompress(answer.body) == PAGE


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"A: b\r\n" * 2000 + b"\r\n", b"A" * 100_000,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 60_000 + b"\r\n\r\n", b"\0" * 1000,
        b"GET /" + b"a" * 60_000, b"PRI * HTTP/2.0\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_request_gets_a_line_or_nothing(server, request_bytes):
    try:
        answer = raw(server, request_bytes)
    except OSError:  # closed while the test was still sending
        answer = None
    assert answer is None or (400 <= answer.status < 600 and PAGE not in answer.body)
    assert ask(server).body == PAGE


def test_a_second_request_on_one_connection_is_not_read(server):
    one = f"GET {server.access.place}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie_of(server)}\r\n\r\n"
    answer = raw(server, (one + one).encode())
    assert answer is not None and answer.body == PAGE


def test_ten_thousand_requests_leave_nothing_behind(server):
    """From four threads; every second one without the token."""
    wrong: list[int] = []

    def requests(count: int) -> None:
        for number in range(count):
            answer = ask(server, cookie="" if number % 2 else "phynes=x")
            if answer.status != (200 if number % 2 else 403):
                wrong.append(answer.status)

    before = threading.active_count()
    threads = [threading.Thread(target=requests, args=(2500,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for thread in threading.enumerate():
        if thread.name.startswith("Thread-") and "process_request" in thread.name:
            thread.join(timeout=20.0)
    assert threading.active_count() <= before and len(server.connections) == 0


def test_clients_that_send_slowly_keep_nobody_out(server):
    """More of them than there are threads: the oldest is cut for each new one."""
    slow = [connected(server) for _ in range(connections.MOST_CONNECTIONS + 40)]
    try:
        for client in slow[-connections.MOST_CONNECTIONS :]:
            client.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert ask(server).body == PAGE
        assert len(server.connections) <= connections.MOST_CONNECTIONS
        assert answer_of(slow[0]) is None
    finally:
        for client in slow:
            client.close()


def test_a_request_that_trickles_in_ends_at_its_time(monkeypatch):
    monkeypatch.setattr(connections.HeadReader.__init__, "__defaults__", (1000, 0.3))
    with serving() as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        assert answer_of(client) is None or len(server.connections) == 0


def test_whoever_has_the_token_is_not_cut():
    class Fake:
        is_cut = False

        def shutdown(self, how: int) -> None:
            self.is_cut = True

    held = Connections(most=2)
    first, second, third, fourth = (Fake() for _ in range(4))
    assert held.admit(first) and held.admit(second)  # type: ignore[arg-type]
    held.keep(first)  # type: ignore[arg-type]
    assert held.admit(third)  # type: ignore[arg-type]
    assert (first.is_cut, second.is_cut, third.is_cut) == (False, True, False)
    held.keep(third)  # type: ignore[arg-type]
    assert not held.admit(fourth)  # type: ignore[arg-type]
    assert len(held) == 2


def test_a_port_that_is_taken_is_said_in_one_line(server):
    from app.serving.published import Published
    from app.serving.server import PageServer

    with pytest.raises(PhynesError, match=rf"--port {server.port}: .*choose another port") as caught:
        PageServer(server.port, Published())
    assert "\n" not in str(caught.value)
