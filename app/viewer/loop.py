"""The viewer's loop: one thread for both windows, which never waits for the engine.

In each turn time and events become edits, the store applies them, the worker is asked for a picture of the newest
state, and the windows draw the newest picture.
"""

import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from app.model import view_state
from app.model.cameras import CameraState
from app.model.status import FROM_OPTIONS, OpenedSession, Status
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.layout import TRACED_TAGS
from app.panels.panel import Snapshot
from app.rendering.choices import Choices
from app.rendering.frames import Frame
from app.rendering.thumbnails import LightThumbnails
from app.rendering.worker import Worker
from app.tools.camera_tools import is_right_of_slider
from app.tools.commands.context import CommandContext, KeptPreferences
from app.tools.commands.key_map import key_map
from app.tools.gestures import Gestures
from app.tools.paint import FillPointer
from app.tools.pixel_inspector import PixelInspector
from app.tools.viewport import Point, Viewport
from app.viewer.avatars import ClipClock, MaterialController, PoseController
from app.viewer.cameras import CameraController
from app.viewer.dropped_files import is_session, read_dropped
from app.viewer.event_record import EventRecord, recorded_inspection, recorded_picture, recorded_state, resident_mb
from app.viewer.exports import ExportController
from app.viewer.guide import Guide
from app.viewer.lights import ExposureController, LightController, RigController
from app.viewer.notices import Notices, NoticeTool, report_errors, tool_captions
from app.viewer.picture_names import picture_names
from app.viewer.sessions import SessionController
from app.viewer.windows import OneWindow, TwoWindows, Windows
from app.window.camera_path_gizmos import path_marks
from app.window.picture_drawing import Overlays

SOFTWARE_HZ, HARDWARE_HZ = 30.0, 60.0  # most often that a window is drawn
RESTING_PANEL_HZ = 5.0  # while the panels are not used
IDLE_WAIT_S = 0.1  # longest sleep before the panels' events are polled


