"""One server and one browser for all browser tests; a fresh visitor for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving

expect.set_options(timeout=20_000)  # a loaded machine is slow; a state that never comes still fails


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server") / "log.txt") as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    # Playwright waits by evaluating text in the page, which the server's policy forbids to everybody.
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    # Who only listens when a file chooser is about to open may be late: the browser is told to hand it over by another
    # way than the key press that opens it, and on a busy machine the key press is faster.
    page.on("filechooser", lambda chooser: None)
    yield page
    context.close()


@pytest.fixture
def runs(page: Page) -> Iterator[Runs]:
    """The page's script runs; after each test: no exception reached the browser, nothing was asked of another host."""
    runs = Runs(page)
    yield runs
    assert runs.exceptions == []
    assert runs.outside == []
