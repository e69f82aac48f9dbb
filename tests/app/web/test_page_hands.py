"""What pointer, fingers and keys do on the page: as in the viewer."""

import numpy as np
import pytest

from app.model.cameras import VIEWS, CameraState, closer_m, orbit
from app.model.display_settings import BUFFERS
from app.model.view_state import ViewState
from tests.app.web.shown_pages import DENSITY


def lamp_place(page) -> tuple[float, float]:
    """The middle of the first lamp's handle in the window."""
    box = page.tab.locator(".handle").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_drag_orbits_as_in_the_viewer(page):
    x, y = page.middle()
    page.drag((x, y), (x + 50, y + 20))
    expected = orbit(ViewState(), 50, 20).camera
    camera = page.state["camera"]
    assert camera["azimuth"] == pytest.approx(expected.azimuth_deg) == pytest.approx(-20.0)
    assert camera["elevation"] == pytest.approx(expected.elevation_deg) == pytest.approx(8.0)


def test_shift_and_the_right_button_pan_so_that_the_avatar_follows(page):
    x, y = page.middle()
    before = page.run("() => phynes.orbitView().project(phynes.orbitView().pelvis)")
    page.drag((x, y), (x + 40, y + 10), key="Shift")
    page.drag((x, y), (x - 10, y + 20), button="right")
    after = page.run("() => phynes.orbitView().project(phynes.orbitView().pelvis)")
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((30, 30), abs=0.5)
    assert page.state["camera"]["azimuth"] == 0


def test_the_wheel_comes_closer_to_what_is_under_the_pointer(page):
    distance = page.state["camera"]["distance"]
    page.run("() => { const [x, y, z] = phynes.orbitView().target; globalThis.under = [x + 0.3, y, z]; }")
    before = page.run("() => phynes.orbitView().project(globalThis.under)")
    box = page.tab.locator("#picture").bounding_box()
    page.tab.mouse.move(box["x"] + before["x"], box["y"] + before["y"])
    page.tab.mouse.wheel(0, -100 * DENSITY)
    page.run("() => new Promise(requestAnimationFrame)")
    page.wait("phynes.store.state.camera.distance !== phynes.first.camera.distance")
    assert page.state["camera"]["distance"] == pytest.approx(closer_m(CameraState(distance_m=distance), 1.0))
    after = page.run("() => phynes.orbitView().project(globalThis.under)")
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=0.5)


def test_a_double_click_looks_at_what_is_there(page):
    page.rest()
    x, y = page.middle()
    page.tab.mouse.dblclick(x + 30, y - 12)  # on an arm
    page.wait("phynes.store.state.camera.pan.some((metres) => metres !== 0)")
    pan = page.state["camera"]["pan"]
    assert pan[0] > 0.05 and abs(pan[0]) < 0.7
    page.tab.mouse.dblclick(4, 60)  # on nothing
    page.rest()
    assert page.state["camera"]["pan"] == pan
    page.tab.keyboard.press("f")
    assert page.state["camera"]["pan"] == [0, 0, 0]


def test_ctrl_and_a_drag_turn_the_light(page):
    x, y = page.middle()
    page.drag((x, y), (x + 25, y), key="Control")
    assert page.state["light"]["rotation"] == pytest.approx(10.0)
    page.drag((x, y), (x + 25, y), key="Alt")
    assert page.state["light"]["rotation"] == pytest.approx(20.0)
    assert page.state["camera"]["azimuth"] == 0


