"""Every page begins with what to do and what to notice, and ends with what it can tell and what not."""

from __future__ import annotations

import ast

import pytest

from ui.exhibits import NAMES
from zfnet_core.assets import HOME

FILES = sorted((HOME / "pages").glob("*_page.py"))


def calls(source: str, name: str) -> list[ast.Call]:
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call for call in found if isinstance(call.func, ast.Attribute) and call.func.attr == name]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_page_says_what_to_do_what_to_notice_and_what_it_can_tell(file) -> None:
    source = file.read_text(encoding="utf-8")
    (heading,), (limits,) = calls(source, "heading"), calls(source, "limits")
    assert len(heading.args) == 3, "title, what to do, what to notice"
    assert len(limits.args) >= 2, "what it can tell, what not"


def test_there_is_a_file_for_every_page() -> None:
    assert len(FILES) == len(NAMES)
