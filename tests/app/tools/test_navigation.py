"""Styles of navigation: what a drag does is the preferred program's way."""

import pytest

from app.model.lamps import add_lamp
from app.model.preferences import DRAGS, LEFT, MIDDLE, NAVIGATIONS, RIGHT
from app.model.store import Store
from app.model.view_state import ViewState
from app.tools.gestures import Gestures
from app.tools.lamps import lamp_handle
from app.tools.viewport import PointerEvent, Viewport
from tests.app.fake_commands import FixedPreferences, blank_frame, fake_commands


def dragged(navigation: str, button: int, modifiers: str = "") -> tuple[ViewState, ViewState]:
    """The state before and after a drag to the right and up, beside every handle."""
    store = Store(ViewState())
    viewport = Viewport.of(blank_frame(store.state, 256), (512, 512))
    gestures = Gestures(fake_commands(store, preferences=FixedPreferences(navigation=navigation)))
    gestures.press(PointerEvent(viewport, (100, 100), button, modifiers=modifiers))
    for _ in range(4):
        gestures.move(PointerEvent(viewport, (110, 90), delta=(10, -10)))
    gestures.release(PointerEvent(viewport, (140, 60), button, is_release=True))
    before = store.state
    store.apply()
    return before, store.state


def deed(navigation: str, button: int, modifiers: str = "") -> str:
    before, after = dragged(navigation, button, modifiers)
    if after.light.yaw_deg != before.light.yaw_deg:
        return "light"
    if after.camera.azimuth_deg != before.camera.azimuth_deg:
        return "orbit"
    return "zoom" if after.camera.distance_m < before.camera.distance_m else "pan"


@pytest.mark.parametrize(
    "navigation, button, modifiers, expected",
    [
        ("phynes", LEFT, "", "orbit"), ("phynes", LEFT, "Shift", "pan"), ("phynes", RIGHT, "", "pan"),
        ("phynes", MIDDLE, "", "pan"), ("phynes", LEFT, "Ctrl", "light"), ("phynes", LEFT, "Alt", "light"),
        ("blender", MIDDLE, "", "orbit"), ("blender", MIDDLE, "Shift", "pan"), ("blender", MIDDLE, "Ctrl", "zoom"),
        ("blender", LEFT, "Ctrl", "light"),
        ("maya", LEFT, "Alt", "orbit"), ("maya", MIDDLE, "Alt", "pan"), ("maya", RIGHT, "Alt", "zoom"),
        ("maya", LEFT, "Ctrl", "light"),
    ],
)  # fmt: skip
def test_drags(navigation, button, modifiers, expected):
    assert deed(navigation, button, modifiers) == expected


@pytest.mark.parametrize("navigation", NAVIGATIONS)
def test_every_drag_of_the_table_does_what_it_says(navigation):
    for (button, modifiers), expected in DRAGS[navigation].items():
        assert deed(navigation, button, modifiers) == expected


def test_an_orbit_with_a_key_passes_over_a_lamp():
    store = Store(add_lamp(ViewState()))
    viewport = Viewport.of(blank_frame(store.state, 256), (512, 512))
    gestures = Gestures(fake_commands(store, preferences=FixedPreferences(navigation="maya")))
    handle = lamp_handle(viewport.view, store.state.light.lamps[0])
    gestures.press(PointerEvent(viewport, viewport.letterbox.to_window(handle.x_px, handle.y_px), modifiers="Alt"))
    assert gestures.active_tool == "orbit anywhere"
