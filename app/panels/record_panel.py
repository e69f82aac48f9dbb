"""Videos to export, with progress and cancel."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model import exports
from app.model.exports import TurntableState
from app.model.fields import range_of
from app.model.status import clock, with_suffix
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.widgets import CommandRow, slider

SIZES = ("256", "512", "720", "1080", "2160")
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
FITTING = ("timeline", "path")  # kinds with a length of their own


class RecordPanel:
    """Video."""

    title = "Record a video"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._is_running = False
        self._command = CommandRow(
            "record", "video", "Ctrl+Shift+C", lambda: context.run("export.copy_video")
        )  # fmt: skip

    def build(self) -> None:
        """Settings, one button that records or cancels, a progress bar, the command line."""
        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(KINDS.values()), tag="record.spin", width=108,
                callback=lambda _, label: self._set("spin", key_of(KINDS, label)),
            )  # fmt: skip
            dpg.add_combo(SIZES, tag="record.size", width=66, callback=lambda _, value: self._set("size", int(value)))
            dpg.add_combo(
                tuple(FORMATS.values()), tag="record.format", width=-1,
                callback=lambda _, label: self._choose_format(key_of(FORMATS, label)),
            )  # fmt: skip
        with dpg.group(horizontal=True):
            dpg.add_combo(RATES, tag="record.fps", width=52, callback=lambda _, value: self._set("fps", int(value)))
            for name, label in (("plays_motion", "play"), ("has_alpha", "clear"), ("fits", "whole")):
                dpg.add_checkbox(
                    label=label, tag=f"record.{name}", user_data=name,
                    callback=lambda _, on, which: self._set(which, on),
                )  # fmt: skip
            slider(
                "record.seconds",
                range_of(TurntableState, "seconds"),
                lambda value: self._set("seconds", value),
                width=-1,
            )
        with dpg.group(horizontal=True):
            dpg.add_button(label="Record", tag="record.start", width=76, callback=self._pressed)
            dpg.add_input_text(tag="record.path", width=-1, callback=lambda _, value: self._set_path(value))
        for tag, text in HINTS.items():
            tooltip(f"record.{tag}", text)
        dpg.add_progress_bar(tag="record.progress", width=-1, overlay="")
        self._command.build()

    def sync(self, snapshot: Snapshot) -> None:
        """Show settings and progress."""
        settings, recording = snapshot.state.tool.turntable, snapshot.status.recording
        has_own_length = settings.spin in FITTING
        suffix = Path(settings.path).suffix.lower()
        show_value("record.spin", KINDS[settings.spin])
        show_options("record.size", items=sorted({*SIZES, str(settings.size)}, key=int))
        show_value("record.size", str(settings.size))
        show_value("record.fps", str(settings.fps))
        show_value("record.seconds", float(settings.seconds))
        show_options("record.seconds", show=not (has_own_length and settings.fits))
        show_value("record.format", FORMATS.get(suffix, FORMATS[".mp4"]))
        show_value("record.path", settings.path)
        for name in ("plays_motion", "has_alpha", "fits"):
            show_value(f"record.{name}", getattr(settings, name))
        show_options("record.plays_motion", show=settings.spin != "timeline")
        show_options("record.has_alpha", show=suffix != ".mp4")
        show_options("record.fits", show=has_own_length)
        self._is_running = recording.state == "running"
        show_options("record.start", label="Cancel" if self._is_running else "Record")
        show_value("record.progress", float(recording.share))
        show_options("record.progress", show=recording.state != "idle", overlay=_overlay(snapshot))
        self._command.show(snapshot.command_lines.video)

    def _pressed(self) -> None:
        self._context.run("export.cancel" if self._is_running else "export.video")

    def _choose_format(self, suffix: str) -> None:
        self._context.post(
            lambda s: exports.edit_turntable(s, path=with_suffix(s.tool.turntable.path, suffix, "video")),
            "video format",
        )

    def _set_path(self, path: str) -> None:
        if path.strip():
            self._set("path", path.strip())

    def _set(self, name: str, value: object) -> None:
        self._context.post(lambda s: exports.edit_turntable(s, **{name: value}), f"turntable {name}")


def _overlay(snapshot: Snapshot) -> str:
    recording = snapshot.status.recording
    if recording.state == "running":
        left = f", {clock(recording.left_s)} left" if recording.left_s is not None else ""
        return f"{recording.num_done} of {recording.num_frames}{left}" if recording.num_frames else "beginning"
    return {"done": f"saved {recording.path}", "cancelled": "cancelled", "failed": "failed"}.get(recording.state, "")
