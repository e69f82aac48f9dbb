"""The camera: views from six sides, flying, the lens, bookmarks."""

import dearpygui.dearpygui as dpg

from app.model import cameras, edits
from app.model.cameras import LENS_MM, CameraState, CameraTool
from app.model.fields import range_of
from app.model.store import Edit
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.widgets import slider

VIEW_WIDTH_PX = 54
NUM_SHOWN = 3
NO_BOOKMARKS = "no places yet"


class CameraPanel:
    """The camera."""

    title = "Camera"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._bookmarks: dict[str, str] = {}  # label -> name
        self._cameras: dict[str, CameraState] = {}  # by name
        self._chosen = ""  # name of a bookmark

    def build(self) -> None:
        """Views, fly mode, lens, bookmarks."""
        with dpg.group(horizontal=True):
            for name in cameras.VIEWS:
                dpg.add_button(
                    label=name.capitalize(), tag=f"camera.{name}", width=VIEW_WIDTH_PX, user_data=name,
                    callback=lambda _, __, which: self._post(lambda s: cameras.view_from(s, which), "view"),
                )  # fmt: skip
                tooltip(
                    f"camera.{name}",
                    f"From the same distance, at the same point. {{camera.view_{name}}} in the picture.",
                )
        with dpg.group(horizontal=True):
            dpg.add_checkbox(
                label="fly", tag="camera.fly",
                callback=lambda: self._context.post(cameras.toggle_fly, "fly mode"),
            )  # fmt: skip
            slider(
                "camera.speed", range_of(CameraTool, "fly_m_s"), width=160, clamped=True,
                on_change=lambda value: self._post(lambda s: cameras.set_fly_speed(s, value), "fly speed"),
            )  # fmt: skip
            dpg.add_button(
                label="Frame the avatar", tag="camera.frame", width=-1,
                callback=lambda: self._context.run("camera.frame"),
            )  # fmt: skip
        tooltip("camera.fly", "W A S D, Q E move in the picture, a drag looks around. {camera.fly} there, Esc ends it.")
        tooltip("camera.speed", "Metres a second; with Shift four times as fast. The wheel in the picture.")
        tooltip("camera.frame", "{camera.frame} in the picture.")
        with dpg.group(horizontal=True):
            slider(
                "camera.lens", LENS_MM, width=190, clamped=True,
                on_change=lambda value: self._post(lambda s: cameras.set_lens(s, value), "lens"),
            )  # fmt: skip
            dpg.add_combo(
                [f"{focal:.0f} mm" for focal in cameras.LENSES_MM], tag="camera.lenses", width=22, no_preview=True,
                callback=lambda _, label: self._use_lens(label),
            )  # fmt: skip
            dpg.add_checkbox(
                label="keep the size", tag="camera.keeps_size",
                callback=lambda: self._post(cameras.toggle_keeps_size, "lens"),
            )  # fmt: skip
        tooltip(
            "camera.lens",
            "Millimetres of full frame: 36 mm across the picture. {camera.shorter_lens} and "
            "{camera.longer_lens} in the picture; "
            "the panel View has the angle.",
        )
        tooltip("camera.lenses", "Usual lenses.")
        tooltip(
            "camera.keeps_size", "The distance follows the lens (dolly zoom); off: the camera stays. {camera.dolly}."
        )
        dpg.add_listbox(
            (), tag="camera.places", num_items=NUM_SHOWN, width=-1, callback=lambda _, label: self._go_to(label)
        )
        with dpg.group(horizontal=True):
            dpg.add_input_text(tag="camera.name", hint="name", width=150, on_enter=True, callback=self._save)
            dpg.add_button(label="Keep this place", tag="camera.keep", callback=self._save)
            dpg.add_button(label="Remove", tag="camera.remove", width=-1, callback=self._remove)
        tooltip(
            "camera.places",
            "Kept places of all sessions: a click goes there, in the picture {camera.go_to_place_1} "
            "to {camera.go_to_place_9}.",
        )
        tooltip("camera.name", "Of the place to keep. Enter keeps it.")
        tooltip(
            "camera.keep", "Under the name; one of that name moves here. {camera.keep_place_1} to 9 keep it by number."
        )
        tooltip("camera.remove", "The chosen place.")

    def sync(self, snapshot: Snapshot) -> None:
        """Show camera and bookmarks."""
        tool, camera = snapshot.state.tool.camera, snapshot.state.camera
        show_value("camera.fly", tool.flies)
        show_value("camera.speed", float(tool.fly_m_s))
        show_value("camera.lens", float(cameras.lens_mm(camera.fov_deg)))
        show_value("camera.keeps_size", tool.keeps_size)
        bookmarks = snapshot.choices.bookmarks
        self._cameras = {bookmark.name: bookmark.camera for bookmark in bookmarks}
        self._bookmarks = {f"{bookmark.number or ' '}   {bookmark.name}": bookmark.name for bookmark in bookmarks}
        self._chosen = self._chosen if self._chosen in self._cameras else ""
        show_options("camera.places", items=list(self._bookmarks) or [NO_BOOKMARKS])
        show_value(
            "camera.places", next((label for label, name in self._bookmarks.items() if name == self._chosen), "")
        )
        show_options("camera.remove", enabled=bool(self._chosen))

    def _post(self, edit: Edit, label: str) -> None:
        self._context.post(edit, label)

    def _use_lens(self, label: str) -> None:
        self._post(lambda s: cameras.set_lens(s, float(label.split()[0])), "lens")

    def _go_to(self, label: str) -> None:
        if (name := self._bookmarks.get(label)) is not None:
            self._chosen, camera = name, self._cameras[name]
            self._context.end_gesture()
            self._post(lambda s: edits.edit_camera(s, **vars(camera)), "bookmark")

    def _save(self) -> None:
        self._context.commands.cameras.save_bookmark(dpg.get_value("camera.name"))

    def _remove(self) -> None:
        if self._chosen:
            self._context.commands.cameras.remove_bookmark(self._chosen)
