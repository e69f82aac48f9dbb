"""The fuzzer as a command, whose table stands in docs/security.md.

    python -m tests.fuzz.soak                                    20,000 mutants of each kind
    python -m tests.fuzz.soak --mutants 500 --kinds "BVH;pose"   fewer, of some kinds
    python -m tests.fuzz.soak --log soak.jsonl                   goes on where an earlier run with this log ended
    python -m tests.fuzz.soak --mutants 0 --log soak.jsonl       the table of what a log holds
    python -m tests.fuzz.soak --kinds checkpoint --show 4711     writes one mutant to mutants/ and says what it does
    python -m tests.fuzz.soak --kinds BVH --shrink 4711          makes it smaller as long as it does the same

It ends with exit code 1 where a mutant did anything but be accepted or refused in a line.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.fuzz.campaign import Tally, given, numbered, run
from tests.fuzz.kinds import KINDS, mutant

BATCH = 500  # mutants of a kind in one go, after which the log is written


def table(tallies: dict[str, Tally]) -> str:
    """The figures as a table in Markdown, with the sum."""
    rows = ["| kind | mutants | accepted | refused | others | peak memory | slowest |", "|---|--:|--:|--:|--:|--:|--:|"]
    shown = [tally for tally in tallies.values() if tally.mutants]
    total = Tally(
        "all", sum(t.accepted for t in shown), sum(t.refused for t in shown), sum(t.others for t in shown),
        max((t.slowest_s for t in shown), default=0.0), 0, max((t.peak_mb for t in shown), default=0.0),
    )  # fmt: skip
    for t in (*shown, total):
        rows.append(
            f"| {t.kind} | {t.mutants:,} | {t.accepted:,} | {t.refused:,} | {t.others:,} | {t.peak_mb:.0f} MB | "
            f"{t.slowest_s:.2f} s |"
        )
    return "\n".join(rows)


def soak(kinds: list[str], mutants: int, seed: int, log: Path | None) -> dict[str, Tally]:
    """All mutants, batch after batch; the log keeps each batch, so that an interrupted run goes on."""
    tallies = {kind: Tally(kind) for kind in kinds}
    done = _logged(log, seed, tallies) if log is not None else {}
    for first in range(0, mutants, BATCH):
        last = min(first + BATCH, mutants)
        open_kinds = [kind for kind in kinds if last > done.get(kind, 0)]
        if not open_kinds:
            continue
        started_s = time.monotonic()
        made = run(numbered(open_kinds, first, last, seed), _print)
        for kind, tally in made.items():
            _join(tallies[kind], tally)
        if log is not None:
            with open(log, "a", encoding="utf-8") as file:
                file.writelines(
                    json.dumps({"seed": seed, "last": last} | asdict(tally)) + "\n" for tally in made.values()
                )
        seconds = time.monotonic() - started_s
        print(f"{last:,} mutants of {len(open_kinds)} kinds, the last in {seconds:.0f} s", file=sys.stderr, flush=True)
    return tallies


def _logged(log: Path, seed: int, tallies: dict[str, Tally]) -> dict[str, int]:
    """Add what earlier runs with this seed did; returns each kind's number of mutants."""
    done: dict[str, int] = {}
    if not log.is_file():
        return done
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        last, own = entry.pop("last"), entry.pop("seed") == seed
        if own and entry["kind"] in tallies and last > done.get(entry["kind"], 0):
            _join(tallies[entry["kind"]], Tally(**entry))
            done[entry["kind"]] = last
    return done


def _join(tally: Tally, other: Tally) -> None:
    tally.add({
        "accepted": other.accepted, "refused": other.refused, "others": other.others,
        "slowest_us": int(1e6 * other.slowest_s), "slowest_index": other.slowest_index,
        "peak_kb": int(1024 * other.peak_mb), "peak_index": other.peak_index,
    })  # fmt: skip
    tally.findings += other.findings


def _print(entry: dict[str, Any]) -> None:
    text = entry["text"].replace("\n", "\n    ")
    print(f"{entry['kind']} {entry['index']} ({entry['size']} bytes): {entry['result']}: {text}", flush=True)


def shrunk(kind: str, content: bytes) -> bytes:
    """The shortest bytes that greedy cuts lead to and that end in the same last line of the finding."""

    def signature(contents: list[bytes]) -> list[str]:
        entries = run([given(kind, contents)])[kind].findings
        found = {entry["index"]: f"{entry['result']} {entry['text'][:60]} {entry['text'][-80:]}" for entry in entries}
        return [found.get(index, "") for index in range(len(contents))]

    wanted = signature([content])[0]
    size = max(1, len(content) // 2)
    while size:
        trials = [content[:at] + content[at + size :] for at in range(0, len(content), size)][:400]
        works = [trial for trial, found in zip(trials, signature(trials), strict=True) if found == wanted]
        if works and len(works[0]) < len(content):
            content = works[0]
        else:
            size //= 2
    return content


def main() -> int:
    """Read the options, fuzz, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default="", help="; between names, all when left out")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--show", type=int)
    parser.add_argument("--shrink", type=int)
    options = parser.parse_args()
    kinds = [name for name in KINDS if not options.kinds or name in options.kinds.split(";")]
    number = options.show if options.show is not None else options.shrink
    if number is not None:
        content = mutant(KINDS[kinds[0]], options.seed, number)
        content = content if options.shrink is None else shrunk(kinds[0], content)
        path = Path("mutants") / f"{number}-{Path(KINDS[kinds[0]].file_name).name}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        run([given(kinds[0], [content])], _print)
        print(path)
        return 0
    tallies = soak(kinds, options.mutants, options.seed, options.log)
    print(table(tallies))
    return int(any(tally.others for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
