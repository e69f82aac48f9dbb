"""The border: the only place where bytes of files from strangers come in (docs/security.md).

Avatars, environments, motions, sessions and captures are read in two steps, each of which ends in one line of the
reader's own kind of error or in something sound:

    content = read_untrusted(path, PICTURE)      bytes of a regular file, of at most PICTURE.most_bytes
    with decoding(path, PICTURE):                whatever a decoder raises in here becomes PICTURE.refusal
        ...

What a decoder would allocate is bounded by its reader, before it decodes.
"""

import ctypes
import os
import re
import stat
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phynes_core.errors import PhynesError, one_line

_NOT_REGULAR = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}  # fmt: skip
_OPEN_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"))
LONGEST_FILE_NAME = 200  # bytes; systems allow 255, of which a suffix takes some
_LEADS_AWAY = re.compile(r"[/\\:]|^\.+$")
_ENDS = (KeyboardInterrupt, SystemExit, GeneratorExit)  # what is no failure of a decoder


@dataclass(frozen=True)
class FileKind:
    """What a file is read as."""

    noun: str  # as in "cannot read this picture"
    most_bytes: int  # of the file
    refusal: type[PhynesError]
    remedy: str  # the end of its messages


def is_readable_file(path: Path) -> bool:
    """Whether a regular file stands at the path, which may be any text: too long, or with characters no name has."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def is_file_name(name: str) -> bool:
    """Whether a name from a file can name a file of ours: it leads to no other folder and can be printed."""
    return (
        0 < len(name.encode("utf-8", "replace")) <= LONGEST_FILE_NAME
        and name.isprintable()
        and not _LEADS_AWAY.search(name)
    )


def read_untrusted(path: Path, kind: FileKind, first: int | None = None) -> bytes:
    """The content of a regular file, or its first bytes; raises `kind.refusal` for anything else, without waiting."""
    try:
        content = _content(Path(path), kind, first)
    except (OSError, ValueError, MemoryError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or one_line(error)
        raise kind.refusal(f"{shown(path)}: cannot read this {kind.noun} ({reason}); {kind.remedy}") from error
    if isinstance(content, bytes):
        return content
    raise kind.refusal(f"{shown(path)}: cannot read this {kind.noun} ({content}); {kind.remedy}")


def _content(path: Path, kind: FileKind, first: int | None) -> bytes | str:
    """The bytes, or why there are none."""
    if reason := _reason_against(os.stat(path), kind):  # before it is opened: opening a device can already do something
        return reason
    descriptor = os.open(path, _OPEN_FLAGS)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if reason := _reason_against(status, kind):  # replaced in between
            return reason
        wanted = status.st_size if first is None else min(first, status.st_size)
        content = file.read(wanted + (first is None))  # one more shows whether it grows
    return content if len(content) == wanted else "it changes while it is read"


def _reason_against(status: os.stat_result, kind: FileKind) -> str:
    if not stat.S_ISREG(status.st_mode):
        return f"expected a file, got {_NOT_REGULAR.get(stat.S_IFMT(status.st_mode), 'something else')}"
    return _too_large(kind) if status.st_size > kind.most_bytes else ""


def _too_large(kind: FileKind) -> str:
    unit, letter = (1 << 20, "MB") if kind.most_bytes >= 1 << 20 else (1 << 10, "kB")
    return f"expected at most {kind.most_bytes // unit} {letter}, got more"


@contextmanager
def decoding(path: Path | str, kind: FileKind) -> Iterator[None]:
    """Turn whatever a decoder raises into `kind.refusal`, in one line, and drop what it warns of.

    Only decoding belongs into the block, so that mistakes of our own elsewhere keep their traceback. A C library that
    prints goes into `silent_outputs`, too.
    """
    try:
        with _no_warnings, np.errstate(all="ignore"):
            yield
    except (*_ENDS, PhynesError):
        raise
    except BaseException as error:  # a panic in a Rust library is no Exception
        raise kind.refusal(f"{shown(path)}: not a readable {kind.noun} ({one_line(error)}); {kind.remedy}") from error


def shown(path: Path | str) -> str:
    """A path as messages show it: long ones are cut in the middle."""
    text = str(path)
    return text if len(text) <= 300 else f"{text[:150]}...{text[-140:]}"


class _Shared:
    """A context of the whole process that lasts while any thread is inside."""

    def __init__(self, make: Callable[[], AbstractContextManager[None]]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._num_inside = 0
        self._kept = ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if self._num_inside == 0:
                self._kept.enter_context(self._make())
            self._num_inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._num_inside -= 1
            if self._num_inside == 0:
                self._kept.close()


@contextmanager
def _ignored_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _closed_outputs() -> Iterator[None]:
    """Standard output and standard error output go nowhere, also those of C libraries."""
    with ExitStack() as restoring, open(os.devnull, "wb") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):  # none, or closed
                stream.flush()
        for descriptor in (1, 2):
            with suppress(OSError):  # closed: nothing can be printed there
                kept = os.dup(descriptor)
                restoring.callback(os.close, kept)
                restoring.callback(os.dup2, kept, descriptor)
                os.dup2(nowhere.fileno(), descriptor)
        restoring.callback(_flush_c_streams)  # first of all
        yield


def _flush_c_streams() -> None:
    """What C libraries have printed into their buffers goes where it should now."""
    with suppress(OSError, AttributeError, TypeError):  # where the C library is no part of the process
        ctypes.CDLL(None).fflush(None)


_no_warnings = _Shared(_ignored_warnings)
silent_outputs = _Shared(_closed_outputs)  # for OpenEXR, which prints what it raises; other threads are mute, too
