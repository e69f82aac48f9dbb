"""The files that a person opened lately, by kind, kept between sessions."""

from pathlib import Path

from app.session_status import RECENT_KINDS
from app.user_files import keep_json, read_kept_json

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
