"""The house: imports run downwards only and in no circle, exhibits do not know each other, pages stay readable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {  # floor → packages that it must not import
    "zfnet_core": {"streamlit", "ui", "pages", "app", "serve", "plotly", "tests"},
    "ui": {"pages", "app", "serve", "tests"},
    "pages": {"torch", "torchvision", "app", "serve", "tests"},
}
# From the ground up; whoever stands in one row does not import from a later one, nor from others in its own.
CORE = (
    {"errors", "assets", "tables"},
    {"files", "language"},
    {"texts"},
    {"photos"},
    {"models"},
    {"forward"},
    {"deconvnet"},
    {"drawing", "paper", "serving"},
    {"top_activations"},
    {"exhibits"},
    {"evaluate"},
    {"training"},
)
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
LONGEST_PAGE = 150
WITHOUT_COMPUTING = {"lessons", "classroom"}  # they have no room in the core: nothing is computed for them


@cache
def modules() -> dict[str, Path]:
    """Every module of the three floors by its full name."""
    found = {}
    for floor in FORBIDDEN:
        for file in sorted((ROOT / floor).rglob("*.py")):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = file
    return found


def imports(source: str) -> Iterator[tuple[int, str]]:
    """(line, module or name in a module) of every import, wherever it stands in the file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            before = "." if node.level else f"{node.module}."
            yield from ((node.lineno, before + alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant):
                yield node.lineno, str(name.value)


def offences(floor: str, source: str) -> list[tuple[int, str]]:
    found = ((line, name.split(".")[0]) for line, name in imports(source))
    return [(line, package) for line, package in found if package in FORBIDDEN[floor]]


@cache
def arrows() -> dict[str, set[str]]:
    """Which of our modules each of our modules imports."""
    known = modules()
    found: dict[str, set[str]] = {}
    for module, file in known.items():
        found[module] = set()
        for _, name in imports(file.read_text()):
            target = name if name in known else name.rpartition(".")[0]
            if target in known and target != module:
                found[module].add(target)
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Some circle of a graph, first node repeated at its end; [] if there is none."""
    done: set[str] = set()

    def search(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for target in sorted(graph.get(node, ())):
            if found := search(target, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := search(node, []))), [])


def core_row(module: str) -> int:
    part = module.split(".")[1]
    return next(number for number, row in enumerate(CORE) if part in row)


def exhibit(module: str) -> str:
    """Which exhibit a module belongs to, "" for those of nobody."""
    parts = module.split(".")
    if parts[:2] == ["zfnet_core", "exhibits"]:
        return parts[2] if len(parts) > 2 and parts[2] != "our_results" else ""
    if parts[0] == "ui" and len(parts) > 1 and (ROOT / "ui" / parts[1]).is_dir():
        return "" if parts[1] in {"shell", "kit"} else parts[1]
    return parts[1].removesuffix("_page") if parts[0] == "pages" and len(parts) > 1 else ""


@pytest.mark.parametrize("floor", FORBIDDEN)
def test_imports_run_downwards_only(floor: str) -> None:
    files = sorted((ROOT / floor).rglob("*.py"))
    assert files
    found = {str(file.relative_to(ROOT)): offences(floor, file.read_text()) for file in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_the_rooms_of_the_core_stand_in_a_fixed_order() -> None:
    core = {module: to for module, to in arrows().items() if module.startswith("zfnet_core.")}
    upwards = [
        (module, target)
        for module, targets in core.items()
        for target in targets
        if target != "zfnet_core"
        and module.split(".")[1] != target.split(".")[1]
        and core_row(module) <= core_row(target)
    ]
    assert len(core) > 60 and upwards == []


def test_there_is_no_circle() -> None:
    assert circle(arrows()) == []


def test_exhibits_do_not_know_each_other() -> None:
    strangers = [
        (module, target)
        for module, targets in arrows().items()
        for target in targets
        if exhibit(module) and exhibit(target) and exhibit(module) != exhibit(target)
    ]
    assert strangers == []


def test_the_shell_and_the_kit_know_no_exhibit() -> None:
    found = [
        (module, target)
        for module, targets in arrows().items()
        for target in targets
        if module.startswith(("ui.shell", "ui.kit")) and exhibit(target)
    ]
    assert found == []


def test_an_exhibit_has_one_name_on_every_floor() -> None:
    from ui.exhibits import EXHIBITS

    names = {one.name for one in EXHIBITS}
    assert {exhibit(module) for module in modules() if module.startswith("ui.")} - {""} == names
    assert {exhibit(module) for module in modules() if module.startswith("pages.")} - {""} == names
    core = {exhibit(module) for module in modules() if module.startswith("zfnet_core.exhibits.")}
    assert core - {""} == names - WITHOUT_COMPUTING
    assert {one.path for one in EXHIBITS} == {name.replace("_", "-") for name in names}
    for name in names:
        assert list((ROOT / "tests").rglob(f"test_{name}*.py")), f"no test is named after {name}"


def test_nothing_private_is_imported_from_another_file() -> None:
    found = [
        (str(file.relative_to(ROOT)), line, name)
        for file in modules().values()
        for line, name in imports(file.read_text())
        if name.split(".")[0] in FORBIDDEN and any(part.startswith("_") for part in name.split(".")[1:])
    ]
    assert found == []


def test_private_names_of_modules_are_not_reached_for() -> None:
    found = []
    for file in modules().values():
        tree = ast.parse(file.read_text())
        ours = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN
            for alias in node.names
            if f"{node.module}.{alias.name}" in modules()
        }
        found += [
            (str(file.relative_to(ROOT)), node.lineno, ast.unparse(node))
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ours
            and node.attr.startswith("_")
            and not node.attr.startswith("__")
        ]
    assert found == []


def test_one_file_of_the_shell_holds_the_sessions_state() -> None:
    users = {
        str(file.relative_to(ROOT))
        for file in (*modules().values(), ROOT / "app.py")
        if any(
            isinstance(node, ast.Attribute) and node.attr == "session_state"
            for node in ast.walk(ast.parse(file.read_text()))
        )
    }
    assert users == {"ui/shell/session.py"}


def test_the_checks_themselves_see_what_they_look_for() -> None:
    source = """
def f():
    import streamlit as st
from ui.bars import x
importlib.import_module('pages.a')
import torch.nn
"""
    assert sorted(offences("zfnet_core", source)) == [(3, "streamlit"), (4, "ui"), (5, "pages")]
    assert offences("pages", source) == [(6, "torch")]
    found = circle({"a": {"b"}, "b": {"c"}, "c": {"d", "b"}, "d": set()})
    assert found == ["b", "c", "b"] and circle({"a": {"b"}, "b": set()}) == []
    assert all("b" in pair or "c" in pair for pair in pairwise(found))


def test_no_page_is_longer_than_a_storyboard() -> None:
    lengths = {file.name: len(file.read_text().splitlines()) for file in (ROOT / "pages").glob("*.py")}
    assert lengths and {name: lines for name, lines in lengths.items() if lines > LONGEST_PAGE} == {}


def test_no_script_of_ours_writes_html_or_runs_text() -> None:
    scripts = list((ROOT / "ui").rglob("*.js"))
    assert len(scripts) > 10
    for file in scripts:
        found = re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", file.read_text("utf-8")
        )
        assert found is None, f"{file.name}: {found[0]}"


def test_every_file_is_named_after_its_idea() -> None:
    names = [file.stem for floor in FORBIDDEN for file in (ROOT / floor).rglob("*.py")]
    assert VAGUE.isdisjoint(names)


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        str(file.relative_to(ROOT)) for file in modules().values() if not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert silent == []
