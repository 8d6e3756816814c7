"""The three floors: imports run downwards only, and pages stay readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {  # floor → packages that it must not import
    "zfnet_core": {"streamlit", "ui", "pages", "app", "serve", "plotly", "tests"},
    "ui": {"pages", "app", "serve", "tests"},
    "pages": {"torch", "torchvision", "app", "serve", "tests"},
}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
LONGEST_PAGE = 160


def imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, top-level package) of every import, wherever it stands in the file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else node.module.split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant):
                yield node.lineno, str(name.value).split(".")[0]


def offences(floor: str, source: str) -> list[tuple[int, str]]:
    return [(line, package) for line, package in imports(source) if package in FORBIDDEN[floor]]


@pytest.mark.parametrize("floor", FORBIDDEN)
def test_imports_run_downwards_only(floor: str) -> None:
    files = sorted((ROOT / floor).rglob("*.py"))
    assert files
    found = {str(file.relative_to(ROOT)): offences(floor, file.read_text()) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_the_check_itself_sees_every_kind_of_import() -> None:
    source = """
def f():
    import streamlit as st
from ui.bars import x
importlib.import_module('pages.a')
import torch.nn
"""
    assert sorted(offences("zfnet_core", source)) == [(3, "streamlit"), (4, "ui"), (5, "pages")]
    assert offences("pages", source) == [(6, "torch")]


def test_no_page_is_longer_than_a_storyboard() -> None:
    lengths = {file.name: len(file.read_text().splitlines()) for file in (ROOT / "pages").glob("*.py")}
    assert lengths and {name: lines for name, lines in lengths.items() if lines > LONGEST_PAGE} == {}


def test_every_file_is_named_after_its_idea() -> None:
    names = [file.stem for floor in FORBIDDEN for file in (ROOT / floor).rglob("*.py")]
    assert VAGUE.isdisjoint(names)


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for floor in FORBIDDEN
        for file in sorted((ROOT / floor).rglob("*.py"))
        if not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert silent == []
