"""What the viewer keeps for a person between sessions, in the system's folder for settings."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from phynes_core.errors import OutputError
from phynes_core.io.atomic_file import replacing

_log = logging.getLogger(__name__)


def settings_folder() -> Path:
    """XDG_CONFIG_HOME or its like, then phynes-viewer; it need not exist."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = str(Path.home() / ".config")
    return Path(os.environ.get("XDG_CONFIG_HOME") or base) / "phynes-viewer"


def read_kept(name: str) -> str:
    """A kept file's text; "" when there is none that can be read."""
    try:
        return (settings_folder() / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def read_kept_json(name: str, otherwise: Any) -> Any:
    """A kept file's values; `otherwise`, with a warning, where it holds none that can be read."""
    if not (text := read_kept(name)):
        return otherwise
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        _log.warning("%s is ignored: %s", name, error)
        return otherwise


def keep_json(name: str, values: Any) -> bool:
    """Write a kept file of values, as `keep` does."""
    return keep(name, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def keep(name: str, text: str) -> bool:
    """Write a kept file, whole or not at all; False where the folder cannot be written: the viewer works without."""
    try:
        with replacing(settings_folder() / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OutputError as error:
        _log.warning("settings are not kept: %s", error)
        return False
    return True


def forget(name: str) -> None:
    """Remove a kept file."""
    (settings_folder() / name).unlink(missing_ok=True)
