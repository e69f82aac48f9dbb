"""JSON of strangers is bounded before and after it is read."""

import json

import pytest

from phynes_core.errors import PhynesError
from phynes_core.io.json_files import MOST_CONTAINERS, MOST_DEPTH, parse_json, read_json
from phynes_core.io.untrusted import FileKind

KIND = FileKind("list of things", 1 << 20, PhynesError, "write it again")


def test_values_come_through(tmp_path):
    values = {"a": [1, -2.5, True, None, "é😀"], "b": {}, "c": 10**17, "d": -(10**17)}
    (tmp_path / "a.json").write_text(json.dumps(values), encoding="utf-8")
    assert read_json(tmp_path / "a.json", KIND) == values


def test_numbers_never_grow_beyond_a_machines():
    for word in ("1" * 19, "9" * 400, "-" + "9" * 10**6, "1e999", "NaN", "-Infinity"):
        assert isinstance(parse_json(word, "a", KIND), float)


def test_nesting_of_the_limit_is_read():
    assert parse_json("[" * MOST_DEPTH + "]" * MOST_DEPTH, "a", KIND)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[1,]", "nan",
        "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "[" * 100_000, "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000, "[" + "[]," * MOST_CONTAINERS + "1]", '"\\ud800"', '{"\\udfff": 1}',
        b"\xff\xfe[\x00]\x00", b"\x80", "\x00", '"\n"',
    ],
)  # fmt: skip
def test_what_is_no_bounded_json_is_refused_in_one_line(text):
    with pytest.raises(PhynesError, match="^a.json: not a readable list of things .*; write it again$") as caught:
        parse_json(text, "a.json", KIND)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300
