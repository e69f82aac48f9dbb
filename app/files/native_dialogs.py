"""The system's own file dialogs, each in a process of its own, so that one that waits or fails holds nothing up.

On Linux kdialog or zenity asks, where it is installed; elsewhere tkinter, whose dialogs are the system's own there.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

# a program for Python: asks through tkinter, prints the path, and ends with 1 where the dialog was cancelled
TK_PROGRAM = """
import json, sys, tkinter
from tkinter import filedialog
asked = json.loads(sys.argv[1])
root = tkinter.Tk()
root.withdraw()
root.attributes("-topmost", True)
ask = filedialog.asksaveasfilename if asked["saves"] else filedialog.askopenfilename
types = [(asked["title"], ["*" + suffix for suffix in asked["suffixes"]])]
path = ask(title=asked["title"], initialdir=asked["folder"], initialfile=asked["name"], filetypes=types)
if not path:
    sys.exit(1)
sys.stdout.buffer.write(path.encode("utf-8", "surrogateescape"))
"""
CANCELLED = 1  # exit code of all three
QUICK_S = 0.3  # no person cancels so soon
LONGEST_ANSWER = 1 << 16  # bytes


@dataclass(frozen=True)
class DialogRequest:
    """What a file dialog asks for."""

    title: str
    folder: str  # that it begins in, absolute
    name: str  # that it offers; "" for none
    suffixes: tuple[str, ...]  # in lower case, with their dots
    saves: bool  # asks for a name to write, and before a file is replaced


def dialog_program() -> str:
    """What shows the system's dialogs: "kdialog", "zenity" or "tkinter"; "" where nothing does."""
    if sys.platform in ("win32", "darwin"):
        return "tkinter"
    is_kde = "KDE" in os.environ.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
    names = ("kdialog", "zenity") if is_kde else ("zenity", "kdialog")
    return next((name for name in names if shutil.which(name)), "")


def command_of(program: str, asked: DialogRequest) -> list[str]:
    """The command line that shows the dialog."""
    patterns = " ".join(f"*{spelled}" for suffix in asked.suffixes for spelled in (suffix, suffix.upper()))
    start = os.path.join(asked.folder, asked.name)
    if program == "tkinter":
        return [sys.executable, "-c", TK_PROGRAM, json.dumps(asdict(asked))]
    if program == "kdialog":
        kind = "--getsavefilename" if asked.saves else "--getopenfilename"
        return [program, "--title", asked.title, kind, start, f"{patterns}|{asked.title}"]
    saving = ["--save", "--confirm-overwrite"] if asked.saves else []
    shown = [f"--title={asked.title}", f"--filename={start}", f"--file-filter={asked.title} | {patterns}"]
    return [program, "--file-selection", *saving, *shown]


class NativeDialog:
    """A dialog that is open."""

    def __init__(self, asked: DialogRequest) -> None:
        """Raises OSError where its program cannot be started."""
        self._began_s = time.monotonic()
        command = command_of(dialog_program(), asked)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    @property
    def is_open(self) -> bool:
        """Whether nothing was answered yet."""
        return self._process.poll() is None

    def answer(self) -> str | None:
        """The path once it is closed, "" where it was cancelled; None where the dialog did not work."""
        stdout = self._process.stdout
        assert stdout is not None
        with stdout:
            written = stdout.read(LONGEST_ANSWER)
        if self._process.returncode == CANCELLED:  # so does one that finds no display, at once
            return "" if time.monotonic() - self._began_s > QUICK_S else None
        path = os.fsdecode(written.removesuffix(b"\n").removesuffix(b"\r"))
        return path if self._process.returncode == 0 and os.path.isabs(path) else None

    def close(self) -> None:
        """End it without an answer."""
        self._process.terminate()
        if self._process.stdout is not None:
            self._process.stdout.close()
