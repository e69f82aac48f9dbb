"""The first arrangement holds every panel, and the user's own is saved."""

import re
from dataclasses import replace

import dearpygui.dearpygui as dpg
import pytest

from app.files.arrangements import is_sound
from app.files.settings import forget, keep, read_kept
from app.panels.layout import HIGH, LOW, PANELS, SLOTS, WIDE, PanelLayout, default_layout, names_all
from app.panels.panel import PanelContext
from app.panels.stats_panel import StatsPanel
from tests.app.fake_commands import fake_commands


def test_tags_are_unique_and_slots_exist():
    assert len({item.tag for item in PANELS}) == len({item.panel for item in PANELS}) == len(PANELS)
    assert {item.slot for item in PANELS} <= set(SLOTS)


@pytest.mark.parametrize("columns", [LOW, HIGH, WIDE])
def test_the_first_arrangement_docks_every_panel_in_a_node_that_exists(columns):
    layout = default_layout(PANELS, columns)
    assert is_sound(layout)
    nodes = set(re.findall(r"DockNode ID=(\w+)", layout))
    docks = dict(re.findall(r"\[Window\]\[###(\d+)\]\nCollapsed=0\nDockId=(\w+),", layout))
    assert docks.keys() == {str(item.tag) for item in PANELS} and set(docks.values()) <= nodes
    parents = re.findall(r"DockNode ID=(\w+) Parent=(\w+)", layout)
    assert all(parent in nodes | {"0x08BD597D"} for _, parent in parents)
    assert layout.count("CentralNode=1") == 1


def test_panels_of_one_slot_are_tabs_in_the_order_of_the_list():
    second = replace(PANELS[0], number=99, panel=StatsPanel)
    layout = default_layout([*PANELS, second])
    first_dock, second_dock = (
        re.search(rf"\[###{tag}\]\nCollapsed=0\nDockId=(\w+),(\d)", layout).groups()
        for tag in (PANELS[0].tag, second.tag)
    )
    assert first_dock[0] == second_dock[0] and int(first_dock[1]) == 0 < int(second_dock[1])


def test_on_a_dense_screen_every_place_is_as_much_larger_as_its_widgets():
    sizes = [re.findall(r"SizeRef=(\d+),(\d+)", default_layout(PANELS, scale=scale)) for scale in (1.0, 2.0)]
    assert len(sizes[0]) == len(sizes[1]) > 8
    assert [(2 * int(width), 2 * int(height)) for width, height in sizes[0]] == [
        tuple(map(int, size)) for size in sizes[1]
    ]


def test_an_arrangement_that_lacks_a_new_panel_is_not_used():
    layout = default_layout(PANELS[:-1])
    assert names_all(layout, PANELS[:-1]) and not names_all(layout, PANELS)


def test_a_setting_that_was_saved_is_read_again_until_it_is_removed(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "new"))
    assert read_kept("a.ini") == ""
    assert keep("a.ini", "grüße\n") and read_kept("a.ini") == "grüße\n"
    forget("a.ini")
    forget("a.ini")
    assert read_kept("a.ini") == ""


def test_a_settings_folder_that_cannot_be_written_raises_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert not keep("a.ini", "x") and read_kept("a.ini") == ""


def test_items_that_are_drawn_anew_never_get_the_tag_of_a_panel():
    dpg.create_context()
    try:
        layout = PanelLayout(PanelContext(fake_commands()))
        layout.build()
        with dpg.window():
            for _ in range(12_000):  # as many as marks of lamps in ten minutes
                newest = dpg.add_text("")
                dpg.delete_item(newest)
        assert int(newest) > 12_000 and all(dpg.does_item_exist(item.tag) for item in PANELS)
        assert all(int(newest) < item.tag - 10**12 for item in PANELS)
    finally:
        dpg.destroy_context()


GOOD = default_layout(PANELS)
UNSOUND = {
    "its own parent": GOOD.replace("ID=0x00000100 Parent=0x08BD597D", "ID=0x00000100 Parent=0x00000100"),
    "a circle": GOOD.replace("ID=0x00000100 Parent=0x08BD597D", "ID=0x00000100 Parent=0x00000101"),
    "a third child": GOOD + "  DockNode ID=0x00000999 Parent=0x08BD597D SizeRef=1,1\n",
    "a single child": GOOD.replace("ID=0x00000200 Parent=0x08BD597D", "ID=0x00000200"),
    "everything twice": GOOD + GOOD,
    "a long line": GOOD + f"[Window][{'a' * 1000}]\n",
    "many lines": GOOD + "Pos=0,0\n" * 4000,
    "other bytes": GOOD + "\x01\x02ÿ\x00",
    "a format": GOOD + "Pos=%n\n",
    "a large number": GOOD + "Size=99999999999,1\n",
}


@pytest.mark.parametrize("name", UNSOUND)
def test_a_damaged_arrangement_is_not_given_to_dear_imgui(name):
    """Several of these would end the program, or keep it from ever showing its window."""
    assert is_sound(GOOD) and names_all(GOOD, PANELS)
    assert UNSOUND[name] != GOOD
    assert not is_sound(UNSOUND[name]) and not names_all(UNSOUND[name], PANELS)


def test_what_dear_imgui_writes_is_sound():
    """With places of windows, as after the user moved them."""
    written = GOOD.replace("Collapsed=0\n", "Pos=-3,157\nSize=326,177\nCollapsed=1\n")
    written = written.replace(" CentralNode=1", " CentralNode=1 NoTabBar=1 Selected=0x8B9BFB43") + "\n"
    assert written.count("Selected=") == 1 and is_sound(written)
