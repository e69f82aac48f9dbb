"""Records: frozen dataclasses of plain values as JSON, every value checked when it is read.

pydantic checks types and the declarations of app/model/fields.py; this file puts the first mistake into one line. A
record may hold only what differs from the defaults, so that it stays short and can be read when fields are added.
"""

import json
import types
import typing
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from app.model.fields import hints_of
from app.model.status import one_line
from phynes_core.errors import PhynesError
from phynes_core.io.untrusted import FileKind

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Plain = TypeVar("Plain")
Location = tuple[str | int, ...]  # keys and indices from a record to a value in it
EXPECTED = {  # pydantic's error type -> what was expected
    "float_type": "a finite number", "int_type": "a whole number", "int_from_float": "a whole number",
    "bool_type": "true or false", "string_type": "a text", "tuple_type": "a list", "dict_type": "an object",
    "dataclass_type": "an object",
}  # fmt: skip


class RecordError(PhynesError):
    """A record that does not describe the dataclass."""


def to_record(value: Any, has_defaults: bool = False) -> dict[str, Any]:
    """The dataclass as JSON values: what differs from the defaults, or all of it."""
    return _adapter(type(value)).dump_python(value, mode="json", exclude_defaults=not has_defaults)


def from_record(kind: type[Plain], record: Any) -> Plain:
    """The dataclass that a record describes; raises RecordError with the path of the first value that is wrong."""
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_json(json.dumps(record), strict=True, extra="forbid")
    except RecursionError as error:
        raise RecordError("record: expected a few levels of lists and objects, got more") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        raise RecordError(_mistake(kind, record, first["type"], first["loc"], cause)) from error


@cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # takes 0.1 s: imported when the first file is read

    return TypeAdapter(kind)


def _mistake(kind: Any, record: Any, problem: str, where: Location, cause: Exception | None) -> str:
    """A mistake found by pydantic as "path.of.field: expected X, got Y"."""
    path = _path(where)
    if problem == "value_error":  # raised by a declaration
        return f"{path}{'' if str(cause).startswith(('[', '.')) else ': '}{cause}"
    if problem == "unexpected_keyword_argument":
        known = ", ".join(field.name for field in fields(_kind_at(kind, where[:-1])))
        return f"{path}: unknown; expected some of {known}"
    if problem in ("missing", "too_long") and (entries := _tuple_at(kind, where, problem)) is not None:
        given = _value_at(record, where[:-1] if problem == "missing" else where)
        return f"{_path(where[:-1] if problem == 'missing' else where)}: expected {entries} entries, got {len(given)}"
    if problem in ("missing", "missing_argument"):
        return f"{path}: missing"
    if problem == "json_invalid":
        return "record: expected a few levels of lists and objects, got more"
    return f"{path or 'record'}: expected {EXPECTED.get(problem, problem)}, got {_shown(_value_at(record, where))}"


def _tuple_at(kind: Any, where: Location, problem: str) -> int | None:
    """The expected length of a tuple that is too short or too long; None where the problem is no tuple's."""
    if problem == "missing" and not (where and isinstance(where[-1], int)):
        return None
    return len(typing.get_args(_kind_at(kind, where[:-1] if problem == "missing" else where)))


def _kind_at(kind: Any, where: Location) -> Any:
    """The type of the value at a location in a record."""
    kind = _plain(kind)
    if not where:
        return kind
    step, *rest = where
    if is_dataclass(kind):
        return _kind_at(hints_of(kind)[step], tuple(rest))  # type: ignore[arg-type]
    inner = typing.get_args(kind)
    if typing.get_origin(kind) is dict:
        return _kind_at(inner[1], tuple(rest))
    return _kind_at(inner[0] if inner[-1] is Ellipsis else inner[step], tuple(rest))  # type: ignore[index]


def _plain(kind: Any) -> Any:
    """A type without its declarations and without None."""
    while typing.get_origin(kind) in (Annotated, typing.Union, types.UnionType):
        kind = typing.get_args(kind)[0]
    return kind


def _value_at(record: Any, where: Location) -> Any:
    for step in where:
        record = record[step]
    return record


def _path(where: Location) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{one_line(step)[:60]}" for step in where)
    return "".join(steps).removeprefix(".")


def _shown(item: Any) -> str:
    text = repr(item)
    return text if len(text) <= 40 else text[:37] + "..."


def check_format(record: Any, path: Path, name: str, version: int, kind: FileKind) -> None:
    """Raise `kind.refusal` unless a file's values have this format and version."""
    is_object = isinstance(record, dict)
    if not is_object or (record.get("format"), record.get("version")) != (name, version):
        got = f"{record.get('format')!r:.40}, version {record.get('version')!r:.20}" if is_object else "other JSON"
        raise kind.refusal(f"{path}: expected format {name!r}, version {version}, got {got}; {kind.remedy}")
