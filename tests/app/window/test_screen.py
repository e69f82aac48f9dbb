"""Windows side by side, whatever the screen."""

import pytest

from app.window.screen import PANELS_WIDTH_PX, Area, place_windows


@pytest.mark.parametrize("screen", [(0, 0, 1600, 1000), (0, 27, 1920, 1053), (1920, 0, 2560, 1440), (0, 0, 1366, 768)])
def test_on_ordinary_screens_both_windows_are_whole_and_apart(screen):
    screen = Area(*screen)
    places = place_windows(screen)
    assert places.picture.left + places.picture.width <= places.panels.left
    assert places.panels.left + places.panels.width <= screen.left + screen.width
    for area in (places.picture, places.panels):
        assert area.left >= screen.left and area.top >= screen.top
        assert area.top + area.height <= screen.top + screen.height
    assert places.panels.width == PANELS_WIDTH_PX and places.picture.width >= 500


def test_on_a_tiny_screen_the_panels_stay_reachable():
    places = place_windows(Area(0, 0, 640, 480))
    assert places.panels.left >= 0 and places.panels.left + places.panels.width <= 640
