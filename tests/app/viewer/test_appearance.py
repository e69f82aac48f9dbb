"""Theme and size of the controls: how they are saved, and what they do to widgets."""

import dearpygui.dearpygui as dpg
import pytest

from app.files.preferences import SCALES, Appearance, keep_appearance, next_theme, read_appearance, step_scale
from app.files.settings import keep
from app.model.view_state import ViewState
from app.panels.layout import PanelLayout
from app.panels.panel import PanelContext, Snapshot
from app.panels.theme import WidgetSizes, build_theme, palette, set_theme
from phynes_core.io.shipped_files import ASSETS
from tests.app.fake_commands import fake_commands


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)


def test_theme_and_size_are_saved_and_read_again():
    assert read_appearance() == Appearance()
    keep_appearance(Appearance("light", 1.5))
    assert read_appearance() == Appearance("light", 1.5)


@pytest.mark.parametrize("text", ["{", "[]", '{"theme": "pink"}', '{"scale": 40.0}', '{"scale": "big"}', "[" * 100_000])
def test_a_broken_file_is_ignored(text):
    keep("appearance.json", text)
    assert read_appearance() == Appearance()


def test_steps_go_from_the_screens_own_size_to_the_ends_and_back():
    first = step_scale(Appearance(), 1, screen_scale=1.5)
    assert first.scale == 1.75
    for _ in range(20):
        first = step_scale(first, 1, 1.5)
    assert first.scale == SCALES[-1] and step_scale(first, 0, 1.5) == Appearance()
    assert Appearance().scale_on(1.9) == 2.0
    assert next_theme(next_theme(Appearance())) == Appearance() != next_theme(Appearance())


def test_both_themes_color_the_same_parts_and_text_has_contrast():
    dark, light = palette("dark"), palette("light")
    assert dark.keys() == light.keys()
    for colors in (dark, light):
        background, text = colors[dpg.mvThemeCol_WindowBg], colors[dpg.mvThemeCol_Text]
        assert _contrast(background, text) > 7


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_widgets_and_drawings_grow_with_the_text_and_shrink_again(theme):
    dpg.create_context()
    build_theme(ASSETS / "fonts")
    layout = PanelLayout(PanelContext(fake_commands()))
    layout.build()
    built = WidgetSizes()
    sizes = []
    for scale in (1.0, 2.0, 0.75, 1.0):
        set_theme(theme, scale, ASSETS / "fonts")
        built.scale(scale)
        layout.sync(Snapshot(ViewState(), scale=scale))
        tags = (
            "avatar.name",
            "probes.intensity",
            "timeline.strip",
            "probes.picture",
            "light.load_dialog.files",
            "stats.node0",
        )
        configurations = [dpg.get_item_configuration(tag) for tag in tags]
        sizes.append([value for found in configurations for value in (found["width"], found["height"])])
    dpg.destroy_context()
    assert sizes[1] == [size if size in (-1, 0) else 2 * size for size in sizes[0]]
    assert sizes[2] == [size if size in (-1, 0) else round(0.75 * size) for size in sizes[0]]
    assert sizes[3] == sizes[0] and len(set(sizes[0])) > 4


def _contrast(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    """WCAG 2's contrast ratio."""

    def luminance(color: tuple[int, int, int]) -> float:
        linear = [(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (v / 255 for v in color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)
