"""One browser and one page for all tests of the page's controls."""

import pytest

from tests.app.web.shown_pages import ShownPage, chromium, write_small_page


@pytest.fixture(scope="package")
def page_file(tmp_path_factory):
    return write_small_page(tmp_path_factory.mktemp("page") / "small.html")


@pytest.fixture(scope="package")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def opened(browser, page_file):
    shown = ShownPage(browser, page_file.as_uri())
    yield shown
    shown.close()


@pytest.fixture
def page(opened):
    """The page as it was when it was opened."""
    opened.reset()
    return opened
