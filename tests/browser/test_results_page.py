"""Paper, ours, yours in a browser: a result of one's own comes into its rows, a stranger's file changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs
from zfnet_core.exhibits.results.compared import our_evaluations
from zfnet_core.exhibits.results.evaluation import written

SLOW_MS = 60_000


def test_a_result_of_ones_own_stands_beside_the_papers(address: str, page: Page, runs: Runs, tmp_path: Path) -> None:
    ours = our_evaluations()[0]
    good, bad = tmp_path / "evaluation.json", tmp_path / "bad.json"
    named = tuple(replace(network, fingerprint="f" * 32) for network in ours.networks)
    good.write_bytes(written(replace(ours, data="my photos", networks=named)))
    bad.write_text("[1, 2, 3]")
    page.goto(f"{address}/results")
    runs.wait(1)
    row = page.get_by_role("row", name=re.compile("1 convnet as per Fig. 3"))
    expect(row).to_contain_text("38.4")
    assert "yours" not in row.inner_text()
    upload = page.locator(".st-key-own-results input[type=file]")
    upload.set_input_files(good)
    expect(row).to_contain_text("yours", timeout=SLOW_MS)
    expect(page.get_by_text("other weights of ZFNet · classroom")).to_be_visible()
    upload.set_input_files(bad)
    expect(page.get_by_text("bad.json is no result of an evaluation")).to_be_visible(timeout=SLOW_MS)
    expect(row).to_contain_text("yours")
    page.get_by_role("radio", name="Fig. 6").click()
    expect(page.get_by_role("row", name=re.compile("dead filters"))).to_be_visible(timeout=SLOW_MS)
    assert "results=figure-6" in page.url
    page.get_by_role("radio", name="Table 2").click()
    expect(row).to_contain_text("yours", timeout=SLOW_MS)
