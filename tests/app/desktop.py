"""A screen with a window manager, and a viewer on it that is driven by pointer and keys."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TOOLS = ("Xvfb", "openbox", "xdotool", "xwininfo", "xprop", "import")
WINDOW_MARKS = [
    pytest.mark.window,
    pytest.mark.skipif(sys.platform != "linux", reason="drives X11 windows"),
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in TOOLS),
        reason=f"needs {', '.join(TOOLS)}: apt install xvfb openbox xdotool x11-utils imagemagick",
    ),
]
PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = float(os.environ.get("PHYNES_TEST_PATIENCE_S", "180"))  # enough on a busy machine
SIZE = 192
IMAGE = "picture.image"  # the picture in one window
AS_CAPTURED = ("--probe", "captured", "--camera", "front", "--no-ground", "--curve", "linear", "--exposure", "0")


def wait_for(what: str, condition: Callable[[], object]):
    """Wait for a condition to be true; returns its value."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_S:.0f} s for {what}")


class Desktop:
    """A virtual screen with a window manager."""

    def __init__(self, size: str = "1600x1000") -> None:
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        self._processes = [subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)]
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"
        self.environment = os.environ | {"DISPLAY": self.display}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self._settings = tempfile.TemporaryDirectory()
        self.environment["XDG_CONFIG_HOME"] = self._settings.name
        preferences = Path(self._settings.name) / "phynes-viewer" / "preferences.json"
        preferences.parent.mkdir()
        (preferences.parent / "welcomed").write_text("yes")
        preferences.write_text(json.dumps({"undoes_camera": True, "fits_exposure": False, "native_dialogs": False}))
        # its thread has idle priority: on a busy machine a process takes minutes to end it
        self.environment["MESA_SHADER_CACHE_DISABLE"] = "true"
        self._processes.append(
            subprocess.Popen(["openbox"], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )

    def run(self, *command: str) -> str:
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout.strip()

    def pointer(self, *arguments: object) -> None:
        self.run("xdotool", *(str(argument) for argument in arguments))

    def picture(self, window: str) -> np.ndarray:  # [H, W, 3] uint8
        png = subprocess.run(
            ["import", "-window", window, "png:-"], env=self.environment, capture_output=True, check=True
        ).stdout
        path = Path(self.environment["PHYNES_TEST_SHOTS"]) / "window.png"
        path.write_bytes(png)
        return np.asarray(Image.open(path).convert("RGB"))

    def clipboard(self) -> str:
        """The text of the clipboard."""
        program = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get())"
        return self.run(sys.executable, "-c", program)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(20)
        self._settings.cleanup()


