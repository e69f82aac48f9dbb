"""The camera path: its keys, the motion between them, playing it."""

import dearpygui.dearpygui as dpg

from app.model import camera_paths
from app.model.camera_paths import CameraKey, CameraPath, duration_s
from app.model.cameras import CameraTool, lens_mm
from app.model.fields import range_of
from app.model.store import Edit
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.popups.file_dialog import JSON, FileDialog, add_dialog_button, add_file_dialog
from app.panels.widgets import drag, slider
from app.tools.commands.context import LOAD_PATH, SAVE_PATH

NUM_SHOWN = 3
NO_KEYS = "no keys yet: look from somewhere, then Add"
MOVE_LABELS = {"around": "around the avatar", "straight": "straight lines"}
KEY_BUTTONS: tuple[tuple[str, str, Edit, str], ...] = (
    (
        "add",
        "Add",
        camera_paths.add_key,
        "This view: two seconds after the last key, or at the slider's moment. {camera.add_key}.",
    ),
    (
        "replace",
        "Replace",
        camera_paths.replace_key,
        "This view becomes the selected key's. {camera.replace_key} in the picture.",
    ),
    ("remove", "Remove", camera_paths.remove_key, "The selected key. {camera.remove_key} in the picture."),
    (
        "earlier",
        "Earlier",
        lambda s: camera_paths.shift_key(s, -1),
        "Exchange it with the key before. {camera.key_before}.",
    ),
    ("later", "Later", lambda s: camera_paths.shift_key(s, 1), "Exchange it with the key after. {camera.key_after}."),
)


