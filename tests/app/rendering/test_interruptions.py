"""A picture at rest is given up between its parts for what somebody does, and nothing of it is left in later ones."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from app.model.avatar_row import BodyState
from app.model.exports import StillState
from app.model.lamps import add_lamp
from app.model.view_state import ViewState
from app.options.light import light_of_probe
from app.rendering.begun_frames import FinishedFrame
from app.rendering.exports.export_jobs import StillJob
from app.rendering.render_requests import Interruption, never
from app.rendering.render_service import RenderService
from app.rendering.worker import Worker
from tests.app.rendering.engine_thread import PATIENCE_S, at_second, gray_frame, wait_for

NUM_PARTS = 4
SIZE = 48


class RendererOfParts:
    """Notes each part of a picture at full quality; the second one waits for `gate`."""

    def __init__(self):
        self.notes, self.gate, self.at_second_part = [], threading.Event(), threading.Event()

    def warm_up(self, progress):
        pass

    def prepare(self):
        return False

    def begin(self, state, size, is_final=False, gives_up=never):
        for part in range(NUM_PARTS if is_final else 0):
            if gives_up():
                self.notes.append(("given up", state.body.time_s))
                raise Interruption
            self.notes.append((f"part {part}", state.body.time_s))
            if part == 1:
                self.at_second_part.set()
                assert self.gate.wait(PATIENCE_S)
        self.notes.append(("whole" if is_final else "live", state.body.time_s))
        return FinishedFrame(gray_frame(state, size, is_final=is_final))

    def render_large(self, state, size, after_tile):
        self.notes.append(("file", state.body.time_s))
        return gray_frame(state, 64, is_final=True)

    def to_bytes(self, frame, display, has_alpha=False):
        return np.full((*frame.size, 4 if has_alpha else 3), 128, np.uint8)


@pytest.fixture
def renderer():
    return RendererOfParts()


@pytest.fixture
def worker(renderer):
    """Of a view at rest, whose fine picture is half made."""
    worker = Worker(renderer, 16)
    worker.start()
    worker.let_refine(True)
    worker.show(at_second(1.0))
    assert renderer.at_second_part.wait(PATIENCE_S)
    yield worker
    renderer.gate.set()
    assert worker.close(PATIENCE_S)


def test_a_deed_comes_before_the_rest_of_a_picture_at_rest(worker, renderer):
    worker.show(at_second(2.0))
    renderer.gate.set()
    wait_for(lambda: worker.latest.is_final)
    begun = [("live", 1.0), ("part 0", 1.0), ("part 1", 1.0), ("given up", 1.0), ("live", 2.0)]
    assert renderer.notes == [*begun, *[(f"part {part}", 2.0) for part in range(NUM_PARTS)], ("whole", 2.0)]
    assert worker.failed is None and not worker.status.messages


def test_a_press_of_a_button_gives_it_up_and_its_release_makes_it_anew(worker, renderer):
    worker.let_refine(False)
    renderer.gate.set()
    wait_for(lambda: renderer.notes[-1] == ("given up", 1.0))
    assert not worker.latest.is_final
    worker.let_refine(True)
    wait_for(lambda: worker.latest.is_final)
    assert renderer.notes[-1] == ("whole", 1.0) and renderer.notes.count(("live", 1.0)) == 1


def test_a_file_that_is_asked_for_comes_first(worker, renderer, tmp_path):
    assert worker.export(StillJob(at_second(1.0), StillState(64, True, str(tmp_path / "p.png"))))
    renderer.gate.set()
    wait_for(lambda: worker.status.recording.state == "done")
    assert renderer.notes.index(("given up", 1.0)) < renderer.notes.index(("file", 1.0))


def test_the_engine_gives_up_before_any_node_and_the_next_pictures_are_as_ever(avatar_file):
    def view(azimuth_deg):
        state = add_lamp(ViewState(BodyState(str(avatar_file)), light=light_of_probe("studio")))
        return replace(state, camera=replace(state.camera, azimuth_deg=azimuth_deg, distance_m=2.5))

    service, untouched = RenderService(), RenderService()
    asked = []

    def count():
        asked.append(None)
        return False

    expected = untouched.begin(view(30.0), SIZE, is_final=True, gives_up=count).finished()
    assert len(asked) > 10
    for number in (0, 3, 6, 9):  # nodes of another view; those of the body are kept
        left = iter([False] * number)
        with pytest.raises(Interruption):
            service.begin(view(float(number)), SIZE, is_final=True, gives_up=lambda left=left: next(left, True))
    service.begin(view(30.0), SIZE)  # a live picture asks nobody
    found = service.begin(view(30.0), SIZE, is_final=True, gives_up=count).finished()
    assert np.array_equal(found.pixels, expected.pixels)
