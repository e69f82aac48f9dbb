"""A session as a file: everything that ViewState holds, in one JSON that a person can read and mend."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from app.files.records import RecordError, from_record, parse_json, read_text, to_record
from app.model.body_checks import mistake_in_bodies
from app.model.camera_checks import mistake_in_cameras
from app.model.session_limits import mistake_in_value
from app.model.view_state import ViewState
from phynes_core.errors import PhynesError
from phynes_core.io.atomic_file import replacing
from phynes_core.io.shipped_files import PROJECT

FORMAT, VERSION = "phynes session", 2
NAMES_OF_VERSION_1 = {  # path of a field -> its name since version 2
    "company": "avatar_row", "company.place": "active", "stage": "surroundings", "look": "display",
    "look.wipe": "slider",
}  # fmt: skip
MOST_BYTES = 16_000_000
REMEDY = "name a file that Ctrl+S saved"
FILES = ("avatar", "motion", "second", "environment")  # fields, wherever they stand, that name a file or are empty

Visit = Callable[[Any, str, Any], Any]  # owner, field, value -> the value to have


class SessionError(PhynesError):
    """A session file that cannot be read."""


def save_session(path: Path, state: ViewState) -> None:
    """Write the file, whole or not at all; files of the project are named relative to it."""
    with replacing(path) as temporary:
        temporary.write_text(session_text(state), encoding="utf-8")


def session_text(state: ViewState) -> str:
    """What a session file holds."""
    record = {"format": FORMAT, "version": VERSION, "view": view_record(state)}
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def load_session(path: Path) -> ViewState:
    """Read a session file; raises SessionError."""
    text = read_text(path, "this session", MOST_BYTES, SessionError, REMEDY)
    return parse_session(text, str(path), path.absolute().parent)


def parse_session(text: str, name: str, folder: Path) -> ViewState:
    """The state in a session's text; `folder` is where its relative paths may start."""
    record = parse_json(text, name, SessionError, "mend it or save the session again")
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise SessionError(f"{name}: expected a session file, got other JSON; {REMEDY}")
    if record.get("version") not in (1, VERSION):
        raise SessionError(f"{name}: expected version {VERSION}, got {record.get('version')!r}; update the viewer")
    return view_from_record(record.get("view"), name, folder)


def view_of_argument(text: str) -> ViewState:
    """What --session means: a session file, or the JSON of a view itself."""
    if text.lstrip().startswith("{"):
        record = parse_json(text, "--session", SessionError, "mend it, or name a session file")
        return view_from_record(record, "--session", Path.cwd())
    return load_session(Path(text).expanduser())


def view_record(state: ViewState) -> dict[str, Any]:
    """The state as JSON values: what differs from the defaults."""

    def shorten(owner: Any, field: str, value: Any) -> Any:
        is_ours = field in FILES and value and Path(value).is_relative_to(PROJECT)
        return Path(value).relative_to(PROJECT).as_posix() if is_ours else value

    return to_record(_visited(state, shorten))


def view_from_record(record: Any, name: str, folder: Path) -> ViewState:
    """The state that JSON values describe; raises SessionError."""

    def checked(owner: Any, field: str, value: Any) -> Any:
        if (wrong := mistake_in_value(owner, field, value)) is not None:
            raise SessionError(f"{name}: {wrong}; mend it or save the session again")
        if field not in FILES or not value:
            return value
        places = [folder / value, PROJECT / value]  # an absolute path stays what it is
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise SessionError(f"{name}: names {value}, which is no file; put it there or mend the path")
        return str(found.resolve())

    try:
        state = _visited(from_record(ViewState, _with_present_names(record)), checked)
    except RecordError as error:
        raise SessionError(f"{name}: {error}; mend it or save the session again") from error
    if (mistake := mistake_in_bodies(state) or mistake_in_cameras(state)) is not None:
        raise SessionError(f"{name}: {mistake}; mend it or save the session again")
    return state


def _with_present_names(record: Any, path: str = "") -> Any:
    """The record of a view with the fields of version 1 under their present names."""
    if not isinstance(record, dict):
        return record
    named = {}
    for name, value in record.items():
        field = f"{path}.{name}" if path else name
        named[NAMES_OF_VERSION_1.get(field, name)] = _with_present_names(value, field)
    return named


def _visited(value: Any, visit: Visit) -> Any:
    """The value with every field of every dataclass in it replaced by what `visit` says."""
    if isinstance(value, tuple):
        return tuple(_visited(item, visit) for item in value)
    if not is_dataclass(value):
        return value
    changes = {
        field.name: _visited(visit(value, field.name, getattr(value, field.name)), visit) for field in fields(value)
    }
    return replace(value, **changes)  # type: ignore[type-var]