def test_a_dragged_lamp_lights_the_side_that_it_is_on(page):
    page.run("() => phynes.store.post((state) => ({ ...state, light: { ...state.light, index: -1 } }))")
    page.tab.keyboard.press("l")
    start = lamp_place(page)
    x, _ = page.middle()
    sides = {}
    for side, toward in (("right", 1), ("left", -1)):
        end = (x + toward * 95, start[1] + 30)
        page.drag(lamp_place(page), end)
        assert np.hypot(lamp_place(page)[0] - end[0], lamp_place(page)[1] - end[1]) < 3.0
        light = page.picture().astype(float).sum(-1)
        half = light.shape[1] // 2
        body = slice(half - 22, half + 22)  # without the lamp's own disc
        sides[side] = (
            light[light.shape[0] // 3 :, body][:, 22:].sum() / light[light.shape[0] // 3 :, body][:, :22].sum()
        )
    assert sides["right"] > 1.1 and sides["left"] < 1 / 1.1, sides
    page.tab.keyboard.press("Control+z")
    assert page.state["lamps"][0]["azimuth"] > 0  # a drag is one step of undo


def test_a_lamp_past_the_rim_goes_behind(page):
    page.tab.keyboard.press("l")
    x, y = page.middle()
    start = lamp_place(page)
    page.tab.mouse.move(*start)
    page.tab.mouse.down()
    page.tab.mouse.move(x + 158, y, steps=4)
    page.tab.mouse.move(x + 60, y, steps=4)
    page.tab.mouse.up()
    assert abs(page.state["lamps"][0]["azimuth"]) > 90
    assert "behind" in (page.tab.locator(".handle").first.get_attribute("class") or "")
    page.tab.keyboard.press("Control+b")
    assert abs(page.state["lamps"][0]["azimuth"]) < 90


def test_keys_do_what_they_do_in_the_viewer(page):
    press = page.tab.keyboard.press
    for number, name in enumerate(BUFFERS, 1):
        press(str(number))
        assert page.state["buffer"] == name
    assert page.state["shownLamp"] == -1
    press("l"), press("l")
    assert len(page.state["lamps"]) == 2 and page.state["lamp"] == 1
    for lamp in (1, 0, 1):  # the selected one, then the next
        press("9")
        assert page.state["shownLamp"] == lamp
    assert "one light (lamp 2)" in page.tab.locator("#caption").inner_text()
    press("1")
    azimuth = page.state["lamps"][1]["azimuth"]
    press("Control+ArrowRight"), press("Control+ArrowUp"), press("Control+Shift+L")
    lamp = page.state["lamps"][1]
    assert (lamp["azimuth"], lamp["elevation"], lamp["on"]) == (azimuth + 5, 40, False)
    press("Shift+N")
    assert page.state["lamp"] == 0
    press("Delete")
    assert len(page.state["lamps"]) == 1
    press("ArrowRight"), press("Shift+ArrowRight")
    assert (page.state["light"]["index"], page.state["light"]["rotation"]) == (1, 5)
    press("g")
    assert page.state["floor"]["on"]
    for number, (azimuth, elevation) in enumerate(VIEWS.values(), 1):
        press(f"Alt+{number}")
        camera = page.state["camera"]
        assert abs(camera["azimuth"]) == abs(azimuth) and abs(camera["elevation"] - elevation) <= 1
    press("z")
    assert page.state["camera"]["elevation"] == 89
    press("Control+f")
    assert (page.state["camera"]["azimuth"], page.state["camera"]["elevation"]) == (0, 0)
    press("?")
    assert page.tab.locator("#help").is_visible()
    press("Escape")
    assert not page.tab.locator("#help").is_visible()


def test_keys_belong_to_the_control_that_has_the_focus(page):
    page.tab.keyboard.press("l")
    page.tab.locator("[data-panel=light]").click()
    slider = page.tab.get_by_label("rotation", exact=True)
    slider.focus()
    page.tab.keyboard.press("ArrowRight")
    assert (page.state["light"]["rotation"], page.state["light"]["index"]) == (1, 0)
    page.tab.locator("#clip").focus()
    page.tab.keyboard.press("g")
    assert not page.state["floor"]["on"]
    handle = page.tab.locator(".handle").first
    handle.focus()
    azimuth = page.state["lamps"][0]["azimuth"]
    page.tab.keyboard.press("ArrowLeft")
    assert page.state["lamps"][0]["azimuth"] == azimuth - 5 and page.state["light"]["index"] == 0


def test_a_clip_is_chosen_scrubbed_and_played(page):
    page.tab.locator("#clip").select_option(label="kick")
    page.wait("phynes.store.state.clip.time > 0")
    page.tab.keyboard.press("Space")
    assert not page.state["clip"]["playing"]
    page.tab.keyboard.press("Home")
    start = page.picture()
    page.run(
        "() => { const scrub = document.getElementById('scrub'); scrub.value = 0.5 * scrub.max;"
        "scrub.dispatchEvent(new Event('input')); }"
    )
    assert page.state["clip"]["time"] > 0.1
    assert np.abs(page.picture().astype(int) - start).max() > 30
    time = page.state["clip"]["time"]
    page.tab.keyboard.press(".")
    assert page.state["clip"]["time"] > time
    page.tab.keyboard.press("]")
    assert page.state["clip"]["speed"] == 1.5
    page.tab.keyboard.press("Home")
    assert page.state["clip"]["time"] == 0


def test_two_fingers_zoom_pan_and_turn_the_light(page):
    """With events as a touch screen sends them."""
    script = """(moves) => {
        const picture = document.getElementById("picture");
        const { left, top } = picture.getBoundingClientRect();
        for (const [kind, id, x, y] of moves) {
            const place = { clientX: left + x, clientY: top + y, pointerId: id, pointerType: "touch", bubbles: true };
            picture.dispatchEvent(new PointerEvent(kind, place));
        }
    }"""
    down, move, up = "pointerdown", "pointermove", "pointerup"
    page.run(script, [[down, 1, 100, 100], [move, 1, 120, 100], [up, 1, 120, 100]])
    assert page.state["camera"]["azimuth"] == pytest.approx(-8.0)  # one finger orbits
    page.reset()
    before = page.state["camera"]
    page.run(script, [[down, 1, 100, 100], [down, 2, 200, 100], [move, 1, 50, 100], [move, 2, 250, 100]])
    after = page.state["camera"]
    assert after["distance"] == pytest.approx(before["distance"] / 2, rel=0.02)
    assert after["azimuth"] == 0 and page.state["light"]["rotation"] == 0
    page.run(script, [[move, 1, 50, 50], [move, 2, 250, 150], [up, 1, 50, 50], [up, 2, 250, 150]])
    turned = page.state["light"]["rotation"]
    assert 10 < abs(turned) < 40
    assert page.run("() => phynes.gestures.tool") == ""


def test_joints_turn_by_their_sliders(page):
    page.tab.locator("[data-panel=pose]").click()
    page.tab.get_by_label("joint", exact=True).select_option(index=16)
    page.run(
        "() => { const input = [...document.querySelectorAll('#pose-rows input[type=range]')][2];"
        "input.value = 60; input.dispatchEvent(new Event('input')); }"
    )
    assert page.state["turns"][16] == [0, 0, 60]
    page.rest()
    drawn = page.run("() => phynes.renderer.last.pose.rotations.slice(48, 51)")
    assert drawn == pytest.approx([0, 0, np.pi / 3])
    page.tab.get_by_text("Put all back").click()
    assert not np.any(page.state["turns"])


def test_the_address_holds_the_view(page):
    page.tab.keyboard.press("l")
    x, y = page.middle()
    page.drag((x, y + 40), (x + 50, y + 40))
    page.wait("location.hash.includes('lamp=') && location.hash.includes('camera=-20,')")
    kept, state = page.run("() => location.hash"), page.state
    page.reset()
    page.wait("location.hash === ''")
    page.run("(hash) => { location.hash = hash; }", kept)
    page.wait("phynes.store.state.lamps.length === 1")
    again = page.state
    assert again["camera"]["azimuth"] == pytest.approx(state["camera"]["azimuth"], abs=1e-3)
    assert again["lamps"][0]["azimuth"] == pytest.approx(state["lamps"][0]["azimuth"], abs=1e-3)
    page.run("() => { location.hash = '#v=1&camera=NaN,<script>,1,1,1,1,1&lamp=x'; }")
    page.wait("phynes.store.state.lamps.length === 0")
    assert page.state["camera"] == page.run("() => phynes.first.camera")