class ViewerLoop:
    """Owns both windows and the controllers that join them with files and the render service."""

    def __init__(
        self, store: Store, worker: Worker, choices: Choices, home: CameraState, events: EventRecord,
        preferences: KeptPreferences, opened: OpenedSession = FROM_OPTIONS, has_one_window: bool = False,
    ) -> None:  # fmt: skip
        """Open the windows; raises DisplayError without a display."""
        self._store, self._worker, self._choices, self._events = store, worker, choices, events
        self._preferences = preferences
        say = self._say
        self._poses = PoseController(store, worker)
        self._cameras = CameraController(store, say, home, lambda: worker.latest)
        self._thumbnails = LightThumbnails()
        self._lights = LightController(store, say, self._thumbnails)
        self._exposure = ExposureController(store, preferences, opened.fits_exposure)
        self._session = SessionController(
            store, say, self._lights, opened, lambda: Path(preferences.now.output_folder).expanduser()
        )
        self._materials = MaterialController(store, say)
        self._clock = ClipClock(store, worker, choices)
        self._notices, self._guide = Notices(), Guide(store)
        self._windows: Windows = OneWindow(say) if has_one_window else TwoWindows(say)
        self._picture = picture = self._windows.picture
        self._controls = self._windows.controls
        events.event("opened")
        self._exports = ExportController(store, worker, self._clock.durations_s, picture.copy, opened.engine)
        commands = CommandContext(
            store=store,
            preferences=preferences,
            say=say,
            environments=tuple(choice.key for choice in choices.environments),
            avatars=tuple(choice.key for choice in choices.avatars),
            clock=self._clock,
            sessions=self._session,
            lights=self._lights,
            rigs=RigController(self._lights, self._session.note_light),
            materials=self._materials,
            poses=self._poses,
            cameras=self._cameras,
            exports=self._exports,
            windows=self._controls,
        )
        self._gestures = Gestures(commands, first=[NoticeTool(self._notices)])
        self._viewport: Viewport | None = None  # of the picture that is shown
        self._windows.open(commands, self._gestures, lambda: self._viewport, self._drop)
        self._period_s = 1.0 / (SOFTWARE_HZ if picture.drawing.is_software else HARDWARE_HZ)
        self._drawn: tuple[object, ...] = ()
        self._requested: tuple[object, ...] = ()
        self._failed: ViewState | None = None
        self._picture_drawn_s = self._panels_drawn_s = self._panels_synced_s = 0.0
        self._draws_s: deque[float] = deque(maxlen=240)
        self._noted_frame: Frame | None = None
        self._inspector = PixelInspector(store, worker, lambda: preferences.now.units)
        self._fill = FillPointer(store, worker)
        self._is_ended = False

    def run(self) -> None:
        """Run until the user closes the viewer; then close both windows and end the engine's thread."""
        self._worker.wake = self._picture.wake
        self._worker.start()
        self._events.event("ready", display=self._picture.drawing.renderer_name)
        try:
            while not (self._is_ended or self._controls.window.is_closed):
                self._turn()
                self._close_when_asked()
        finally:
            self._events.event("closing")
            self._worker.close()
            self._session.end()
            self._windows.destroy()

    def _turn(self) -> None:
        self._gestures.fly.advance()
        self._clock.advance()
        self._store.apply()
        self._materials.update()
        self._request_picture()
        self._revert_failure()
        status, frame = self._worker.status, self._worker.latest
        self._update_files(frame)
        self._draw_picture(status, frame)
        self._draw_panels(status, frame)
        self._windows.update()
        self._picture.wait_events(self._wait_s())

    def _close_when_asked(self) -> None:
        """End when a window is closed; what is not saved is asked about first."""
        if not (self._controls.takes_close() | self._picture.takes_close()):
            return
        if self._session.status.is_saved:
            self._end()
            return
        text = f"Save the changes to {self._session.status.name or 'what is shown'} before closing?"
        self._controls.ask(text, ("Save", self._save_and_end), ("Don't save", self._end))

    def _save_and_end(self) -> None:
        self._session.save()
        self._is_ended = self._session.status.is_saved  # else a message says why it could not be written

    def _end(self) -> None:
        self._is_ended = True

    def _wait_s(self) -> float:
        """Seconds until a window is to be drawn or the panels' events are to be polled."""
        is_busy = self._controls.window.has_attention or self._is_moving or self._picture.needs_drawing
        due = self._period_s if is_busy else IDLE_WAIT_S
        return max(0.001, due - (time.monotonic() - max(self._picture_drawn_s, self._panels_drawn_s)))

    @property
    def _is_moving(self) -> bool:
        return self._clock.is_playing or self._gestures.fly.is_moving

    # requests to the worker

    def _request_picture(self) -> None:
        """Give the worker the newest state, if the picture depends on what changed."""
        state = self._store.state
        if state.rendered != self._requested:
            self._requested = state.rendered
            self._worker.show(state)
            if self._events.is_on:
                self._events.event("state", **recorded_state(state))
        is_dragging = self._gestures.active_tool is not None or self._controls.window.is_pressed
        self._worker.let_refine(not is_dragging and not self._is_moving)

    def _revert_failure(self) -> None:
        """Take back files that the engine could not use, so that the panels name what is shown."""
        failed, latest = self._worker.failed, self._worker.latest
        if failed is None or failed is self._failed or latest is None:
            return
        self._failed = failed
        if self._store.state.rendered == failed.rendered:
            shown = latest.state
            self._store.post(lambda s: view_state.revert_sources(s, shown), "revert", is_undoable=False)

    def _update_files(self, frame: Frame | None) -> None:
        now_s = time.monotonic()
        self._session.update(now_s)
        self._exposure.update(frame)
        self._guide.update(self._worker.status)
        self._exports.update(now_s)
        self._notices.offers_session = self._session.offers_lost
        if frame is not None and frame is not self._noted_frame:
            self._noted_frame = frame
            self._session.note_shown(frame.state)

    # drawing

    def _draw_picture(self, status: Status, frame: Frame | None) -> None:
        """Draw the picture's window if anything in it changed, at most at the display's rate."""
        state, now_s, picture, tool = self._store.state, time.monotonic(), self._picture, self._gestures.active_tool
        if frame is not None:
            self._viewport = Viewport.of(frame, picture.size, self._controls.scale)
        viewport, point = self._viewport, picture.pointer
        scale, guide = self._controls.scale, self._guide.text()
        captions = self._notices.captions(status, frame is not None, now_s, scale, guide)
        captions += tool_captions(state, status, self._preferences.now.units, scale)
        keys = key_map(self._preferences.now.keys)
        captions = [replace(caption, text=keys.filled(caption.text)) for caption in captions]
        captions += picture_names(state, viewport, self._controls.scale)
        brush = self._gestures.brush_ring(viewport, point)
        fill = self._fill.preview(viewport, point, tool is not None)
        inspection = self._inspector.inspect(viewport, point if tool is None else None, now_s)
        drawn = (
            inspection, brush, fill, frame, state.display, state.light.lamps, state.tool.selected_lamp, tool,
            tuple(captions), state.tool.selected_joint, state.tool.joint_axis, state.avatar_row.active,
            state.tool.help_page, path_marks(state), picture.size, keys,
        )  # fmt: skip
        if (drawn == self._drawn and not picture.needs_drawing) or picture.is_iconified:
            return
        if now_s - self._picture_drawn_s < self._period_s:
            picture.needs_drawing = True
            return
        has_handles = viewport is not None and status.recording.state != "running"
        overlays = Overlays(
            handles=viewport.view if viewport is not None and has_handles else None,
            captions=captions,
            keys=keys,
            is_lamp_dragged=tool == "lamp",
            limb=self._gestures.rings.held(viewport) if viewport is not None and has_handles else None,
            inspection=inspection,
            brush=brush,
            fill=fill,
        )
        picture.draw(frame, state, overlays)
        self._drawn, self._picture_drawn_s = drawn, now_s
        self._draws_s.append(now_s)
        if self._events.is_on and viewport is not None:
            self._events.changed("pointed", recorded_inspection(inspection))
            self._events.event("shown", **recorded_picture(viewport, state))

    def _draw_panels(self, status: Status, frame: Frame | None) -> None:
        """Draw the controls: at the display's rate while they are used, else a few times a second.

        A new picture in the same window is drawn at once; what the panels show follows at their own rate.
        """
        now_s, window = time.monotonic(), self._controls.window
        is_busy = window.has_attention or status.recording.state == "running"
        is_due = now_s >= self._panels_synced_s + (self._period_s if is_busy else 1.0 / RESTING_PANEL_HZ)
        if not (is_due or self._picture.needs_showing):
            return
        if is_due:
            self._panels_synced_s = now_s
            window.sync(self._snapshot(status, frame, now_s))
        self._panels_drawn_s = now_s
        window.draw()
        self._picture.make_current()
        if self._events.is_on:
            self._events.changed("widgets", window.rectangles(TRACED_TAGS))
            self._events.changed("windows", {"picture": self._picture.is_iconified, "panels": window.is_iconified})
            self._events.changed("recording", vars(status.recording))
            self._events.changed("messages", [message.text for message in status.messages])

    def _snapshot(self, status: Status, frame: Frame | None, now_s: float) -> Snapshot:
        duration_s, clip_fps = self._clock.clip()
        snapshot = Snapshot(
            self._store.state,
            replace(self._choices, poses=self._poses.choices, bookmarks=self._cameras.bookmarks),
            status,
            duration_s=duration_s,
            clip_fps=clip_fps,
            session=self._session.status,
            materials_file=self._materials.file,
            command_lines=self._exports.texts,
            thumbnails=self._thumbnails.made,
            scale=self._controls.scale,
            display_fps=float(sum(drawn_s > now_s - 1.0 for drawn_s in self._draws_s)),
            display_name=self._picture.drawing.renderer_name.split(" (")[0],
            frame_path=self._picture.drawing.frame_path,
            memory_mb=resident_mb(),
        )
        return snapshot.with_frame(frame)

    # callbacks of the windows

    def _say(self, text: str, is_error: bool = False) -> None:
        self._worker.say(key_map(self._preferences.now.keys).filled(text), is_error)

    def _drop(self, paths: list[Path], point: Point | None) -> None:  # in the picture; None in the controls
        is_right = point is not None and is_right_of_slider(self._store.state, self._viewport, point)
        for path in paths:
            if is_session(path):
                self._session.open(str(path))
                continue
            with report_errors(self._say):
                dropped = read_dropped(path, is_right)
                self._lights.use(dropped.environment, dropped.edit, dropped.label)
