"""The page of results without a running app: what a file of somebody's own becomes, and what the browser is given."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace

import pytest

from ui.results import own_results as own
from ui.results.fields import Fields
from ui.results.files import files
from ui.results.question import resolve
from ui.results.scene import letters, scene
from zfnet_core.errors import ResultError
from zfnet_core.exhibits.results import NAMES, table_of
from zfnet_core.exhibits.results.compared import our_evaluations
from zfnet_core.exhibits.results.evaluation import written
from zfnet_core.paper.ablation import AblationRow

ROW = AblationRow("zfnet", 0.4, 0.5, 0.25, 1000, 3, (80, 96), 128, 900, 200, 100)


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> own.OwnResults:
    memory = own.OwnResults()
    monkeypatch.setattr(own, "own_results", lambda: memory)
    return memory


def test_a_file_is_known_by_what_it_holds(mine: own.OwnResults) -> None:
    own.adopt(json.dumps({"rows": [asdict(ROW)]}).encode(), "rows.json")
    assert mine.ablation == (ROW,) and mine.evaluation is None
    own.adopt(written(our_evaluations()[0]), "evaluation.json")
    assert mine.evaluation is not None and mine.ablation == (ROW,)
    before = mine.evaluation
    for data in (
        b"",
        b"3",
        b"null",
        b"[" * 99_999,
        b'{"rows": 1}',
        b'{"made by": "zfnet_core.evaluate"}',
        b" " * 10**7,
    ):
        with pytest.raises(ResultError):
            own.adopt(data, "x.json")
    assert mine.evaluation is before and mine.ablation == (ROW,)
    told = " ".join(own.told(mine))
    assert "500 photos" in told and "1 run of Table 3" in told


def test_a_file_of_other_weights_is_said_to_be() -> None:
    ours = our_evaluations()[0]
    assert resolve(Fields(), own.OwnResults(ours)).notes == ()
    other = replace(ours, networks=(replace(ours.networks[0], fingerprint="f" * 32), ours.networks[1]))
    (note,) = resolve(Fields(), own.OwnResults(other)).notes
    assert "other weights of ZFNet · classroom" in note
    assert resolve(Fields("table-1"), own.OwnResults(other)).notes == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_value_has_a_letter_that_is_explained(name: str) -> None:
    question = resolve(Fields(name), own.OwnResults())
    table = table_of(question.settings)
    html = scene(question, table)
    assert bool(html) == bool(table.rows)
    for how, letter in letters(table).items():
        assert f"<sup>{letter}</sup>" in html and f"<b>{letter}</b> {how.split('“')[0][:20]}" in html
    assert len(re.findall("<sup>", html)) == len(list(table.values()))
    assert not table.rows or html.count('scope="row"') == len(table.rows)


def test_names_from_outside_are_never_markup() -> None:
    ours = our_evaluations()[0]
    odd = replace(
        ours,
        data="<img src=x onerror=alert(1)>",
        networks=tuple(replace(one, name="own-1", title="<b>bold</b>", architecture="") for one in ours.networks),
    )
    question = resolve(Fields(), own.OwnResults(odd))
    html = scene(question, table_of(question.settings))
    assert "<img" not in html and "<b>bold" not in html and "&lt;b&gt;bold" in html


def test_what_is_saved_says_the_same() -> None:
    ours = our_evaluations()[0]
    question = resolve(Fields(), own.OwnResults(ours))
    saved = files(table_of(question.settings), ours)
    assert [name for _, name, _ in saved] == ["table-2.csv", "classes.csv"]
    assert saved[1][2]().decode().count("\n") == 501
    assert len(files(table_of(question.settings), None)) == 1
