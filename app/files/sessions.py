"""Sessions: a whole ViewState as a JSON file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.files.records import RecordError, from_record, to_record
from app.model.status import one_line
from app.model.view_state import ViewState
from phynes_core.errors import PhynesError
from phynes_core.io.json_files import parse_json
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import PROJECT
from phynes_core.io.untrusted import FileKind, is_readable_file, read_untrusted

FORMAT, VERSION = "phynes session", 2
NAMES_OF_VERSION_1 = {  # path of a field -> its name since version 2
    "company": "avatar_row", "company.place": "active", "stage": "surroundings", "look": "display",
    "look.wipe": "slider",
}  # fmt: skip
REMEDY = "name a file that Ctrl+S saved"
MEND = "correct it or save the session again"
FILES = ("avatar", "motion", "second", "environment", "captured_of")  # fields that name a file or are empty


class SessionError(PhynesError):
    """A session file that cannot be read."""


SESSION = FileKind("session", 16_000_000, SessionError, REMEDY)


def save_session(path: Path, state: ViewState) -> None:
    """Write a session atomically; files of the project are named relative to its folder."""
    with replacing(path) as temporary:
        temporary.write_text(session_text(state), encoding="utf-8")


def session_text(state: ViewState) -> str:
    """The text of a session file."""
    record = {"format": FORMAT, "version": VERSION, "view": view_record(state)}
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def load_session(path: Path) -> ViewState:
    """Read a session file; raises SessionError."""
    return parse_session(read_untrusted(path, SESSION), str(path), path.absolute().parent)


def parse_session(text: str | bytes, name: str, folder: Path) -> ViewState:
    """The state in a session's text; relative paths start at `folder` or at the project; raises SessionError."""
    record = parse_json(text, name, SESSION)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise SessionError(f"{name}: expected a session file, got other JSON; {REMEDY}")
    if record.get("version") not in (1, VERSION):
        raise SessionError(f"{name}: expected version {VERSION}, got {record.get('version')!r:.40}; update the viewer")
    return view_from_record(record.get("view"), name, folder)


def view_of_argument(text: str) -> ViewState:
    """The state of --session: a session file's, or that of a view's JSON itself."""
    if text.lstrip().startswith("{"):
        record = parse_json(text, "--session", SESSION)
        return view_from_record(record, "--session", Path.cwd())
    return load_session(Path(text).expanduser())


def view_record(state: ViewState) -> dict[str, Any]:
    """The state as JSON values that differ from the defaults."""

    def shorten(path: str) -> str:
        return Path(path).relative_to(PROJECT).as_posix() if Path(path).is_relative_to(PROJECT) else path

    return _with_paths(to_record(state), shorten)


def view_from_record(record: Any, name: str, folder: Path) -> ViewState:
    """The state that JSON values describe; raises SessionError."""

    def found(path: str) -> str:
        for file in (folder / path, PROJECT / path):  # an absolute path stays what it is
            if is_readable_file(file):
                return str(file.resolve())
        raise SessionError(f"{name}: names {one_line(path)[:200]}, which is no file; put it there or correct the path")

    try:
        return from_record(ViewState, _with_paths(_with_present_names(record), found))
    except (RecordError, RecursionError) as error:
        raise SessionError(f"{name}: {error}; {MEND}") from error


def _with_present_names(record: Any, path: str = "") -> Any:
    """A view's record with the fields of version 1 renamed to the present ones."""
    if not isinstance(record, dict):
        return record
    named = {}
    for name, value in record.items():
        field = f"{path}.{name}" if path else name
        named[NAMES_OF_VERSION_1.get(field, name)] = _with_present_names(value, field)
    return named


def _with_paths(value: Any, change: Callable[[str], str]) -> Any:
    """A record with `change` applied to every path that one of FILES holds."""
    if isinstance(value, list):
        return [_with_paths(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: change(item) if name in FILES and isinstance(item, str) and item else _with_paths(item, change)
        for name, item in value.items()
    }
