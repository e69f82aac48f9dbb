"""The settings folder, which the viewer keeps between sessions, and the recent files in it."""

import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.model.status import RECENT_KINDS
from phynes_core.errors import OutputError, PhynesError, one_line
from phynes_core.io.json_files import parse_json
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind, is_readable_file, read_untrusted

_log = logging.getLogger(__name__)


class SettingsError(PhynesError):
    """A kept file that is passed over."""


KEPT = FileKind("settings file", 4_000_000, SettingsError, "it is ignored")


def settings_folder() -> Path:
    """The folder phynes-viewer in XDG_CONFIG_HOME or the system's own settings folder; it need not exist."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = str(Path.home() / ".config")
    return Path(os.environ.get("XDG_CONFIG_HOME") or base) / "phynes-viewer"


def read_kept(name: str) -> str:
    """The text of a file in the settings folder; "" where it is missing or cannot be read (warned of)."""
    path = settings_folder() / name
    if not is_readable_file(path):
        return ""
    try:
        return read_untrusted(path, KEPT).decode("utf-8")
    except (SettingsError, UnicodeDecodeError) as error:
        _log.warning("%s is ignored: %s", name, one_line(error))
        return ""


def read_kept_json(name: str, otherwise: Any) -> Any:
    """The values of a JSON file in the settings folder; `otherwise` where it is missing, or not JSON (warned of)."""
    if not (text := read_kept(name)):
        return otherwise
    try:
        return parse_json(text, name, KEPT)
    except SettingsError as error:
        _log.warning("%s is ignored: %s", name, one_line(error))
        return otherwise


def keep_json(name: str, values: Any) -> bool:
    """Write values as a JSON file into the settings folder, as `keep` does."""
    return keep(name, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def keep(name: str, text: str) -> bool:
    """Write a file into the settings folder atomically; False, with a warning, where it cannot be written."""
    try:
        with replacing(settings_folder() / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OutputError as error:
        _log.warning("settings are not kept: %s", error)
        return False
    return True


def forget(name: str) -> None:
    """Remove a file from the settings folder."""
    (settings_folder() / name).unlink(missing_ok=True)


FILE = "recent.json"
MOST_KEPT = 8
MOST_READ = 100  # of each kind: a list from elsewhere may be long


class RecentFiles:
    """Recently used files by kind, used from the windows' thread. Files that no longer exist are left out when read."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[str, ...]] = _kept()

    def listed(self) -> dict[str, tuple[str, ...]]:
        """Kind -> absolute paths, newest first."""
        return dict(self._paths)

    def note(self, kind: str, path: str | Path) -> None:
        """Make a file the newest of its kind. The list is read again first, for other viewers may have changed it."""
        newest = str(Path(path).absolute())
        if self._paths[kind][:1] == (newest,) or not Path(newest).is_file():
            return
        kept = _kept()
        self._paths = kept | {kind: (newest, *(known for known in kept[kind] if known != newest))[:MOST_KEPT]}
        keep_json(FILE, self._paths)

    def forget(self, kind: str, path: str) -> None:
        """Remove a file from the list."""
        self._paths = self._paths | {kind: tuple(known for known in self._paths[kind] if known != path)}
        keep_json(FILE, self._paths)


def existing_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that are regular files."""
    return tuple(path for path in paths if is_readable_file(Path(path)))


def _kept() -> dict[str, tuple[str, ...]]:
    record = read_kept_json(FILE, {})
    paths: dict[str, tuple[str, ...]] = {}
    for kind in RECENT_KINDS:
        listed = record.get(kind) if isinstance(record, dict) else None
        texts = [path for path in listed if isinstance(path, str)] if isinstance(listed, list) else []
        paths[kind] = existing_files(dict.fromkeys(texts[:MOST_READ]))[:MOST_KEPT]
    return paths
