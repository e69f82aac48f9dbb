"""A turntable to a video file, with progress and cancel."""

import dearpygui.dearpygui as dpg

from app import edits
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.state import SPINS
from app.wording import clock

SIZES = ("256", "512", "720", "1080")
RATES = ("24", "25", "30", "60")


class RecordPanel:
    """Video."""

    title = "Record a turntable"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._is_running = False

    def build(self) -> None:
        """Settings, one button that records or cancels, a progress bar."""
        with dpg.group(horizontal=True):
            dpg.add_combo(SPINS, tag="record.spin", width=84, callback=lambda _, value: self._set("spin", value))
            dpg.add_combo(SIZES, tag="record.size", width=72, callback=lambda _, value: self._set("size", int(value)))
            dpg.add_combo(RATES, tag="record.fps", width=60, callback=lambda _, value: self._set("fps", int(value)))
            dpg.add_slider_float(
                tag="record.seconds", min_value=0.5, max_value=20.0, format="%.1f s", width=-1,
                callback=lambda _, value: self._set("seconds", value),
            )  # fmt: skip
        tooltip("record.spin", "What goes round once: the camera, or all light.")
        tooltip("record.size", "Width and height of the video in pixels.")
        tooltip("record.fps", "Frames a second.")
        tooltip("record.seconds", "Length of the video.")
        dpg.add_input_text(
            label="file", tag="record.path", width=-40, callback=lambda _, value: self._set("path", value)
        )
        tooltip("record.path", "An .mp4 file; an older one of that name is replaced when the video is complete.")
        with dpg.group(horizontal=True):
            dpg.add_button(label="Record", tag="record.start", width=96, callback=self._pressed)
            dpg.add_checkbox(
                label="play the motion", tag="record.plays_motion",
                callback=lambda _, value: self._set("plays_motion", value),
            )  # fmt: skip
        tooltip("record.start", "R in the picture. The file appears when it is complete.")
        dpg.add_progress_bar(tag="record.progress", width=-1, overlay="")

    def sync(self, snapshot: Snapshot) -> None:
        """Show settings and progress."""
        settings, recording = snapshot.state.tool.turntable, snapshot.status.recording
        show_value("record.spin", settings.spin)
        show_options("record.size", items=sorted({*SIZES, str(settings.size)}, key=int))
        show_value("record.size", str(settings.size))
        show_value("record.fps", str(settings.fps))
        show_value("record.seconds", float(settings.seconds))
        show_value("record.path", settings.path)
        show_value("record.plays_motion", settings.plays_motion)
        self._is_running = recording.state == "running"
        show_options("record.start", label="Cancel" if self._is_running else "Record")
        show_value("record.progress", float(recording.share))
        show_options("record.progress", show=recording.state != "idle", overlay=_overlay(snapshot))

    def _pressed(self) -> None:
        actions = self._context.actions
        (actions.cancel_recording if self._is_running else actions.record)()

    def _set(self, name: str, value: object) -> None:
        self._context.post(lambda s: edits.edit_turntable(s, **{name: value}), f"turntable {name}")


def _overlay(snapshot: Snapshot) -> str:
    recording = snapshot.status.recording
    if recording.state == "running":
        left = f", {clock(recording.left_s)} left" if recording.left_s is not None else ""
        return f"frame {recording.num_done} of {recording.num_frames}{left}"
    return {"done": f"saved {recording.path}", "cancelled": "cancelled", "failed": "failed"}.get(recording.state, "")
