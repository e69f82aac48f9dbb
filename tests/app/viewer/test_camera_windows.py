"""The camera in the real windows: fly mode, looking around, bookmarks, camera path."""

import numpy as np

from tests.app.desktop import WINDOW_MARKS

pytestmark = WINDOW_MARKS


def test_held_keys_fly_a_drag_looks_around_and_escape_ends_it(viewer):
    start = viewer.settled()["camera"]
    viewer.key("shift+f")
    viewer.desktop.pointer("keydown", "w")
    viewer.wait("a flight", lambda: viewer.last("shown")["camera"][5] < start[5] - 0.2)
    viewer.desktop.pointer("keyup", "w")
    flown = viewer.settled(lambda event: event["camera"][5] < start[5] - 0.2, flies=True)["camera"]
    assert flown[:5] == start[:5]  # forward, from the front
    width, height = viewer.picture().shape[1::-1]
    viewer.drag("picture", (0.5 * width, 0.2 * height), (0.6 * width, 0.2 * height))
    turned = viewer.settled(lambda event: event["camera"][0] < -1.0)
    assert turned["camera"][2] == flown[2] and turned["camera"][3] > 0.02  # the orbited point moves to the right
    viewer.key("Escape", "z", "z")  # one step a flight, one a look
    viewer.settled(camera=start, flies=False)


def test_views_bookmarks_and_a_path_by_key(viewer):
    plain = viewer.picture().astype(int)
    viewer.key("ctrl+shift+1", "alt+1", "alt+k", "alt+2")
    viewer.settled(lambda event: event["camera"][:2] == [90.0, 0.0])
    viewer.key("alt+k", "ctrl+1")
    viewer.settled(lambda event: event["camera"][0] == 0.0 and event["path"] == [0.0, 2.0])
    viewer.key("alt+5")
    for _ in range(14):
        viewer.desktop.pointer("click", 5)  # the wheel: away, until the path is in sight
    viewer.settled(lambda event: event["camera"][1] == 90.0 and event["camera"][2] > 14.0)
    shown = viewer.picture().astype(int)
    viewer.key("alt+j")
    viewer.wait("a picture without the line", lambda: np.abs(shown - viewer.picture().astype(int)).max() > 60)
    viewer.key("alt+j", "alt+comma", "shift+space")
    between = viewer.wait("the camera on its way", lambda: _between(viewer))
    assert between["camera"][1] == 0.0
    viewer.settled(lambda event: event["camera"][0] == 90.0)
    viewer.key("ctrl+1")
    viewer.settled(lambda event: event["camera"][0] == 0.0)
    assert np.abs(viewer.picture().astype(int) - plain).mean() < 4.0


def _between(viewer):
    event = viewer.last("shown")
    return event if 5.0 < event["camera"][0] < 85.0 else None
