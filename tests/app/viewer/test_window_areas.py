"""Both windows lie side by side on screens of any size."""

import pytest

from app.viewer.controls import PANELS_WIDTH_PX, window_areas
from app.window.window import Area


@pytest.mark.parametrize("screen", [(0, 0, 1600, 1000), (0, 27, 1920, 1053), (1920, 0, 2560, 1440), (0, 0, 1366, 768)])
def test_on_ordinary_screens_both_windows_are_whole_and_apart(screen):
    screen = Area(*screen)
    areas = window_areas(screen)
    assert areas.picture.left + areas.picture.width <= areas.panels.left
    assert areas.panels.left + areas.panels.width <= screen.left + screen.width
    for area in (areas.picture, areas.panels):
        assert area.left >= screen.left and area.top >= screen.top
        assert area.top + area.height <= screen.top + screen.height
    assert areas.panels.width == PANELS_WIDTH_PX and areas.picture.width >= 500


def test_on_a_tiny_screen_the_panels_stay_reachable():
    areas = window_areas(Area(0, 0, 640, 480))
    assert areas.panels.left >= 0 and areas.panels.left + areas.panels.width <= 640
