"""Pixel inspector, overlays and comparison in the real windows."""

import numpy as np

from phynes_core.io.shipped_files import ASSETS
from tests.app.desktop import WINDOW_MARKS

pytestmark = WINDOW_MARKS


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:  # [H, W] bool
    return np.abs(before.astype(int) - after.astype(int)).max(-1) > 8


def test_values_and_a_loupe_show_beside_the_pointer_and_the_picture_stays(viewer):
    event = viewer.settled()
    plain = viewer.picture()
    x, y = event["joints_px"][0][0]  # the pelvis
    left, top = viewer.origin("picture")
    viewer.key("t", "u")
    viewer.desktop.pointer("mousemove", round(left + x), round(top + y))
    viewer.wait("the card", lambda: (viewer.last("pointed") or {}).get("value"))
    viewer.wait("the engine's numbers", lambda: "…" not in str(viewer.last("pointed")["value"]))
    card = viewer.last("pointed")["value"]
    assert [line[0] for line in card["lines"]][1:3] == ["radiance", "albedo"]
    depth = next(line[1][0] for line in card["lines"] if line[0] == "depth")
    assert 1.0 < float(depth) < 20.0
    viewer.keep("values")
    shown = changed(plain, viewer.picture())
    assert 20_000 < shown.sum() < 120_000  # loupe and card
    assert viewer.settled()["camera"] == event["camera"]
    viewer.key("t", "u")
    viewer.wait("an empty picture", lambda: changed(plain, viewer.picture()).sum() == 0)


def test_edges_and_bones_are_switched_by_key_and_by_checkbox(viewer):
    viewer.settled()
    plain = viewer.picture()
    viewer.key("shift+j")
    viewer.settled(overlays=[True, False])
    wired = changed(plain, viewer.picture()).sum()
    left, top = viewer.point("view.albedo", 0.0, 0.0)
    tab = left + 37.0, top - 24.0  # the third tab of its dock: View, Stage, Inspect
    viewer.drag("panels", tab, tab)
    viewer.wait("the panel Inspect", lambda: "inspect.joints" in viewer.last("widgets")["value"])
    viewer.click("inspect.joints", 0.1)
    viewer.wait("bones", lambda: changed(plain, viewer.picture()).sum() > wired)  # beside the body, too
    viewer.keep("edges_and_bones")
    assert wired > 1000
    viewer.key("z", "z")
    viewer.wait("the plain picture", lambda: changed(plain, viewer.picture()).sum() == 0)


def test_two_lights_stand_side_by_side_and_swap(viewer):
    viewer.settled()
    plain, event_left = viewer.picture(), viewer.settled()["light"]
    viewer.key("alt+Right")
    event = viewer.settled(compare=[True, "", "", "city"])
    split = changed(plain, viewer.picture())
    viewer.keep("two_lights")
    middle = split.shape[1] // 2
    assert split[:, middle + 4 :].any() and not split[:, : middle - 4].any()
    viewer.key("shift+c")
    viewer.settled(lambda event: event["light"][0] == "environment", compare=[True, "", "", "captured"])
    viewer.key("z")
    width, height = split.shape[1::-1]
    left, top = viewer.origin("picture")
    viewer.desktop.pointer("mousemove", left + round(0.8 * width), top + height // 2)
    viewer.drop(ASSETS / "probes" / "sunset.exr", x=round(0.8 * width), y=height // 2)
    viewer.settled(lambda event: event["light"] == event_left, compare=[True, "", "", "sunset"])
    viewer.key("z", "z")
    viewer.settled(compare=[False, "", "", None], light=event["light"])
