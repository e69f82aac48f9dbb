"""The engine thread: it renders the latest view asked for and runs export jobs, while the windows' thread goes on."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.model.status import Message, RecordingStatus, Status
from app.model.view_state import ViewState
from app.rendering.exports.export_jobs import ExportJob
from app.rendering.frames import FillPreview, Frame, PixelValues, Renderer, UnfinishedFrame
from app.rendering.render_requests import (
    Delivery,
    FillRequest,
    InspectionRequest,
    Interruption,
    PictureRequest,
    Preparation,
    Request,
    never,
)
from phynes_core.errors import PhynesError
from phynes_core.io.output_locks import claiming

_log = logging.getLogger(__name__)
RATE_WINDOW_S = 1.0  # the render rate counts the frames of this time
MAX_MESSAGES = 50
REST_S = 0.3  # a view unchanged for so long is rendered again at full quality


class Worker:
    """Owns the renderer and the engine thread. The windows' thread calls it; all methods but `close` return at once."""

    def __init__(self, renderer: Renderer, size: int) -> None:
        self._renderer = renderer
        self._size = size
        self.wake: Callable[[], None] = lambda: None  # called by the engine thread when something changed
        self._changed = threading.Condition()
        self._wanted: PictureRequest | None = None
        self._may_refine = False
        self._export: ExportJob | None = None
        self._is_cancelled = False
        self._is_closing = False
        self._status = Status()
        self._finished_s: deque[float] = deque(maxlen=240)
        self._begun: tuple[ViewState, UnfinishedFrame] | None = None  # that a GPU is making
        self._latest: Frame | None = None
        self._failed: ViewState | None = None
        self._may_prepare = False  # there may be something left to prepare
        self._may_inspect = False
        self._pixel_values: tuple[ViewState | None, PixelValues | None] = (None, None)
        self._fill: FillRequest | None = None  # that waits
        self._fill_key: object = None  # of the newest preview, made or being made
        self._fill_preview: FillPreview | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def latest(self) -> Frame | None:
        """The newest finished frame."""
        return self._latest

    @property
    def failed(self) -> ViewState | None:
        """The newest state that could not be rendered."""
        return self._failed

    @property
    def status(self) -> Status:
        """The present status, with the present render rate."""
        newest = time.monotonic() - RATE_WINDOW_S
        count = sum(1 for finished in tuple(self._finished_s) if finished > newest)
        return replace(self._status, render_fps=count / RATE_WINDOW_S)

    def start(self) -> None:
        """Start the thread, which begins with the warm-up."""
        self._thread.start()

    def show(self, state: ViewState) -> None:
        """Ask for a picture of a view; it replaces one that is still waiting."""
        with self._changed:
            self._wanted = PictureRequest(state)
            self._changed.notify()

    def let_refine(self, may_refine: bool) -> None:
        """Allow or forbid full quality for a view at rest; it takes several frames' time, so not during a drag."""
        with self._changed:
            if may_refine != self._may_refine:
                self._may_refine = may_refine
                self._changed.notify()

    def let_inspect(self, may_inspect: bool) -> None:
        """Allow or forbid computing pixel values of a picture at rest: needed while the pointer is over a pixel."""
        with self._changed:
            if may_inspect != self._may_inspect:
                self._may_inspect = may_inspect
                self._changed.notify()

    def pixel_values_of(self, frame: Frame) -> PixelValues | None:
        """The pixel values of the frame; None until they are computed."""
        state, values = self._pixel_values
        is_known = state is frame.state and values is not None and values.rows.shape == frame.size[::-1]
        return values if is_known else None

    @property
    def fill_preview(self) -> FillPreview | None:
        """The newest preview of a fill."""
        return self._fill_preview

    def preview_fill(self, request: FillRequest | None) -> None:
        """Ask for a preview after all pictures that are due, in place of one that still waits; None asks for none."""
        with self._changed:
            self._fill = None if request is not None and request.key == self._fill_key else request
            if self._fill is not None:
                self._changed.notify()

    def export(self, job: ExportJob) -> bool:
        """Queue a job; live frames pause until it is done. False while another job runs."""
        with self._changed:
            if self._export is not None:
                return False
            self._export = job
            self._is_cancelled = False
            self._set_status(recording=RecordingStatus("running", 0, 0, job.path, noun=job.noun))
            self._changed.notify()
        return True

    def cancel_recording(self) -> None:
        """Cancel the job after the frame in progress; the partial file is removed."""
        self._is_cancelled = True

    def say(self, text: str, is_error: bool = False) -> None:
        """Add a line to the messages."""
        message = Message(text, is_error, time.monotonic())
        with self._changed:
            self._set_status(messages=(*self._status.messages, message)[-MAX_MESSAGES:])

    def close(self, timeout_s: float = 10.0) -> bool:
        """Stop, cancelling a job in progress; True when the thread ended in time."""
        with self._changed:
            self._is_closing = True
            self._is_cancelled = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # the engine thread

    def _run(self) -> None:
        self._guarded("warming up", lambda: self._renderer.warm_up(self._progress))
        self._set_status(is_ready=True, activity="", share=None)
        while (job := self._next_job()) is not None:
            if isinstance(job, PictureRequest):
                self._guarded("rendering", lambda job=job: self._render(job))
            elif isinstance(job, Delivery):
                self._guarded("rendering", self._deliver)
            elif isinstance(job, InspectionRequest):
                self._guarded("reading pixels", lambda job=job: self._inspect(job.state))
            elif isinstance(job, FillRequest):
                self._guarded("looking how far a fill goes", lambda job=job: self._preview(job))
            elif isinstance(job, Preparation):
                self._guarded("working ahead", self._prepare)
            else:
                self._guarded(f"making the {job.noun}", lambda job=job: self._make(job))
                with self._changed:
                    self._export = None
                if self._status.recording.state == "running":  # an error ended it
                    self._set_status(recording=replace(self._status.recording, state="failed"))

    def _next_job(self) -> "Request | ExportJob | None":
        with self._changed:
            while not self._is_closing:
                if self._export is not None:
                    return Delivery() if self._begun is not None else self._export
                if self._wanted is not None:
                    wanted, self._wanted = self._wanted, None
                    return wanted
                if self._begun is not None:
                    return Delivery()
                latest = self._latest
                if latest is not None and not latest.is_converged:
                    return PictureRequest(latest.state)
                if self._fill is not None and latest is not None:
                    request, self._fill = self._fill, None
                    self._fill_key = request.key
                    return request
                is_inspected = latest is not None and self._pixel_values[0] is latest.state
                if self._may_inspect and latest is not None and latest.is_final and not is_inspected:
                    return InspectionRequest(latest.state)
                needs_refining = self._may_refine and latest is not None and not latest.is_final
                if self._may_prepare and not needs_refining:
                    return Preparation()
                was_touched = self._changed.wait(REST_S if needs_refining else None)
                if needs_refining and not was_touched and latest is not None:
                    return PictureRequest(latest.state, is_final=True)
        return None

    def _render(self, job: PictureRequest) -> None:
        """Begin the picture, then publish the one before: a GPU need not wait for it."""
        size = job.state.tool.live_size(self._size)
        gives_up = (lambda: self._is_overtaken() or not self._may_refine) if job.is_final else never
        try:
            begun = self._renderer.begin(job.state, size, job.is_final, gives_up)
        except Interruption:
            return
        except Exception:
            self._failed = job.state
            raise
        finally:
            if self._begun is not None:
                self._guarded("rendering", self._deliver)
        self._begun = job.state, begun
        if not begun.is_pending:
            self._deliver()

    def _deliver(self) -> None:
        """Publish the frame that was begun."""
        assert self._begun is not None
        (state, begun), self._begun = self._begun, None
        try:
            self._publish(begun.finished())
        except Exception:
            self._failed = state
            raise

    def _prepare(self) -> None:
        self._may_prepare = False  # set first, so that a failure is not repeated
        self._may_prepare = self._renderer.prepare()

    def _inspect(self, state: ViewState) -> None:
        self._pixel_values = (state, None)  # set first, so that a failure is not repeated
        size = state.tool.live_size(self._size)
        try:
            self._pixel_values = (state, self._renderer.pixel_values(state, size, self._is_overtaken))
        except Interruption:
            self._pixel_values = (None, None)
        self.wake()

    def _is_overtaken(self) -> bool:
        """Whether something that somebody did waits for the picture in progress."""
        return self._wanted is not None or self._export is not None or self._is_closing

    def _preview(self, request: FillRequest) -> None:
        self._fill_preview = self._renderer.fill_preview(request.state, request.index, request.stroke)
        self.wake()

    def _publish(self, frame: Frame) -> None:
        self._latest, self._may_prepare = frame, True
        self._finished_s.append(time.monotonic())
        if frame.notice and all(frame.notice != message.text for message in self._status.messages):
            self.say(frame.notice, is_error=True)
        self.wake()

    def _make(self, job: ExportJob) -> None:
        start_s = time.monotonic()

        def after_step(num_done: int, num_steps: int, frame: Frame | None) -> bool:
            if frame is not None:
                self._publish(frame)
            left_s = (time.monotonic() - start_s) / num_done * (num_steps - num_done)
            now = replace(self._status.recording, num_done=num_done, num_frames=num_steps, left_s=left_s)
            self._set_status(recording=now)
            return not self._is_cancelled

        try:
            with claiming(Path(job.path)):
                is_whole = job.run(self._renderer, after_step, lambda: self._is_cancelled)
        finally:
            with self._changed:  # show the live view again
                self._wanted = self._wanted or PictureRequest(job.state)
        self._set_status(recording=replace(self._status.recording, state="done" if is_whole else "cancelled"))
        self.say(f"Saved {Path(job.path).absolute()}" if is_whole else f"The {job.noun} was cancelled")

    def _guarded(self, doing: str, step: Callable[[], None]) -> None:
        """Run a step; an error becomes a message, and the thread goes on."""
        try:
            step()
        except PhynesError as error:
            self._stop_refining()
            self.say(str(error), is_error=True)
        except Exception as error:
            _log.exception("while %s", doing)
            self._stop_refining()
            self.say(f"Internal error while {doing}: {type(error).__name__}: {error}", is_error=True)

    def _stop_refining(self) -> None:
        if self._latest is not None:
            self._latest = replace(self._latest, is_converged=True, is_final=True)

    def _progress(self, activity: str, share: float | None = None) -> None:
        self._set_status(activity=activity, share=share)

    def _set_status(self, **changes: object) -> None:
        with self._changed:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]
        self.wake()
