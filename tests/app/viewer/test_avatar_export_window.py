"""File, Export in the real windows: the dialog writes the avatar, says what it costs, and the picture has guides."""

import time
from pathlib import Path

import numpy as np

from app.files.sessions import save_session
from app.model.avatar_row import BodyState
from app.model.exports import AvatarExportState, StillState
from app.model.tools import ToolState
from app.model.view_state import ViewState
from tests.app.desktop import WINDOW_MARKS, Viewer
from tests.app.viewer.test_command_windows import AFTER_CLOSING_S, press
from tests.export.judges import Glb

pytestmark = WINDOW_MARKS


def messages(viewer: Viewer) -> str:
    return "\n".join((viewer.last("messages") or {"value": []})["value"])


def test_the_dialog_writes_the_avatar_in_a_wide_window(desktop, avatar_file, tmp_path):
    out = tmp_path / "small.glb"
    export = AvatarExportState(str(out), texture_size=64)
    tool = ToolState(guides="picture", still=StillState(1280, height=720), avatar_export=export)
    save_session(tmp_path / "wide.json", ViewState(BodyState(str(Path(avatar_file).resolve())), tool=tool))
    viewer = Viewer(desktop, tmp_path, avatar_file, arguments=("wide.json",))
    try:
        viewer.settled()
        viewer.keep("guides")
        rows = np.ptp(viewer.picture().reshape(len(viewer.picture()), -1), axis=1)
        assert (rows < 8).sum() > 0.2 * len(rows)  # bars above and below what 16 : 9 leaves of the window
        viewer.key("ctrl+shift+e")
        viewer.wait("the dialog", lambda: "export.start" in viewer.last("widgets")["value"])
        viewer.keep("export_dialog")
        time.sleep(AFTER_CLOSING_S)
        press(viewer, "Return")  # as its button does
        viewer.wait("the export", lambda: (viewer.last("recording") or {"value": {}})["value"].get("noun") == "avatar")
        viewer.wait("the file", lambda: out.is_file() and "four weights" in messages(viewer))
        viewer.keep("exported")
        assert len(Glb(out).json["skins"][0]["joints"]) == 24
    finally:
        viewer.stop()
    assert "Traceback" not in (tmp_path / "output.txt").read_text()
