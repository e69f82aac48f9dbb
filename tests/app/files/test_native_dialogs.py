"""The system's file dialogs run as programs of their own; programs of the same names stand for them here."""

import json
import os
import sys
import time

import pytest

from app.files import native_dialogs
from app.files.native_dialogs import QUICK_S, DialogRequest, NativeDialog, command_of, dialog_program

OPEN = DialogRequest("Open a session", "/some where", "", (".json", ".exr"), saves=False)
SAVE = DialogRequest("Save", "/some where", "a.json", (".json",), saves=True)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs are made as scripts")


@pytest.fixture
def programs(monkeypatch, tmp_path):
    """Makes a program that does what a line of Python says, and is found by its name alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)

    def make(name: str, does: str = "") -> None:
        path = tmp_path / name
        path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{does}\n")
        path.chmod(0o755)

    return make


def answer_of(asked: DialogRequest) -> str | None:
    dialog = NativeDialog(asked)
    while dialog.is_open:
        time.sleep(0.01)
    return dialog.answer()


def test_the_desktops_own_program_is_taken_where_it_is_installed(programs, monkeypatch):
    assert dialog_program() == ""
    programs("zenity")
    assert dialog_program() == "zenity"
    programs("kdialog")
    assert dialog_program() == "zenity"
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:KDE")
    assert dialog_program() == "kdialog"
    monkeypatch.setattr(sys, "platform", "win32")
    assert dialog_program() == "tkinter"


def test_each_program_is_asked_in_its_own_words():
    assert command_of("zenity", OPEN) == [
        "zenity", "--file-selection", "--title=Open a session", "--filename=/some where/",
        "--file-filter=Open a session | *.json *.JSON *.exr *.EXR",
    ]  # fmt: skip
    assert command_of("zenity", SAVE)[2:4] == ["--save", "--confirm-overwrite"]
    assert command_of("kdialog", SAVE)[3:] == ["--getsavefilename", "/some where/a.json", "*.json *.JSON|Save"]
    assert json.loads(command_of("tkinter", SAVE)[-1])["name"] == "a.json"


@pytest.mark.parametrize(
    "does, answer",
    [
        ("print('/a/b c.json')", "/a/b c.json"),
        ("sys.stdout.buffer.write(bytes([47, 0xFF, 10]))", os.fsdecode(b"/\xff")),
        (f"time.sleep({QUICK_S} + 0.1); sys.exit(1)", ""),
        ("sys.exit(1)", None),  # no display
        ("sys.exit(-11)", None),
        ("print('relative.json')", None),
        ("pass", None),
    ],
)
def test_an_answer_a_cancel_and_a_failure_are_told_apart(programs, does, answer):
    programs("zenity", does)
    assert answer_of(OPEN) == answer


def test_a_dialog_can_be_ended(programs):
    programs("zenity", "time.sleep(60)")
    dialog = NativeDialog(SAVE)
    assert dialog.is_open
    dialog.close()
    assert dialog._process.wait(10) != 0


@pytest.mark.parametrize("asked, kind", [(OPEN, "open"), (SAVE, "saveas")])
def test_tkinter_asks_in_a_process_of_its_own(monkeypatch, tmp_path, asked, kind):
    """With a package in place of tkinter, which needs a display."""
    package = tmp_path / "tkinter"
    package.mkdir()
    (package / "__init__.py").write_text("class Tk:\n    def __getattr__(self, name): return lambda *given: None\n")
    (package / "filedialog.py").write_text(
        "def asked(kind, options): return '/' + kind + str(options['filetypes']) + options['initialfile']\n"
        "def askopenfilename(**options): return asked('open', options)\n"
        "def asksaveasfilename(**options): return asked('saveas', options)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(native_dialogs, "dialog_program", lambda: "tkinter")
    types = [(asked.title, [f"*{suffix}" for suffix in asked.suffixes])]
    assert answer_of(asked) == f"/{kind}{types}{asked.name}"
