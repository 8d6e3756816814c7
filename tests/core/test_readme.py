"""The README's example runs as it is printed, and what the documents and the code tell people to type is there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from zfnet_core.models import zoo

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
TO_BE_WRITTEN = "dimming"  # the exhibit that CONTRIBUTING.md adds as an example


def test_the_example_runs() -> None:
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.S).group(1)
    names: dict[str, object] = {}
    exec(code, names)
    assert names["picture"].shape == (224, 224, 3) and names["picture"].dtype == np.uint8


def test_the_pairs_figures_are_those_of_its_cards() -> None:
    rows = [line.split("|")[2:4] for line in README.read_text().splitlines() if re.search(r"\d %.*\|.*\d % \|$", line)]
    cards = [zoo.bundled_card(name)["accuracy"] for name in ("zfnet-classroom", "alexnet-classroom")]
    expected = [
        [f"{100 * card['even']['top1']:.1f} / {100 * card['even']['top5']:.1f} %" for card in cards],
        [f"{100 * card['val']['top1']:.1f} / {100 * card['val']['top5']:.1f} %" for card in cards],
        [f"{100 * card['val_among']['imagenette']['top1']:.1f} %" for card in cards],
    ]
    found = [[cell.strip() for cell in row] for row in rows]
    assert [row for row in found if row in expected] == expected


def test_the_map_of_the_house_names_every_exhibit() -> None:
    rows = [line for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines() if line.startswith("|")]
    named = re.findall(r"`(\w+)`", "\n".join(rows))
    assert sorted(named) == sorted(page.stem.removesuffix("_page") for page in (ROOT / "pages").glob("*_page.py"))


def test_everything_it_shows_and_names_is_there() -> None:
    text = README.read_text()
    for file in re.findall(r"\]\(([^)#]+)\)", text):
        assert (README.parent / file).exists(), file
    for module in set(re.findall(r"`benchmarks\.(\w+)`", text)):
        assert (README.parent / "benchmarks" / f"{module}.py").exists(), module
    assert "<!--" not in text


def commands(text: str) -> set[str]:
    """Every module of ours that somebody is told to run."""
    return set(re.findall(r"python -m ((?:zfnet_core|benchmarks|tests)(?:\.\w+)+)", text))


def runs(module: str) -> bool:
    """Whether `python -m` finds something to run: a file that looks at its name, or a folder with a main file."""
    path = ROOT / module.replace(".", "/")
    file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    return file.is_file() and "__main__" in file.read_text() + file.name


def test_every_command_that_somebody_is_told_is_there() -> None:
    floors = [path for floor in ("zfnet_core", "ui", "pages", "benchmarks") for path in (ROOT / floor).rglob("*.py")]
    files = [*floors, *(ROOT / name for name in DOCUMENTS), ROOT / "Makefile", *ROOT.glob("requirements*.txt")]
    told = {(file.name, command) for file in files for command in commands(file.read_text())}
    assert len(told) > 20 and [one for one in told if not runs(one[1])] == []
    assert not runs("zfnet_core.experiments.top_activations") and not runs("zfnet_core.photos.images")


def named_place_exists(place: str) -> bool:
    """Whether a file or folder is there, from the top or from the core; `file.name` is a function or class in it."""
    for base in (ROOT, ROOT / "zfnet_core"):
        if list(base.glob(place)) or (base / f"{place}.py").is_file():
            return True
        file, _, name = place.rpartition(".")
        source = base / f"{file}.py"
        if source.is_file() and re.search(rf"^(def|class) {name}\b", source.read_text(), re.M):
            return True
        folder = base / file / "__init__.py"
        if folder.is_file() and re.search(rf"\b{name}\b", folder.read_text()):
            return True
    return False


def test_every_place_that_the_documents_name_is_there() -> None:
    rooms = "|".join(path.name for path in (ROOT / "zfnet_core").iterdir() if path.is_dir())
    places = rf"`((?:zfnet_core|ui|pages|tests|benchmarks|assets|{rooms})/[\w/.*-]+)(?:\([^`]*\))?`"
    named = {place for name in DOCUMENTS for place in re.findall(places, (ROOT / name).read_text())}
    assert len(named) > 30
    assert [place for place in sorted(named) if TO_BE_WRITTEN not in place and not named_place_exists(place)] == []
    assert not named_place_exists("photos/images.open_picture") and not named_place_exists("ui/desk.py")
