"""A campaign: every kind's mutants in a child process that is started anew where a mutant kills it or makes it hang."""

import contextlib
import json
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.child import COUNTERS, LAYOUT

ROOT = Path(__file__).resolve().parents[2]
HANG_CPU_S, HANG_S = 10.0, 60.0  # of one mutant: computing, or waiting for something
SETUP_CPU_S = 600.0  # a child's start compiles kernels where none are cached
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Tally:
    """What the mutants of one kind did."""

    kind: str
    accepted: int = 0
    refused: int = 0
    others: int = 0
    slowest_s: float = 0.0  # of CPU time
    slowest_index: int = 0
    peak_mb: float = 0.0  # growth of the process over its size after an intact file
    peak_index: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)  # kind, index, result, text, size

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.accepted + self.refused + self.others

    def add(self, counts: dict[str, int]) -> None:
        """Add a child's counters."""
        self.accepted += counts["accepted"]
        self.refused += counts["refused"]
        self.others += counts["others"]
        if counts["slowest_us"] > 1e6 * self.slowest_s:
            self.slowest_s, self.slowest_index = counts["slowest_us"] / 1e6, counts["slowest_index"]
        if counts["peak_kb"] > 1024 * self.peak_mb:
            self.peak_mb, self.peak_index = counts["peak_kb"] / 1024, counts["peak_index"]


def numbered(kinds: Sequence[str], first: int, last: int, seed: int = 0) -> list[dict[str, Any]]:
    """Jobs: the mutants of these kinds from a number to before another."""
    return [{"kind": kind, "first": first, "last": last, "seed": seed} for kind in kinds]


def given(kind: str, contents: Sequence[bytes]) -> dict[str, Any]:
    """A job: these very files, each of which is reported."""
    return {"kind": kind, "first": 0, "last": len(contents), "contents": [content.hex() for content in contents]}


def run(jobs: Sequence[dict[str, Any]], found: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Tally]:
    """Do the jobs; `found` hears of each finding as it comes. Returns what each kind did."""
    tallies = {job["kind"]: Tally(job["kind"]) for job in jobs}

    def note(entry: dict[str, Any]) -> None:
        tallies[entry["kind"]].findings.append(entry)
        if found is not None:
            found(entry)

    left = [dict(job) for job in jobs]
    while left:
        left = _in_one_child(left, tallies, note)
    return tallies


def _in_one_child(
    jobs: list[dict[str, Any]], tallies: dict[str, Tally], note: Callable[[dict[str, Any]], None]
) -> list[dict[str, Any]]:
    """Do as many jobs as one process survives; returns what is left behind the mutant that it did not survive."""
    with TemporaryDirectory() as folder:
        shared_path = Path(folder) / "shared"
        shared_path.write_bytes(bytes(LAYOUT.size))
        config = Path(folder) / "config"
        environment = os.environ | {
            "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "XDG_CONFIG_HOME": str(config), "PYTHONUNBUFFERED": "1",
            "PYTHONHASHSEED": "0", "TMPDIR": folder, "MALLOC_ARENA_MAX": "1",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child"], cwd=ROOT, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        order = {"jobs": jobs, "shared": str(shared_path), "said": str(Path(folder) / "said")}
        with contextlib.suppress(BrokenPipeError), process.stdin as stream:
            json.dump(order, stream)
        with open(shared_path, "r+b") as file:
            shared = mmap.mmap(file.fileno(), LAYOUT.size)
        done: list[dict[str, int]] = []  # counters of finished jobs, in order
        watcher = threading.Thread(target=_watch, args=(process, shared, verdict := []), daemon=True)
        watcher.start()
        reported: set[tuple[str, int]] = set()
        for line in process.stdout:
            entry = json.loads(line)
            if "counts" in entry:
                done.append(entry["counts"])
            else:
                reported.add((entry["kind"], entry["index"]))
                note(entry)
        code = process.wait()
        watcher.join()
        counts = dict(zip(COUNTERS, LAYOUT.unpack(shared[: LAYOUT.size]), strict=True))
        said = _said(Path(folder) / "said")
    for job, finished in zip(jobs, done, strict=False):
        tallies[job["kind"]].add(finished)
    if code == 0 and len(done) == len(jobs):
        return []
    job = jobs[len(done)]
    if counts["job"] != len(done) or not counts["index"]:
        raise RuntimeError(f"the fuzzer's child ended before a mutant of {job['kind']} (exit code {code}): {said}")
    tally, index = tallies[job["kind"]], counts["index"] - 1
    tally.add(counts)
    tally.others += 1
    cause = verdict[0] if verdict else _cause(code)
    note({"kind": job["kind"], "index": index, "size": -1, "result": "other", "text": f"{cause}; {said}"})
    return [{**job, "first": index + 1}, *jobs[len(done) + 1 :]]


def _cause(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _said(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes()[-600:].decode("utf-8", "replace")
    return ""


def _watch(process: "subprocess.Popen[str]", shared: mmap.mmap, verdict: list[str]) -> None:
    """Kill the child when one mutant takes too long; what other processes take from it does not count."""
    place, since_cpu_s, waited_s, looked_s = None, 0.0, 0.0, time.monotonic()
    while process.poll() is None:
        time.sleep(0.2)
        counts, now_s = LAYOUT.unpack(shared[: LAYOUT.size]), time.monotonic()
        state, cpu_s = _state(process.pid)
        if counts[:2] != place:
            place, since_cpu_s, waited_s = counts[:2], cpu_s, 0.0
        elif state != "R":  # it asks for nothing that it could compute
            waited_s += now_s - looked_s
        looked_s, is_reading = now_s, bool(counts[1])
        computed_s = cpu_s - since_cpu_s
        if computed_s > (HANG_CPU_S if is_reading else SETUP_CPU_S) or (is_reading and waited_s > HANG_S):
            verdict.append(f"hung: {computed_s:.0f} s computed, {waited_s:.0f} s waited")
            process.kill()
            return


def _state(pid: int) -> tuple[str, float]:
    """The system's letter for what a process does (R: runs or would), and its seconds of CPU time."""
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "R", 0.0
    return parts[0], (int(parts[11]) + int(parts[12])) / _TICKS
