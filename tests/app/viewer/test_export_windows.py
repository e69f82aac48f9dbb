"""Sessions, pictures and videos in the real windows: saved, restored after a crash, exported, copied as commands."""

import signal
from pathlib import Path

import pytest
from PIL import Image

from app.files.sessions import load_session, save_session
from app.model.avatar_row import BodyState
from app.model.exports import StillState, TurntableState
from app.model.tools import ToolState
from app.model.view_state import ViewState
from tests.app.desktop import WINDOW_MARKS, Viewer

pytestmark = WINDOW_MARKS


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("viewer")


@pytest.fixture
def start(desktop, folder, avatar_file):
    """Start a viewer with the arguments of a command line; all run in one folder."""
    viewers = []

    def opened(*arguments: str) -> Viewer:
        (folder / "trace.jsonl").unlink(missing_ok=True)
        viewers.append(Viewer(desktop, folder, avatar_file, arguments=arguments))
        return viewers[-1]

    yield opened
    for viewer in viewers:
        viewer.stop()


def messages(viewer: Viewer) -> str:
    return "\n".join((viewer.last("messages") or {"value": []})["value"])


def test_a_session_is_saved_and_restored_after_a_crash(start, folder, desktop):
    viewer = start()
    viewer.key("l", "g")
    viewer.settled(lambda event: len(event["lamps"]) == 1 and event["surroundings"][1])
    viewer.key("ctrl+s")
    viewer.wait("the saved session", lambda: "Saved the session" in messages(viewer))
    saved = next(folder.glob("*_session.json"))
    assert load_session(saved).surroundings.has_ground and len(load_session(saved).light.lamps) == 1
    viewer.key("l")
    viewer.settled(lambda event: len(event["lamps"]) == 2)
    settings = Path(desktop.environment["XDG_CONFIG_HOME"]) / "phynes-viewer" / "autosave"
    viewer.wait(
        "the autosaved session", lambda: any(len(load_session(p).light.lamps) == 2 for p in settings.glob("[!.]*.json"))
    )
    viewer.process.send_signal(signal.SIGKILL)
    viewer.process.wait(20)

    viewer = start(saved.name)
    viewer.settled(lambda event: len(event["lamps"]) == 1)
    viewer.keep("offer")
    viewer.key("ctrl+shift+o")
    viewer.settled(lambda event: len(event["lamps"]) == 2)
    viewer.drop(saved)
    viewer.settled(lambda event: len(event["lamps"]) == 1)
    viewer.key("z")
    viewer.settled(lambda event: len(event["lamps"]) == 2)
    viewer.key("ctrl+o")
    viewer.keep("open_dialog")
    viewer.key("Escape", "ctrl+w")
    viewer.wait("the question", lambda: "question.cancel" in viewer.last("widgets")["value"])
    viewer.click("question.1")
    assert viewer.ended() == 0 and not list(settings.glob("*.lock"))
    assert {len(load_session(path).light.lamps) for path in settings.glob("ended-*.json")} == {2}
    assert "Traceback" not in (folder / "output.txt").read_text()


def test_pictures_videos_and_their_command_lines(start, folder, desktop, avatar_file):
    tool = ToolState(still=StillState(256, path="small.png"), turntable=TurntableState(size=64, seconds=600.0))
    save_session(folder / "small.json", ViewState(BodyState(str(avatar_file)), tool=tool))
    viewer = start("small.json")
    viewer.settled()
    viewer.keep("record_panel")
    viewer.key("F12")
    viewer.wait("the picture", lambda: "Saved" in messages(viewer) and ".png" in messages(viewer))
    assert Image.open(folder / "small.png").size == (256, 256)
    viewer.key("ctrl+c")
    viewer.wait("the copy", lambda: "Copied the command line" in messages(viewer))
    viewer.keep("taken")
    line = desktop.clipboard()
    assert line.startswith("python ") and " render --avatar" in line and "--size 256" in line
    viewer.key("r")
    viewer.wait("a running video", lambda: viewer.last("recording")["value"]["num_done"] > 0)
    viewer.keep("making")
    viewer.key("shift+r")
    viewer.wait("its end", lambda: viewer.last("recording")["value"]["state"] == "cancelled")
    assert not list(folder.glob("*.mp4")) and not list(folder.glob(".*partial*"))
