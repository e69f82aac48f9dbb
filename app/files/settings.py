"""What the viewer keeps for a person between sessions: appearance, recent files and other settings."""

import json
import logging
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from app.files.records import RecordError, from_record, to_record
from app.model.fields import Choice
from app.model.status import RECENT_KINDS
from phynes_core.errors import OutputError
from phynes_core.io.output_files import replacing

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


APPEARANCE_FILE = "appearance.json"
THEMES = ("dark", "light")
SCALES = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Appearance:
    """Theme and size of text and widgets."""

    theme: Annotated[str, Choice(THEMES)] = "dark"
    scale: Annotated[float, Choice((0.0, *SCALES))] = 0.0  # times the usual size; 0 follows the screen's density

    def scale_on(self, screen_scale: float) -> float:
        """The size to draw with, of SCALES, on a screen of this density (1 is 96 dots per inch)."""
        wanted = self.scale or screen_scale
        return min(SCALES, key=lambda scale: abs(scale - wanted))


def read_appearance() -> Appearance:
    """As it was kept; the usual one where nothing readable was."""
    try:
        return from_record(Appearance, read_kept_json(APPEARANCE_FILE, {}))
    except RecordError as error:
        _log.warning("%s is ignored: %s", APPEARANCE_FILE, error)
        return Appearance()


def keep_appearance(appearance: Appearance) -> None:
    """For the next start."""
    keep_json(APPEARANCE_FILE, to_record(appearance))


def next_theme(appearance: Appearance) -> Appearance:
    """The other one."""
    return replace(appearance, theme=THEMES[(THEMES.index(appearance.theme) + 1) % len(THEMES)])


def step_scale(appearance: Appearance, steps: int, screen_scale: float) -> Appearance:
    """The next larger or smaller size; 0 steps follow the screen again."""
    if not steps:
        return replace(appearance, scale=0.0)
    index = SCALES.index(appearance.scale_on(screen_scale)) + steps
    return replace(appearance, scale=SCALES[min(max(index, 0), len(SCALES) - 1)])


FILE = "recent.json"
MOST_KEPT = 8


class RecentFiles:
    """Belongs to the windows' thread. Files that are gone are dropped when the list is read."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[str, ...]] = _kept()

    def listed(self) -> dict[str, tuple[str, ...]]:
        """Absolute paths, newest first."""
        return dict(self._paths)

    def note(self, kind: str, path: str | Path) -> None:
        """A file was opened or saved: it becomes the newest. Other viewers may have noted some meanwhile."""
        newest = str(Path(path).absolute())
        if self._paths[kind][:1] == (newest,) or not Path(newest).is_file():
            return
        kept = _kept()
        self._paths = kept | {kind: (newest, *(known for known in kept[kind] if known != newest))[:MOST_KEPT]}
        keep_json(FILE, self._paths)

    def forget(self, kind: str, path: str) -> None:
        """A file cannot be opened any more."""
        self._paths = self._paths | {kind: tuple(known for known in self._paths[kind] if known != path)}
        keep_json(FILE, self._paths)


def _kept() -> dict[str, tuple[str, ...]]:
    record = read_kept_json(FILE, {})
    paths: dict[str, tuple[str, ...]] = {}
    for kind in RECENT_KINDS:
        listed = record.get(kind) if isinstance(record, dict) else None
        texts = [path for path in listed if isinstance(path, str)] if isinstance(listed, list) else []
        paths[kind] = tuple(path for path in dict.fromkeys(texts) if Path(path).is_file())[:MOST_KEPT]
    return paths
