"""The windows' loop: one thread for both windows, which never waits for the engine."""

import os
import sys
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from app.model import view_state
from app.model.avatar_row import framed
from app.model.cameras import CameraState
from app.model.status import FROM_OPTIONS, OpenedSession, Status
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.file_menu import OPEN_DIALOG, SAVE_DIALOG
from app.panels.layout import TRACED_TAGS
from app.panels.light_panel import EXPORT_DIALOG
from app.panels.panel import Snapshot
from app.rendering.frames import Choices, Frame
from app.rendering.thumbnails import LightThumbnails
from app.rendering.worker import Worker
from app.tools.actions import Actions
from app.tools.gestures import Gestures
from app.tools.orbit_view import OrbitView
from app.tools.pixel_inspector import Pointing
from app.viewer.avatars import MaterialController, PoseController
from app.viewer.cameras import CameraController
from app.viewer.clip_clock import ClipClock
from app.viewer.controls import Controls
from app.viewer.dropped_files import edit_of_dropped, is_session
from app.viewer.event_record import EventRecord, recorded_picture, recorded_pointed, recorded_state
from app.viewer.exports import ExportController
from app.viewer.notices import Notices, fly_captions, report_errors
from app.viewer.sessions import RigController, SessionController
from app.window.camera_path_gizmos import path_marks
from app.window.screen import place_windows
from app.window.window import PictureWindow

SOFTWARE_HZ, HARDWARE_HZ = 30.0, 60.0  # most often that a window is drawn
RESTING_PANEL_HZ = 5.0  # panels that nobody touches
IDLE_WAIT_S = 0.1  # longest sleep between looks at the panels' events


