"""A new exhibit is its own folders and one line: the one in `toy_exhibit` moves into a copy of the house."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).parent / "toy_exhibit"
VISIT = """
import sys, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120)
app.query_params["dimming_steps"] = "3"
app.run().switch_page("pages/dimming_page.py").run()
end = time.monotonic() + 60
while not any("as it is" in text.value for text in app.markdown):
    assert time.monotonic() < end, [text.value for text in app.markdown]
    time.sleep(0.1)
    app.run()
assert not app.exception and not app.error, (app.exception, app.error)
from tests.app.visit import chosen
from ui.dimming.fields import Fields
assert chosen(app, Fields).steps == 3
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project into which the toy has moved."""
    copy = tmp_path_factory.mktemp("house") / "project"
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for part in ("zfnet_core", "ui", "pages", "tests", ".streamlit"):
        shutil.copytree(ROOT / part, copy / part, ignore=ignore)
    for file in ("app.py", "serve.py", "pyproject.toml"):
        shutil.copy(ROOT / file, copy / file)
    (copy / "assets").symlink_to(ROOT / "assets")
    shutil.copytree(TEMPLATE / "core", copy / "zfnet_core" / "exhibits" / "dimming", ignore=ignore)
    shutil.copytree(TEMPLATE / "ui", copy / "ui" / "dimming", ignore=ignore)
    shutil.copy(TEMPLATE / "page.py", copy / "pages" / "dimming_page.py")
    (copy / "tests" / "core" / "test_dimming.py").write_text('"""Tests of the toy."""\n')
    registry = copy / "ui" / "exhibits.py"
    lines, before = registry.read_text(), len(registry.read_text().splitlines())
    registry.write_text(re.sub(r"\n\)\n", '\n    "dimming",\n)\n', lines, count=1))
    assert len(registry.read_text().splitlines()) == before + 1
    return copy


def run(house: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(house)}
    return subprocess.run([sys.executable, *command], cwd=house, env=environment, capture_output=True, text=True)


def test_its_page_opens_computes_and_keeps_its_link(house: Path) -> None:
    done = run(house, "-c", VISIT)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_house_still_holds(house: Path) -> None:
    done = run(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/core/test_house.py")
    assert done.returncode == 0, done.stdout[-3000:]
