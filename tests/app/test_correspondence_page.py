"""The same part, hidden: question, scene, bars, table and files as functions of their arguments; then the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.app.experiment_app import opened, press, said, scenes, until, visited
from tests.app.visit import chosen as chosen_fields
from tests.core.thin_networks import thin_zfnet
from ui.correspondence import question as questions
from ui.correspondence.fields import CHOSEN, ROWS, Fields
from ui.correspondence.files import files
from ui.correspondence.markers import _valid
from ui.correspondence.plots import bars, bars_alt, pairs_alt
from ui.correspondence.question import STARTING, Question, resolve
from ui.correspondence.scene import OURS, PAPER, YOURS, as_multiples, rows, scene, series, waiting
from ui.shell.current import Current
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.correspondence.measure import (
    PARTS,
    RANDOM,
    Correspondence,
    CorrespondenceSettings,
    correspondence,
    verdict,
)
from zfnet_core.models import zoo
from zfnet_core.paper import values as paper_values
from zfnet_core.photos import marked_faces, samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.images import Crop

torch.set_num_threads(1)
PHOTOS = {name: samples.load(name) for name in samples.names()}
HERE = Current(thin_zfnet(), "rocket", samples.load("rocket"), Crop())


def asked(**fields: object) -> Question:
    return resolve(replace(Fields(), **fields), HERE, PHOTOS)


def test_bundled_faces_come_with_their_marks() -> None:
    question, faces = asked(side=40, repeats=5), marked_faces.load("dogs")
    assert question.marked == "dogs" and question.ready and question.notes == () and not waiting(question)
    for points, face in zip(question.points, faces, strict=True):
        expected = marked_faces.input_points(face, HERE.network.preprocessing)
        assert np.abs(np.array(points) - np.array(expected)).max() <= 0.5
    settings = question.settings
    assert (settings.side_px, settings.repeats, settings.layers) == (40, 5, ("conv5 pooled", "fc7"))
    assert torch.equal(question.images, inputs([FramedPhoto(face.photo) for face in faces], HERE.network.preprocessing))


def test_marks_of_the_link_are_used_where_they_fit_and_nonsense_is_not() -> None:
    flat = tuple(range(10, 40))
    assert np.ravel(asked(points=flat).points).tolist() == list(flat)
    usual = asked().points
    for wrong in ((1, 2, 3), (*flat[:-1], 224), (*flat[:-1], -1)):
        question = asked(points=wrong)
        assert question.points == usual and "marks in this link" in question.notes[0]


def test_layers_that_the_network_has_not_are_the_usual_with_a_sentence() -> None:
    question = asked(low="conv9", high="conv9 pooled")
    assert (question.low, question.high) == ("conv5 pooled", "fc7") and len(question.notes) == 2
    assert asked(low="fc7").settings.layers == ("fc7",), "one layer twice is measured once"


def test_nothing_is_measured_before_every_photo_of_ones_own_has_its_marks() -> None:
    question = asked(faces=CHOSEN, photos="coffee rocket")
    assert not question.ready and question.unplaced == 2 and "2 of 2 photos" in waiting(question)
    start = [round(share * 224) for place in STARTING for share in place]
    placed = asked(faces=CHOSEN, photos="coffee rocket", points=(*start[:5], start[5] - 1, *start))
    assert not placed.ready and placed.unplaced == 1 and "1 of 2 photos" in waiting(placed)
    both = asked(faces=CHOSEN, photos="coffee rocket", points=(*start[:5], start[5] - 1, start[0] + 1, *start[1:]))
    assert both.ready and not waiting(both) and both.marked == ""
    assert "at least two photos" in waiting(asked(faces=CHOSEN, photos="coffee"))
    assert "somebody’s own" in asked(faces=CHOSEN, photos="coffee own-12345678").notes[0]


def test_the_scene_is_the_question() -> None:
    question = asked(side=64)
    drawn = scene(question)
    assert (drawn["side"], drawn["size"]) == (64, 224) and [part["name"] for part in drawn["parts"]] == list(PARTS)
    assert drawn["points"] == [[list(point) for point in photo] for photo in question.points]
    assert [photo["title"] for photo in drawn["photos"]] == [f"Dog {number}" for number in range(1, 6)]


def test_only_points_inside_the_photo_are_taken_from_the_browser() -> None:
    good = {"points": [[[1, 2], [3, 4]]]}
    assert _valid(good, 1, 2, 224) == (((1, 2), (3, 4)),)
    hostile = (None, 7, {}, {"points": 3}, {"points": [[[1, 2]]]}, {"points": [[[1, 2], [3, 999]]]})
    more = ({"points": [[[1, 2], ["x", 4]]]}, {"points": [[[1, 2], [float("nan"), 4]]]}, {"points": [[[1], [2]]]})
    for value in (*hostile, *more, {"points": [[[float("inf"), 2], [3, 4]]]}):
        assert _valid(value, 1, 2, 224) is None


@pytest.fixture(scope="module")
def measured() -> tuple[Question, Correspondence]:
    question = asked(repeats=5)
    *_, found = correspondence(question.network, question.images, question.settings)
    return question, found


def test_bars_of_all_networks_have_random_places_at_one(measured: tuple[Question, Correspondence]) -> None:
    _, found = measured
    bundled = {"layers": {"fc7": {part: [0.1, 0.01] for part in PARTS} | {RANDOM: [0.4, 0.08]}}}
    shown = as_multiples(series("fc7", found, bundled))
    assert list(shown) == [PAPER, OURS, YOURS]
    for values in shown.values():
        assert values[RANDOM][0] == pytest.approx(1)
    assert shown[OURS]["nose"] == (pytest.approx(0.25), pytest.approx(0.025))
    table = paper_values.exhibit("table-1")
    nose, chance = (table.value(row, "layer 7") for row in ("nose", RANDOM))
    assert nose and chance and shown[PAPER]["nose"][0] == pytest.approx(nose.value / chance.value)
    assert shown[YOURS]["nose"] == pytest.approx(found.relative("nose", "fc7"))
    drawn = bars(shown, ROWS)
    assert [trace.name for trace in drawn.data] == [PAPER, OURS, YOURS] and list(drawn.data[1].y)[:3] == [0.25] * 3


def test_ours_is_left_out_where_it_is_the_visitors_own(measured: tuple[Question, Correspondence]) -> None:
    _, found = measured
    mine = {part: [round(found.mean(part, "fc7"), 4), 0.1] for part in ROWS}
    assert list(as_multiples(series("fc7", found, {"layers": {"fc7": mine}}))) == [PAPER, YOURS]
    mine["nose"][0] += 0.01
    assert list(as_multiples(series("fc7", found, {"layers": {"fc7": mine}}))) == [PAPER, OURS, YOURS]
    unknown = {**found.signs_differ, RANDOM: found.signs_differ[RANDOM] * np.nan}
    begun = series("fc7", replace(found, signs_differ=unknown), {})
    assert list(as_multiples(begun)) == [PAPER], "nothing can be compared before its random places are known"


def test_the_table_keeps_the_numbers_as_they_are(measured: tuple[Question, Correspondence]) -> None:
    question, found = measured
    table = rows(found, {})
    assert [row[0] for row in table] == [f"{layer}, {part}" for layer in question.settings.layers for part in ROWS]
    assert table[4][3] == f"{found.mean('right eye', 'fc7'):.3f} ± {found.spread('right eye', 'fc7'):.3f}"
    assert table[4][1] != "–" and table[4][2] == "–"


def test_words_for_bars_and_pairs() -> None:
    shown = {PAPER: {"nose": (0.79, 0.17)}, YOURS: {"nose": (2.0, None), RANDOM: (float("nan"), None)}}
    assert bars_alt(shown, ROWS, "fc7") == (
        "Bar chart of the mean sign change Δ at fc7, random places = 1. Paper: nose 0.79; Your run: nose 2.00."
    )
    matrix = np.array([[0, 0.1, 0.3], [0.1, 0, 0.2], [0.3, 0.2, 0]])
    assert "0.100 (photos 1 and 2) to 0.300" in pairs_alt(matrix, (0, 1), "nose", "fc7")


def test_the_files_are_the_photos_the_pairs_and_the_script(measured: tuple[Question, Correspondence]) -> None:
    made = {name: make for _, name, make in files(*measured)}
    assert {"thin-correspondence.png", "thin-correspondence.csv", "thin-correspondence.py"} <= set(made)
    assert b"marked_faces.load('dogs')" in made["thin-correspondence.py"]()
    assert made["thin-correspondence.csv"]().count(b"\n") == 1 + 10 * (3 + 5)


def test_the_page_gives_its_verdict_from_the_cores_numbers() -> None:
    app = opened("correspondence_page", faces_repeats="20", faces_side="40", faces_high="fc6")
    network, faces = zoo.load(zoo.DEFAULT), marked_faces.load("dogs")
    points = (marked_faces.input_points(face, network.preprocessing) for face in faces)
    whole = tuple(tuple((round(x), round(y)) for x, y in one) for one in points)
    settings = CorrespondenceSettings(whole, ("conv5 pooled", "fc6"), side_px=40, repeats=20)
    photos = [FramedPhoto(face.photo) for face in faces]
    *_, expected = correspondence(network, inputs(photos, network.preprocessing), settings)
    until(app, lambda app: said(app, "random placements, whose mean"))
    assert said(app, verdict(expected))
    for layer in settings.layers:
        assert said(app, f"nose {expected.mean('nose', layer):.3f}")


def test_photos_of_ones_own_wait_for_their_marks() -> None:
    app = opened("correspondence_page", faces="chosen", faces_photos="coffee", faces_repeats="5")
    assert any("at least two photos" in info.value for info in app.info)
    assert app.multiselect(key="set-faces_photos").value == ["coffee"]
    app.multiselect(key="set-faces_photos").set_value(["coffee", "rocket"]).run()
    assert any("Drag the three squares of every photo" in info.value for info in app.info)
    assert scenes(app, "points") and not app.get("plotly_chart") and not said(app, "random placements, whose mean")


def test_marks_go_with_other_faces_but_come_back_with_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = "-".join(["100"] * 30)
    app = opened("correspondence_page", faces="cat", faces_points=flat, faces_repeats="5")
    assert chosen_fields(app, Fields).points == (100,) * 30
    app.selectbox(key="choice-faces").set_value("astronaut").run()
    assert chosen_fields(app, Fields).faces == "astronaut" and chosen_fields(app, Fields).points == ()
    app.query_params.clear()
    app.query_params.update({"faces": "cat", "faces_points": flat, "faces_repeats": "5"})
    monkeypatch.setattr("ui.shell.state._went_back", lambda: True)
    app.run()
    assert chosen_fields(app, Fields).faces == "cat" and chosen_fields(app, Fields).points == (100,) * 30


def test_a_link_that_makes_no_sense_falls_back_with_a_sentence() -> None:
    app = opened("correspondence_page", faces="nobody", faces_side="7000", faces_repeats="5")
    assert chosen_fields(app, Fields).faces == "dogs" and chosen_fields(app, Fields).side == 48
    assert any("could not be used" in toast.value for toast in app.toast)


def test_a_failed_measurement_is_a_sentence_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def breaks_once(*arguments):  # type: ignore[no-untyped-def]
        if any(getattr(one, "side_px", 0) == 24 for one in arguments):  # not what an earlier test has left behind
            calls.append(1)
        if len(calls) == 1:
            raise ExplorerError("The device has no room for this.")
        yield from correspondence(*arguments)

    monkeypatch.setattr(questions, "correspondence", breaks_once)
    app = visited("correspondence_page", faces_repeats="5", faces_side="24")
    until(app, lambda app: app.error, may_fail=True)
    assert [error.value for error in app.error] == ["The device has no room for this."] and not app.exception
    press(app, "Try again")
    until(app, lambda app: len(calls) == 2 and scenes(app, "points"))
    assert not any(button.label == "Try again" for button in app.button)
