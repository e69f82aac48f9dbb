"""Light rigs between the windows and files: what the lamp panel's buttons do."""

from pathlib import Path

from app.light_edits import use_rig
from app.light_rigs import read_rig, save_rig
from app.state import Store
from app.worker import Worker
from phynes_core.errors import PhynesError


class RigDesk:
    """Belongs to the windows' thread."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store, self._worker = store, worker

    def save(self, path: str) -> None:
        """All light into a JSON file; a message says how it went."""
        if path:
            try:
                save_rig(Path(path), self._store.state.light)
            except PhynesError as error:
                self._worker.say(" ".join(str(error).split()), is_error=True)
            else:
                self._worker.say(f"Saved {path}")

    def load(self, path: str) -> None:
        """The rig of a JSON file; what it is not is a message."""
        if path:
            try:
                lamps, sky = read_rig(Path(path))
            except PhynesError as error:
                self._worker.say(" ".join(str(error).split()), is_error=True)
            else:
                self._store.end_gesture()
                self._store.post(lambda state: use_rig(state, lamps, sky), "light rig")
