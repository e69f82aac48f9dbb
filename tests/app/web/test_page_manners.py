"""The page is quiet, asks nobody, can be used without a mouse, and says what it cannot do."""

import io
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from tests.app.web.shown_pages import CHROMIUM, STILL, ShownPage

NAMES = """() => [...document.querySelectorAll("button, input, select, canvas[tabindex], progress, dialog, nav, [role=group]")].map((each) => {
    const labels = [...(each.labels ?? [])].map((label) => label.textContent).join(" ");
    const by = (each.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    return [each.outerHTML.slice(0, 90), (each.getAttribute("aria-label") ?? "") + labels + by + (each.tagName === "BUTTON" ? each.textContent : "")];
})"""
CONTRAST = """() => {
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => color.slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    const over = (top, below) => top.slice(0, 3).map((c, at) => c * (top[3] ?? 1) + below[at] * (1 - (top[3] ?? 1)));
    const ground = (element) => element === null ? [0, 0, 0] : over(numbers(getComputedStyle(element).backgroundColor), ground(element.parentElement));
    return [...document.querySelectorAll("h1, h2, p, label, output, button, select, dt, dd, h3")].filter((each) => each.checkVisibility() && !each.disabled && each.textContent.trim()).map((each) => {
        const below = ground(each);
        const [a, b] = [light(over(numbers(getComputedStyle(each).color), below)), light(below)].sort((x, y) => y - x);
        return [each.outerHTML.slice(0, 80), (a + 0.05) / (b + 0.05)];
    });
}"""


def test_nothing_is_drawn_at_rest(page):
    page.rest()
    page.run(
        "() => { globalThis.draws = 0; const draw = phynes.renderer.draw; phynes.renderer.draw = (view) => { draws += 1; return draw.call(phynes.renderer, view); }; }"
    )
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


def test_the_page_asks_nobody_and_complains_of_nothing(page):
    page.rest()
    assert page.requests == [page.address] and page.complaints == []


def test_every_control_has_a_name(page):
    page.tab.keyboard.press("l")
    for name in ("light", "pose", "view", "save"):
        page.run("(name) => phynes.dock.toggle(name)", name)
        nameless = [html for html, text in page.run(NAMES) if not text.strip()]
        assert not nameless
    assert page.run(
        "() => document.querySelectorAll('[id]').length === new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size"
    )


def test_the_focus_goes_through_everything_in_reading_order(page):
    page.tab.keyboard.press("l")
    page.run("() => { phynes.dock.toggle('light'); document.getElementById('picture').focus(); }")
    order, places = [], []
    for _ in range(80):
        found = page.run(
            "() => { const e = document.activeElement; const b = e.getBoundingClientRect(); return [e.id || e.getAttribute('aria-label') || e.textContent.slice(0, 40) || e.tagName, b.width * b.height, getComputedStyle(e).outlineStyle, e.id === 'picture']; }"
        )
        if (order and found[0] == order[0]) or found[0] == "BODY":
            break
        order.append(found[0])
        places.append(found)
        page.tab.keyboard.press("Tab")
    assert order[0] == "picture" and order[1].startswith("Lamp 1")
    for needed in ("add-lamp", "remove-lamp", "play", "clip", "full-screen", "show-help"):
        assert needed in order, order
    assert all(area > 0 for _, area, *_ in places)
    assert all(outline != "none" or is_picture for _, _, outline, is_picture in places), "the focus can be seen"


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
            outside = page.run(
                "() => [...document.querySelectorAll('#dock button, #dock select, #panel')].filter((each) => each.checkVisibility()"
                " && !each.closest('#strip')).map((each) => [each.id || each.textContent, each.getBoundingClientRect()])"
                ".filter(([, b]) => b.left < 0 || b.top < 0 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1).map(([name]) => name)"
            )
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
        assert shown.complaints == []


def _color(shown: ShownPage, element) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(element.screenshot())).convert("RGB"))
    return pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
