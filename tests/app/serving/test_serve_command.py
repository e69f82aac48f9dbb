"""The command `serve` as a person starts it: its page in two requests, a taken port, a watched file, Ctrl+C."""

import multiprocessing
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from app.cli import main
from app.serving.page_recipe import PageRecipe, served_path
from app.web import page_export
from phynes_core.errors import CheckpointError
from phynes_core.io.shipped_files import bundled_avatars
from tests.app.one_line_errors import check_line
from tests.app.serving.served_commands import serve

PATIENCE_S = 120


def until(condition) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class Served:
    """A running command, and a browser that has its address."""

    def __init__(self, folder: Path, *argv: str) -> None:
        self.out, self.err = folder / "out.txt", folder / "err.txt"
        self.process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(["serve", "--port", "0", *argv], self.out, self.err)
        )
        self.process.start()
        until(lambda: (self.out.exists() and "Ctrl+C" in self.out.read_text()) or not self.process.is_alive())
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", self.out.read_text())
        assert found, self.err.read_text()
        self.address, self.place = found[0], ""
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def page(self, path: str = "") -> bytes:
        """What the printed address leads to, or, later, what lies beside that."""
        with self.browser.open(self.place + path if path else self.address, timeout=PATIENCE_S) as answer:
            assert "token" not in answer.url
            self.place = self.place or answer.url
            return answer.read()

    def interrupt(self) -> int | None:
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGINT)
        self.process.join(PATIENCE_S)
        return self.process.exitcode


def test_the_printed_address_shows_the_page_until_ctrl_c(tmp_path):
    (tmp_path / "josh.ckpt").write_bytes(b"the page")
    served = Served(tmp_path, "--avatar", str(tmp_path / "josh.ckpt"))
    assert "ssh " in served.out.read_text() and "-L" in served.out.read_text()
    assert served.page() == b"the page"
    waiting = socket.create_connection(("127.0.0.1", int(served.address.split(":")[2].partition("/")[0])))
    assert served.interrupt() == 0  # although a client is connected
    waiting.close()
    assert served.out.read_text().endswith("no longer served\n") and served.err.read_text() == ""


def test_a_watched_avatar_is_awaited_followed_and_kept_where_it_is_damaged(tmp_path):
    path = tmp_path / "run.ckpt"
    served = Served(tmp_path, "--avatar", str(path), "--watch")
    assert b"Waiting" in served.page()
    with pytest.raises(urllib.error.HTTPError):
        served.page("avatar.html")
    path.write_bytes(b"first")
    until(lambda: _is(served, b"first"))
    path.write_bytes(b"damaged")
    until(lambda: "stays as it was" in served.err.read_text())
    assert _is(served, b"first")
    path.write_bytes(b"second")
    until(lambda: _is(served, b"second"))
    assert served.err.read_text().count("\n") == 1
    assert served.interrupt() == 0


def _is(served: Served, content: bytes) -> bool:
    try:
        return served.page("avatar.html") == content
    except urllib.error.HTTPError:
        return False


def test_a_port_that_is_taken_or_wrong_is_said_in_one_line(capsys, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--avatar", "josh.ckpt", "--port", port]) == 2
        line = capsys.readouterr().err
        check_line(line)
        assert f"--port {port}" in line
        assert main(["train", "--data", str(tmp_path), "--out", str(tmp_path / "a.ckpt"), "--serve", port]) == 2
        line = capsys.readouterr().err
        check_line(line)
        assert f"--port {port}" in line
    assert main(["serve", "--avatar", "josh.ckpt", "--port", "70000"]) == 2
    check_line(capsys.readouterr().err)
    assert main(["serve", "--avatar", "nobody.ckpt"]) == 2
    check_line(capsys.readouterr().err)


def test_a_watched_avatar_needs_a_folder(tmp_path):
    assert served_path(str(tmp_path / "later.ckpt"), is_watched=True) == tmp_path / "later.ckpt"
    for path in (tmp_path / "no" / "later.ckpt", tmp_path / "later.txt"):
        with pytest.raises(CheckpointError):
            served_path(str(path), is_watched=True)
    with pytest.raises(CheckpointError):
        served_path(str(tmp_path / "later.ckpt"), is_watched=False)


def test_the_page_is_the_exported_one(monkeypatch):
    monkeypatch.setattr(page_export, "STILL_PX", 64)
    html = PageRecipe(bundled_avatars()["josh"], probes="none", motions="none").make().decode()
    assert html.startswith("<!doctype html>") and 'id="avatar"' in html and "default-src 'none'" in html


def test_serve_may_stand_without_its_port():
    from app.commands.train import Train
    from app.options.arguments import with_optional_values

    given = ["--data", "d", "--serve", "--out", "o"]
    assert with_optional_values(Train, given) == ["--data", "d", "--serve=8808", "--out", "o"]
    assert with_optional_values(Train, ["--serve"]) == ["--serve=8808"]
    for argv in (["--serve", "9000"], ["--serve=9000"], ["--out", "--serve.ckpt"]):
        assert with_optional_values(Train, argv) == argv
