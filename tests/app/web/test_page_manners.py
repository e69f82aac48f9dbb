"""The page is quiet, asks nobody, can be used without a mouse, and says what it cannot do."""

import io
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from tests.app.web.shown_pages import CHROMIUM, DENSITY, STILL, ShownPage

NAMES = """() => {
    const controls = "button, input, select, canvas[tabindex], progress, dialog, nav, [role=group]";
    const textOf = (id) => document.getElementById(id)?.textContent ?? "";
    return [...document.querySelectorAll(controls)].map((each) => {
        const labels = [...(each.labels ?? [])].map((label) => label.textContent).join(" ");
        const by = (each.getAttribute("aria-labelledby") ?? "").split(" ").map(textOf).join(" ");
        const own = each.tagName === "BUTTON" ? each.textContent : "";
        return [each.outerHTML.slice(0, 90), (each.getAttribute("aria-label") ?? "") + labels + by + own];
    });
}"""
CONTRAST = """() => {
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, at) => c * a + below[at] * (1 - a));
    const ground = (element) => element === null ? [0, 0, 0]
        : over(numbers(getComputedStyle(element).backgroundColor), ground(element.parentElement));
    return [...document.querySelectorAll("h1, h2, h3, p, label, output, button, select, dt, dd")]
        .filter((each) => each.checkVisibility() && !each.disabled && each.textContent.trim()).map((each) => {
            const below = ground(each);
            const ink = over(numbers(getComputedStyle(each).color), below);
            const [bright, dark] = [light(ink), light(below)].sort((x, y) => y - x);
            return [each.outerHTML.slice(0, 80), (bright + 0.05) / (dark + 0.05)];
        });
}"""
FOCUSED = """() => {
    const each = document.activeElement;
    const { width, height } = each.getBoundingClientRect();
    const label = each.id || each.getAttribute("aria-label") || each.textContent.trim().slice(0, 40);
    const name = each === document.body ? "body" : label;
    return [name, width * height, getComputedStyle(each).outlineStyle, each.id === "picture"];
}"""
OUTSIDE = """() => [...document.querySelectorAll("#dock button, #dock select, #panel")]
    .filter((each) => each.checkVisibility() && !each.closest("#strip"))
    .map((each) => [each.id || each.textContent, each.getBoundingClientRect()])
    .filter(([, { left, top, right, bottom }]) => (
        left < 0 || top < 0 || right > innerWidth + 1 || bottom > innerHeight + 1
    ))
    .map(([name]) => name)"""
COUNT_DRAWS = """() => {
    globalThis.draws = 0;
    const { draw } = phynes.renderer;
    phynes.renderer.draw = (view) => { draws += 1; return draw.call(phynes.renderer, view); };
}"""
SAME_IDS = """() => {
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
}"""


def test_nothing_is_drawn_at_rest(page):
    page.rest()
    page.run(COUNT_DRAWS)
    frames = page.frames
    page.run("() => new Promise((done) => setTimeout(done, 1200))")
    assert (page.frames, page.run("() => draws")) == (frames, 0)
    assert not page.run("() => phynes.loop.isScheduled")
    page.tab.mouse.move(*page.middle())  # a pointer that only passes
    page.run("() => new Promise((done) => setTimeout(done, 300))")
    assert page.frames == frames
    page.tab.keyboard.press("2")
    page.rest()
    assert 1 <= page.run("() => draws") <= 3  # a draft, and the full picture
    page.run("() => { delete phynes.renderer.draw; }")


def test_a_playing_clip_draws_until_it_is_stopped(page):
    page.rest()
    frames = page.frames
    page.tab.locator("#play").click()  # nothing is chosen: the first clip
    page.wait(f"phynes.loop.frames > {frames} + 1")
    page.tab.keyboard.press("Space")
    page.rest()
    assert page.state["clip"]["index"] == 0 and not page.run("() => phynes.loop.isScheduled")


def test_a_graphics_card_that_is_lost_while_it_draws_costs_nothing_but_a_moment(page):
    page.tab.keyboard.press("l")
    before, state = page.picture(), page.state
    page.run(
        """() => {
            globalThis.gone = phynes.renderer;
            phynes.loop.request();
            requestAnimationFrame(() => gone.frames.gpu.device.destroy());
        }"""
    )
    page.wait("phynes.renderer !== gone && phynes.loop.isStill")
    assert "made anew" in page.tab.locator("#notice").inner_text()
    page.run("() => { document.getElementById('notice').style.visibility = 'hidden'; }")  # it lies over the picture
    assert page.state == state and np.abs(page.picture().astype(int) - before).max() <= 2
    page.run("() => { document.getElementById('notice').style.visibility = ''; }")
    assert page.tab.locator("#fallback").is_hidden() and page.run("() => phynes.restarts") == 1
    page.run("() => { phynes.restarts = phynes.lostAt = 0; }")


def test_a_graphics_card_that_is_lost_again_and_again_ends_it(page):
    page.rest()
    page.run("() => { phynes.restarts = 3; phynes.lostAt = performance.now(); return phynes.lost('again'); }")
    assert "Reload the page" in page.tab.locator("#notice").inner_text()
    page.run("() => { phynes.restarts = phynes.lostAt = 0; phynes.loop.resume(); }")


