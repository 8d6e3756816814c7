"""Widgets whose scripts come late, as on a phone in a full classroom: they begin with what is chosen."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.dashboard import Runs, settled

WIDGETS = re.compile(r"/js/(Selectbox|Checkbox|ButtonGroup|NumberInput|Slider|Multiselect)\.\w+\.js")
PAGES = (
    ("trust", {"layer": "conv3", "photo": "coffee"}, "Forward mask", {"trust_mask": "1"}),
    ("switched-off", {"switched_off_layer": "conv4", "photo": "coffee"}, "Predict first", {"predict": "1"}),
)


@pytest.mark.parametrize(("path", "asked", "click", "chosen"), PAGES)
def test_what_is_chosen_stays_chosen(
    address: str, page: Page, runs: Runs, path: str, asked: dict[str, str], click: str, chosen: dict[str, str]
) -> None:
    """The server sends a page's widgets several times; the browser makes them of what came last."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(WIDGETS, hold)
    page.goto(f"{address}/{path}?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    runs.wait(1)
    settled(page, runs)
    assert held
    page.unroute(WIDGETS, hold)  # lets those that are held go on
    page.get_by_text(click, exact=True).first.click()
    expect(page).to_have_url(re.compile("&".join(f"{name}={value}" for name, value in chosen.items())))
    settled(page, runs)
    assert parse_qs(urlparse(page.url).query) == {name: [value] for name, value in (asked | chosen).items()}
