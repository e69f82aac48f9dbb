"""File dialogs keep the typed name, ask before they replace, and answer nothing else than what was confirmed."""

import dearpygui.dearpygui as dpg
import pytest

from app.files.folders import natural, read_folder
from app.panels.popups.file_dialog import JSON, MOST_LISTED, FileDialog
from tests.app.panel_bench import use_widget, widgets


@pytest.fixture
def make(monkeypatch, tmp_path):
    """Make a dialog, opened in tmp_path, that remembers its answers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.json", "sub/b.json", "notes.txt", ".hidden.json"):
        (tmp_path / name).write_text("old")
    with widgets(monkeypatch):

        def made(**options):
            answers = []
            dialog = FileDialog("d", "Files", JSON, answers.append, **options)
            dialog.build()
            dialog.open(800)
            return dialog, answers

        yield made


def listed():
    return [dpg.get_item_label(item) for item in dpg.get_item_children("d.files", 1)]


def click(name):
    item = next(item for item in dpg.get_item_children("d.files", 1) if dpg.get_item_label(item) == name)
    dpg.get_item_callback(item)(item, True, dpg.get_item_user_data(item))


def text():
    return dpg.get_value("d.text")


def test_folders_come_first_and_other_files_are_left_out(make):
    make()
    assert listed() == ["sub/", "a.json"]
    assert dpg.get_item_label("d.ok") == "Open"


def test_the_typed_name_stays_when_the_folder_changes(make, tmp_path):
    dialog, answers = make(name="session", saves=True)
    dpg.set_value("d.name", "mine")
    click("sub/")
    assert listed() == ["b.json"] and dpg.get_value("d.name") == "mine"
    use_widget("d.up")
    dpg.set_value("d.folder", str(tmp_path / "sub"))
    dialog.key("RETURN")  # typed there: the folder is entered first
    assert dpg.get_value("d.name") == "mine" and answers == []
    dialog.key("RETURN")
    assert answers == [str(tmp_path / "sub" / "mine.json")] and not dialog.is_open


def test_a_file_is_replaced_only_after_a_question_that_any_change_takes_back(make, tmp_path):
    dialog, answers = make(name="a", saves=True)
    dialog.confirm()
    assert text() == "a.json is there already. Replace it?" and dpg.get_item_label("d.ok") == "Replace"
    assert answers == [] and dialog.is_open
    use_widget("d.name", "other")
    assert text() == "" and dpg.get_item_label("d.ok") == "Save"
    click("a.json")
    dialog.confirm()
    click("sub/")
    use_widget("d.up")
    dialog.confirm()
    assert answers == [] and dialog.is_open
    dialog.confirm()
    assert answers == [str(tmp_path / "a.json")] and (tmp_path / "a.json").read_text() == "old"


def test_escape_and_cancel_answer_nothing(make):
    dialog, answers = make(name="new", saves=True)
    dialog.key("ESCAPE")
    assert not dialog.is_open
    dialog.open(800)
    use_widget("d.cancel")
    assert not dialog.is_open and answers == []


def test_opening_needs_a_file_that_is_there(make, tmp_path):
    dialog, answers = make()
    for name, says in (
        ("none", "none.json: there is no such file here"),
        ("~nobody-here/x", "home"),
    ):
        dpg.set_value("d.name", name)
        dialog.confirm()
        assert says in text() and dialog.is_open
    dpg.set_value("d.name", "a")
    dialog.confirm()
    dialog.open(800)
    click("a.json")
    click("a.json")
    assert answers == [str(tmp_path / "a.json")] * 2


def test_a_folder_that_cannot_be_listed_is_a_text_and_long_ones_are_cut(make, tmp_path):
    dialog, _ = make()
    dialog.enter("nowhere")
    assert text() == "No such file or directory" and listed() == ["sub/", "a.json"]
    for number in range(MOST_LISTED):
        (tmp_path / f"{number}.json").touch()
    dialog.enter(".")
    assert len(dpg.get_item_children("d.files", 1)) == MOST_LISTED + 1


def test_an_absolute_path_and_a_folder_may_be_typed_as_the_name(make, tmp_path):
    dialog, answers = make(saves=True)
    dpg.set_value("d.name", str(tmp_path / "sub"))
    dialog.confirm()
    assert listed() == ["b.json"] and answers == []
    dpg.set_value("d.name", str(tmp_path / "far.json"))
    dialog.confirm()
    assert answers == [str(tmp_path / "far.json")]


def test_the_next_dialog_opens_where_the_last_one_was(make, tmp_path, monkeypatch):
    dialog, answers = make()
    click("sub/")
    click("b.json")
    click("b.json")
    assert answers == [str(tmp_path / "sub" / "b.json")]
    assert read_folder("d") == tmp_path / "sub" == read_folder("another dialog")
    dialog.enter("..")
    dialog.open(800)
    assert listed() == ["b.json"]
    (tmp_path / "sub" / "b.json").unlink()
    (tmp_path / "sub").rmdir()
    assert read_folder("d") is None


def test_names_are_sorted_as_people_count():
    names = ["pose 10", "Pose 2", "a", "pose 2b", "10", "9"]
    assert sorted(names, key=natural) == ["9", "10", "a", "Pose 2", "pose 2b", "pose 10"]


def test_a_whole_path_of_a_file_may_be_typed_as_the_folder(make, tmp_path):
    dialog, answers = make()
    dpg.set_value("d.folder", str(tmp_path / "sub" / "b.json"))
    dialog.key("RETURN")
    assert answers == [str(tmp_path / "sub" / "b.json")]


def test_the_systems_dialog_is_asked_the_same_and_its_answer_is_checked_as_one_that_is_typed(make, tmp_path):
    dialog, answers = make(name="session", saves=True)
    dialog.close()
    asked = dialog.request()
    assert (asked.folder, asked.name, asked.suffixes, asked.saves) == (str(tmp_path), "session.json", JSON, True)
    dialog.take(tmp_path / "sub" / "new", 800)
    dialog.take(tmp_path / "a.json", 800)  # it asked whether to replace it
    assert answers == [str(tmp_path / "sub" / "new.json"), str(tmp_path / "a.json")] and not dialog.is_open
    dialog.take(tmp_path / "sub" / "b", 800)  # it did not ask about b.json
    assert dialog.is_open and text() == "b.json is there already. Replace it?" and len(answers) == 2
    dialog.confirm()
    assert answers[2] == str(tmp_path / "sub" / "b.json") and read_folder("d") == tmp_path / "sub"
