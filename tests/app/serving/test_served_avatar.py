"""An avatar that is served while its checkpoint changes, and beside a training run."""

import os
import socket
import threading
from pathlib import Path

import pytest

from app.serving import file_watch
from app.serving.file_watch import FileWatch, stamp_of
from app.serving.served_avatar import ServedAvatar, invitation, served_beside, tunnel
from phynes_core.errors import CheckpointError, PhynesError
from tests.app.serving.requests_by_hand import answer_of, ask, connected, cookie_of, serving


@pytest.fixture
def watched(tmp_path):
    """A file, what a watch of it has read and said, and the watch, which looks when it is told to."""
    path, shown, said = tmp_path / "avatar.ckpt", [], []

    def show() -> None:
        content = path.read_bytes()
        if content.startswith(b"damaged"):
            raise CheckpointError(f"{path}: cannot be read")
        shown.append(content)

    return path, shown, said, FileWatch(path, show, said.append, pytest.fail)


def test_a_new_content_is_shown_once_it_stands_still(watched):
    path, shown, _, watch = watched
    watch.look()
    path.write_bytes(b"half")
    watch.look()
    path.write_bytes(b"half and more")
    watch.look()
    assert not shown
    for _ in range(3):
        watch.look()
    assert shown == [b"half and more"]


def test_a_damaged_file_costs_one_line_and_the_page_stays(watched):
    path, shown, said, watch = watched
    path.write_bytes(b"one")
    watch.look(), watch.look()
    path.write_bytes(b"damaged")
    for _ in range(4):
        watch.look()
    assert len(said) == 1 and "\n" not in said[0] and "stays as it was" in said[0]
    path.unlink()
    watch.look(), watch.look()
    path.write_bytes(b"three")
    watch.look(), watch.look()
    assert shown == [b"one", b"three"]


def test_a_file_that_is_replaced_within_one_tick_is_another(watched):
    path, shown, _, watch = watched
    path.write_bytes(b"one")
    watch.look(), watch.look()
    other = path.with_suffix(".new")
    other.write_bytes(b"two")
    os.utime(other, ns=(stamp_of(path)[2], stamp_of(path)[2]))
    other.replace(path)
    watch.look(), watch.look()
    assert shown == [b"one", b"two"]


def test_browsers_learn_of_each_new_page():
    with serving(None, is_watched=True) as server, connected(server) as client:
        assert ask(server).headers["content-type"].startswith("text/html")  # the frame, while there is no avatar
        assert ask(server, "/avatar.html").status == 404
        head = f"GET {server.access.place}/changes HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie_of(server)}"
        client.sendall(f"{head}\r\n\r\n".encode())
        assert b"data: 0\n\n" in _until(client, b"data: 0\n\n")
        server.published.show(b"first")
        _until(client, b"data: 1\n\n")
        assert ask(server, "/avatar.html").body == b"first"
        server.published.show(b"second")
        _until(client, b"data: 2\n\n")
        assert ask(server, "/changes", cookie=None).status == 403
        assert {ask(server, name).status for name in ("/watch.js", "/watch.css")} == {200}
        server.published.close()
        assert answer_of(client) is None  # whoever waits is let go


def _until(client: socket.socket, text: bytes) -> bytes:
    content = b""
    while text not in content:
        part = client.recv(4096)
        assert part, content
        content += part
    return content


def test_an_avatar_that_cannot_be_read_is_an_error_unless_it_is_awaited(tmp_path):
    path = tmp_path / "avatar.ckpt"

    def make() -> bytes:
        if not path.exists():
            raise CheckpointError(f"{path}: no such file")
        return path.read_bytes()

    with pytest.raises(CheckpointError):
        ServedAvatar(path, make, 0, is_watched=False, say=print)
    awaiting = ServedAvatar(path, make, 0, is_watched=True, say=print)
    awaiting.server.stop()
    path.write_bytes(b"old")
    for is_outdated, status in ((False, 200), (True, 404)):
        served = ServedAvatar(path, make, 0, True, print, is_outdated)
        thread = threading.Thread(target=served.run)
        thread.start()
        assert ask(served.server, "/avatar.html").status == status
        served.end()
        thread.join()


def test_an_error_of_ours_ends_the_server_with_its_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(file_watch, "LOOK_EVERY_S", 0.01)
    path, is_broken = tmp_path / "avatar.ckpt", False
    path.write_bytes(b"one")

    def make() -> bytes:
        if is_broken:
            raise ZeroDivisionError
        return b"page"

    served = ServedAvatar(path, make, 0, is_watched=True, say=print)
    is_broken = True
    path.write_bytes(b"other")
    with pytest.raises(ZeroDivisionError):
        served.run()


def test_the_invitation_names_address_and_tunnel(monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.2 5000 10.0.0.1 2222")
    text = invitation("http://127.0.0.1:8808/?token=abc", "josh.ckpt")
    assert "http://127.0.0.1:8808/?token=abc" in text and tunnel(8808) in text
    assert tunnel(8808).startswith("ssh -p 2222 -L 8808:127.0.0.1:8808 ") and tunnel(8808).endswith("@10.0.0.1")
    monkeypatch.delenv("SSH_CONNECTION")
    assert tunnel(8808).endswith(f"@{socket.gethostname()}") and " -p " not in tunnel(8808)


def _page_of(path: Path) -> bytes:
    return path.read_bytes()


def test_a_run_is_served_by_a_process_that_ends_with_it(tmp_path):
    from functools import partial

    path = tmp_path / "avatar.ckpt"
    with served_beside(path, partial(_page_of, path), 0, is_outdated=True) as address:
        port = int(address.split(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=20.0) as client:
            client.sendall(
                f"GET /{address.partition('/?')[2] and '?' + address.partition('/?')[2]} HTTP/1.1\r\n".encode()
            )
            client.sendall(b"Host: 127.0.0.1\r\n\r\n")
            answer = answer_of(client)
        assert answer is not None and answer.status == 303
        with pytest.raises(PhynesError, match=f"--port {port}: "):  # before the training, not after it
            with served_beside(path, partial(_page_of, path), port, is_outdated=True):
                pytest.fail("the port is taken")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=20.0)
