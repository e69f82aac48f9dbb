"""The guided start goes on when its step was done, can be skipped, and comes only once."""

from dataclasses import replace

import pytest

from app.model import cameras, joints, lights
from app.model.edits import edit_tool
from app.model.lamps import add_lamp, turn_lamp
from app.model.status import RecordingStatus, Status
from app.model.store import Store
from app.model.tools import GUIDE_STEPS
from app.model.view_state import ViewState
from app.tools.commands.registry import run
from app.viewer.guide import Guide, is_first_start
from tests.app.fake_commands import fake_commands

READY = Status()
DEEDS = (
    lambda s: cameras.orbit(s, 40, 0), lambda s: turn_lamp(s, 10, 0), lambda s: lights.choose_environment(s, "a.exr"),
    lambda s: joints.turn_joint(s, 16, (0.0, 0.0, 20.0)),
)  # fmt: skip


@pytest.fixture
def store(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return Store(edit_tool(add_lamp(ViewState()), guide_step=1))


def step(guide, store, edit=None, status=READY):
    if edit is not None:
        store.post(edit, "deed")
        store.apply()
    guide.update(status)
    store.apply()
    guide.update(status)
    return store.state.tool.guide_step


def test_each_step_is_done_by_doing_it(store):
    guide = Guide(store)
    assert step(guide, store) == 1 and guide.text().startswith("1 of 5") and is_first_start()
    assert step(guide, store, DEEDS[1]) == 1  # another deed
    for number, deed in enumerate(DEEDS, 1):
        assert store.state.tool.guide_step == number
        assert step(guide, store, deed) == number + 1
    taken = replace(Status(), recording=RecordingStatus("running", noun="picture"))
    assert step(guide, store, status=taken) == 0 and guide.text() == "" and not is_first_start()
    assert len(DEEDS) + 1 == GUIDE_STEPS


def test_escape_skips_it_and_the_menu_brings_it_back(store):
    guide, context = Guide(store), fake_commands(store)
    step(guide, store)
    run("window.let_go", context)
    store.apply()
    assert step(guide, store) == 0 and not is_first_start()
    run("window.guide", context)
    store.apply()
    assert step(guide, store) == 1 and not is_first_start()
