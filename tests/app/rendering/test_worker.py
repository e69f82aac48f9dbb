"""The engine thread: it renders the latest view, reports errors as messages, runs export jobs, and ends."""

import threading
import time

import numpy as np
import pytest

from app.model import edits
from app.model.exports import StillState, TurntableState
from app.model.materials import StrokeState
from app.model.view_state import ViewState
from app.rendering.begun_frames import FinishedFrame
from app.rendering.exports.export_jobs import StillJob, VideoJob
from app.rendering.frames import FillPreview, packed
from app.rendering.render_requests import FillRequest, never
from app.rendering.worker import Worker
from phynes_core.errors import ImageError
from phynes_core.io.image_files import read_png
from tests.app.rendering.engine_thread import PATIENCE_S, at_second, gray_frame, wait_for

TO_PREPARE = 5  # steps
BROKEN_TOLERANCE = 0.5  # of a fill whose preview fails
BROKEN_S = 7.0  # clip time at which pixel values fail


class FakeRenderer:
    """A renderer of gray frames, which wait for `gate`."""

    def __init__(self):
        self.rendered = []
        self.gate = threading.Event()
        self.gate.set()
        self.started = threading.Semaphore(0)
        self.num_unconverged = 0
        self.read, self.filled = [], []
        self.prepared = 0

    def pixel_values(self, state, size, gives_up=never):
        self.read.append(state)
        if state.body.time_s == BROKEN_S:
            raise ImageError("map broken.exr: unreadable")
        return packed({}, np.ones((size, size)))

    def fill_preview(self, state, index, stroke):
        self.filled.append(stroke)
        if stroke.tolerance == BROKEN_TOLERANCE:
            raise ImageError("map broken.exr: unreadable")
        return FillPreview(state.bodies[index].avatar, index, stroke, np.zeros((8, 8), np.uint8))

    def warm_up(self, progress):
        progress("compiling", 0.5)

    def prepare(self):
        self.prepared += 1
        return self.prepared < TO_PREPARE

    def begin(self, state, size, is_final=False, gives_up=never):
        return FinishedFrame(self.render(state, size, is_final))

    def render(self, state, size, is_final=False):
        self.started.release()
        assert self.gate.wait(PATIENCE_S)
        if state.light.environment == "broken.exr":
            raise ImageError("environment broken.exr: unreadable")
        if state.light.environment == "bug.exr":
            raise RuntimeError("shapes differ")
        self.rendered.append((state, size, is_final))
        self.num_unconverged -= 1
        return gray_frame(state, size, is_converged=self.num_unconverged < 0 or is_final, is_final=is_final)

    def render_large(self, state, size, after_tile):
        frame = self.render(state, size, is_final=True)
        return frame if all(after_tile(done, 4) for done in range(1, 5)) else None

    def to_bytes(self, frame, display, has_alpha=False):
        return np.full((*frame.size, 4 if has_alpha else 3), 128, np.uint8)


@pytest.fixture
def renderer():
    return FakeRenderer()


@pytest.fixture
def worker(renderer):
    worker = Worker(renderer, 16)
    yield worker
    renderer.gate.set()
    assert worker.close(PATIENCE_S)


def test_the_warm_up_reports_its_progress_and_ends(worker, renderer):
    seen = []
    worker.wake = lambda: seen.append(worker.status)
    worker.start()
    wait_for(lambda: worker.status.is_ready)
    assert any(status.activity == "compiling" and status.share == 0.5 for status in seen)
    assert worker.status.activity == ""


def test_only_the_latest_waiting_view_is_rendered(worker, renderer):
    renderer.gate.clear()
    worker.start()
    worker.show(at_second(0.0))
    assert renderer.started.acquire(timeout=PATIENCE_S)
    for value in range(1, 50):
        worker.show(at_second(float(value)))
    renderer.gate.set()
    wait_for(lambda: worker.latest is not None and worker.latest.state == at_second(49.0))
    assert [state.body.time_s for state, *_ in renderer.rendered] == [0.0, 49.0]


def test_a_frame_that_did_not_converge_is_rendered_again(worker, renderer):
    renderer.num_unconverged = 3
    worker.start()
    worker.show(at_second(1.0))
    wait_for(lambda: worker.latest is not None and worker.latest.is_converged)
    assert len(renderer.rendered) == 4
    assert worker.status.render_fps > 0


