"""Light rigs between the windows and files: what the lamp panel's buttons do."""

from collections.abc import Callable
from pathlib import Path

from app.light_edits import use_rig
from app.light_rigs import read_rig, save_rig
from app.state import Store
from app.telling import Say, telling


class RigDesk:
    """Belongs to the windows' thread."""

    def __init__(self, store: Store, say: Say, noted: Callable[[str], None] = lambda path: None) -> None:
        """`noted` is told the files that were saved or loaded."""
        self._store, self._say, self._noted = store, say, noted

    def save(self, path: str) -> None:
        """All light into a JSON file; a message says how it went."""
        with telling(self._say):
            save_rig(Path(path).expanduser(), self._store.state.light)
            self._noted(path)
            self._say(f"Saved {path}")

    def load(self, path: str) -> None:
        """The rig of a JSON file; what it is not is a message."""
        with telling(self._say):
            lamps, sky = read_rig(Path(path).expanduser())
            self._store.end_gesture()
            self._store.post(lambda state: use_rig(state, lamps, sky), "light rig")
            self._noted(path)
