"""One window against two, alternating: pictures a second and the pointer's answer while camera and lamp are dragged.

python -m tests.app.measure_windows [ROUNDS]     on a screen of its own (Xvfb, openbox, xdotool and libXtst)

josh walks, 512 x 512, on 1920 x 1080. The answer is the time from a motion of the pointer to the first edit after it.
Beside other load the rates mean little; the viewer's processor time a picture, all threads together, means more.
"""

import ctypes
import ctypes.util
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from phynes_core.avatar.checkpoint import resolve_avatar_path
from tests.app.desktop import AS_CAPTURED, Desktop, Viewer

SECONDS, MOTIONS_HZ = 5.0, 30.0
ARRANGEMENTS = {"two windows": (), "one window": ("--one-window",)}


class Pointer:
    """Moves the pointer at once, by the X server's own test extension."""

    def __init__(self, display: str) -> None:
        self._x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        self._test = ctypes.CDLL(ctypes.util.find_library("Xtst") or "libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(display.encode()))

    def move(self, x: float, y: float) -> None:
        self._test.XTestFakeMotionEvent(self._display, -1, round(x), round(y), ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def press(self, is_down: bool) -> None:
        self._test.XTestFakeButtonEvent(self._display, 1, is_down, ctypes.c_ulong(0))
        self._x.XFlush(self._display)


def processor_s(pid: int) -> float:
    """Processor time of a process since it began, s."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def dragged(viewer: Viewer, pointer: Pointer, start: tuple[float, float]) -> tuple[float, float, float, float]:
    """Pictures a second, the pointer's answer in ms (middle and 95th percentile), processor time in ms a picture."""
    viewer.focus("picture")
    left, top = viewer.origin("picture")
    x, y = left + start[0], top + start[1]
    pointer.move(x, y)
    time.sleep(0.5)
    pointer.press(True)
    time.sleep(0.3)
    begun_s, motions_s, worked_s = time.monotonic(), [], processor_s(viewer.process.pid)
    while (elapsed_s := time.monotonic() - begun_s) < SECONDS:
        motions_s.append(time.monotonic())
        pointer.move(x + 90.0 * math.sin(1.3 * elapsed_s), y + 25.0 * math.sin(2.1 * elapsed_s))
        time.sleep(max(0.0, begun_s + len(motions_s) / MOTIONS_HZ - time.monotonic()))
    ended_s, worked_s = time.monotonic(), processor_s(viewer.process.pid) - worked_s
    time.sleep(1.0)
    pointer.press(False)
    shown = [e for e in viewer.events("shown") if begun_s <= e["time_s"] <= ended_s]
    pictures = {(*event["camera"], *np.ravel(event["lamps"])) for event in shown}
    edits_s = np.array([event["time_s"] for event in viewer.events("state")])
    answers = [edits_s[edits_s > at_s][0] - at_s for at_s in motions_s if (edits_s > at_s).any()]
    return (
        len(pictures) / (ended_s - begun_s),
        *(1e3 * np.percentile(answers, (50, 95))),
        1e3 * worked_s / len(pictures),
    )


def measured(desktop: Desktop, folder: Path, options: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    avatar = resolve_avatar_path("josh.ckpt")
    arguments = (*options, "--avatar", str(avatar), "--motion", "walk", *AS_CAPTURED)
    viewer = Viewer(desktop, folder, avatar, size=512, arguments=arguments)
    try:
        pointer = Pointer(desktop.display)
        viewer.settled()
        viewer.key("l")
        event = viewer.settled(lambda event: len(event["lamps"]) == 1)
        lamp = dragged(viewer, pointer, tuple(event["handles"][0]))
        height, width = viewer.picture().shape[:2]
        return {"lamp": lamp, "camera": dragged(viewer, pointer, (0.15 * width, 0.85 * height))}
    finally:
        viewer.stop()


def main(rounds: int) -> None:
    desktop = Desktop("1920x1080")
    try:
        for number in range(rounds):
            for name, options in ARRANGEMENTS.items():
                with tempfile.TemporaryDirectory() as folder:
                    desktop.environment["PHYNES_TEST_SHOTS"] = folder
                    found = measured(desktop, Path(folder), options)
                for dragging, (pictures, middle, slow, work) in found.items():
                    answer = f"answer {middle:5.0f} ms, 95 of 100 within {slow:5.0f} ms"
                    line = f"{pictures:5.1f} pictures a second, {answer}, {work:4.0f} ms of processors a picture"
                    print(f"{number + 1} {name:12} {dragging:7} {line}", flush=True)
    finally:
        desktop.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