def test_a_view_at_rest_is_refined_only_where_that_is_allowed(worker, renderer):
    worker.start()
    worker.show(at_second(1.0))
    wait_for(lambda: worker.latest is not None)
    time.sleep(0.5)  # longer than REST_S
    assert not worker.latest.is_final
    worker.let_refine(True)
    wait_for(lambda: worker.latest.is_final)
    assert [is_final for *_, is_final in renderer.rendered] == [False, True]


def test_work_ahead_is_done_while_nothing_is_to_be_rendered_until_nothing_is_left(worker, renderer):
    worker.start()
    wait_for(lambda: worker.status.is_ready)
    assert renderer.prepared == 0  # nothing was shown yet
    worker.show(at_second(0.0))
    wait_for(lambda: renderer.prepared == TO_PREPARE)
    worker.show(at_second(1.0))
    wait_for(lambda: renderer.prepared == TO_PREPARE + 1)  # the next picture may need more
    time.sleep(0.05)
    assert renderer.prepared == TO_PREPARE + 1


def test_an_unreadable_file_is_one_message_and_the_next_view_is_shown(worker, renderer):
    worker.start()
    worker.show(edits.edit_light(ViewState(), environment="broken.exr"))
    wait_for(lambda: worker.status.messages)
    message = worker.status.messages[-1]
    assert message.is_error and message.text == "environment broken.exr: unreadable"
    assert worker.failed.light.environment == "broken.exr"
    worker.show(at_second(2.0))
    wait_for(lambda: worker.latest is not None and worker.latest.state == at_second(2.0))


def test_a_bug_is_a_message_too_and_logged(worker, renderer, caplog):
    worker.start()
    worker.show(edits.edit_light(ViewState(), environment="bug.exr"))
    wait_for(lambda: worker.status.messages)
    assert "RuntimeError: shapes differ" in worker.status.messages[-1].text
    assert "shapes differ" in caplog.text


def test_a_recording_is_written_while_the_frames_are_shown(worker, renderer, tmp_path):
    worker.start()
    worker.show(at_second(1.0))
    wait_for(lambda: worker.latest is not None)
    settings = TurntableState(seconds=0.5, fps=10, size=32, path=str(tmp_path / "t.mp4"))
    worker.export(VideoJob(at_second(1.0), settings, {}))
    wait_for(lambda: worker.status.recording.state == "done")
    assert (tmp_path / "t.mp4").stat().st_size > 0
    recording = worker.status.recording
    assert (recording.num_done, recording.num_frames, recording.share) == (5, 5, 1.0)
    wait_for(lambda: worker.latest.size == (16, 16))  # back to the live view


def test_cancelling_leaves_no_file(worker, renderer, tmp_path):
    worker.start()
    wait_for(lambda: worker.status.is_ready)
    renderer.gate.clear()
    worker.export(VideoJob(ViewState(), TurntableState(seconds=5, fps=10, size=32, path=str(tmp_path / "t.mp4")), {}))
    assert renderer.started.acquire(timeout=PATIENCE_S)
    worker.cancel_recording()
    renderer.gate.set()
    wait_for(lambda: worker.status.recording.state == "cancelled")
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_cannot_be_written_says_so(worker, tmp_path):
    (tmp_path / "file").write_text("")
    worker.start()
    worker.export(VideoJob(ViewState(), TurntableState(size=32, path=str(tmp_path / "file" / "t.mp4")), {}))
    wait_for(lambda: worker.status.recording.state == "failed")
    assert "cannot write here" in worker.status.messages[-1].text


def test_closing_in_the_middle_of_a_recording_leaves_no_file(renderer, tmp_path):
    worker = Worker(renderer, 16)
    worker.start()
    worker.export(VideoJob(ViewState(), TurntableState(seconds=500, fps=10, size=32, path=str(tmp_path / "t.mp4")), {}))
    wait_for(lambda: worker.status.recording.num_done > 0)
    assert worker.close(PATIENCE_S)
    assert list(tmp_path.iterdir()) == []


def test_closing_before_the_start_works(renderer):
    assert Worker(renderer, 16).close(1.0)


