"""Environments are read before they are shown: what is none is a message and changes nothing."""

import threading
import time

import numpy as np
import pytest

from app.files.light_rigs import save_rig
from app.model.lamps import LampState
from app.model.lights import LightState
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering import thumbnails
from app.rendering.thumbnails import LightThumbnails
from app.viewer.dropped_files import read_dropped
from app.viewer.lights import LightController, RigController
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png


class Bench:
    """A controller, its store and thumbnails, and what was said."""

    def __init__(self):
        self.said, self.store, self.thumbnails = [], Store(ViewState()), LightThumbnails()
        self.lights = LightController(self.store, self.say, self.thumbnails)

    def say(self, text, is_error=False):
        self.said.append((text, is_error))

    def wait(self, condition):
        until_s = time.monotonic() + 20.0
        while not condition() and time.monotonic() < until_s:
            self.store.apply()
            time.sleep(0.005)
        assert condition()


@pytest.fixture
def good(tmp_path):
    write_exr(tmp_path / "good.exr", np.ones((16, 32, 3), np.float32))
    return str(tmp_path / "good.exr")


@pytest.fixture
def bad(tmp_path):
    """A picture that is not twice as wide as high."""
    write_png(tmp_path / "bad.png", np.full((300, 300, 3), 128, np.uint8))
    return str(tmp_path / "bad.png")


def test_a_good_one_is_used_and_joins_the_list_with_a_thumbnail(good):
    bench = Bench()
    bench.lights.choose(good)
    bench.wait(lambda: bench.store.state.light.environment == good)
    assert bench.store.state.tool.loaded_environments == (good,) and good in bench.thumbnails.made
    assert bench.said == [] and bench.store.undo() and bench.store.state == ViewState()


def test_a_wrong_one_is_one_message_before_it_becomes_the_state(bad, tmp_path):
    bench = Bench()
    for is_right in (False, True):
        dropped = read_dropped(tmp_path / "bad.png", is_right)
        bench.lights.use(dropped.environment, dropped.edit, dropped.label)
        bench.wait(lambda: bench.said)
        text, is_error = bench.said.pop()
        assert is_error and bad in text and "\n" not in text and not bench.said
        assert bench.store.state == ViewState() and not bench.store.can_undo and bench.thumbnails.made == {}


@pytest.mark.parametrize("name", ["good", "bad"])
def test_a_rig_with_a_wrong_environment_changes_no_lamp_either(name, tmp_path, request):
    path = request.getfixturevalue(name)
    save_rig(tmp_path / "rig.json", LightState(mode="environment", environment=path, lamps=(LampState(),)))
    bench, used = Bench(), []
    RigController(bench.lights, used.append).load(str(tmp_path / "rig.json"))
    bench.wait(lambda: bench.said or bench.store.state.light.lamps)
    assert (bench.store.state == ViewState()) == (name == "bad") == bool(bench.said)


def test_one_that_takes_long_does_not_undo_what_was_chosen_after_it(good, tmp_path, monkeypatch):
    read, first, may_go = thumbnails.load_environment_image, str(tmp_path / "first.exr"), threading.Event()
    write_exr(tmp_path / "first.exr", np.ones((16, 32, 3), np.float32))

    def slowly(path):
        if str(path) == first:
            may_go.wait(20)
        return read(path)

    monkeypatch.setattr(thumbnails, "load_environment_image", slowly)
    bench = Bench()
    bench.lights.choose(first)
    bench.lights.choose(good)
    may_go.set()
    bench.wait(lambda: bench.store.state.light.environment == good)
    assert first in bench.thumbnails.made and bench.store.state.tool.loaded_environments == (good,)


def test_an_error_of_ours_is_a_message_and_the_next_file_is_read(good, bad, monkeypatch):
    read = thumbnails.load_environment_image

    def broken(path):
        if str(path) == bad:
            raise ZeroDivisionError("ours")
        return read(path)

    monkeypatch.setattr(thumbnails, "load_environment_image", broken)
    bench = Bench()
    bench.lights.choose(bad)
    bench.wait(lambda: bench.said)
    assert "internal error: ZeroDivisionError: ours" in bench.said[0][0]
    bench.lights.choose(good)
    bench.wait(lambda: bench.store.state.light.environment == good)