def test_the_picture_follows_the_windows_size(page):
    page.rest()
    for width, height in ((480, 300), (320, 420)):
        page.tab.set_viewport_size({"width": width, "height": height})
        page.wait(f"phynes.canvas.clientWidth === {width} && !phynes.loop.isStill")
        page.rest()
        size = page.run("() => [phynes.canvas.width, phynes.canvas.height, phynes.canvas.clientHeight]")
        assert size[:2] == [width * DENSITY, int(size[2] * DENSITY + 0.5)]
        assert page.picture().shape[:2] == (size[1], size[0])


def test_the_picture_fills_the_screen_and_the_controls_come_back(page):
    page.run(
        "() => { globalThis.drawing = phynes.loop.drawing.draw; phynes.loop.drawing.draw = async () => undefined; }"
    )
    try:
        page.tab.locator("#full-screen").click()
        page.wait("document.querySelector('#full-screen[aria-pressed=true]') && document.fullscreenElement")
        page.wait("document.documentElement.classList.contains('idle')")
        page.tab.mouse.move(100, 100)
        page.wait("!document.documentElement.classList.contains('idle')")
        page.tab.locator("#full-screen").click()
        page.wait("document.fullscreenElement === null")
    finally:
        page.run("() => { phynes.loop.drawing.draw = drawing; phynes.loop.request(); }")


def test_the_page_asks_nobody_and_complains_of_nothing(page):
    page.rest()
    assert page.requests == [page.address] and page.complaints == []


def test_every_control_has_a_name(page):
    page.tab.keyboard.press("l")
    for name in ("light", "pose", "view", "save"):
        page.run("(name) => phynes.dock.toggle(name)", name)
        nameless = [html for html, text in page.run(NAMES) if not text.strip()]
        assert not nameless
    assert page.run(SAME_IDS) == []


def test_the_focus_goes_through_everything_in_reading_order(page):
    page.tab.keyboard.press("l")
    page.run("() => { phynes.dock.toggle('light'); document.getElementById('picture').focus(); }")
    order, places = [], []
    for _ in range(80):
        found = page.run(FOCUSED)
        if found[0].startswith("body") or (order and found[0] == order[0]):
            break
        order.append(found[0])
        places.append(found)
        page.tab.keyboard.press("Tab")
    assert order[0] == "picture" and order[1].startswith("Lamp 1")
    for needed in ("add-lamp", "remove-lamp", "play", "clip", "full-screen", "show-help"):
        assert needed in order, order
    assert all(area > 0 for _, area, *_ in places)
    unseen = [name for name, _, outline, is_picture in places if outline == "none" and not is_picture]
    assert not unseen


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 800), (3840, 2160)])
def test_controls_fit_and_can_be_read(page, scheme, width, height):
    """From phones to large screens, light and dark; the picture keeps most of the room while no panel is open."""
    ground = [0.93, 0.932, 0.937] if scheme == "light" else [0.075, 0.08, 0.095]
    page.run("(background) => phynes.store.post((state) => ({ ...state, background }))", ground)
    page.run(
        "() => { globalThis.drawing = phynes.loop.drawing.draw; phynes.loop.drawing.draw = async () => undefined; }"
    )
    page.tab.set_viewport_size({"width": width, "height": height})
    try:
        share = page.tab.locator("#picture").bounding_box()["height"] / height
        assert share > (0.7 if width < 700 else 0.88)
        for panel in ("light", "pose", "view", "save"):
            page.run("(name) => { phynes.dock.toggle(''); phynes.dock.toggle(name); }", panel)
            outside = page.run(OUTSIDE)
            assert not outside
            assert page.run("() => document.documentElement.scrollWidth <= innerWidth")
            low = [(html, round(ratio, 2)) for html, ratio in page.run(CONTRAST) if ratio < 4.5]
            assert not low  # WCAG AA
    finally:
        page.run("() => { phynes.loop.drawing.draw = drawing; }")
        page.tab.set_viewport_size({"width": 320, "height": 420})


def test_without_webgpu_there_is_a_still_and_a_reason(browser, page_file):
    flags = ["--headless=new", "--no-sandbox"]  # WebGPU is there, and finds no graphics card
    with closing(browser.browser_type.launch(executable_path=CHROMIUM, args=flags)) as browser:
        shown = ShownPage(browser, page_file.as_uri(), device_scale_factor=1)
        assert shown.run("() => document.documentElement.dataset.state") == "without-webgpu"
        assert shown.tab.locator("#fallback").is_visible() and not shown.tab.locator("#dock").is_visible()
        assert shown.tab.locator("#reason").inner_text()
        assert "Firefox" in shown.tab.locator("#fallback").inner_text()
        image = shown.tab.locator("#fallback img")
        assert image.get_attribute("alt") and tuple(_color(shown, image)) == STILL
        assert shown.complaints == ["warning: No available adapters."]  # the browser's own


def _color(shown: ShownPage, element) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(element.screenshot())).convert("RGB"))
    return pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
