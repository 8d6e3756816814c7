"""Many visitors on one real server: all are answered, and nobody's error reaches them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.visitors import choose_map, move_crop, visit
from tests.browser.dashboard import serving


def test_visitors_at_once_are_all_answered(tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt") as address:
        port = urlsplit(address).port
        crops = asyncio.run(visit(port, visitors=8, seconds=8, think_s=1.0, action=move_crop))
        units = asyncio.run(visit(port, visitors=8, seconds=6, think_s=0.5, action=choose_map))
        for report in (crops, units):
            assert report.errors == []
            assert len(report.first) == 8 and len(report.actions) >= 8
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
