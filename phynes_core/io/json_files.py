"""Read JSON of bounded nesting, size and numbers, so that nothing that walks through it later can fail."""

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from phynes_core.io.untrusted import FileKind, decoding, read_untrusted

MOST_DEPTH = 100  # of lists and objects
MOST_CONTAINERS = 200_000  # lists and objects, which take about 100 bytes each
MOST_VALUES = 2_000_000
MOST_DIGITS = 18  # of a whole number, with its sign: they fit 64 bits


def read_json(path: Path, kind: FileKind) -> object:
    """The values of a JSON file in UTF-8; raises `kind.refusal`."""
    return parse_json(read_untrusted(path, kind), path, kind)


def parse_json(text: str | bytes, name: Path | str, kind: FileKind, most_depth: int = MOST_DEPTH) -> object:
    """The values of a JSON text; `name` is its source in the error. Raises `kind.refusal`.

    Numbers may be NaN or infinite: only who knows the field can say where.
    """
    with decoding(name, kind):
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        if text.count("[") + text.count("{") > MOST_CONTAINERS or text.count(",") > MOST_VALUES:  # in texts too
            raise ValueError(f"expected at most {MOST_CONTAINERS} lists and {MOST_VALUES} values, got more")
        value = json.loads(text, parse_int=_number)
        _check(value, most_depth)
        return value


def _number(word: str) -> int | float:
    """A whole number, as a real one where it is so large that later arithmetic could take forever, or fail."""
    return int(word) if len(word) <= MOST_DIGITS else float(word)


def _check(value: object, most_depth: int) -> None:
    """ValueError for deep nesting, and for texts that no file can hold (half of a surrogate pair)."""
    level = _containers([value])
    for _ in range(most_depth):
        if not level:
            return
        level = _containers(item for container in level for item in _items(container))
    if level:
        raise ValueError(f"expected at most {most_depth} levels of lists and objects, got more")


def _containers(items: Iterable[object]) -> list[list | dict]:
    found: list[list | dict] = []
    for item in items:
        if isinstance(item, list | dict):
            found.append(item)
        elif isinstance(item, str) and not item.isascii():
            item.encode("utf-8")
    return found


def _items(container: list | dict) -> Iterable[object]:
    return container if isinstance(container, list) else chain(container, container.values())
