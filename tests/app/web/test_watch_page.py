"""The page around a watched avatar's: in a real browser, with small pages in the avatar's place."""

import pytest

from tests.app.serving.requests_by_hand import serving
from tests.app.web.shown_pages import DENSITY, PATIENCE_MS, write_small_page

SCRIPT = "<script>addEventListener('load', () => { document.documentElement.dataset.state = 'ready'; })</script>"


def page_named(name: str) -> bytes:
    return f"<!doctype html><html data-state=starting><title>{name}</title><h1>{name}</h1>{SCRIPT}".encode()


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport={"width": 320, "height": 420}, device_scale_factor=DENSITY)
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    yield tab
    context.close()


def shown(tab, name: str) -> None:
    """Wait until the page of this name is the only one, and can be seen."""
    tab.frame_locator("iframe:not(.coming)").get_by_role("heading", name=name).wait_for()
    assert tab.locator("iframe").count() == 1


def test_the_page_follows_the_avatar_and_keeps_the_view(tab):
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text))
    with serving(None, is_watched=True) as server:
        tab.goto(server.address)
        assert tab.url == f"http://127.0.0.1:{server.port}/"  # the token is gone
        tab.get_by_text("Waiting for the first avatar.").wait_for()
        server.published.show(page_named("first"))
        shown(tab, "first")
        tab.evaluate("() => { document.querySelector('iframe').contentWindow.location.hash = 'v=1&view'; }")
        server.published.show(page_named("second"))
        shown(tab, "second")
        assert tab.evaluate("() => document.querySelector('iframe').contentWindow.location.hash") == "#v=1&view"
        assert tab.title() == "second"
        tab.get_by_text("Avatar 2,").wait_for()
        assert complaints == []
    tab.get_by_text("The program that serves this page is gone").wait_for()
    shown(tab, "second")  # the last page stays


TAKEN = """() => {
    const { phynes } = document.querySelector("iframe:not(.coming)").contentWindow;
    const { light, mirrors, exposure } = phynes.store.state;
    const { name } = phynes.renderer.description.environments[light.index];
    return [phynes.packet.head.lights.length, light.index, name, mirrors, exposure];
}"""
EDIT = """() => {
    const { phynes } = document.querySelector("iframe").contentWindow;
    const blue = { name: "blue", width: 4, height: 2, radiance: new Float32Array(24).fill(0.5) };
    phynes.dropped.push(blue);
    const index = phynes.renderer.addEnvironment(blue);
    phynes.step((state) => ({ ...state, light: { ...state.light, index } }), "dropped light");
    phynes.step((state) => ({ ...state, mirrors: true, exposure: 1.5 }), "exposure");
}"""


def test_a_dropped_light_and_what_was_edited_outlive_the_reload(tab, page_file, tmp_path):
    """A page with one light fewer takes the other's place."""
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    fewer = write_small_page(tmp_path / "fewer.html", num_lights=1)
    with serving(page_file.read_bytes(), is_watched=True) as server:
        tab.goto(server.address)
        tab.wait_for_function("() => document.querySelector('iframe:not(.coming)')?.contentWindow.phynes")
        tab.evaluate(EDIT)
        server.published.show(fewer.read_bytes())
        tab.get_by_text("Avatar 2,").wait_for()
        assert tab.evaluate(TAKEN) == [2, 2, "blue", True, 1.5]
        undone = "document.querySelector('iframe').contentWindow.phynes.store"
        assert tab.evaluate(f"() => {undone}.undo() && {undone}.state.exposure") == 0
    assert complaints == []


def test_no_other_page_can_show_it_or_ask_for_it(tab):
    with serving(page_named("secret")) as server:
        tab.goto(server.address)
        tab.get_by_text("secret").wait_for()
        with serving(page_named("other")) as other:  # another site: the same host, another port
            tab.goto(other.address)
            tab.get_by_text("other").wait_for()
            asked = tab.evaluate(
                "(address) => fetch(address, { credentials: 'include' }).then(() => 'read', () => 'refused')",
                f"http://127.0.0.1:{server.port}/",
            )
            assert asked == "refused"
            tab.evaluate(
                "(src) => { document.body.append(Object.assign(document.createElement('iframe'), { src })); }",
                f"http://127.0.0.1:{server.port}/",
            )
            tab.wait_for_timeout(300)
            assert tab.frame_locator("iframe").get_by_text("secret").count() == 0
