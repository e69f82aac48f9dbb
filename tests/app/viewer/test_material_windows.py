"""Materials in the real windows: choose the brush, paint, undo, save beside the checkpoint."""

import json

import numpy as np
import pytest

from tests.app.desktop import WINDOW_MARKS, Viewer

pytestmark = WINDOW_MARKS


@pytest.fixture(scope="module")
def viewer(desktop, avatar_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer")
    avatar = folder / "painted.ckpt"
    avatar.write_bytes(avatar_file.read_bytes())
    viewer = Viewer(desktop, folder, avatar)
    yield viewer
    viewer.stop()


def trunk(viewer):
    """The middle of the picture, away from messages."""
    picture = viewer.picture().astype(int)
    height, width = picture.shape[:2]
    return picture[int(0.2 * height) : int(0.75 * height), int(0.3 * width) : int(0.7 * width)]


def test_a_stroke_in_the_picture_is_painted_undone_and_saved(viewer):
    viewer.key("2")
    start = viewer.settled(buffer="albedo", materials=[True, 0, "none"])
    plain = trunk(viewer)
    viewer.key("shift+p", "shift+bracketright", "shift+bracketright")
    height, width = viewer.picture().shape[:2]
    viewer.drag("picture", (0.46 * width, 0.42 * height), (0.54 * width, 0.42 * height))
    painted = viewer.settled(lambda event: event["materials"][1] == 1)
    assert painted["camera"] == start["camera"]
    shown = trunk(viewer)
    middle = shown[int(0.4 * len(shown)), shown.shape[1] // 2]  # 0.42 of the whole
    assert middle[0] > middle[1] + 80  # the brush's red
    assert (np.abs(shown - plain).max(-1) > 40).mean() < 0.2
    viewer.key("z")
    viewer.settled(lambda event: event["materials"][1] == 0)
    assert np.abs(trunk(viewer) - plain).mean() < 1.0
    viewer.key("y")
    viewer.settled(lambda event: event["materials"][1] == 1)
    viewer.key("ctrl+u")
    path = viewer.folder / "painted.materials.json"
    viewer.wait("the saved file", path.is_file)
    assert len(json.loads(path.read_text())["materials"]["strokes"]) == 1
    viewer.key("shift+h")
    viewer.settled(lambda event: event["materials"][0])
    assert np.abs(trunk(viewer) - plain).mean() < 1.0
    viewer.key("shift+h", "Escape", "1")
    viewer.settled(lambda event: event["materials"] == [False, 1, "none"], buffer="radiance")