class Viewer:
    """A running viewer, its windows, and its event record."""

    def __init__(
        self, desktop: Desktop, folder: Path, checkpoint: Path, size: int = SIZE, arguments: tuple[str, ...] = ()
    ) -> None:
        self.desktop, self.folder, self.size = desktop, folder, size
        self._events = folder / "trace.jsonl"
        self._output = open(folder / "output.txt", "w")
        arguments = arguments or ("--avatar", str(checkpoint), "--motion", "walk", *AS_CAPTURED)
        program = "import sys; from app.cli import main; sys.exit(main(sys.argv[1:]))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments, "--size", str(size)],
            cwd=folder, stdout=self._output, stderr=self._output,
            env=desktop.environment | {"PHYNES_TRACE": str(self._events), "PYTHONPATH": str(PROJECT)},
        )  # fmt: skip
        self.wait("the first picture", lambda: self.shown())
        self.has_one_window = "--one-window" in arguments
        controls = "PhyNES Viewer$" if self.has_one_window else "PhyNES Viewer - controls"
        self.windows = {
            "picture": self.wait("the picture's window", lambda: self._window("PhyNES Viewer$")),
            "panels": self.wait("the panels' window", lambda: self._window(controls)),
        }
        self.wait("the panels' layout", lambda: self.last("widgets"))

    def wait(self, what: str, condition: Callable[[], object]):
        def alive_and_true():
            output = (self.folder / "output.txt").read_text()
            assert self.process.poll() is None, f"the viewer ended with {self.process.returncode}: {output}"
            return condition()

        return wait_for(what, alive_and_true)

    def events(self, kind: str) -> list[dict]:
        if not self._events.exists():
            return []
        lines = self._events.read_text().split("\n")[:-1]
        return [event for line in lines if (event := json.loads(line))["kind"] == kind]

    def last(self, kind: str) -> dict | None:
        events = self.events(kind)
        return events[-1] if events else None

    def shown(self, **expected: object) -> dict | None:
        """The newest drawing's event, if it shows the newest state and these fields; else None."""
        event = self.last("shown")
        is_newest = event and event["is_current"]
        return event if is_newest and all(event[key] == value for key, value in expected.items()) else None

    def settled(self, matches: Callable[[dict], object] = lambda event: True, **expected: object) -> dict:
        """Wait for a final picture with these fields; returns its event."""

        def condition():
            event = self.shown(is_final=True, **expected)
            return event if event and matches(event) else None

        return self.wait(f"a picture at rest with {expected}", condition)

    def origin(self, window: str) -> tuple[int, int]:
        # xdotool counts the window manager's frame twice; xwininfo is right
        lines = self.desktop.run("xwininfo", "-id", self.windows[window]).splitlines()
        x, y = (next(line for line in lines if f"Absolute upper-left {axis}" in line).split(":")[1] for axis in "XY")
        left, top = int(x), int(y)
        if window == "picture" and self.has_one_window:
            right, down = self.point(IMAGE, 0.0, 0.0)
            left, top = left + round(right), top + round(down)
        return left, top

    def focus(self, window: str) -> None:
        self.desktop.pointer("windowactivate", "--sync", self.windows[window])

    def key(self, *names: str) -> None:
        self.focus("picture")
        for name in names:
            self.desktop.pointer("key", name)
            if self.has_one_window:  # Dear PyGui must have drawn before a key belongs to other modifiers
                time.sleep(0.3)

    def drag(self, window: str, start: tuple[float, float], end: tuple[float, float], button: int = 1) -> None:
        self.focus(window)
        left, top = self.origin(window)
        points = [
            (round(left + start[0] + (end[0] - start[0]) * share), round(top + start[1] + (end[1] - start[1]) * share))
            for share in np.linspace(0, 1, 9)
        ]
        self.desktop.pointer("mousemove", *points[0])
        time.sleep(0.15)  # ImGui needs a frame to see what is hovered before the button goes down
        self.desktop.pointer("mousedown", button)
        time.sleep(0.15)
        for point in points[1:]:
            self.desktop.pointer("mousemove", *point)
            time.sleep(0.03)
        time.sleep(0.15)
        self.desktop.pointer("mouseup", button)

    def drop(self, *paths: Path, x: int = 50, y: int = 50, window: str = "picture") -> None:
        """Drop files at a position of a window, from another program."""
        left, top = self.origin(window)
        command = [sys.executable, "-m", "tests.app.drop", self.windows[window], str(left + x), str(top + y)]
        subprocess.run([*command, *map(str, paths)], cwd=PROJECT, env=self.desktop.environment, check=True)

    def click(self, tag: str, across: float = 0.5, down: float = 0.5) -> None:
        point = self.point(tag, across, down)
        self.drag("panels", point, point)

    def point(self, tag: str, across: float = 0.5, down: float = 0.5) -> tuple[float, float]:
        event = self.wait(f"the widget {tag}", lambda: self.last("widgets"))
        left, top, width, height = event["value"][tag]
        return left + width * across, top + height * down

    def picture(self) -> np.ndarray:
        shot = self.desktop.picture(self.windows["picture"])
        if not self.has_one_window:
            return shot
        left, top, width, height = (round(side) for side in self.last("widgets")["value"][IMAGE])
        return shot[top : top + height, left : left + width]

    def keep(self, name: str) -> None:
        """Save screenshots of both windows in the folder that PHYNES_KEEP_SHOTS names, if it does."""
        if folder := os.environ.get("PHYNES_KEEP_SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            for window, number in self.windows.items():
                Image.fromarray(self.desktop.picture(number)).save(Path(folder) / f"{name}_{window}.png")

    def ended(self) -> int:
        wait_for("the viewer to end", lambda: self.process.poll() is not None)
        return self.process.returncode

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        self._output.close()

    def _window(self, name: str) -> str | None:
        found = self.desktop.run("xdotool", "search", "--onlyvisible", "--name", name).split()
        return found[-1] if found else None
