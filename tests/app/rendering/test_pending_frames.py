"""The engine thread and frames that a GPU is still making: nobody waits for them while there is a newer state."""

import threading

import numpy as np
import pytest

from app.model.exports import StillState
from app.rendering.exports.export_jobs import StillJob
from app.rendering.render_requests import never
from app.rendering.worker import Worker
from phynes_core.errors import BackendError
from tests.app.rendering.engine_thread import PATIENCE_S, at_second, gray_frame, wait_for

LOST_S = 7.0  # clip time of a frame that is never made


class SlowGpu:
    """A renderer that notes when frames are begun and finished."""

    def __init__(self):
        self.notes = []
        self.gate = threading.Event()
        self.gate.set()

    def warm_up(self, progress):
        pass

    def prepare(self):
        return False

    def begin(self, state, size, is_final=False, gives_up=never):
        self.notes.append(("begin", state.body.time_s))
        assert self.gate.wait(PATIENCE_S)
        return Begun(self, state, size, is_final)

    def render(self, state, size, is_final=False):
        return self.begin(state, size, is_final).finished()

    def render_large(self, state, size, after_tile):
        frame = self.render(state, size, is_final=True)
        return frame if after_tile(1, 1) else None

    def to_bytes(self, frame, display, has_alpha=False):
        return np.full((*frame.size, 4 if has_alpha else 3), 128, np.uint8)


class Begun:
    is_pending = True

    def __init__(self, renderer, state, size, is_final):
        self.renderer, self.state, self.size, self.is_final = renderer, state, size, is_final

    def finished(self):
        self.renderer.notes.append(("finish", self.state.body.time_s))
        if self.state.body.time_s == LOST_S:
            raise BackendError("the GPU is gone")
        return gray_frame(self.state, self.size, is_final=self.is_final)


@pytest.fixture
def renderer():
    return SlowGpu()


@pytest.fixture
def worker(renderer):
    made = Worker(renderer, 64)
    made.start()
    yield made
    renderer.gate.set()
    assert made.close()


def test_a_view_at_rest_is_delivered_without_another(worker, renderer):
    state = at_second(1.0)
    worker.show(state)
    wait_for(lambda: worker.latest is not None)
    assert worker.latest.state is state and renderer.notes == [("begin", 1.0), ("finish", 1.0)]


def test_a_newer_view_is_begun_before_the_last_one_is_waited_for(worker, renderer):
    """While one is being handed over two more come: the newest is begun next, then the first is delivered."""
    renderer.gate.clear()
    worker.show(at_second(1.0))
    wait_for(lambda: renderer.notes)
    worker.show(at_second(2.0))
    newest = at_second(3.0)
    worker.show(newest)
    renderer.gate.set()
    wait_for(lambda: worker.latest is not None and worker.latest.state is newest)
    assert renderer.notes == [("begin", 1.0), ("begin", 3.0), ("finish", 1.0), ("finish", 3.0)]


def test_a_frame_that_fails_is_one_message_and_the_next_one_comes(worker, renderer):
    renderer.gate.clear()
    lost = at_second(LOST_S)
    worker.show(lost)
    wait_for(lambda: renderer.notes)
    newest = at_second(3.0)
    worker.show(newest)
    renderer.gate.set()
    wait_for(lambda: worker.latest is not None and worker.latest.state is newest)
    assert worker.failed is lost
    assert [message.text for message in worker.status.messages] == ["the GPU is gone"]


def test_a_file_waits_for_the_frame_that_was_begun(worker, renderer, tmp_path):
    renderer.gate.clear()
    worker.show(at_second(1.0))
    wait_for(lambda: renderer.notes)
    path = tmp_path / "still.png"
    assert worker.export(StillJob(at_second(2.0), StillState(64, False, str(path))))
    renderer.gate.set()
    wait_for(lambda: path.exists())
    assert renderer.notes[:3] == [("begin", 1.0), ("finish", 1.0), ("begin", 2.0)]