class ViewerLoop:
    """Owns both windows."""

    def __init__(
        self, store: Store, worker: Worker, choices: Choices, home: CameraState, events: EventRecord,
        opened: OpenedSession = FROM_OPTIONS,
    ) -> None:  # fmt: skip
        """Opens the windows; raises DisplayError when there is no display."""
        self._store, self._worker, self._choices, self._home, self._events = store, worker, choices, home, events
        self._poses = PoseController(store, worker)
        self._cameras = CameraController(store, worker.say)
        self._session = session = SessionController(store, worker.say, opened)
        rigs = RigController(store, worker.say, session.note_light)
        self._materials = MaterialController(store, worker.say)
        self._picture = PictureWindow("PhyNES Viewer")
        events.event("opened")
        self._controls = Controls(store, self._picture.screen_scale, self._take_scale)
        self._clock = ClipClock(store, worker, choices)
        self._exports = takes = ExportController(
            store, worker, self._clock.durations_s, self._picture.copy, opened.engine
        )
        actions = Actions(
            record=takes.record, photograph=takes.photograph, cancel_recording=takes.cancel, say=worker.say,
            copy_picture_command=takes.copy_picture_command, copy_video_command=takes.copy_video_command,
            undo=self._undo, redo=self._redo,
            reset_camera=self._reset_camera, close=self._close, clip=self._clock.clip,
            save_pose=self._poses.save, load_pose=self._poses.load, step_pose=self._poses.step,
            reset_layout=self._reset_layout, next_theme=self._controls.next_theme,
            step_scale=self._controls.step_scale,
            save_rig=rigs.save, load_rig=rigs.load, export_light=takes.export_light,
            ask_where_to_export=lambda: self._controls.window.ask(EXPORT_DIALOG),
            save_materials=self._materials.save, load_materials=self._materials.load,
            save_camera_path=self._cameras.save_path, load_camera_path=self._cameras.load_path,
            go_to_bookmark=self._cameras.go_to, keep_bookmark=self._cameras.keep_here,
            save_bookmark=self._cameras.save_bookmark, remove_bookmark=self._cameras.remove_bookmark,
            save_session=session.save, save_session_as=session.save_as, open_session=session.open,
            restore_session=session.restore, open_recent=session.open_recent,
            ask_where_to_save=lambda: self._controls.window.ask(SAVE_DIALOG),
            ask_what_to_open=lambda: self._controls.window.ask(OPEN_DIALOG),
            environments=lambda: tuple(choice.key for choice in choices.environments),
            avatars=lambda: tuple(choice.key for choice in choices.avatars),
        )  # fmt: skip
        self._is_closing = False
        places = place_windows(self._picture.screen(), self._controls.scale)
        self._picture.move(places.picture)
        self._gestures = Gestures(store, actions)
        self._picture.connect(self._gestures, self._drop)
        self._controls.open(places.panels, actions)
        self._picture.focus()  # keys work there from the start
        self._period_s = 1.0 / (SOFTWARE_HZ if self._picture.is_software else HARDWARE_HZ)
        self._drawn: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._failed: ViewState | None = None
        self._picture_drawn_s = self._panels_drawn_s = 0.0
        self._draws_s: deque[float] = deque(maxlen=240)
        self._notices = Notices()
        self._gestures.clicked_notice = self._notices.click
        self._thumbnails = LightThumbnails()
        self._thumbnails.ask(choice.key for choice in choices.environments)
        self._noted: Frame | None = None
        self._pointing = Pointing(store, worker)

    def run(self) -> None:
        """Until either window is closed. Leaves no window and no engine thread behind."""
        self._worker.wake = self._picture.wake
        self._worker.start()
        self._events.event("ready", display=self._picture.renderer_name)
        try:
            while not self._is_over():
                self._turn()
        finally:
            self._events.event("closing")
            self._worker.close()
            self._session.end()
            self._controls.close()
            self._picture.destroy()

    def _is_over(self) -> bool:
        return self._is_closing or self._picture.is_closing or self._controls.window.is_closing

    def _turn(self) -> None:
        self._gestures.fly.advance()
        self._clock.advance()
        self._store.apply()
        self._materials.turn()
        self._ask()
        self._revert_failure()
        status, frame = self._worker.status, self._worker.latest
        self._keep_session(frame)
        self._draw_picture(status, frame)
        self._draw_panels(status, frame)
        self._picture.wait_events(self._wait_s())

    def _wait_s(self) -> float:
        """Until the next thing that is due."""
        is_busy = self._controls.window.has_attention or self._is_moving or self._picture.needs_drawing
        due = self._period_s if is_busy else IDLE_WAIT_S
        return max(0.001, due - (time.monotonic() - max(self._picture_drawn_s, self._panels_drawn_s)))

    @property
    def _is_moving(self) -> bool:
        return self._clock.is_playing or self._gestures.fly.is_moving

    def _ask(self) -> None:
        """Give the worker the newest state, when the picture depends on what changed."""
        state = self._store.state
        if state.rendered != self._asked:
            self._asked = state.rendered
            self._worker.show(state)
            if self._events.is_on:
                self._events.event("state", **recorded_state(state))
        is_held = self._gestures.drag is not None or self._controls.window.is_pressed
        self._worker.let_refine(not is_held and not self._is_moving)

    def _revert_failure(self) -> None:
        """Files that the engine refused are taken back, so that the panels never name what is not shown."""
        failed, latest = self._worker.failed, self._worker.latest
        if failed is None or failed is self._failed or latest is None:
            return
        self._failed = failed
        if self._store.state.rendered == failed.rendered:
            shown = latest.state
            self._store.post(lambda s: view_state.revert_sources(s, shown), "revert", is_undoable=False)

    def _keep_session(self, frame: Frame | None) -> None:
        self._session.turn(time.monotonic())
        self._exports.turn(time.monotonic())
        self._notices.offers_session = self._session.status.can_restore
        if frame is not None and frame is not self._noted:
            self._noted = frame
            self._session.note_shown(frame.state)

    def _take_scale(self, scale: float) -> None:
        self._gestures.reach = self._picture.interface_scale = scale
        self._picture.needs_drawing = True

    # drawing

    def _draw_picture(self, status: Status, frame: Frame | None) -> None:
        state, now = self._store.state, time.monotonic()
        if self._gestures.drag is not None or state.light.lamps:
            self._notices.touch()
        captions = self._notices.captions(status, frame is not None, now, self._controls.scale)
        captions += fly_captions(state, status)
        view = self._view(frame, state)
        place = self._picture.pointer if self._gestures.drag is None else None
        brush = self._gestures.brush_ring(self._picture.pointer)
        pointed = self._pointing.pointed(frame, place, self._gestures.letterbox, now)
        drawn = (
            pointed, brush, frame, state.display, state.light.lamps, state.tool.selected_lamp, self._gestures.drag,
            tuple(captions), state.tool.selected_joint, state.tool.joint_axis, state.avatar_row.active,
            state.tool.help_page, path_marks(state),
        )  # fmt: skip
        needs = drawn != self._drawn or self._picture.needs_drawing
        if not needs or self._picture.is_iconified:
            return
        if now - self._picture_drawn_s < self._period_s:
            self._picture.needs_drawing = True
            return
        is_lamp_held = self._gestures.drag == "lamp"
        tool_view = None if status.recording.state == "running" else view
        limb = self._gestures.limbs.held(tool_view) if tool_view is not None else None
        self._picture.draw(frame, state, tool_view, is_lamp_held, captions, limb, pointed, brush)
        self._drawn = drawn
        self._picture_drawn_s = now
        self._draws_s.append(now)
        if self._events.is_on and frame is not None:
            letterbox = self._picture.letterbox(frame.size)
            self._events.changed("pointed", recorded_pointed(pointed))
            self._events.event("shown", **recorded_picture(frame, view, letterbox, self._gestures.limbs, state))

    def _view(self, frame: Frame | None, state: ViewState) -> OrbitView | None:
        """The camera of the picture that is shown, so that handles stick to it while a newer one is rendered."""
        if frame is None:
            return None
        view = OrbitView(frame.state.camera, frame.target, *frame.size)
        self._gestures.view, self._gestures.limbs.frame, self._gestures.materials.frame = view, frame, frame
        self._gestures.letterbox = self._picture.letterbox(frame.size)
        return view

    def _draw_panels(self, status: Status, frame: Frame | None) -> None:
        now = time.monotonic()
        is_busy = self._controls.window.has_attention or status.recording.state == "running"
        if now - self._panels_drawn_s < (self._period_s if is_busy else 1.0 / RESTING_PANEL_HZ):
            return
        self._panels_drawn_s = now
        self._thumbnails.ask(self._store.state.tool.loaded_environments)
        newest = [drawn for drawn in self._draws_s if drawn > now - 1.0]
        self._controls.window.sync(
            Snapshot(
                self._store.state, replace(self._choices, poses=self._poses.choices, bookmarks=self._cameras.bookmarks),
                status,
                frame.probe_radiance if frame else None,
                frame.node_ms if frame else {}, frame.render_ms if frame else 0.0, float(len(newest)),
                self._picture.renderer_name.split(" (")[0], self._picture.frame_path,
                frame.has_detail if frame else False, frame.materials_follow_pose if frame else False,
                *self._clock.clip(), self._store.can_undo, self._store.can_redo, self._session.status,
                frame.quality if frame else "", resident_mb(), self._thumbnails.made, self._controls.scale,
                frame.square if frame else None, self._materials.beside, self._exports.texts,
            )
        )  # fmt: skip
        self._controls.window.draw()
        self._picture.make_current()
        if self._events.is_on:
            self._events.changed("widgets", self._controls.window.rectangles(TRACED_TAGS))
            self._events.changed(
                "windows", {"picture": self._picture.is_iconified, "panels": self._controls.window.is_iconified}
            )
            self._events.changed("recording", vars(status.recording))
            self._events.changed("messages", [message.text for message in status.messages])

    # actions

    def _drop(self, paths: list[Path], is_right: bool) -> None:
        for path in paths:
            if is_session(path):
                self._session.open(str(path))
                continue
            with report_errors(self._worker.say):
                edit, label = edit_of_dropped(path, is_right)
                self._store.end_gesture()
                self._store.post(edit, label)

    def _undo(self) -> None:
        self._store.apply()  # what was posted before the key comes first
        if not self._store.can_undo:
            self._worker.say("There is nothing to undo")
        self._store.undo()

    def _redo(self) -> None:
        self._store.apply()
        if not self._store.can_redo:
            self._worker.say("There is nothing to redo")
        self._store.redo()

    def _reset_camera(self) -> None:
        home = self._home
        self._store.post(lambda s: framed(replace(s, camera=home)), "reset view")

    def _reset_layout(self) -> None:
        if not self._controls.window.reset_arrangement():
            self._worker.say("The panels will stand where they did at first from the next start on")

    def _close(self) -> None:
        self._is_closing = True


def resident_mb(pid: int | str = "self") -> float | None:
    """Libraries included; None where the system does not tell without further packages."""
    if sys.platform != "linux":
        return None
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
