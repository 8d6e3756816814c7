"""Collect what is said to people into the catalogues: `python -m zfnet_core.texts`, or `make texts`.

Reads every call of `t`, `tn`, `later` and `phrase` in the program, also inside f-strings, and brings
assets/languages/*.po up to date: new messages come without a translation, gone ones go. `--missing` lists what is not
translated.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from zfnet_core.assets import ASSETS, HOME
from zfnet_core.files import replaced
from zfnet_core.language import ENGLISH, LANGUAGES

FOLDER = ASSETS / "languages"
FLOORS = ("zfnet_core", "ui", "pages", "app.py")
Message = str | tuple[str, str]


def messages(source: str) -> Iterator[Message]:
    """Every message in the source text of a module; (one, many) where a number decides."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        if node.func.id in ("t", "later", "phrase"):
            yield from _constants(node.args[0])
        elif node.func.id == "tn" and len(node.args) >= 2:
            yield from zip(_constants(node.args[0]), _constants(node.args[1]), strict=False)


def all_messages(home: Path = HOME) -> list[Message]:
    """Every message of the program, each once, in the order of the files."""
    files = [file for floor in FLOORS for file in ([home / floor] if floor.endswith(".py") else _python(home / floor))]
    return list(dict.fromkeys(found for file in files for found in messages(file.read_text(encoding="utf-8"))))


def template(found: Iterable[Message]) -> Catalog:
    """A catalogue without translations."""
    catalogue = Catalog(project="ZFNet Explorer", charset="utf-8", fuzzy=False)
    for message in found:
        catalogue.add(message)
    return catalogue


def read(language: str) -> Catalog:
    """A language's catalogue as it is; an empty one where there is none."""
    path = FOLDER / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def missing(language: str, found: Iterable[Message]) -> list[Message]:
    """The messages that a language does not have."""
    catalogue = read(language)
    return [message for message in found if not _translated(catalogue, message)]


def update(language: str, found: Iterable[Message]) -> None:
    """Bring a language's catalogue up to date."""
    catalogue = read(language)
    catalogue.update(template(found), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    FOLDER.mkdir(exist_ok=True)
    with replaced(FOLDER / f"{language}.po") as temporary, temporary.open("wb") as file:
        write_po(file, catalogue, width=0, omit_header=True, no_location=True)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", metavar="LANGUAGE", choices=sorted(set(LANGUAGES) - {ENGLISH}))
    language = parser.parse_args().missing
    found = all_messages()
    if language:
        lacking = missing(language, found)
        print("\n".join(map(repr, lacking)))
        return int(bool(lacking))
    for code in LANGUAGES:
        if code != ENGLISH:
            update(code, found)
    return 0


def _python(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _constants(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _translated(catalogue: Catalog, message: Message) -> bool:
    found = catalogue.get(message if isinstance(message, str) else message[0])
    if found is None or found.fuzzy:
        return False
    strings = (found.string,) if isinstance(found.string, str) else tuple(found.string or ())
    return bool(strings) and all(strings)


if __name__ == "__main__":
    sys.exit(main())
