"""Closing the real windows: what is not saved is asked about once, Esc ends nothing, Save as asks."""

import time
from pathlib import Path

import numpy as np
import pytest

from app.files.sessions import load_session
from phynes_core.io.image_files import write_png
from tests.app.desktop import WINDOW_MARKS, Viewer

pytestmark = WINDOW_MARKS


@pytest.fixture
def start(desktop, tmp_path, avatar_file):
    """Start viewers in a folder of their own."""
    viewers = []

    def opened(*arguments: str) -> Viewer:
        (tmp_path / "trace.jsonl").unlink(missing_ok=True)
        viewers.append(Viewer(desktop, tmp_path, avatar_file, arguments=arguments))
        return viewers[-1]

    yield opened
    for viewer in viewers:
        viewer.stop()


def shows(viewer: Viewer, tag: str) -> bool:
    return tag in viewer.last("widgets")["value"]


def press(viewer: Viewer, *names: str) -> None:
    """Press keys in the window that has the keyboard."""
    for name in names:
        viewer.desktop.pointer("key", name)


def press_close_button(viewer: Viewer, window: str) -> None:
    """What a window manager does when its close button is pressed."""
    viewer.focus(window)
    press(viewer, "alt+F4")


def add_lamp(viewer: Viewer, count: int) -> None:
    viewer.key("l")
    viewer.settled(lambda event: len(event["lamps"]) == count)


def test_a_viewer_without_changes_closes_at_once(start):
    viewer = start()
    viewer.settled()
    viewer.key("Escape", "Escape")
    press_close_button(viewer, "picture")
    assert viewer.ended() == 0


def test_changes_are_asked_about_once_however_it_is_closed(start, tmp_path):
    viewer = start()
    viewer.settled()
    add_lamp(viewer, 1)
    closing = [
        lambda: viewer.key("ctrl+w"),
        lambda: press_close_button(viewer, "picture"),
        lambda: press_close_button(viewer, "panels"),
    ]
    for number, close in enumerate(closing):
        close()
        viewer.wait("the question", lambda: shows(viewer, "question.cancel"))
        viewer.keep(f"question_{number}")
        if number == 2:
            viewer.click("question.cancel")
        elif number == 1:
            viewer.focus("picture")  # the question takes the picture's keys, too
            press(viewer, "l", "Escape")
        else:
            press_close_button(viewer, "panels")  # asked already
            time.sleep(0.5)  # the window manager's message may come after a key
            press(viewer, "Escape")
        viewer.wait("the question's end", lambda: not shows(viewer, "question.cancel"))
    viewer.key("Escape", "Escape")
    add_lamp(viewer, 2)
    viewer.key("ctrl+w")
    viewer.wait("the question", lambda: shows(viewer, "question.cancel"))
    press(viewer, "Return")
    assert viewer.ended() == 0
    saved = next(tmp_path.glob("*_session.json"))
    assert len(load_session(saved).light.lamps) == 2

    viewer = start(saved.name)
    viewer.settled(lambda event: len(event["lamps"]) == 2)
    add_lamp(viewer, 3)
    viewer.key("ctrl+w")
    viewer.wait("the question", lambda: shows(viewer, "question.cancel"))
    viewer.click("question.1")
    assert viewer.ended() == 0 and len(load_session(saved).light.lamps) == 2

    viewer = start()
    viewer.settled(lambda event: event["lamps"] == [])
    viewer.key("ctrl+shift+o")
    viewer.settled(lambda event: len(event["lamps"]) == 3)
    viewer.key("ctrl+shift+o")
    viewer.settled(lambda event: len(event["lamps"]) == 2)


def test_save_as_keeps_the_name_and_asks_before_it_replaces(start, tmp_path):
    (tmp_path / "sub").mkdir()
    viewer = start()
    viewer.settled()
    add_lamp(viewer, 1)
    old = tmp_path / "sub" / "mine.json"
    old.write_text("old")
    name = "session.save_dialog.name"
    viewer.key("ctrl+shift+s")
    viewer.wait("the dialog", lambda: shows(viewer, name))
    time.sleep(0.5)  # the name field has the keyboard two frames later
    press(viewer, "ctrl+a")
    viewer.desktop.pointer("type", "--delay", "60", "mine")
    viewer.keep("save_as")
    left, below = viewer.point("session.save_dialog.up", 0.5, 1.0)
    row = (left, below + 15)
    viewer.drag("panels", row, row)
    time.sleep(0.5)
    viewer.keep("save_as_sub")
    press(viewer, "Return")
    time.sleep(0.5)
    viewer.keep("save_as_asks")
    assert shows(viewer, name) and old.read_text() == "old"
    viewer.key("Escape", "ctrl+w")  # in the picture: one popup closes and the next one opens at once
    viewer.wait("the question", lambda: shows(viewer, "question.cancel"))
    viewer.key("Escape")
    viewer.wait("the question's end", lambda: not shows(viewer, "question.cancel"))
    assert old.read_text() == "old"
    viewer.key("ctrl+shift+s")
    viewer.wait("the dialog", lambda: shows(viewer, name))
    viewer.click("session.save_dialog.cancel")
    viewer.wait("the dialog's end", lambda: not shows(viewer, name))
    viewer.key("ctrl+shift+s")
    viewer.wait("the dialog", lambda: shows(viewer, name))
    for _ in range(2):
        viewer.click("session.save_dialog.ok")
    viewer.wait("the session", lambda: old.read_text() != "old")
    assert len(load_session(old).light.lamps) == 1
    viewer.key("ctrl+w")
    assert viewer.ended() == 0


def test_a_wrong_environment_that_is_dropped_changes_nothing(start, tmp_path, desktop):
    write_png(tmp_path / "wrong.png", np.full((300, 300, 3), 128, np.uint8))
    viewer = start()
    before = viewer.settled()
    states = len(viewer.events("state"))
    viewer.drop(tmp_path / "wrong.png")
    viewer.wait("the message", lambda: any("wrong.png" in text for text in viewer.last("messages")["value"]))
    viewer.keep("wrong_environment")
    assert len([text for text in viewer.last("messages")["value"] if "wrong.png" in text]) == 1
    assert len(viewer.events("state")) == states and viewer.settled() == before | {"time_s": viewer.settled()["time_s"]}
    viewer.key("ctrl+w")
    assert viewer.ended() == 0
    recent = Path(desktop.environment["XDG_CONFIG_HOME"]) / "phynes-viewer" / "recent.json"
    assert "wrong.png" not in recent.read_text()
