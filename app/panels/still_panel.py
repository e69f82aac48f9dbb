"""Pictures to export: any size, clear or on their background, or every buffer as a layer."""

import dearpygui.dearpygui as dpg

from app.panels.panel import PanelContext, Snapshot, show_value, tooltip
from app.panels.widgets import ExportWidgets

SIZES = ("512", "1024", "1080x1920", "1920x1080", "2048", "3840x2160", "4096")
FORMATS = {".png": "PNG", ".exr": "EXR, all buffers"}


class StillPanel:
    """Pictures."""

    title = "Take a picture"

    def __init__(self, context: PanelContext) -> None:
        self._export = ExportWidgets(context, "still", noun="picture", start="Take", sizes=SIZES, formats=FORMATS)

    def build(self) -> None:
        """Format and size, file, one button that takes or cancels, the command line."""
        with dpg.group(horizontal=True):
            self._export.add_format(width=112)
            self._export.add_size(width=96)
            dpg.add_checkbox(
                label="clear", tag="still.has_alpha", callback=lambda _, on: self._export.set("has_alpha", on)
            )
        tooltip("still.format", "PNG as the picture is shown; EXR in linear numbers with every buffer as a layer.")
        tooltip("still.size", "Width and height in pixels; the height shows what the window's does.")
        tooltip("still.has_alpha", "Nothing behind the avatar instead of the background.")
        self._export.add_path(width=-40, label="file")
        tooltip("still.path", "Ends in .png or .exr. No file is ever replaced: the next one gets a number.")
        self._export.add_start(width=96)
        tooltip("still.start", "F12 in the picture. The file appears when it is complete.")
        self._export.add_command()

    def sync(self, snapshot: Snapshot) -> None:
        """Show the settings."""
        still, recording = snapshot.state.tool.still, snapshot.status.recording
        self._export.show(still, recording.state == "running", snapshot.command_lines.picture)
        show_value("still.has_alpha", still.has_alpha)
