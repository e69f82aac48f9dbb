"""Mutations of trees of dictionaries, lists, numbers and texts, and of the JSON files that hold them."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fuzz.byte_mutations import FLOATS, INTEGERS, MOST_BYTES, TEXTS, mutated_bytes, mutated_text, place

_LONG = "longest number"  # stands for an integer with more digits than Python converts
WORDS = (
    "null",
    "true",
    "false",
    "{}",
    "[]",
    ",",
    ":",
    '"',
    "{",
    "}",
    "[",
    "]",
    "NaN",
    "Infinity",
    "-Infinity",
    '"format"',
)


def mutated_json(rng: Random, content: bytes) -> bytes:
    """One change of a JSON file: of the values, or of its text."""
    if rng.random() < 0.2:
        return mutated_text(rng, content, WORDS)
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):  # an earlier change broke it
        return mutated_bytes(rng, content)
    return _json_bytes(rng, mutated_tree(rng, tree))


def mutated_tree(rng: Random, tree: Any) -> Any:
    """A copy of the tree with one value, key or list changed."""
    root = [copy.deepcopy(tree)]
    places = list(_places(root))
    holder, key = rng.choice(places[:12] if rng.random() < 0.2 else places)
    value = holder[key]
    kind = rng.randrange(10)
    if kind <= 4:
        holder[key] = _near(rng, value) if rng.random() < 0.6 else strange_value(rng)
    elif kind == 5 and isinstance(holder, dict):
        del holder[key]
    elif kind == 5 and holder is not root:
        del holder[key]
    elif kind == 6 and isinstance(holder, dict):
        holder[rng.choice((*TEXTS, *holder))] = holder.pop(key)
    elif kind == 7 and isinstance(holder, dict):
        holder[rng.choice((*TEXTS, *holder))] = strange_value(rng)
    elif kind == 7:
        holder[key:key] = [copy.deepcopy(value) for _ in range(rng.choice((1, 2, 30)))]
    elif kind == 8:
        other, name = rng.choice(places)
        holder[key] = copy.deepcopy(other[name])
    else:
        holder[key] = {rng.choice(TEXTS): value} if rng.random() < 0.5 else [value]
    return root[0] if root else None


def strange_value(rng: Random) -> Any:
    """A value that readers did not expect."""
    kind = rng.randrange(12)
    if kind < 3:
        return rng.choice(INTEGERS)
    if kind < 6:
        return rng.choice(FLOATS)
    if kind < 8:
        return rng.choice(TEXTS)
    if kind == 8:
        return rng.choice((None, True, False, [], {}, [[]], [{}], {"": {}}, _LONG))
    if kind == 9:
        return [rng.choice((0, 0.5, "a", None))] * rng.choice((1, 2, 3, 4, 24, 100, 3000))
    if kind == 10:
        return {str(number): number for number in range(rng.choice((1, 5, 300)))}
    return nested(rng.choice((3, 60, 150, 500)))


def nested(depth: int) -> Any:
    """Lists in lists."""
    tree: Any = 0
    for _ in range(depth):
        tree = [tree]
    return tree


def _near(rng: Random, value: Any) -> Any:
    """A value of the same type, or nearly."""
    if isinstance(value, bool) or value is None:
        return rng.choice((True, False, None, 0, 1, "true"))
    if isinstance(value, int):
        return rng.choice((value + 1, value - 1, -value, float(value), value + 0.5, str(value), *INTEGERS))
    if isinstance(value, float):
        return rng.choice((-value, value * 1e6, value * rng.uniform(-2, 2), str(value), *FLOATS))
    if isinstance(value, str):
        start, end = place(rng, value)
        return rng.choice(
            (value[:start] + rng.choice(TEXTS) + value[end:], value.upper(), value * 3, rng.choice(TEXTS))
        )
    if isinstance(value, list):
        return rng.choice((value[:-1], value + value[:1], value * rng.choice((2, 40)), value[::-1], [], [value]))
    return rng.choice(({}, [], list(value.items())[:3]))


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder and key from the root down, long lists by some entries."""
    entries = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    if len(entries) > 40:
        entries = entries[:20] + entries[-3:]
    for key, value in entries:
        yield node, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _json_bytes(rng: Random, tree: Any) -> bytes:
    try:
        text = json.dumps(tree, indent=rng.choice((None, 1)))
    except (RecursionError, ValueError):
        text = "[" * 2000
    text = text.replace(f'"{_LONG}"', "1" * 5000)
    kind = rng.randrange(40)
    if kind == 0:
        text = "[" * 100_000
    elif kind == 1:
        text = '{"a":' * 20_000
    elif kind == 2 and text.startswith("{"):
        text = text[:1] + text[1:].rstrip().removesuffix("}") + "," + text[1:]  # every key twice
    elif kind == 3:
        return text.encode("utf-16")
    elif kind == 4:
        return b"\xef\xbb\xbf" + text.encode()
    return text.encode()[:MOST_BYTES]
