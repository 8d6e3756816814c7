"""Many visitors on one real server: all are answered, and nobody's error reaches them."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.visitors import Visitor, choose_map, move_crop, visit
from tests.browser.dashboard import serving


async def _no_whole_page(port: int) -> None:
    """The photo with its crop runs with what it changes; the choice of the network, for example, does not."""
    visitor = Visitor(port)
    await visitor.come()
    assert visitor.elements["crop"][1] and visitor.elements["samples"][1] == visitor.elements["crop"][1]
    assert not visitor.elements["page"][1]  # what listens for the whole page
    del visitor.elements["page"]
    before = visitor.query
    await move_crop(random.Random(1), 1)(visitor)
    assert "page" not in visitor.elements and "crop=" in visitor.query and visitor.query != before
    await visitor.leave()


def test_visitors_at_once_are_all_answered(tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt") as address:
        port = urlsplit(address).port
        crops = asyncio.run(visit(port, visitors=8, seconds=8, think_s=1.0, action=move_crop))
        units = asyncio.run(visit(port, visitors=8, seconds=6, think_s=0.5, action=choose_map))
        for report in (crops, units):
            assert report.errors == []
            assert len(report.first) == 8 and len(report.actions) >= 8
        asyncio.run(_no_whole_page(port))
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
