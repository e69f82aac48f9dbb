"""Playback of the clip: play, loop, speed, a strip with the time and the range, and a second clip mixed in."""

import dearpygui.dearpygui as dpg

from app.model import playback
from app.model.fields import range_of
from app.model.playback import PlaybackState, edit_playback, load_motion_file, range_s, scrub, set_range
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, Snapshot, labels_to_keys, show_options, show_value, tooltip
from app.panels.popups.file_dialog import FileDialog, add_dialog_button, add_file_dialog
from app.panels.theme import ACCENT, ACCENT_BRIGHT, MUTED, available_width, drawing, pointer_in, scale_drawing
from app.panels.widgets import slider
from app.tools.commands.context import LOAD_MOTION

STRIP, MARKS = "timeline.strip", "timeline.marks"
WIDTH_PX, HEIGHT_PX, INSET_PX = 292, 40, 8
GRAB_PX = 7.0
SUFFIXES = (".bvh", ".npz", ".pkl")


class TimelinePanel:
    """Playback of the active body's clip."""

    title = "Timeline"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._state, self._duration_s = ViewState(), 0.0
        self._seconds: dict[str, str] = {}  # label -> key of clips that may be mixed in
        self._drag: str | None = None  # time, start or end while the button is down
        self._drawn: object = None
        self._scale, self._width = 0.0, WIDTH_PX

    def build(self) -> None:
        """Buttons, the strip, the second clip, and the file dialog."""
        with dpg.group(horizontal=True):
            dpg.add_button(label="Play", tag="timeline.play", width=54, callback=self._play)
            self._check("loops", "loop", "Begin again at the end ({clip.loop} in the picture).")
            self._check("is_smooth", "smooth", "Poses between the clip's frames, along the shorter arc of each joint.")
            add_dialog_button(self._context, "Load...", "timeline.load", LOAD_MOTION, width=-1)
        with drawing(STRIP):
            dpg.add_draw_node(tag=MARKS)
        with dpg.group(horizontal=True):
            dpg.add_text("", tag="timeline.text", color=MUTED)
            slider(
                "timeline.speed", range_of(PlaybackState, "speed"), lambda value: self._edit("speed", value), width=-1
            )
        with dpg.group(horizontal=True):
            dpg.add_combo((), tag="timeline.second", width=120, callback=lambda _, label: self._mix_in(label))
            slider(
                "timeline.mix", range_of(PlaybackState, "mix"), lambda value: self._edit("mix", value), width=-1,
                clamped=True,
            )  # fmt: skip
        tooltip("timeline.play", "Play or pause ({clip.play} in the picture).")
        tooltip("timeline.load", "A clip: AMASS .npz, AIST++ .pkl, .bvh or our .npz. Or drop it on the picture.")
        tooltip("timeline.speed", "Times the recorded speed; below 0 runs backward. Ctrl+click to type.")
        tooltip("timeline.second", "A second clip, stretched to this one's length.")
        tooltip("timeline.mix", "How much of the second clip is mixed in, joint by joint.")
        add_file_dialog(self._context, FileDialog(LOAD_MOTION, "Load a motion", SUFFIXES, self._load))
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=self._pressed)
            dpg.add_mouse_drag_handler(dpg.mvMouseButton_Left, 0.0, callback=self._dragged)
            dpg.add_mouse_release_handler(dpg.mvMouseButton_Left, callback=lambda: self.release())

    def sync(self, snapshot: Snapshot) -> None:
        """Show the playback."""
        self._state, self._duration_s = snapshot.state, snapshot.duration_s
        width = round(available_width(STRIP, snapshot.scale, WIDTH_PX))
        if (snapshot.scale, width) != (self._scale, self._width):
            self._scale, self._width = snapshot.scale, width
            self._drawn = None
            scale_drawing(STRIP, self._width, HEIGHT_PX, self._scale)
        body, playback, has_clip = snapshot.state.body, snapshot.state.body.playback, snapshot.duration_s > 0
        show_options("timeline.play", label="Pause" if body.playing and body.motion else "Play", enabled=has_clip)
        show_value("timeline.loops", playback.loops)
        show_value("timeline.is_smooth", playback.is_smooth)
        show_value("timeline.speed", float(playback.speed))
        show_value("timeline.mix", float(playback.mix))
        show_options("timeline.mix", show=bool(playback.second))
        pairs = [("", "mix in..."), *((choice.key, choice.label) for choice in snapshot.choices.motions if choice.key)]
        if playback.second and all(key != playback.second for key, _ in pairs):
            pairs.append((playback.second, playback.second))
        self._seconds = labels_to_keys(pairs)
        show_options("timeline.second", items=list(self._seconds))
        show_value("timeline.second", next(label for label, key in self._seconds.items() if key == playback.second))
        frame = round(body.time_s * snapshot.clip_fps)
        show_value("timeline.text", f"{body.time_s:.2f} s, frame {frame}" if has_clip else "no clip")
        drawn = body.time_s, range_s(body, self._duration_s), self._duration_s
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(*drawn)

    # pointer positions in unscaled pixels of the strip

    def press(self, x: float) -> None:
        """Grab a handle of the range, or go to the time at x."""
        if self._duration_s <= 0:
            return
        start, end = (self._x(time_s) for time_s in range_s(self._state.body, self._duration_s))
        near_start, near_end = abs(x - start) <= GRAB_PX, abs(x - end) <= GRAB_PX
        self._drag = "start" if near_start and abs(x - start) < abs(x - end) else "end" if near_end else "time"
        self.move(x)

    def move(self, x: float) -> None:
        """Continue what `press` began."""
        duration, time_s = self._duration_s, self._time(x)
        if self._drag == "time":
            self._context.post(lambda s: scrub(s, time_s, duration), "time")
        elif self._drag == "start":
            self._context.post(lambda s: set_range(s, time_s, range_s(s.body, duration)[1], duration), "range")
        elif self._drag == "end":
            self._context.post(lambda s: set_range(s, range_s(s.body, duration)[0], time_s, duration), "range")

    def release(self) -> None:
        """The button went up."""
        self._drag = None

    def _pressed(self) -> None:
        if dpg.is_item_hovered(STRIP):
            self.press(self._pointer())

    def _dragged(self) -> None:
        if self._drag is not None:
            self.move(self._pointer())

    def _pointer(self) -> float:
        return pointer_in(STRIP, self._scale)[0]

    def _x(self, time_s: float) -> float:
        return INSET_PX + (self._width - 2 * INSET_PX) * time_s / max(self._duration_s, 1e-6)

    def _time(self, x: float) -> float:
        share = (x - INSET_PX) / (self._width - 2 * INSET_PX)
        return min(max(share, 0.0), 1.0) * self._duration_s

    def _draw(self, time_s: float, played_s: tuple[float, float], duration_s: float) -> None:
        dpg.delete_item(MARKS, children_only=True)
        track = (38, 42, 51, 255)
        dpg.draw_rectangle((0, 4), (self._width, HEIGHT_PX - 2), color=track, fill=track, rounding=5, parent=MARKS)
        if duration_s <= 0:
            return
        step = next((size for size in (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300) if duration_s / size <= 12), 600)
        for index in range(int(duration_s / step) + 1):
            x = self._x(index * step)
            dpg.draw_line((x, HEIGHT_PX - 9), (x, HEIGHT_PX - 4), color=(*MUTED, 140), parent=MARKS)
        start, end = (self._x(second) for second in played_s)
        dpg.draw_rectangle(
            (start, 10), (end, HEIGHT_PX - 12), color=(0, 0, 0, 0), fill=(*ACCENT, 90), rounding=2, parent=MARKS
        )
        for x, inward in ((start, 5), (end, -5)):
            dpg.draw_quad(
                (x, 7), (x + inward, 7), (x + inward, HEIGHT_PX - 9), (x, HEIGHT_PX - 9), color=(*ACCENT, 255),
                fill=(*ACCENT, 255), parent=MARKS,
            )  # fmt: skip
        x = self._x(min(time_s, duration_s))
        dpg.draw_line((x, 4), (x, HEIGHT_PX - 2), color=(*ACCENT_BRIGHT, 255), thickness=2, parent=MARKS)
        dpg.draw_triangle(
            (x - 5, 2), (x + 5, 2), (x, 9), color=(*ACCENT_BRIGHT, 255), fill=(*ACCENT_BRIGHT, 255), parent=MARKS
        )

    def _check(self, field: str, label: str, hint: str) -> None:
        tag = f"timeline.{field}"
        dpg.add_checkbox(label=label, tag=tag, callback=lambda _, value: self._edit(field, value))
        tooltip(tag, hint)

    def _play(self) -> None:
        self._context.post(playback.toggle_playing, "play")

    def _edit(self, field: str, value: object) -> None:
        self._context.post(lambda s: edit_playback(s, **{field: value}), f"playback {field}")

    def _mix_in(self, label: str) -> None:
        if label in self._seconds:
            self._edit("second", self._seconds[label])

    def _load(self, path: str) -> None:
        if path:
            self._context.post(lambda s: load_motion_file(s, path), "motion")
