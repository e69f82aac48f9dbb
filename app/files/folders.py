"""Folders as dialogs list them, and which one a dialog was used in last."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.files.settings import keep_json, read_kept_json
from app.model.status import one_line

IMPOSSIBLE = (OSError, ValueError, RuntimeError)  # raised for paths that no file can have, such as "~unknown/x"


@dataclass(frozen=True)
class Listing:
    """What a folder holds, without hidden names, as people count."""

    folder: Path  # absolute
    folders: tuple[str, ...]
    files: tuple[str, ...]  # of the suffixes that were asked for


def list_folder(folder: Path, suffixes: tuple[str, ...]) -> Listing:  # suffixes in lower case, with their dots
    """List a folder; raises one of IMPOSSIBLE, of which `cause_of` makes a line."""
    folder = folder.expanduser().resolve()
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    folders = sorted((entry.name for entry in entries if entry.is_dir()), key=natural)
    files = sorted((entry.name for entry in entries if entry.suffix.lower() in suffixes), key=natural)
    known = set(folders)
    return Listing(folder, tuple(folders), tuple(name for name in files if name not in known))


def cause_of(error: Exception) -> str:
    """Why a folder or a path cannot be used, in a line."""
    return one_line(getattr(error, "strerror", None) or error)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts as people count: "pose 2" before "pose 10"."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d{1,18})", name.lower())]


FOLDERS_FILE = "folders.json"


def read_folder(dialog: str) -> Path | None:
    """The folder that a dialog was used in last, else the last one of any dialog; None where there is none."""
    record = read_kept_json(FOLDERS_FILE, {})
    kept = {name: path for name, path in record.items() if isinstance(path, str)} if isinstance(record, dict) else {}
    named = kept.get(dialog) or next(reversed(kept.values()), "")
    try:
        return Path(named) if named and Path(named).is_dir() else None
    except (OSError, ValueError):
        return None


def keep_folder(dialog: str, folder: Path) -> None:
    """Keep the folder that a dialog was used in."""
    record = read_kept_json(FOLDERS_FILE, {})
    others = {name: path for name, path in record.items() if name != dialog} if isinstance(record, dict) else {}
    keep_json(FOLDERS_FILE, {**others, dialog: str(folder)})
