"""Bookmarks and camera paths between the windows and their files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.files.cameras import (
    Bookmark,
    read_bookmarks,
    read_path,
    save_path,
    with_named,
    with_numbered,
    without,
    write_bookmarks,
)
from app.model.avatar_row import framed
from app.model.camera_paths import use_path
from app.model.cameras import CameraState
from app.model.edits import edit_camera
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.body_parts import whole
from app.rendering.frames import Frame
from app.tools.framing import frame_held, frame_part, frame_under
from app.tools.viewport import Point, Viewport
from app.viewer.notices import Say, report_errors


class CameraController:
    """Saves and loads bookmarks and paths in the windows' thread: files of a few kB."""

    def __init__(self, store: Store, say: Say, home: CameraState, newest: Callable[[], Frame | None]) -> None:
        """`home`: the camera that frames the avatars; `newest` gives the newest frame."""
        self._store, self._say, self._home, self._newest = store, say, home, newest
        self.bookmarks = read_bookmarks()

    def go_home(self) -> None:
        """Frame the avatars from the front, as a start without options does."""
        home = self._home
        self._store.post(lambda state: framed(replace(state, camera=home)), "reset view")

    def frame(self) -> None:
        """Frame the limb that is held, else the whole avatars; the direction stays."""
        frame = self._newest()
        if frame is None or not frame_held(self._store, frame):
            self._frame_whole()

    def frame_under(self, viewport: Viewport, point: Point) -> None:
        """Frame the limb at a position of the picture, beside the bodies the whole avatars; the direction stays."""
        if not frame_under(self._store, viewport, point):
            self._frame_whole()

    def frame_part(self, name: str) -> None:
        """Frame a part of the active avatar; the direction stays."""
        frame = self._newest()
        if frame is not None and frame.bodies:
            frame_part(self._store, frame, name)

    def _frame_whole(self) -> None:
        home = self._home

        def edit(state: ViewState) -> ViewState:
            return framed(whole(state, home))

        self._store.post(edit, "frame")

    def go_to(self, number: int) -> None:
        """Look from the bookmark of this number, if there is one."""
        found = next((bookmark for bookmark in self.bookmarks if bookmark.number == number), None)
        if found is None:
            return
        camera = found.camera
        self._store.end_gesture()
        self._store.post(lambda state: edit_camera(state, **vars(camera)), "bookmark")

    def keep_here(self, number: int) -> None:
        """Save the camera as the bookmark of this number."""
        self._write(with_numbered(read_bookmarks(), number, self._store.state.camera), f"Kept as bookmark {number}")

    def save_bookmark(self, name: str) -> None:
        """Save the camera as a bookmark of this name, in place of an older one."""
        before = read_bookmarks()
        after = with_named(before, name, self._store.state.camera)
        if after == before:
            self._say("Bookmark: expected a name, got none; type one", is_error=True)
        else:
            self._write(after, f"Kept as bookmark {' '.join(name.split())}")

    def remove_bookmark(self, name: str) -> None:
        """Remove the bookmark of this name."""
        before = read_bookmarks()
        if (after := without(before, name)) != before:
            self._write(after, f"Bookmark {name} removed")

    def save_path(self, file: str) -> None:
        """Write the camera path to a JSON file; a message says whether that worked."""
        path = self._store.state.path
        if not path.keys:
            self._say("Camera path: expected one key at least, got none; add one with {camera.add_key}", is_error=True)
            return
        with report_errors(self._say):
            save_path(Path(file).expanduser(), path)
            self._say(f"Saved {Path(file).expanduser().absolute()}")

    def load_path(self, file: str) -> None:
        """Use the camera path of a JSON file, or say why it cannot be read."""
        with report_errors(self._say):
            path = read_path(Path(file).expanduser())
            self._store.end_gesture()
            self._store.post(lambda state: use_path(state, path), "camera path")

    def _write(self, bookmarks: tuple[Bookmark, ...], message: str) -> None:
        if write_bookmarks(bookmarks):
            self._say(message)
        else:
            self._say("Bookmarks cannot be kept: the folder for settings cannot be written", is_error=True)
        self.bookmarks = bookmarks
