"""The system's dialog stands in for the controls' own, which asks where the system's fails or is not wanted."""

from typing import ClassVar

import dearpygui.dearpygui as dpg
import pytest

from app.panels.popups.file_dialog import FileDialog
from app.viewer import system_dialogs
from app.viewer.system_dialogs import FAILED, SystemDialogs
from tests.app.fake_commands import FixedPreferences

NAME = "session.open_dialog"


class Native:
    """A dialog that is open until it is given an answer."""

    opened: ClassVar[list["Native"]] = []

    def __init__(self, asked) -> None:
        self.asked, self.given, self.is_open, self.is_ended = asked, None, True, False
        Native.opened.append(self)

    def reply(self, path) -> None:
        self.given, self.is_open = path, False

    def answer(self):
        return self.given

    def close(self) -> None:
        self.is_ended = True


@pytest.fixture
def dialogs(bench, monkeypatch):
    Native.opened = []
    monkeypatch.setattr(system_dialogs, "NativeDialog", Native)
    monkeypatch.setattr(system_dialogs, "dialog_program", lambda: "zenity")
    monkeypatch.setattr(dpg, "get_viewport_client_width", lambda: 800)
    said: list[str] = []
    dialogs = SystemDialogs(FixedPreferences(), said.append)
    return dialogs, dialog_of(), said


def dialog_of() -> FileDialog:
    return dpg.get_item_user_data(NAME)


def test_its_answer_goes_where_the_own_ones_would(bench, dialogs, tmp_path):
    shown, dialog, said = dialogs
    assert shown.show(dialog) and not dialog.is_open
    shown.update()
    Native.opened[0].reply(str(tmp_path / "x.json"))
    for _ in range(2):
        shown.update()
    assert bench.calls == [("sessions.open", str(tmp_path / "x.json"))] and said == []


def test_a_cancel_says_nothing_and_a_failure_shows_the_own_one(bench, dialogs):
    shown, dialog, said = dialogs
    for given in ("", None):
        shown.show(dialog)
        Native.opened[-1].reply(given)
        shown.update()
        assert dialog.is_open == (given is None)
    assert bench.calls == [] and said == [FAILED]


def test_a_second_one_ends_the_first_and_closing_ends_it_too(dialogs):
    shown, dialog, _ = dialogs
    shown.show(dialog)
    shown.show(dialog)
    shown.close()
    assert [native.is_ended for native in Native.opened] == [True, True]


def test_it_is_not_used_where_it_is_not_wanted_not_there_or_cannot_start(bench, dialogs, monkeypatch):
    shown, dialog, said = dialogs

    def fails(asked):
        raise OSError("no more processes")

    monkeypatch.setattr(system_dialogs, "NativeDialog", fails)
    assert not shown.show(dialog) and said == [FAILED]
    monkeypatch.setattr(system_dialogs, "dialog_program", lambda: "")
    assert not shown.show(dialog)
    monkeypatch.setattr(system_dialogs, "dialog_program", lambda: "zenity")
    assert not SystemDialogs(FixedPreferences(native_dialogs=False), said.append).show(dialog) and len(said) == 1