class PathPanel:
    """The camera path."""

    title = "Camera path"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._labels: list[str] = []
        self._selected = -1

    def build(self) -> None:
        """Keys, times, preview, shape, files."""
        with dpg.group(horizontal=True):
            for name, label, edit, hint in KEY_BUTTONS:
                self._button(f"path.{name}", label, edit, f"{label.lower()} camera key")
                tooltip(f"path.{name}", hint)
        dpg.add_listbox(
            (), tag="path.keys", num_items=NUM_SHOWN, width=-1, callback=lambda _, label: self._choose(label)
        )
        tooltip(
            "path.keys",
            "Time and lens of each key; a click looks from there. {camera.previous_key} and "
            "{camera.next_key} in the picture.",
        )
        with dpg.group(horizontal=True):
            drag(
                "path.time", range_of(CameraKey, "time_s"), width=118,
                on_change=lambda value: self._edit(lambda s: camera_paths.set_selected_time(s, value), "key time"),
            )  # fmt: skip
            dpg.add_checkbox(
                label="closed", tag="path.closed", callback=lambda: self._edit(camera_paths.toggle_closed, "close path")
            )
            drag(
                "path.closing", range_of(CameraPath, "closing_s"), width=-1,
                on_change=lambda value: self._edit(lambda s: camera_paths.set_closing(s, value), "closing time"),
            )  # fmt: skip
        tooltip("path.time", "Seconds from the first key, which is at 0; dragged past another key, they change places.")
        tooltip(
            "path.closed", "From the last key back to the first, again and again. {camera.close_path} in the picture."
        )
        tooltip("path.closing", "Seconds from the last key to the first.")
        with dpg.group(horizontal=True):
            self._button("path.play", "Play", camera_paths.toggle_path, "play path", width=64)
            slider(
                "path.scrub", range_of(CameraTool, "time_s"), width=-1,
                on_change=lambda value: self._edit(lambda s: camera_paths.go_to_time(s, value), "scrub path"),
            )  # fmt: skip
        tooltip(
            "path.play", "At the speed of the video. {camera.play_path} in the picture; a hand on the camera stops it."
        )
        tooltip("path.scrub", "Look from where the path is at this second.")
        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(MOVE_LABELS.values()),
                tag="path.moves",
                width=140,
                callback=lambda _, label: self._choose_motion(label),
            )
            dpg.add_checkbox(
                label="gentle ends", tag="path.eases",
                callback=lambda _, on: self._edit(lambda s: camera_paths.edit_path(s, eases=on), "path"),
            )  # fmt: skip
            dpg.add_checkbox(
                label="show", tag="path.shows",
                callback=lambda: self._context.post(camera_paths.toggle_shows_path, "show path"),
            )  # fmt: skip
        tooltip("path.moves", "Between two keys: on an arc around what is looked at, or the eye on a straight line.")
        tooltip("path.eases", "An open path starts and stops without a jerk.")
        tooltip(
            "path.shows", "The path as a line in the picture, its keys with where they look. {camera.show_path} there."
        )
        with dpg.group(horizontal=True):
            add_dialog_button(self._context, "Save...", "path.save", SAVE_PATH)
            add_dialog_button(self._context, "Load...", "path.load", LOAD_PATH)
            self._button("path.clear", "Clear", camera_paths.clear_path, "clear path")
            self._button("path.record", "Video along it", camera_paths.record_path, "turntable spin")
        tooltip("path.save", "As JSON: for turntable --camera-path, render --camera, and other programs.")
        tooltip("path.load", "A camera path as JSON; it can also be dropped on the picture.")
        tooltip("path.clear", "Takes every key off the path; undo brings them back.")
        tooltip(
            "path.record", "The next video runs along the path and takes as long. {export.video} in the picture begins."
        )
        cameras = self._context.commands.cameras
        saving = FileDialog(SAVE_PATH, "Save the camera path", JSON, cameras.save_path, "path", saves=True)
        add_file_dialog(self._context, saving)
        add_file_dialog(self._context, FileDialog(LOAD_PATH, "Load a camera path", JSON, cameras.load_path))

    def sync(self, snapshot: Snapshot) -> None:
        """Show the path."""
        state = snapshot.state
        path, tool, length = state.path, state.tool.camera, duration_s(state.path)
        self._selected = camera_paths.selected_key(state)
        self._labels = [
            f"{index}     {key.time_s:.2f} s     {lens_mm(key.camera.fov_deg):.0f} mm"
            for index, key in enumerate(path.keys, 1)
        ]
        show_options("path.keys", items=self._labels or [NO_KEYS])
        show_value("path.keys", self._labels[self._selected] if self._labels else "")
        show_value("path.time", float(path.keys[self._selected].time_s) if path.keys else 0.0)
        show_options("path.time", enabled=self._selected > 0)
        show_value("path.closed", path.is_closed)
        show_value("path.closing", float(path.closing_s))
        show_options("path.closing", enabled=path.is_closed)
        show_options("path.play", label="Stop" if tool.plays else "Play", enabled=length > 0)
        show_options("path.scrub", max_value=max(length, 1e-3), enabled=length > 0)
        show_value("path.scrub", float(tool.time_s))
        show_value("path.moves", MOVE_LABELS[path.moves])
        show_value("path.eases", path.eases)
        show_options("path.eases", enabled=not path.is_closed)
        show_value("path.shows", tool.shows_path)
        for name in ("replace", "remove", "save", "clear"):
            show_options(f"path.{name}", enabled=bool(path.keys))
        show_options("path.earlier", enabled=self._selected > 0)
        show_options("path.later", enabled=0 <= self._selected < len(path.keys) - 1)
        show_options("path.record", enabled=length > 0)

    def _button(self, tag: str, label: str, edit: Edit, name: str, width: int = 0) -> None:
        def press() -> None:
            self._context.end_gesture()
            self._edit(edit, name)

        dpg.add_button(label=label, tag=tag, width=width, callback=press)

    def _edit(self, edit: Edit, label: str) -> None:
        self._context.post(edit, label)

    def _choose(self, label: str) -> None:
        if label in self._labels:
            index = self._labels.index(label)
            self._context.end_gesture()
            self._edit(lambda s: camera_paths.go_to_key(s, index), "camera key")

    def _choose_motion(self, label: str) -> None:
        moves = key_of(MOVE_LABELS, label)
        self._edit(lambda s: camera_paths.edit_path(s, moves=moves), "path")
