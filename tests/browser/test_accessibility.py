"""Every page of the registry in both themes: axe finds nothing serious; one heading of the first level; its figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import Runs, settled
from ui.exhibits import EXHIBITS

SERIOUS = {"serious", "critical"}


GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 21, 27)"}

TRANSLATED_FIGURES = """() => {
  const found = [], roots = [document.body];
  for (const root of roots) {
    for (const one of root.querySelectorAll('*')) if (one.shadowRoot) roots.push(one.shadowRoot);
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const kept = text.parentElement?.closest('[translate=no], style, script, noscript');
      if (/\\d/.test(text.data) && !kept) found.push(text.data);
    }
  }
  return found;
}"""
"""Texts with a figure in them, in the page and in its components, that a browser may translate."""


@pytest.fixture
def page_at_work(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, bypass_csp=True, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def test_axe_finds_nothing_serious_on_any_page(address: str, page_at_work: Page) -> None:
    page, found, translated = page_at_work, [], []
    runs = Runs(page)
    for exhibit in EXHIBITS:
        page.goto(f"{address}/{'' if exhibit is EXHIBITS[0] else exhibit.path}")
        expect(page.locator("h1")).to_have_count(1)
        settled(page, runs)
        expect(page.locator("[data-testid=stSidebarNav] li:not([role])")).to_have_count(0)
        translated += [f"{exhibit.path}: {text}" for text in page.evaluate(TRANSLATED_FIGURES)]
        for theme, ground in GROUNDS.items():
            page.emulate_media(color_scheme=theme)
            page.wait_for_function(
                "colour => getComputedStyle(document.querySelector('.stApp')).backgroundColor === colour", arg=ground
            )
            # Colours fade from one theme to the other, and on a page at work something always does.
            page.wait_for_timeout(300)
            page.evaluate("document.getAnimations().forEach((one) => one instanceof CSSTransition && one.finish())")
            for violation in Axe().run(page).response["violations"]:
                if violation["impact"] in SERIOUS:
                    where = f"{exhibit.path}, {theme}: {violation['id']}"
                    found += [
                        f"{where}: {node['html'][:160]} {node['failureSummary'][:300]}" for node in violation["nodes"]
                    ]
    assert found == []
    assert translated == [], "a browser that translates the page would keep an old figure"
