"""Material edits between the windows and files beside checkpoints: saved, loaded and offered, never taken unasked."""

from pathlib import Path

from app.material_edits import use_materials
from app.material_files import load_materials, materials_path, save_materials
from app.material_state import MaterialFile
from app.state import Store
from app.telling import Say, telling


class MaterialDesk:
    """Belongs to the windows' loop; a file is a few kB, so reading and writing wait for nothing."""

    def __init__(self, store: Store, say: Say) -> None:
        self._store, self._say = store, say
        self._offered: str | None = None  # the avatar whose file was last looked for
        self._is_there = False

    @property
    def beside(self) -> MaterialFile:
        """The file of the active avatar."""
        avatar = self._store.state.body.avatar
        return MaterialFile(materials_path(avatar).name, self._is_there) if avatar else MaterialFile()

    def turn(self) -> None:
        """Look for a file when another avatar becomes the active one, and say so: nobody is painted unasked."""
        body = self._store.state.body
        if body.avatar == self._offered or not body.avatar:
            return
        self._offered, path = body.avatar, materials_path(body.avatar)
        self._is_there = path.is_file()
        if self._is_there and not body.materials.strokes and body.materials.is_plain:
            self._say(f"{path.name} beside this avatar is not used: Ctrl+Shift+U or the panel Materials loads it")

    def save(self, path: str = "") -> None:
        """Write the active body's edits, beside its checkpoint when no path is given."""
        body = self._store.state.body
        if not body.avatar:
            return
        with telling(self._say):
            target = Path(path).expanduser() if path else materials_path(body.avatar)
            save_materials(target, body.materials, body.avatar)
            self._is_there = self._is_there or target == materials_path(body.avatar)
            self._say(f"Saved {target}")

    def load(self, path: str = "") -> None:
        """Use the edits of a file, of the one beside the checkpoint when no path is given."""
        avatar = self._store.state.body.avatar
        with telling(self._say):
            source = Path(path).expanduser() if path else materials_path(avatar)
            materials = load_materials(source)
            self._store.end_gesture()
            self._store.post(lambda state: use_materials(state, materials), "load materials")
            self._store.end_gesture()
            self._say(f"Materials as {source.name} has them")
