"""The page around a watched avatar's: in a real browser, with small pages in the avatar's place."""

import pytest

from tests.app.serving.requests_by_hand import cookie_of, serving
from tests.app.web.shown_pages import PATIENCE_MS

SCRIPT = """<script>
addEventListener("load", () => { document.documentElement.dataset.state = "ready"; });
globalThis.phynes = { saving: { recording: null }, before: null, async takeOver(other) { this.before = other?.name; } };
phynes.name = document.title;
</script>"""


def page_named(name: str) -> bytes:
    return f"<!doctype html><html data-state=starting><title>{name}</title><h1>{name}</h1>{SCRIPT}".encode()


IN_FRAME = "document.querySelector('iframe:not(.coming)').contentWindow.phynes"


@pytest.fixture
def tab(browser):
    context = browser.new_context()
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
        assert tab.url == f"http://127.0.0.1:{server.port}{server.access.place}/"  # the token is gone
        tab.get_by_text("Waiting for the first avatar.").wait_for()
        server.published.show(page_named("first"))
        shown(tab, "first")
        tab.evaluate("() => { document.querySelector('iframe').contentWindow.location.hash = 'v=1&view'; }")
        server.published.show(page_named("second"))
        shown(tab, "second")
        assert tab.evaluate("() => document.querySelector('iframe').contentWindow.location.hash") == "#v=1&view"
        assert tab.title() == "second"
        assert tab.evaluate(IN_FRAME + ".before") == "first"  # which gave what its visitor had done
        tab.get_by_text("Avatar 2,").wait_for()
        tab.evaluate(IN_FRAME + ".saving.recording = {}")  # a video is made there: it is waited for
        server.published.show(page_named("third"))
        tab.wait_for_function("() => document.querySelector('iframe.coming')?.contentDocument.title === 'third'")
        tab.wait_for_timeout(400)
        assert tab.title() == "second"
        tab.evaluate(IN_FRAME + ".saving.recording = null")
        shown(tab, "third")
        assert complaints == []
    tab.get_by_text("The program that serves this page is gone").wait_for()
    shown(tab, "third")  # the last page stays


def test_a_browser_gives_each_server_its_own_cookie_alone(tab):
    """Whatever their ports, which cookies do not know."""
    with serving(page_named("one")) as one, serving(page_named("other")) as other:
        for server, name in ((one, "one"), (other, "other"), (one, "one")):
            tab.goto(server.address)
            tab.get_by_role("heading", name=name).wait_for()
            tab.reload()
            tab.get_by_role("heading", name=name).wait_for()
        for server in (one, other):
            found = tab.context.cookies(f"http://127.0.0.1:{server.port}{server.access.place}/")
            assert [f"{each['name']}={each['value']}" for each in found] == [cookie_of(server)]
        assert tab.context.cookies(f"http://127.0.0.1:{one.port}/") == []


def test_no_other_page_can_show_it_or_ask_for_it(tab):
    with serving(page_named("secret")) as server:
        tab.goto(server.address)
        tab.get_by_text("secret").wait_for()
        with serving(page_named("other")) as other:  # another site: the same host, another port
            tab.goto(other.address)
            tab.get_by_text("other").wait_for()
            asked = tab.evaluate(
                "(address) => fetch(address, { credentials: 'include' }).then(() => 'read', () => 'refused')",
                f"http://127.0.0.1:{server.port}{server.access.place}/",
            )
            assert asked == "refused"
            tab.evaluate(
                "(src) => { document.body.append(Object.assign(document.createElement('iframe'), { src })); }",
                f"http://127.0.0.1:{server.port}{server.access.place}/",
            )
            tab.wait_for_timeout(300)
            assert tab.frame_locator("iframe").get_by_text("secret").count() == 0
