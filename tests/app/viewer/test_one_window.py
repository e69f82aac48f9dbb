"""The picture as a panel of the controls' window: pointer, keys and dropped files do what they do in two windows."""

import time

import numpy as np
import pytest

from tests.app.desktop import AS_CAPTURED, IMAGE, WINDOW_MARKS, Viewer

pytestmark = WINDOW_MARKS


@pytest.fixture(scope="module")
def one(desktop, avatar_file, tmp_path_factory):
    """A viewer in one window."""
    arguments = ("--one-window", "--avatar", str(avatar_file), "--motion", "walk", *AS_CAPTURED)
    viewer = Viewer(desktop, tmp_path_factory.mktemp("one"), avatar_file, arguments=arguments)
    yield viewer
    viewer.stop()


def hover(viewer: Viewer, x: float, y: float) -> None:
    left, top = viewer.origin("picture")
    viewer.desktop.pointer("mousemove", round(left + x), round(top + y))


def test_one_window_holds_a_large_picture_and_the_panels_beside_it(one):
    one.settled()
    assert one.windows["picture"] == one.windows["panels"]
    rectangles = one.last("widgets")["value"]
    left, _, width, height = rectangles.pop(IMAGE)
    assert width > 750 and height > 800  # of 1600 x 1000
    panels = [rectangle for tag, rectangle in rectangles.items() if not tag.startswith("menu.")]
    assert len(panels) > 10 and all(rectangle[0] >= left + width for rectangle in panels)
    picture = one.picture().astype(int)
    corner = picture[10, 10]
    assert np.abs(picture[len(picture) // 2, picture.shape[1] // 2] - corner).max() > 60  # the body
    assert np.abs(picture[-10, 10] - corner).max() < 3
    top_half, low_half = (np.abs(half - corner).max(-1).sum() for half in np.split(picture[: len(picture) // 2 * 2], 2))
    assert top_half > 1.2 * low_half  # arms and chest stand above the legs
    one.keep("one_window")


def test_the_lamp_and_the_camera_are_dragged(one):
    one.key("l")
    start = one.settled(lambda event: len(event["lamps"]) == 1)
    handle = start["handles"][0]
    one.drag("picture", handle, (0.25 * one.picture().shape[1], handle[1]))
    moved = one.settled(lambda event: event["lamps"][0][0] < start["lamps"][0][0] - 20)
    assert moved["camera"] == start["camera"]
    assert moved["handles"][0][0] == pytest.approx(0.25 * one.picture().shape[1], abs=6)
    one.key("z")
    one.settled(lambda event: event["lamps"][0] == pytest.approx(start["lamps"][0]))
    height, width = one.picture().shape[:2]
    one.drag("picture", (0.1 * width, 0.85 * height), (0.3 * width, 0.8 * height))
    turned = one.settled(lambda event: event["camera"][0] < start["camera"][0] - 5)
    assert turned["camera"][3:] == start["camera"][3:]
    one.drag("picture", (0.1 * width, 0.85 * height), (0.2 * width, 0.85 * height), button=3)
    one.settled(lambda event: event["camera"][3:] != start["camera"][3:])
    one.key("ctrl+f")
    one.settled(camera=start["camera"])


def test_a_double_click_frames_what_is_there(one):
    one.key("Escape", "ctrl+f")
    home = one.settled(lambda event: event["camera"][0] == 0.0)
    head = home["joints_px"][0][15]
    hover(one, *head)
    time.sleep(0.3)

    def clicked_twice():  # again where a busy machine took the clicks for single ones
        one.desktop.pointer("click", "--repeat", "2", "--delay", "20", "1")
        time.sleep(1.5)
        return one.last("state")["camera"][2] < 0.5 * home["camera"][2]

    one.wait("the head", clicked_twice)
    assert one.settled()["camera"][4] > 0.3  # at the head
    one.key("Escape", "f")
    one.settled(lambda event: event["camera"] == pytest.approx(home["camera"]))


def test_the_wheel_zooms_to_the_pointer(one):
    home = one.settled()
    height, width = one.picture().shape[:2]
    hover(one, 0.7 * width, 0.3 * height)
    time.sleep(0.3)
    one.desktop.pointer("click", "4")
    near = one.settled(lambda event: event["camera"][2] < home["camera"][2])
    assert near["camera"][3] != home["camera"][3]  # the place under the pointer stays, so the camera moves aside
    one.key("ctrl+f")
    one.settled(camera=home["camera"])


def test_keys_with_modifiers_and_tab_reach_the_commands(one):
    one.focus("picture")
    hover(one, 20, 20)
    one.desktop.pointer("click", "1")
    one.key("2")
    one.settled(buffer="albedo")
    one.key("1", "Tab")
    one.settled(lambda event: event["buffer"] == "radiance" and event["selected_joint"] >= 0)
    one.key("Escape")
    one.settled(selected_joint=-1)
    one.key("ctrl+shift+p")
    one.wait("the palette", lambda: "palette.text" in one.last("widgets")["value"])
    one.keep("one_window_palette")
    one.key("Escape")
    one.wait("its end", lambda: "palette.text" not in one.last("widgets")["value"])


def test_the_loupe_reads_the_pixel_under_the_pointer_and_panels_keep_their_drags(one):
    before = one.settled()
    one.key("u")
    height, width = one.picture().shape[:2]
    hover(one, 0.5 * width, 0.4 * height)
    pointed = one.wait("values", lambda: (one.last("pointed") or {}).get("value"))
    assert abs(pointed["column"] - 0.5 * one.size) < 0.15 * one.size
    one.keep("one_window_loupe")
    one.drag("panels", one.point("timeline.strip", 0.3), one.point("timeline.strip", 0.6))
    event = one.settled(lambda event: event["clip_s"] > before["clip_s"] + 0.2)
    assert event["camera"] == before["camera"]
    one.wait("no values outside", lambda: one.last("pointed")["value"] is None)
    one.key("u")


def test_a_file_is_dropped_on_the_picture(one, tmp_path):
    (tmp_path / "wrong.txt").write_text("nothing")
    one.drop(tmp_path / "wrong.txt")
    one.wait("the message", lambda: any("wrong.txt" in text for text in one.last("messages")["value"]))


def test_a_resize_is_drawn_without_the_pointer(one):
    before = one.last("widgets")["value"][IMAGE]
    one.desktop.pointer("windowsize", one.windows["picture"], 1300, 700)

    def is_resized():
        now = one.last("widgets")["value"][IMAGE]
        return now[2] < before[2] - 200 and now[3] < before[3] - 200

    one.wait("a smaller picture", is_resized)

    def fills_the_panel():
        picture = one.picture().astype(int)
        return np.abs(picture[-4:] - picture[-40, 4]).max() < 4 and picture.std() > 5

    one.wait("no gap", fills_the_panel)
    one.keep("one_window_small")


def test_closing_it_asks_and_ends_the_viewer(one):
    one.focus("picture")
    one.desktop.pointer("key", "alt+F4")
    one.wait("the question", lambda: "question.cancel" in one.last("widgets")["value"])
    one.click("question.1")
    assert one.ended() == 0
    assert "Traceback" not in (one.folder / "output.txt").read_text()
