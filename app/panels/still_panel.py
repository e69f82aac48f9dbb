"""Pictures to export: any size, clear or on their background, or every buffer as a layer."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model import exports
from app.model.status import with_suffix
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.widgets import CommandRow

SIZES = ("512", "1024", "1920", "2048", "3072", "4096")
FORMATS = {".png": "PNG", ".exr": "EXR, all buffers"}


class StillPanel:
    """Pictures."""

    title = "Take a picture"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._is_running = False
        self._command = CommandRow(
            "still", "picture", "Ctrl+C", lambda: context.run("export.copy_picture")
        )  # fmt: skip

    def build(self) -> None:
        """Format and size, file, one button that takes or cancels, the command line."""
        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(FORMATS.values()), tag="still.format", width=128,
                callback=lambda _, label: self._choose_format(label),
            )  # fmt: skip
            dpg.add_combo(SIZES, tag="still.size", width=72, callback=lambda _, value: self._set("size", int(value)))
            dpg.add_checkbox(
                label="clear", tag="still.has_alpha", callback=lambda _, value: self._set("has_alpha", value)
            )
        tooltip("still.format", "PNG as the picture is shown; EXR in linear numbers with every buffer as a layer.")
        tooltip("still.size", "Width and height in pixels, whatever the window's.")
        tooltip("still.has_alpha", "Nothing behind the avatar instead of the background.")
        dpg.add_input_text(
            label="file", tag="still.path", width=-40, callback=lambda _, value: self._set_path(value)
        )  # fmt: skip
        tooltip("still.path", "Ends in .png or .exr. No file is ever replaced: the next one gets a number.")
        dpg.add_button(label="Take", tag="still.start", width=96, callback=self._pressed)
        tooltip("still.start", "F12 in the picture. The file appears when it is complete.")
        self._command.build()

    def sync(self, snapshot: Snapshot) -> None:
        """Show the settings."""
        still, recording = snapshot.state.tool.still, snapshot.status.recording
        show_value("still.format", FORMATS.get(Path(still.path).suffix.lower(), FORMATS[".png"]))
        show_options("still.size", items=sorted({*SIZES, str(still.size)}, key=int))
        show_value("still.size", str(still.size))
        show_value("still.has_alpha", still.has_alpha)
        show_value("still.path", still.path)
        self._is_running = recording.state == "running"
        show_options("still.start", label="Cancel" if self._is_running else "Take")
        self._command.show(snapshot.command_lines.picture)

    def _pressed(self) -> None:
        self._context.run("export.cancel" if self._is_running else "export.picture")

    def _choose_format(self, label: str) -> None:
        suffix = key_of(FORMATS, label)
        self._context.post(
            lambda s: exports.edit_still(s, path=with_suffix(s.tool.still.path, suffix, "picture")),
            "picture format",
        )

    def _set_path(self, path: str) -> None:
        if path.strip():
            self._set("path", path.strip())

    def _set(self, name: str, value: object) -> None:
        self._context.post(lambda s: exports.edit_still(s, **{name: value}), f"picture {name}")
