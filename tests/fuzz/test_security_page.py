"""docs/security.md says what the code says."""

import re

from tests.fuzz.kinds import KINDS
from tests.fuzz.limits import file_kinds, rows
from tests.source_files import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_limit_is_in_the_table():
    """`python -m tests.fuzz.limits` prints the lines."""
    assert len(file_kinds()) > 20
    listed = PAGE.partition("| read as | at most |\n|---|--:|\n")[2].partition("\n\n")[0]
    assert listed.splitlines() == rows()


def test_every_kind_that_is_fuzzed_has_its_figures():
    """`python -m tests.fuzz.soak` prints them; nothing but accepted and refused may stand there."""
    found = {
        row[0]: row[1:]
        for row in re.findall(r"^\| ([^|]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|", PAGE, re.M)
    }
    assert found.keys() == {*KINDS, "all"}
    for mutants, accepted, refused, others in (
        tuple(int(text.replace(",", "")) for text in row) for row in found.values()
    ):
        assert mutants == accepted + refused > 0 and others == 0