def test_pixel_values_are_computed_once_and_only_where_that_is_allowed(worker, renderer):
    worker.start()
    worker.show(at_second(1.0))
    worker.let_refine(True)
    wait_for(lambda: worker.latest is not None and worker.latest.is_final)
    assert renderer.read == [] and worker.pixel_values_of(worker.latest) is None
    worker.let_inspect(True)
    wait_for(lambda: worker.pixel_values_of(worker.latest) is not None)
    worker.let_inspect(False)
    worker.let_inspect(True)
    worker.show(at_second(2.0))
    wait_for(lambda: len(renderer.read) == 2)
    assert [state.body.time_s for state in renderer.read] == [1.0, 2.0]


def test_pixel_values_that_fail_are_one_message_and_are_not_tried_again(worker, renderer):
    worker.start()
    worker.show(at_second(BROKEN_S))
    worker.let_refine(True)
    worker.let_inspect(True)
    wait_for(lambda: any(message.is_error for message in worker.status.messages))
    worker.show(at_second(3.0))
    wait_for(lambda: worker.latest.state.body.time_s == 3.0 and worker.pixel_values_of(worker.latest) is not None)
    assert [state.body.time_s for state in renderer.read] == [BROKEN_S, 3.0]


def test_a_picture_is_written_and_the_live_view_is_rendered_again(worker, renderer, tmp_path):
    worker.start()
    worker.show(at_second(1.0))
    wait_for(lambda: worker.latest is not None)
    assert worker.export(StillJob(at_second(1.0), StillState(64, True, str(tmp_path / "p.png"))))
    wait_for(lambda: worker.status.recording.state == "done")
    assert read_png(tmp_path / "p.png").shape == (64, 64, 4) and worker.status.recording.share == 1.0
    wait_for(lambda: any(message.text == f"Saved {tmp_path / 'p.png'}" for message in worker.status.messages))


def test_only_one_job_runs_at_a_time(worker, renderer, tmp_path):
    worker.start()
    wait_for(lambda: worker.status.is_ready)
    renderer.gate.clear()
    job = StillJob(ViewState(), StillState(64, False, str(tmp_path / "p.png")))
    assert worker.export(job)
    assert renderer.started.acquire(timeout=PATIENCE_S)
    assert not worker.export(job)
    worker.cancel_recording()
    renderer.gate.set()
    wait_for(lambda: worker.status.recording.state == "cancelled")
    assert list(tmp_path.iterdir()) == []
    wait_for(lambda: worker.status.messages[-1].text == "The picture was cancelled")


@pytest.mark.parametrize("path, message", [("p.gif", "ends in .png or .exr"), ("file/p.png", "cannot write here")])
def test_a_picture_that_cannot_be_written_is_one_message(worker, tmp_path, path, message):
    (tmp_path / "file").write_text("")
    worker.start()
    worker.export(StillJob(ViewState(), StillState(64, False, str(tmp_path / path))))
    wait_for(lambda: worker.status.recording.state == "failed")
    assert message in worker.status.messages[-1].text and worker.status.messages[-1].is_error


def test_a_fill_is_previewed_once_after_the_pictures_that_are_due_and_the_newest_request_counts(worker, renderer):
    first, second, broken = (StrokeState(tolerance=tolerance) for tolerance in (0.1, 0.2, BROKEN_TOLERANCE))
    worker.start()
    renderer.gate.clear()
    worker.show(at_second(1.0))
    for stroke in (first, second):
        worker.preview_fill(FillRequest(ViewState(), 0, stroke))
    assert worker.fill_preview is None and renderer.filled == []
    renderer.gate.set()
    wait_for(lambda: worker.fill_preview is not None)
    worker.preview_fill(FillRequest(at_second(2.0), 0, second))  # the same fill
    worker.preview_fill(FillRequest(ViewState(), 0, broken))
    wait_for(lambda: worker.status.messages)
    worker.preview_fill(FillRequest(ViewState(), 0, broken))
    worker.show(at_second(3.0))
    wait_for(lambda: worker.latest.state.body.time_s == 3.0)
    assert renderer.filled == [second, broken] and len(worker.status.messages) == 1
    assert worker.fill_preview.stroke == second
