"""The window of File, Export: what the avatar leaves in, its settings, and the command line that makes it again."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model.exports import CLIPS, MESH_FORMATS, TEXTURE_FORMATS, AvatarExportState, edit_avatar_export
from app.model.fields import range_of
from app.model.status import clock
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.popups.modal import Modal
from app.panels.theme import MUTED
from app.rendering.exports.avatar_export import FORMATS
from app.tools.commands.context import EXPORT_AVATAR

WIDTH_PX, TOP_PX, LABEL_PX, BUTTON_PX = 520, 90, 330, 116
CLIP_LABELS = {"playing": "the clip that plays", "all": "all of the library", "none": "none"}
SIZES = ("512", "1024", "2048", "4096")
LICENSE = "Only with the right to pass on the licensed body that the avatar's mesh is."


class ExportDialog(Modal):
    """A window over the panels; it stays open while the avatar is written, and shows how far that is."""

    def __init__(self, context: PanelContext) -> None:
        super().__init__(EXPORT_AVATAR, self.press)
        self._context = context
        self._settings = AvatarExportState()
        self._is_running = False

    def build(self) -> None:
        """Add the window, hidden."""
        with dpg.window(
            label="Export the avatar", tag=EXPORT_AVATAR, user_data=self, show=False, modal=True, autosize=True,
            no_collapse=True, no_docking=True, no_saved_settings=True, on_close=self.close,
        ):  # fmt: skip
            self._combo("kind", [kind.title for kind in FORMATS.values()], "as")
            dpg.add_input_text(
                label="file", tag="export.path", width=LABEL_PX, callback=lambda _, text: self._set_path(text)
            )
            self._combo("clips", [CLIP_LABELS[name] for name in CLIPS], "clips")
            self._combo("texture_size", SIZES, "texels a side")
            morphs = range_of(AvatarExportState, "pose_morphs")
            dpg.add_input_int(
                label="morph targets", tag="export.pose_morphs", width=LABEL_PX, min_value=int(morphs.least),
                max_value=int(morphs.most), min_clamped=True, max_clamped=True,
                callback=lambda _, count: self._set("pose_morphs", count),
            )  # fmt: skip
            self._combo("mesh_format", MESH_FORMATS, "meshes")
            self._combo("texture_format", TEXTURE_FORMATS, "textures")
            dpg.add_checkbox(
                label="with a licensed body", tag="export.has_licensed_body",
                callback=lambda _, on: self._set("has_licensed_body", on),
            )  # fmt: skip
            dpg.add_progress_bar(tag="export.progress", width=WIDTH_PX, overlay="")
            dpg.add_text("", tag="export.said", wrap=WIDTH_PX, color=MUTED)
            with dpg.group(horizontal=True):
                dpg.add_button(
                    label="Copy", tag="export.copy", callback=lambda: self._context.run("export.copy_avatar")
                )
                dpg.add_input_text(tag="export.command", readonly=True, width=WIDTH_PX - 50)
            with dpg.group(horizontal=True):
                dpg.add_button(label="Export", tag="export.start", width=BUTTON_PX, callback=self.press)
                dpg.add_button(label="Close", tag="export.close", width=BUTTON_PX, callback=self.close)
        tooltip("export.pose_morphs", "Principal components of what follows the pose, over the clips; 0: none.")
        tooltip("export.has_licensed_body", LICENSE)
        tooltip("export.command", "The command line that writes this file without a window.")

    def open(self, controls_width: int) -> None:
        """Show it and take the keyboard."""
        self.show(WIDTH_PX, controls_width, TOP_PX)

    def press(self) -> None:
        """Export, or cancel what is being made."""
        if self.is_open:
            self._context.run("export.cancel" if self._is_running else "export.avatar")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show settings, progress and what was said of the file."""
        settings, recording = snapshot.state.tool.avatar_export, snapshot.status.recording
        self._settings, self._is_running = settings, recording.state == "running"
        suffix = Path(settings.path).suffix.lower()
        show_value("export.kind", FORMATS[suffix].title if suffix in FORMATS else "")
        show_value("export.path", settings.path)
        show_value("export.clips", CLIP_LABELS[settings.clips])
        show_value("export.texture_size", str(settings.texture_size))
        show_value("export.pose_morphs", settings.pose_morphs)
        show_value("export.mesh_format", settings.mesh_format)
        show_value("export.texture_format", settings.texture_format)
        show_value("export.has_licensed_body", settings.has_licensed_body)
        options = FORMATS[suffix].options if suffix in FORMATS else frozenset()
        for tag, option in (("texture_size", "texture_size"), ("pose_morphs", "pose_morphs"),
                            ("mesh_format", "format"), ("texture_format", "textures")):  # fmt: skip
            show_options(f"export.{tag}", show=option in options)
        is_avatar = recording.noun == "avatar" and recording.state != "idle"
        left = f", {clock(recording.left_s)} left" if recording.left_s is not None else ""
        running = f"{recording.num_done} of {recording.num_frames}{left}" if recording.num_frames else "beginning"
        show_value("export.progress", float(recording.share) if is_avatar else 0.0)
        show_options("export.progress", show=is_avatar, overlay=running if self._is_running else recording.state)
        show_options("export.start", label="Cancel" if self._is_running else "Export")
        show_value("export.command", snapshot.command_lines.avatar)
        about = [message.text for message in snapshot.status.messages if Path(settings.path).name in message.text]
        show_value("export.said", "\n".join(about[-4:]) if is_avatar else "")

    def _combo(self, name: str, items: list[str] | tuple[str, ...], label: str) -> None:
        dpg.add_combo(
            items,
            tag=f"export.{name}",
            label=label,
            width=LABEL_PX,
            callback=lambda _, chosen: self._choose(name, chosen),
        )

    def _choose(self, name: str, chosen: str) -> None:
        if name == "kind":
            suffix = next(suffix for suffix, kind in FORMATS.items() if kind.title == chosen)
            self._set("path", str(Path(self._settings.path).with_suffix(suffix)))
        elif name == "clips":
            self._set("clips", key_of(CLIP_LABELS, chosen))
        else:
            self._set(name, int(chosen) if name == "texture_size" else chosen)

    def _set_path(self, text: str) -> None:
        if text.strip():
            self._set("path", text.strip())

    def _set(self, name: str, value: object) -> None:
        self._context.post(lambda s: edit_avatar_export(s, **{name: value}), f"export {name}")
