"""The process that reads mutants, under limits: `python -m tests.fuzz.child` with a job on standard input.

What it finds out stands in a small file of fixed layout that it shares with its parent, so that nothing is lost when a
mutant kills it; each finding is a line of JSON on its standard output. While a mutant is read, everything is watched
that a file must never make the program do: start a process, connect, unpickle, write a file, print.
"""

import json
import logging
import mmap
import os
import resource
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.kind import Kind

MEMORY_BYTES = 1 << 30  # that a mutant may make the process grow by
COUNTERS = ("job", "index", "accepted", "refused", "others", "slowest_us", "peak_kb", "slowest_index", "peak_index")
LAYOUT = struct.Struct("<9q")
LONGEST_MESSAGE = 4000  # characters
# audit events (https://docs.python.org/3/library/audit_events.html) that no file may cause
FORBIDDEN = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile",
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request",
    "pickle.find_class",
    "webbrowser.open", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate",
    "shutil.rmtree",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Watch:
    """Notes forbidden events between `start` and `stop`."""

    def __init__(self) -> None:
        self.is_on = False
        self.events: list[str] = []
        sys.addaudithook(self._heard)

    def _heard(self, event: str, args: tuple) -> None:
        if not self.is_on:
            return
        is_writing = event == "open" and isinstance(args[2], int) and args[2] & WRITING and args[0] != os.devnull
        if (event in FORBIDDEN or is_writing) and not _is_in_cache_of_kernels():
            self.events.append(f"{event} {args!r:.100}")


def _is_in_cache_of_kernels() -> bool:
    """Whether numba, which keeps what it compiled, has been called: an avatar may need another kernel."""
    frame = sys._getframe()
    while frame is not None and not frame.f_code.co_filename.endswith("numba/core/caching.py"):
        frame = frame.f_back
    return frame is not None


def outcome(kind: "Kind", path: Path) -> tuple[str, str]:
    """ "accepted", "refused" or "other", and what was said; an exception of any other class is a finding."""
    from phynes_core.errors import PhynesError

    try:
        kind.read(path)
    except PhynesError as error:
        text = str(error)
        if kind.never_refuses:
            return "other", f"refused: {text}"
        if not text or len(text) > LONGEST_MESSAGE or not text.replace("\t", " ").isprintable():
            return "other", f"message of {len(text)} characters, some perhaps unprintable: {text!r:.200}"
        if is_memory_error(error):
            return "other", f"memory ran out: {text}"
        return "refused", text
    except Exception as error:
        return "other", described(error)
    return "accepted", ""


def is_memory_error(error: BaseException | None) -> bool:
    """Whether memory that cannot be had was asked for, which the limit of a real machine might have allowed."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def described(error: BaseException) -> str:
    """An exception and the last calls of ours and of libraries, one below another."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    rows = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames]
    return "\n".join((f"{type(error).__name__}: {str(error)[:200]}", *rows))


@contextmanager
def limited_memory() -> Iterator[Callable[[], int]]:
    """Nothing may grow by more than MEMORY_BYTES in here; yields a function that tells the most kB that it grew by."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # VmHWM, the peak, starts again at the present size
    size_kb, base_kb = _memory_kb("VmSize"), _memory_kb("VmRSS")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size_kb * 1024 + MEMORY_BYTES, hard))
    try:
        yield lambda: _memory_kb("VmHWM") - base_kb
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _memory_kb(name: str) -> int:
    """A line of /proc/self/status."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


class Reader:
    """Reads the mutants of one job after another, and keeps the counters where the parent sees them."""

    def __init__(self, shared: mmap.mmap, said: int, report: Callable[[dict], None]) -> None:
        self._shared, self._said, self._report = shared, said, report
        self._watch = Watch()
        self._counts = dict.fromkeys(COUNTERS, 0)

    def _show(self) -> None:
        self._shared[: LAYOUT.size] = LAYOUT.pack(*self._counts.values())

    def run(self, number: int, job: dict[str, Any]) -> None:
        """A job: the kind's mutants from "first" to before "last", or the given contents."""
        from tests.fuzz.kinds import KINDS, mutant

        self._counts = dict.fromkeys(COUNTERS, 0) | {"job": number}
        self._show()
        kind = KINDS[job["kind"]]
        with TemporaryDirectory() as folder:
            path = Path(folder) / kind.file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._put(kind, path, kind.intact())
            for _ in range(2):  # imports and compiles what is needed
                outcome(kind, path)
            for index in range(job["first"], job["last"]):
                self._counts["index"] = index + 1
                self._show()
                content = (
                    bytes.fromhex(job["contents"][index]) if "contents" in job else mutant(kind, job["seed"], index)
                )
                self._put(kind, path, content)
                with limited_memory() as grown_kb:
                    result, text, took_us = self._read(kind, path)
                    peak_kb = grown_kb()
                if result == "other" or "contents" in job:
                    said = {"kind": kind.name, "index": index, "size": len(content), "result": result, "text": text}
                    self._report(said)
                self._count(index, result, took_us, peak_kb)
        self._report({"counts": dict(self._counts)})
        self._counts["index"] = 0
        self._show()

    @staticmethod
    def _put(kind: "Kind", path: Path, content: bytes) -> None:
        path.write_bytes(content)
        if kind.place is not None:
            kind.place(path)

    def _read(self, kind: "Kind", path: Path) -> tuple[str, str, int]:
        """The outcome, what was said, and the microseconds of CPU time that it took."""
        length = os.lseek(self._said, 0, os.SEEK_END)
        self._watch.events.clear()
        self._watch.is_on = True
        started_s = time.process_time()
        result, text = outcome(kind, path)
        took_us = int(1e6 * (time.process_time() - started_s))
        self._watch.is_on = False
        if self._watch.events:
            return "other", f"did what no file may: {self._watch.events[0]}", took_us
        if os.lseek(self._said, 0, os.SEEK_END) > length:
            return "other", "printed: " + os.pread(self._said, 300, length).decode("utf-8", "replace"), took_us
        return result, text, took_us

    def _count(self, index: int, result: str, took_us: int, peak_kb: int) -> None:
        counts = self._counts
        counts[{"accepted": "accepted", "refused": "refused", "other": "others"}[result]] += 1
        if took_us > counts["slowest_us"]:
            counts["slowest_us"], counts["slowest_index"] = took_us, index
        if peak_kb > counts["peak_kb"]:
            counts["peak_kb"], counts["peak_index"] = peak_kb, index
        self._show()


def main() -> None:
    """Do the jobs of standard input."""
    order = json.load(sys.stdin)
    reports = os.fdopen(os.dup(1), "w")
    said = os.open(order["said"], os.O_RDWR | os.O_CREAT | os.O_TRUNC)  # what libraries and we print lands there
    os.dup2(said, 1)
    os.dup2(said, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("always")
    logging.disable()

    def report(entry: dict[str, Any]) -> None:
        reports.write(json.dumps(entry) + "\n")
        reports.flush()

    with open(order["shared"], "r+b") as file:
        reader = Reader(mmap.mmap(file.fileno(), LAYOUT.size), said, report)
    for number, job in enumerate(order["jobs"]):
        reader.run(number, job)


if __name__ == "__main__":
    main()
