"""Both windows lie side by side on screens of any size, fill them, and stay together."""

import pytest

from app.panels.layout import HIGH, LOW, WIDE, columns_for
from app.viewer.window_areas import MARGIN_PX, PANELS_WIDTH_PX, window_areas
from app.window.window import Area

SCREENS = [  # and the size of text and widgets
    ((0, 0, 1600, 1000), 1.0), ((0, 27, 1920, 1053), 1.0), ((1920, 0, 2560, 1440), 1.0), ((0, 0, 1366, 768), 1.0),
    ((0, 0, 3840, 2160), 1.0), ((0, 0, 3840, 2160), 2.0), ((0, 0, 2560, 1600), 1.5),
]  # fmt: skip


@pytest.mark.parametrize("screen, scale", SCREENS)
def test_on_ordinary_screens_both_windows_are_whole_apart_and_fill_it(screen, scale):
    screen = Area(*screen)
    areas = window_areas(screen, scale)
    assert areas.picture.left + areas.picture.width <= areas.panels.left
    right = screen.left + screen.width
    assert right - 3 * MARGIN_PX <= areas.panels.left + areas.panels.width <= right
    for area in (areas.picture, areas.panels):
        assert area.left >= screen.left and area.top >= screen.top
        assert screen.height - 60 <= area.top - screen.top + area.height <= screen.height
    assert areas.panels.width >= PANELS_WIDTH_PX * scale and areas.picture.width >= 500


@pytest.mark.parametrize("screen, scale, columns", [(0, 1.0, HIGH), (3, 1.0, LOW), (4, 1.0, WIDE), (5, 2.0, HIGH)])
def test_the_panels_are_arranged_for_the_space_that_they_have(screen, scale, columns):
    area = window_areas(Area(*SCREENS[screen][0]), scale).panels
    assert columns_for(round(area.width / scale), round(area.height / scale)) == columns


def test_on_a_tiny_screen_the_panels_stay_reachable():
    areas = window_areas(Area(0, 0, 640, 480))
    assert areas.panels.left >= 0 and areas.panels.left + areas.panels.width <= 640
