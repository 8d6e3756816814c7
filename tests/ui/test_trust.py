"""What is saved of the trust page and of the maps with names, without a running app."""

from __future__ import annotations

import html
import re

import pytest
import torch

from tests.core.saved_scripts import in_this_python
from tests.core.test_trust import DEFECTS
from tests.ui.thin_traces import thin, traced
from ui.maps import fields as maps_fields
from ui.maps import files as maps_files
from ui.maps import question as maps_question
from ui.shell.chosen import ChosenUnit, Drawing
from ui.shell.current import Current
from ui.trust import fields, files, question, words
from zfnet_core.deconvnet.rules import BACKWARD, RULES
from zfnet_core.exhibits.maps import speaks_for
from zfnet_core.exhibits.trust import Curves, Evidence, judged
from zfnet_core.exhibits.trust.evidence import METHODS, POINTS
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.models.wiring import readers
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE
from zfnet_core.top_activations.gallery import bundled


def current(network: Network) -> Current:
    return Current(network, "coffee", samples.load("coffee"), CENTRE)


def words_of(svg: bytes) -> str:
    return html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())))


def test_the_figure_of_the_panel_says_what_the_page_says() -> None:
    asked = question.resolve(fields.Fields(), ChosenUnit(layer="conv3"), Drawing(), current(thin()), traced)
    *_, found = judged(asked.trace, asked.settings)
    said = words_of(files.figure(asked, found).file("svg"))
    for one in (*found.survivors, *found.others):
        assert f"cosine {one.alike.cosine:.2f}".replace("-", "−") in said
    assert said.count("passed ·") == 5 and "5 of 5 checks passed" in said
    assert "conv3 and above lost" in said and "conv1 and above lost" in said
    names = [name.rpartition(".")[2] for _, name, _ in files.files(asked, found, None)]
    assert names == ["png", "pdf", "svg", "csv", "py"]


@pytest.mark.parametrize("defect", [*DEFECTS, "guided backprop sold as deconvnet"])
def test_the_first_line_says_that_a_broken_picture_is_not_to_be_trusted(
    defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = question.resolve(fields.Fields(), ChosenUnit(layer="conv4"), Drawing(), current(thin()), traced)
    *_, sound = judged(asked.trace, asked.settings)
    assert "5 of 5 checks passed" in words.verdict(sound)
    if defect in DEFECTS:
        kind, broken, expected = DEFECTS[defect]
        monkeypatch.setitem(BACKWARD, kind, broken)  # type: ignore[arg-type]
    else:
        expected = {"rule", "second"}
        monkeypatch.setitem(RULES, "deconvnet", RULES["guided"])  # type: ignore[arg-type]
    *_, found = judged(asked.trace, asked.settings)
    said = words.verdict(found)
    assert said.startswith("Do not trust this picture") and "passed" not in said
    assert {name for name, (title, _) in words.CHECKS.items() if title in said} == expected
    verdicts = {check.name: words.check_line(check)[0] for check in found.checks}
    assert {name for name, verdict in verdicts.items() if verdict == "FAILED"} == expected


def test_the_figure_of_the_evidence_holds_the_areas() -> None:
    asked = question.resolve(
        fields.Fields(evidence=True), ChosenUnit(layer="conv3"), Drawing(), current(thin()), traced
    )
    side = asked.network.preprocessing.input_px
    dice = torch.Generator().manual_seed(0)
    maps = {name: torch.rand(side, side, generator=dice).numpy() for name in METHODS}
    curves = {name: Curves(*torch.rand(2, POINTS + 1, generator=dice).double().numpy()) for name in METHODS}
    assert asked.class_index is not None
    found = Evidence(asked.class_index, 0.5, maps, curves, 1.0)
    said = words_of(files.evidence_figure(asked, found).file("svg"))
    for one in curves.values():
        assert f"deletion {one.deletion_area:.4f}, under insertion {one.insertion_area:.4f}" in said


@pytest.mark.parametrize("layer", ["conv5", "conv1"])
def test_the_files_of_a_map_hold_what_is_known(layer: str) -> None:
    network = zoo.load(zoo.DEFAULT)
    asked = maps_question.resolve(maps_fields.Fields(map=0), ChosenUnit(layer=layer), current(network), traced, bundled)
    speaks = speaks_for(asked.trace, asked.settings)
    made = {name.rpartition(".")[2]: make for _, name, make in maps_files.files(asked, speaks)}
    assert set(made) == {"png", "pdf", "svg", "csv", "py"}
    said = words_of(maps_files.figure(asked, speaks).file("svg"))
    for index, value in (*speaks.most(5), *speaks.least(5)):
        assert f"{value:+.3f}".replace("-", "−") in said and network.labels[index].split()[0] in said
    by_name = {name: make().decode() for _, name, make in maps_files.files(asked, speaks) if name.endswith("csv")}
    (classes,) = [text for name, text in by_name.items() if "classes" in name]
    (connections,) = [text for name, text in by_name.items() if "connections" in name]
    assert len(classes.splitlines()) == 1 + len(network.labels)
    assert float(classes.splitlines()[1].rpartition(",")[2]) == pytest.approx(speaks.change.max())
    assert connections.count("read by") == len(readers(network, asked.layer.step, 0, 8)) == 8


def test_the_script_of_a_map_finds_the_same(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    network = zoo.load(zoo.DEFAULT)
    asked = maps_question.resolve(
        maps_fields.Fields(map=3), ChosenUnit(layer="conv5"), current(network), traced, bundled
    )
    speaks = speaks_for(asked.trace, asked.settings)
    (script,) = [make() for _, name, make in maps_files.files(asked, speaks) if name.endswith(".py")]
    out = in_this_python(script.decode(), tmp_path, capsys)  # type: ignore[arg-type]
    for index, value in speaks.most(5):
        assert f"{network.labels[index]}: {value:.4f}" in out
    assert out.count("read by fc6") == 8 and "its nine show" in out
