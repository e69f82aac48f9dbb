"""The border: what may be opened, and what becomes of a decoder's failure."""

import ctypes
import os
import socket
import sys
import threading
import warnings
from pathlib import Path

import pytest

from phynes_core.errors import ImageError, PhynesError
from phynes_core.io.untrusted import FileKind, decoding, is_file_name, is_readable_file, read_untrusted, silent_outputs

KIND = FileKind("picture", 2 << 20, ImageError, "save it again")


class RustPanic(BaseException):
    """What pyo3 raises where a Rust library panics is no Exception either."""


class Unshowable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def refusal(path: Path | str) -> str:
    with pytest.raises(ImageError) as caught:
        read_untrusted(Path(path), KIND)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_a_file_is_handed_over_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * (2 << 20))
    assert read_untrusted(tmp_path / "a", KIND) == b"x" * (2 << 20)


def test_a_file_over_the_limit_is_refused_by_the_limit(tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    assert "expected at most 2 MB" in refusal(tmp_path / "sparse")


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert "got a socket" in refusal(tmp_path / "socket")
    assert "got a pipe" in refusal(tmp_path / "pipe")
    assert "got a folder" in refusal(tmp_path)
    assert "got a device" in refusal("/dev/zero")
    (tmp_path / "link").symlink_to("/dev/zero")
    assert "got a device" in refusal(tmp_path / "link")


@pytest.mark.parametrize("name", ["missing", "x" * 300, "x/" * 50_000, "a\0b", "a\nb", "\udcff", "\ud800"])
def test_names_of_no_file_are_refused(tmp_path, name):
    assert "cannot read this picture" in refusal(tmp_path / name)
    assert not is_readable_file(tmp_path / name)


def test_a_file_replaced_by_a_pipe_between_look_and_open_does_not_block(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"")
    regular = os.stat(tmp_path / "file")
    monkeypatch.setattr("phynes_core.io.untrusted.os.stat", lambda path: regular)
    assert "got a pipe" in refusal(tmp_path / "pipe")


FAILURES = [
    ValueError("a\nb"), OverflowError(), RecursionError(), MemoryError(), KeyError("k"), RustPanic("p"), Unshowable(),
    UnicodeDecodeError("utf-8", b"", 0, 1, "r"),
]  # fmt: skip


@pytest.mark.parametrize("error", FAILURES)
def test_whatever_a_decoder_raises_is_one_line_of_the_readers_kind(error):
    with pytest.raises(ImageError) as caught, decoding("a\n.png", KIND):
        raise error
    message = str(caught.value)
    assert "not a readable picture" in message and message.endswith("; save it again")
    assert message.isprintable()
    assert caught.value.__cause__ is error


def test_an_interruption_and_an_error_that_is_told_already_pass():
    with pytest.raises(KeyboardInterrupt), decoding("a", KIND):
        raise KeyboardInterrupt
    with pytest.raises(PhynesError, match="^told$"), decoding("a", KIND):
        raise PhynesError("told")


def test_decoders_are_silent_in_any_number_of_threads(capfd):
    entered, leave = threading.Barrier(3), threading.Event()

    def decode() -> None:
        with decoding("a", KIND), silent_outputs:
            entered.wait(10)
            warnings.warn("by a decoder", stacklevel=1)
            os.write(2, b"by a C library\n")
            ctypes.CDLL(None).puts(b"by a C library that buffers")
            leave.wait(10)

    print("before")
    before = warnings.filters[:]
    threads = [threading.Thread(target=decode) for _ in range(2)]
    for thread in threads:
        thread.start()
    entered.wait(10)
    leave.set()
    for thread in threads:
        thread.join()
    print("after", file=sys.stderr)
    assert capfd.readouterr() == ("before\n", "after\n")
    assert warnings.filters == before


def test_control_characters_never_reach_a_terminal():
    assert str(PhynesError("a\x1b[2J\r\n\u202e\udcffb é")) == "a\\x1b[2J\\r\\n\\u202e\\udcffb é"
    assert len(str(PhynesError("x" * 100_000))) < 2100


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/a", "..\\a", "c:a", "a\nb", "a\0", "\udcff", "x" * 201, "é" * 101]
)
def test_names_that_lead_elsewhere_name_no_file(name):
    assert not is_file_name(name)
    assert is_file_name(f"camera {len(name)}.é")
