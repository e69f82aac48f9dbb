"""Videos to export, with progress and cancel."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model.exports import TurntableState
from app.model.fields import range_of
from app.model.status import clock
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.widgets import ExportWidgets, slider

SIZES = ("256", "512", "720", "1080", "1080x1920", "1280x720", "1920x1080", "2160", "3840x2160")
RATES = ("24", "25", "30", "60")
KINDS = {"camera": "turntable", "light": "light spin", "timeline": "timeline", "path": "camera path"}
FORMATS = {".mp4": "mp4", ".webm": "webm", "": "PNG files"}
HINTS = {
    "spin": "The camera or all light goes round once, the clip plays, or the camera runs its path.",
    "size": "Width and height of the video in pixels.",
    "format": "mp4: H.264, for everywhere; webm: VP9, may be clear; PNG: numbered, in a folder.",
    "fps": "Frames a second.",
    "plays_motion": "Let the clip run meanwhile.",
    "has_alpha": "Nothing behind the avatar, in webm and PNG.",
    "fits": "As long as the clip's range or the camera path, from its start.",
    "seconds": "Length of the video. Ctrl+click to type.",
    "start": "R in the picture, Shift+R cancels. The file appears when it is complete.",
    "path": "A .mp4 or .webm file, or a folder; an older one is replaced by the complete video.",
}
FITTING = ("timeline", "path")  # kinds whose length the clip or the path gives


class RecordPanel:
    """Video."""

    title = "Record a video"

    def __init__(self, context: PanelContext) -> None:
        self._export = ExportWidgets(context, "record", noun="video", start="Record", sizes=SIZES, formats=FORMATS)

    def build(self) -> None:
        """Settings, one button that records or cancels, a progress bar, the command line."""
        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(KINDS.values()), tag="record.spin", width=108,
                callback=lambda _, label: self._export.set("spin", key_of(KINDS, label)),
            )  # fmt: skip
            self._export.add_size(width=92)
            self._export.add_format(width=-1)
        with dpg.group(horizontal=True):
            dpg.add_combo(
                RATES, tag="record.fps", width=52, callback=lambda _, value: self._export.set("fps", int(value))
            )
            for name, label in (("plays_motion", "play"), ("has_alpha", "clear"), ("fits", "whole")):
                dpg.add_checkbox(
                    label=label, tag=f"record.{name}", user_data=name,
                    callback=lambda _, on, which: self._export.set(which, on),
                )  # fmt: skip
            slider(
                "record.seconds",
                range_of(TurntableState, "seconds"),
                lambda value: self._export.set("seconds", value),
                width=-1,
            )
        with dpg.group(horizontal=True):
            self._export.add_start(width=76)
            self._export.add_path(width=-1)
        for tag, text in HINTS.items():
            tooltip(f"record.{tag}", text)
        dpg.add_progress_bar(tag="record.progress", width=-1, overlay="")
        self._export.add_command()

    def sync(self, snapshot: Snapshot) -> None:
        """Show settings and progress."""
        settings, recording = snapshot.state.tool.turntable, snapshot.status.recording
        has_own_length = settings.spin in FITTING
        suffix = Path(settings.path).suffix.lower()
        show_value("record.spin", KINDS[settings.spin])
        show_value("record.fps", str(settings.fps))
        show_value("record.seconds", float(settings.seconds))
        show_options("record.seconds", show=not (has_own_length and settings.fits))
        for name in ("plays_motion", "has_alpha", "fits"):
            show_value(f"record.{name}", getattr(settings, name))
        show_options("record.plays_motion", show=settings.spin != "timeline")
        show_options("record.has_alpha", show=suffix != ".mp4")
        show_options("record.fits", show=has_own_length)
        show_value("record.progress", float(recording.share))
        show_options("record.progress", show=recording.state != "idle", overlay=_overlay(snapshot))
        self._export.show(settings, recording.state == "running", snapshot.command_lines.video)


def _overlay(snapshot: Snapshot) -> str:
    recording = snapshot.status.recording
    if recording.state == "running":
        left = f", {clock(recording.left_s)} left" if recording.left_s is not None else ""
        return f"{recording.num_done} of {recording.num_frames}{left}" if recording.num_frames else "beginning"
    return {"done": f"saved {recording.path}", "cancelled": "cancelled", "failed": "failed"}.get(recording.state, "")
