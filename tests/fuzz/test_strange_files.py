"""Files of strangers are accepted or refused in one line, whatever is in them (docs/security.md)."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import given, numbered, run
from tests.fuzz.kinds import KINDS
from tests.fuzz.soak import soak

MUTANTS, SOAKED = 300, 20_000  # of each kind
REGRESSIONS = (
    Path(__file__).parent / "regressions"
)  # <kind's number of letters and digits alone>/<what it did>.<suffix>


def folder_of(kind: str) -> Path:
    """The folder of a kind's files that did harm once."""
    return REGRESSIONS / "".join(letter if letter.isalnum() else "_" for letter in kind)


@pytest.fixture(scope="module")
def fuzzed():
    """Every kind's first mutants, in one child process."""
    return run(numbered(list(KINDS), 0, MUTANTS))


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_are_accepted_or_refused_in_a_line(fuzzed, kind):
    """No other exception, hang, growth over 1 GB, signal, process, connection, printed line or written file."""
    tally = fuzzed[kind]
    assert not tally.findings, "\n\n".join(f"{entry['index']}: {entry['text']}" for entry in tally.findings[:5])
    assert tally.mutants == MUTANTS


@pytest.mark.parametrize("kind", KINDS)
def test_mutants_reach_deep(fuzzed, kind):
    """The intact file is accepted, and mutants come in all shades: some are accepted too, some refused."""
    tally = fuzzed[kind]
    assert tally.accepted > 3
    assert tally.refused > 100 or KINDS[kind].never_refuses


def test_what_did_harm_once_does_not_again():
    """The regression files of all kinds."""
    known = {folder_of(kind).name: kind for kind in KINDS}
    assert {path.name for path in REGRESSIONS.iterdir()} <= set(known)
    files = {kind: sorted(folder_of(kind).glob("*")) for kind in KINDS if folder_of(kind).is_dir()}
    tallies = run([given(kind, [path.read_bytes() for path in paths]) for kind, paths in files.items()])
    wrong = [
        f"{files[kind][entry['index']].name}: {entry['text']}"
        for kind, tally in tallies.items()
        for entry in tally.findings
        if entry["result"] == "other"
    ]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.soak
def test_many_mutants_are_accepted_or_refused_in_a_line():
    """As `python -m tests.fuzz.soak`."""
    tallies = soak(list(KINDS), SOAKED, seed=1, log=None)
    assert not [entry for tally in tallies.values() for entry in tally.findings]


def test_the_watch_sees_what_files_must_not_do(tmp_path):
    """It would notice: each forbidden act is told apart from acceptance."""
    import subprocess
    import sys

    from tests.fuzz.campaign import ROOT

    acts = {
        "process": "subprocess.run(['true'])", "shell": "os.system('true')",
        "unpickling": "pickle.loads(b'cos\\nsystem\\n.')",
        "file": "open('written', 'w').close()", "network": "socket.create_connection(('127.0.0.1', 9))",
    }  # fmt: skip
    code = (
        "import os, pickle, socket, subprocess\nfrom contextlib import suppress\nfrom tests.fuzz.child import Watch\n"
    )
    code += "watch = Watch()\nwatch.is_on = True\n"
    for act in acts.values():
        code += f"with suppress(OSError):\n    {act}\nprint(len(watch.events) > 0)\nwatch.events.clear()\n"
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["True"] * len(acts)
