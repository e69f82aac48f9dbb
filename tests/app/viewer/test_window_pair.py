"""The two windows as one: minimized, shown and raised together, and the controls above a maximized picture."""

import subprocess
import sys
import time

import numpy as np
import pytest

from tests.app.desktop import WINDOW_MARKS

pytestmark = WINDOW_MARKS
OTHER = 'import tkinter; root = tkinter.Tk(); root.geometry("1500x900+20+20"); root.title("Other"); root.mainloop()'


def stacking(desktop) -> list[int]:
    """Numbers of all windows, the lowest first."""
    numbers = desktop.run("xprop", "-root", "_NET_CLIENT_LIST_STACKING").partition("# ")[2]
    return [int(number, 16) for number in numbers.split(", ") if number]


@pytest.mark.parametrize("shown", ["picture", "panels"])
@pytest.mark.parametrize("minimized", ["picture", "panels"])
def test_minimizing_and_showing_one_takes_the_other_along_and_no_click_is_lost(viewer, minimized, shown):
    viewer.settled()
    places = [viewer.origin(window) for window in viewer.windows]
    viewer.desktop.pointer("windowminimize", viewer.windows[minimized])
    viewer.wait("both minimized", lambda: viewer.last("windows")["value"] == {"picture": True, "panels": True})
    viewer.focus(shown)
    viewer.wait("both shown", lambda: viewer.last("windows")["value"] == {"picture": False, "panels": False})
    # a window manager may move windows for a moment while it shows them
    viewer.wait("both in place", lambda: [viewer.origin(window) for window in viewer.windows] == places)
    for tag, buffer in (("view.normal", "normal"), ("view.albedo", "albedo")):
        viewer.click(tag)
        viewer.settled(buffer=buffer)
    viewer.key("1")
    viewer.settled(buffer="radiance")
    assert all(viewer.desktop.picture(number).std() > 5 for number in viewer.windows.values())  # drawn, not black


def test_raising_one_raises_both_and_the_keyboard_stays(viewer):
    desktop, numbers = viewer.desktop, {name: int(number) for name, number in viewer.windows.items()}
    other = subprocess.Popen([sys.executable, "-c", OTHER], env=desktop.environment)
    try:
        covering = viewer.wait("another program", lambda: desktop.run("xdotool", "search", "--name", "^Other$")).split()
        for name, number in numbers.items():
            desktop.pointer("windowactivate", "--sync", covering[-1])
            viewer.wait("both covered", lambda: stacking(desktop)[-1] == int(covering[-1]))
            viewer.focus(name)
            viewer.wait("both above", lambda: stacking(desktop)[-2:] == [numbers["picture"], numbers["panels"]])
            assert int(desktop.run("xdotool", "getactivewindow")) == number
    finally:
        other.terminate()
        other.wait(20)
    viewer.click("view.normal")
    viewer.settled(buffer="normal")


def toggle_maximized(viewer) -> None:
    """A double click on the picture's title bar."""
    left, top = viewer.origin("picture")
    viewer.desktop.pointer("mousemove", left + 200, top - 8)
    viewer.desktop.pointer("click", "--repeat", "2", "--delay", "40", "1")


def test_a_maximized_picture_leaves_the_controls_in_reach(viewer):
    viewer.focus("picture")
    toggle_maximized(viewer)
    viewer.wait("the whole screen", lambda: viewer.picture().shape[1] >= 1590)
    viewer.keep("maximized")
    assert stacking(viewer.desktop)[-1] == int(viewer.windows["panels"])
    left, top = (round(place) for place in viewer.point("view.albedo"))
    x, y = viewer.origin("panels")
    viewer.desktop.pointer("mousemove", x + left, y + top)  # without giving the controls the keyboard before
    time.sleep(0.3)
    viewer.desktop.pointer("click", "1")
    viewer.settled(buffer="albedo")
    viewer.focus("picture")
    toggle_maximized(viewer)
    viewer.wait("its first size", lambda: viewer.picture().shape[1] < 1590)
    viewer.key("1")


@pytest.mark.parametrize("size", [(620, 760), (700, 560)])
def test_a_resize_of_the_picture_is_drawn_without_the_pointer(viewer, size):
    viewer.settled()
    drawings = len(viewer.events("shown"))
    viewer.desktop.pointer("windowsize", viewer.windows["picture"], *size)

    def is_drawn():
        picture = viewer.picture()
        rows, columns = np.nonzero((picture != picture[4, 4]).any(-1))
        has_size = picture.shape[1::-1] == size and len(viewer.events("shown")) > drawings
        return has_size and len(rows) and abs(np.mean([columns.min(), columns.max()]) - size[0] / 2) < 0.3 * size[0]

    viewer.wait("the picture", is_drawn)
