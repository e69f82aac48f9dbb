"""A session as a file: everything that ViewState holds, in one JSON that a person can read and mend."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.records import RecordError, from_record, to_record
from app.state import BUFFERS, DETAIL_MODES, LIGHT_MODES, SPINS, TONE_CURVES, ViewState
from phynes_core.atomic_file import replacing
from phynes_core.errors import PhynesError
from phynes_core.paths import PROJECT

FORMAT, VERSION = "phynes session", 1
LARGEST_FILE_BYTES = 16_000_000
CHOICES = {  # path of a text -> what it may be
    "body.detail": DETAIL_MODES,
    "light.mode": LIGHT_MODES,
    "look.buffer": BUFFERS,
    "look.curve": TONE_CURVES,
    "tool.turntable.spin": SPINS,
}
FILES = (("body", "avatar"), ("body", "motion"), ("light", "environment"))  # texts that name a file, or are empty


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
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise SessionError(f"{path}: expected a session file, got one of {path.stat().st_size >> 20} MB")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise SessionError(f"{path}: cannot read this session ({reason}); name a file that Ctrl+S saved") from error
    return parse_session(text, str(path), path.absolute().parent)


def parse_session(text: str, name: str, folder: Path) -> ViewState:
    """The state in a session's text; `folder` is where its relative paths may start."""
    record = _json(text, name)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise SessionError(f"{name}: expected a session file, got other JSON; name a file that Ctrl+S saved")
    if record.get("version") != VERSION:
        raise SessionError(f"{name}: expected version {VERSION}, got {record.get('version')!r}; update the viewer")
    return view_from_record(record.get("view"), name, folder)


def view_of_argument(text: str) -> ViewState:
    """What --view means: a session file, or the JSON of a view itself."""
    if text.lstrip().startswith("{"):
        return view_from_record(_json(text, "--view"), "--view", Path.cwd())
    return load_session(Path(text))


def view_record(state: ViewState) -> dict[str, Any]:
    """The state as JSON values: what differs from the defaults."""

    def shorten(path: str) -> str:
        return str(Path(path).relative_to(PROJECT)) if path and Path(path).is_relative_to(PROJECT) else path

    return to_record(_with_files(state, shorten))


def view_from_record(record: Any, name: str, folder: Path) -> ViewState:
    """The state that JSON values describe; raises SessionError."""

    def find(path: str) -> str:
        if not path:
            return ""
        places = [folder / path, PROJECT / path]  # an absolute path stays what it is
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise SessionError(f"{name}: names {path}, which is no file; put it there or mend the path")
        return str(found.resolve())

    try:
        state = from_record(ViewState, record)
    except RecordError as error:
        raise SessionError(f"{name}: {error}") from error
    for path, choices in CHOICES.items():
        value: Any = state
        for part in path.split("."):
            value = getattr(value, part)
        if value not in choices:
            raise SessionError(f"{name}: {path}: expected one of {', '.join(choices)}, got {value!r}")
    return _with_files(state, find)


def _with_files(state: ViewState, change: Callable[[str], str]) -> ViewState:
    for room, field in FILES:
        part = getattr(state, room)
        state = replace(state, **{room: replace(part, **{field: change(getattr(part, field))})})
    return state


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SessionError(f"{name}: not readable as JSON ({error}); mend it or save the session again") from error
