"""The browser shows a folder's environments by pages, uses the one that is clicked, and keeps favorites and folder."""

import dearpygui.dearpygui as dpg
import numpy as np
import pytest

from app.files.folders import read_folder
from app.panels.light_panel import LightPanel
from app.panels.light_strip import MOST_TEXTURES, LightTextures
from app.panels.popups.light_browser import HIGH_PX, MARKS, PAGE, STAR_PX, STEP_X, STEP_Y, THUMB_PX
from app.tools.commands.context import BROWSE
from tests.app.panel_bench import use_widget, widgets

PICTURE = np.full((66, 132, 3), 0.5, np.float32)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "outdoors").mkdir()
    for name in (*(f"sky {number}.hdr" for number in range(1, PAGE + 3)), "notes.txt", "outdoors/field.exr"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


@pytest.fixture
def browser(bench, folder):
    browser = bench.panel(LightPanel).browser
    browser.open(800)
    use_widget(f"{BROWSE}.folder", str(folder))
    return browser


def text():
    return dpg.get_value(f"{BROWSE}.text")


def test_a_folder_is_listed_by_pages_as_people_count_and_asks_for_its_thumbnails(bench, browser, folder):
    assert browser.shown == tuple(str(folder / f"sky {number}.hdr") for number in range(1, PAGE + 1))
    assert bench.commands.lights.asked == browser.shown and text() == "1 of 2"
    use_widget(f"{BROWSE}.on")
    assert [path[-6:] for path in browser.shown] == [
        "17.hdr",
        "18.hdr",
    ] and bench.commands.lights.asked == browser.shown
    assert [dpg.get_item_label(item) for item in dpg.get_item_children(f"{BROWSE}.folders", 1)] == ["outdoors/"]
    assert read_folder(BROWSE) == folder


def test_a_click_and_enter_use_an_environment_and_the_window_stays(bench, browser, folder):
    browser.click(STEP_X + 5, STEP_Y + HIGH_PX)
    bench.store.apply()
    assert bench.store.state.light.environment == str(folder / "sky 6.hdr") and browser.is_open
    for name in ("RIGHT", "DOWN", "PAGE_DOWN", "RETURN"):
        browser.key(name)
    bench.store.apply()
    assert bench.store.state.light.environment == str(folder / "sky 18.hdr")
    browser.click(STEP_X * 3, 5)  # beside the last one
    bench.store.apply()
    assert bench.store.state.light.environment == str(folder / "sky 18.hdr")
    browser.key("ESCAPE")
    assert not browser.is_open and browser.shown == ()


def test_a_star_keeps_a_favorite_that_is_shown_while_its_file_is_there(bench, browser, folder):
    for column in (0, 1):
        browser.click(column * STEP_X + THUMB_PX - STAR_PX / 2, STAR_PX / 2)
    assert bench.store.state.light.environment == "" and len(bench.commands.preferences.now.favorites) == 2
    use_widget(f"{BROWSE}.favorites")
    assert browser.shown == (str(folder / "sky 2.hdr"), str(folder / "sky 1.hdr"))
    (folder / "sky 2.hdr").unlink()
    browser.close()
    browser.open(800)
    assert browser.shown == (str(folder / "sky 1.hdr"),), "it opens on what was shown last"
    browser.click(THUMB_PX - 3, 3)
    use_widget(f"{BROWSE}.favorites")
    assert browser.shown == () and text() == "no favorites yet"
    assert bench.commands.preferences.now.favorites == (str(folder / "sky 2.hdr"),), "the file may come back"


def test_thumbnails_are_drawn_as_they_come(bench, browser, folder):
    bench.show(thumbnails={str(folder / "sky 1.hdr"): PICTURE, str(folder / "sky 3.hdr"): PICTURE})
    kinds = [dpg.get_item_type(item).split("mvDraw")[1] for item in dpg.get_item_children(MARKS, 2)]
    assert kinds.count("Image") == 2 and kinds.count("Text") == PAGE


def test_a_folder_that_cannot_be_listed_is_a_text_and_the_folder_stays(browser, folder):
    for wrong in ("nowhere", "~nobody-here/x", "a\0b"):
        browser.enter(wrong)
        assert text() and browser.shown[0] == str(folder / "sky 1.hdr")
    browser.enter("outdoors")
    use_widget(f"{BROWSE}.up")
    assert browser.shown[0] == str(folder / "sky 1.hdr")


def test_of_many_textures_those_in_sight_stay(monkeypatch):
    with widgets(monkeypatch):
        textures = LightTextures()
        textures.build()
        paths = [f"/p/{number}.exr" for number in range(MOST_TEXTURES + 5)]
        kept = {path: textures.of(path, dict.fromkeys(paths, PICTURE[:2, :4])) for path in paths}
        textures.forget(paths[:2])
        assert [dpg.does_item_exist(kept[path]) for path in paths[:8]] == [True, True, *[False] * 5, True]


def test_the_enter_that_ends_typing_a_folder_uses_no_environment(bench, browser, monkeypatch):
    monkeypatch.setattr(dpg, "is_item_active", lambda item: item == f"{BROWSE}.folder")
    bench.show()
    monkeypatch.setattr(dpg, "is_item_active", lambda item: False)
    browser.key("RETURN")
    assert not bench.store.apply()
    bench.show()
    browser.key("RETURN")
    assert bench.store.apply()
