"""Frozen dataclasses of plain values as JSON files that anybody may have written: every value is checked.

A record holds only what differs from the defaults, so that it stays short and outlives new fields.
"""

import json
import math
import types
import typing
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.model.status import one_line
from phynes_core.errors import PhynesError

Plain = TypeVar("Plain")
_NAMES = {float: "a finite number", int: "a whole number", bool: "true or false", str: "a text"}


class RecordError(PhynesError):
    """A record that does not describe the dataclass."""


def to_record(value: Any) -> Any:
    """Numbers, texts, lists and dictionaries that JSON can hold."""
    if is_dataclass(value):
        return {
            field.name: to_record(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, tuple | list):
        return [to_record(item) for item in value]
    if isinstance(value, dict):
        return {key: to_record(item) for key, item in value.items()}
    return value


def from_record(kind: type[Plain], record: Any, where: str = "") -> Plain:
    """The dataclass that a record describes; raises RecordError with the path of the first value that is wrong."""
    if not isinstance(record, dict):
        raise RecordError(f"{where or 'record'}: expected an object, got {_shown(record)}")
    hints = typing.get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    values = {}
    for name, item in record.items():
        path = f"{where}.{name}" if where else str(name)
        if name not in known:
            raise RecordError(f"{path}: unknown; expected some of {', '.join(known)}")
        values[name] = _value(hints[name], item, path, _default(known[name]))
    for name, field in known.items():
        if name not in values and _default(field) is MISSING:
            raise RecordError(f"{where}.{name}: missing" if where else f"{name}: missing")
    return kind(**values)


def _value(hint: Any, item: Any, where: str, default: Any = MISSING) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        return from_record(hint, item, where)  # type: ignore[arg-type]
    if origin is tuple:
        return _tuple(arguments, item, where, default)
    if origin is dict:
        if not isinstance(item, dict):
            raise RecordError(f"{where}: expected an object, got {_shown(item)}")
        return {key: _value(arguments[1], value, f"{where}.{key}") for key, value in item.items()}
    if origin in (typing.Union, types.UnionType):
        if item is None and type(None) in arguments:
            return None
        return _value(next(argument for argument in arguments if argument is not type(None)), item, where)
    if origin is typing.Literal:
        if item not in arguments:
            raise RecordError(f"{where}: expected one of {', '.join(map(str, arguments))}, got {_shown(item)}")
        return item
    if hint is float and isinstance(item, int) and not isinstance(item, bool):
        item = float(item)
    if type(item) is not hint or (hint is float and not math.isfinite(item)):
        raise RecordError(f"{where}: expected {_NAMES.get(hint, hint)}, got {_shown(item)}")
    return item


def _tuple(arguments: tuple[Any, ...], item: Any, where: str, default: Any) -> tuple[Any, ...]:
    if not isinstance(item, list):
        raise RecordError(f"{where}: expected a list, got {_shown(item)}")
    is_open = len(arguments) == 2 and arguments[1] is Ellipsis
    # an open tuple that is not empty at first, such as one entry a joint, keeps its length
    length = (len(default) or None) if is_open and isinstance(default, tuple) else (None if is_open else len(arguments))
    if length is not None and len(item) != length:
        raise RecordError(f"{where}: expected {length} entries, got {len(item)}")
    kinds = [arguments[0]] * len(item) if is_open else arguments
    return tuple(
        _value(kind, entry, f"{where}[{index}]") for index, (kind, entry) in enumerate(zip(kinds, item, strict=True))
    )


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _shown(item: Any) -> str:
    text = repr(item)
    return text if len(text) <= 40 else text[:37] + "..."


LONGEST_REASON = 80  # characters


def read_json(path: Path, noun: str, most_bytes: int, refusal: type[PhynesError], remedy: str) -> Any:
    """The values of a file that should hold `noun` ("this pose"); raises `refusal`, which ends with the remedy."""
    return parse_json(read_text(path, noun, most_bytes, refusal, remedy), str(path), refusal, remedy)


def read_text(path: Path, noun: str, most_bytes: int, refusal: type[PhynesError], remedy: str) -> str:
    """The file's text; no more of a larger file is read than shows that it is one."""
    try:
        with open(path, "rb") as file:
            raw = file.read(most_bytes + 1)
        if len(raw) <= most_bytes:
            return raw.decode("utf-8")
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have, or no UTF-8
        is_binary = isinstance(error, UnicodeDecodeError)
        reason = "not a text file" if is_binary else getattr(error, "strerror", None) or one_line(error)
        raise refusal(f"{path}: cannot read {noun} ({reason}); {remedy}") from error
    raise refusal(f"{path}: cannot read {noun} (expected at most {most_bytes} bytes, got more); {remedy}")


def parse_json(text: str, name: str, refusal: type[PhynesError], remedy: str) -> Any:
    """The values of a text; `name` says in a refusal where it came from."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal(f"{name}: not readable as JSON ({one_line(error)[:LONGEST_REASON]}); {remedy}") from error
