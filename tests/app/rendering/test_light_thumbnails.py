"""Thumbnails of environments: made in a thread of their own, shown in a strip; a click uses the environment."""

import threading

import dearpygui.dearpygui as dpg
import numpy as np
import pytest
import torch

from app.model.edits import edit_light
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.layout import PanelLayout
from app.panels.light_panel import LightPanel
from app.panels.light_strip import GAP_PX, SHOWN, STRIP, THUMB_PX
from app.panels.panel import PanelContext, Snapshot
from app.panels.theme import build_theme
from app.rendering.choices import Choice, Choices
from app.rendering.thumbnails import COLUMNS, ROWS, LightThumbnails, thumbnail
from phynes_core.io.exr_files import write_exr
from phynes_core.io.shipped_files import ASSETS
from tests.app.fake_commands import fake_commands


@pytest.mark.parametrize("height", [8, 22, 150])
def test_a_thumbnail_keeps_its_layout_at_every_size_and_exposure(height):
    radiance = torch.full((height, 2 * height, 3), 1e-4)
    radiance[: height // 2, :, 2] = 1e-3  # a blue sky
    for exposure in (1.0, 1e5):
        picture = thumbnail(radiance * exposure)
        assert picture.shape == (ROWS, COLUMNS, 3) and 0.0 <= picture.min() and picture.max() <= 1.0
        assert picture[2, 5, 2] > picture[2, 5, 0] + 0.2 and np.ptp(picture[-3, 5]) < 1e-3
        assert 0.2 < picture.mean() < 0.8


def test_a_thread_makes_them_and_leaves_out_invalid_files(tmp_path):
    good, bad = tmp_path / "good.exr", tmp_path / "bad.exr"
    write_exr(good, np.ones((16, 32, 3), np.float32))
    bad.write_bytes(b"no picture")
    done = threading.Event()
    thumbnails = LightThumbnails(done.set)
    before = thumbnails.made
    thumbnails.ask(["", str(bad), str(good), str(good)])
    assert done.wait(20)
    assert set(thumbnails.made) == {str(good)} and before == {}


@pytest.fixture
def strip(monkeypatch):
    """A strip of twelve environments, and the store that it edits."""
    monkeypatch.delenv("DISPLAY", raising=False)
    dpg.create_context()
    build_theme(ASSETS / "fonts")
    store = Store(ViewState())
    layout = PanelLayout(PanelContext(fake_commands(store)))
    layout.build()
    choices = Choices(environments=tuple(Choice(f"/p/{index}.exr", str(index)) for index in range(12)))
    thumbnails = {f"/p/{index}.exr": np.full((ROWS, COLUMNS, 3), 0.5, np.float32) for index in range(11)}

    def show():
        store.apply()
        layout.sync(Snapshot(store.state, choices, thumbnails=thumbnails))

    show()
    panel = next(panel for panel in layout.panels if isinstance(panel, LightPanel))
    yield panel.strip, store, show
    dpg.destroy_context()


def test_a_click_uses_the_environment_under_it_and_the_wheel_scrolls_to_the_end(strip):
    row, store, show = strip
    row.click(2.5 * (THUMB_PX + GAP_PX))
    show()
    assert (store.state.light.mode, store.state.light.environment) == ("environment", "/p/2.exr")
    row.scroll(100)
    show()
    row.click((SHOWN - 0.5) * (THUMB_PX + GAP_PX))
    show()
    assert store.state.light.environment == "/p/11.exr"
    row.click(-3.0)
    row.click(1e4)
    show()
    assert store.state.light.environment == "/p/11.exr"


def test_the_strip_scrolls_to_the_chosen_environment(strip):
    row, store, show = strip
    store.post(lambda s: edit_light(s, mode="environment", environment="/p/10.exr"), "light")
    show()
    row.click((SHOWN - 0.5) * (THUMB_PX + GAP_PX))
    show()
    assert store.state.light.environment == "/p/10.exr"  # it is the last one in view
    assert len(dpg.get_item_children(f"{STRIP}.marks", 2)) == SHOWN + 1  # a frame around it
