"""The light in the real windows: environments, rotation, surroundings, lamps, dropped files."""

import numpy as np
import pytest

from phynes_core.io.radiance_files import write_hdr
from tests.app.desktop import WINDOW_MARKS

pytestmark = WINDOW_MARKS


def test_arrows_step_through_the_lights_and_a_held_key_turns_them(viewer):
    viewer.key("Right")
    first = viewer.settled(lambda event: event["light"][0] == "environment")["light"][1]
    viewer.key("Right")
    viewer.settled(lambda event: event["light"][1] not in ("", first))
    width, height = viewer.picture().shape[1::-1]
    before = viewer.settled()
    viewer.desktop.pointer("keydown", "ctrl")
    viewer.drag("picture", (0.3 * width, 0.3 * height), (0.5 * width, 0.3 * height))
    viewer.desktop.pointer("keyup", "ctrl")
    turned = viewer.settled(lambda event: event["light"][2] > 20)
    assert turned["camera"] == before["camera"]
    viewer.key("Left")
    viewer.settled(lambda event: event["light"][1] == first)


def test_the_surroundings_are_switched_by_keys(viewer):
    viewer.settled()
    plain = viewer.picture().astype(int)
    for key in ("g", "k", "v", "v"):
        viewer.key(key)
    event = viewer.settled(surroundings=["blurred", True, True])
    assert event["is_final"]
    with_surroundings = viewer.picture().astype(int)
    height, width = with_surroundings.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    corner = with_surroundings[top + int(0.9 * side), left + int(0.08 * side)]
    assert np.abs(corner - plain[top + int(0.9 * side), left + int(0.08 * side)]).max() > 20  # the chrome ball
    upper = (slice(top + 8, top + 40), slice(left + int(0.4 * side), left + int(0.6 * side)))
    assert np.abs(with_surroundings[upper] - plain[upper]).mean() > 5  # the environment
    for key in ("g", "k", "v", "v", "v"):
        viewer.key(key)
    # the engine renders the same picture for a clear backdrop and a color: the record may name either
    viewer.settled(lambda event: event["surroundings"][0] in ("none", "color") and not any(event["surroundings"][1:]))
    assert np.abs(viewer.picture().astype(int) - plain).mean() < 1.0


def test_a_lamp_is_dragged_on_the_probe_picture(viewer):
    viewer.key("l")
    start = viewer.settled(lambda event: len(event["lamps"]) == 1)["lamps"][0]
    viewer.drag("panels", viewer.point("probes.picture", 0.7, 0.3), viewer.point("probes.picture", 0.55, 0.45))
    moved = viewer.settled(lambda event: event["lamps"][0] != start)["lamps"][0]
    assert moved[0] == pytest.approx(90.0 - 0.05 * 360.0, abs=12.0)  # u = 0.55 lies 18 degrees from +X to the front


def test_a_dropped_hdr_lights_joins_the_strip_and_a_click_goes_back_to_another(viewer):
    before = viewer.settled()
    radiance = np.zeros((32, 64, 3), np.float32)
    radiance[:16, 40:] = (0.2, 1.0, 3.0)  # from above, from one side, blue
    write_hdr(viewer.folder / "blue.hdr", radiance)
    viewer.drop(viewer.folder / "blue.hdr")
    viewer.settled(lambda event: event["light"][:2] == ["environment", str(viewer.folder / "blue.hdr")])
    picture = viewer.picture().astype(int)
    assert (picture[..., 2] > picture[..., 0] + 30).mean() > 0.01
    viewer.click(
        "light.strip", across=0.05
    )  # the strip has scrolled to the dropped one at its end: the second is first now
    viewer.settled(lambda event: event["light"][0] == "environment" and "blue" not in event["light"][1])
    viewer.key("ctrl+z", "ctrl+z")
    viewer.settled(light=before["light"])
    (viewer.folder / "dark.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X")
    viewer.drop(viewer.folder / "dark.hdr")
    viewer.wait("a message", lambda: any("dark.hdr" in text for text in viewer.last("messages")["value"]))
    viewer.settled(light=before["light"])
