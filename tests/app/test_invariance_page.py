"""Shift, scale, turn: question, scene, table and files as functions of their arguments; then the page itself."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.app.experiment_app import opened, press, said, scenes, until, visited
from tests.app.visit import chosen as chosen_fields
from tests.core.thin_networks import thin_zfnet
from ui.invariance import question as questions
from ui.invariance.choices import OWN_ANSWER
from ui.invariance.fields import Fields
from ui.invariance.files import files
from ui.invariance.question import Question, chosen_classes, resolve, with_class
from ui.invariance.scene import scene
from ui.invariance.table import rows
from ui.shell.chosen import Chosen
from ui.shell.current import Current
from ui.shell.photo_set import THIS, Styles
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.exhibits.invariance.figure import COLOURS
from zfnet_core.exhibits.invariance.findings import finding, headline
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE, Crop, prepare

torch.set_num_threads(1)
PHOTOS = {name: samples.load(name) for name in samples.names()}
HERE = Current(thin_zfnet(), "rocket", samples.load("rocket"), Crop(0.0, 0.25))


def asked(now: Current = HERE, **fields: object) -> Question:
    return resolve(replace(Fields(), **fields), now, PHOTOS)


def test_the_chosen_photo_with_its_crop_comes_first_and_no_photo_comes_twice() -> None:
    question = asked()
    assert list(question.photos) == [THIS, "chelsea", "astronaut", "coffee", "motorcycle"]
    assert question.photos[THIS].crop == HERE.crop and question.photos["coffee"].crop == CENTRE
    expected = prepare(HERE.photo, HERE.network.preprocessing, HERE.crop)
    assert torch.equal(question.images[:1], expected)
    other = replace(HERE, photo_name="coffee", photo=samples.load("coffee"))
    assert list(asked(other).photos) == [THIS, "chelsea", "astronaut", "motorcycle", "rocket"]
    assert asked(other).key != asked().key != asked(replace(HERE, crop=CENTRE)).key


def test_an_old_link_that_names_its_photos_shows_those() -> None:
    assert list(asked(photos="coffee coins").photos) == ["coffee", "coins"]
    question = asked(photos="nobody own-12345678")
    assert next(iter(question.photos)) == THIS and "a photo of somebody’s own" in question.notes[0]


def test_what_cannot_be_had_is_the_usual_with_a_sentence() -> None:
    question = asked(low="conv99", high="fc7", at=99)
    assert (question.low, question.high, question.step) == ("conv1", "fc7", 15)
    assert len(question.notes) == 2 and "“conv99”; conv1 is shown" in question.notes[0]
    assert asked().notes == () and asked(at=3).step == 3
    resnet = replace(HERE, network=zoo.untrained(zoo.entry("resnet18")))
    question = asked(resnet)  # another network's usual layers are nothing to apologise for
    assert question.notes == () and question.low == resnet.network.layers[0].name


def test_a_chosen_class_belongs_to_its_photo_and_its_network() -> None:
    network = HERE.network
    written = with_class(Fields(), network, "rocket", 3)
    assert written == "thin rocket.3"
    fields = replace(Fields(), classes=written)
    assert with_class(fields, network, "coffee", 2) == "thin rocket.3 coffee.2"
    assert with_class(fields, network, "rocket", None) == ""
    assert asked(classes=written).chosen_classes == {THIS: 3}, "chosen for the photo, under whatever name it is shown"
    assert asked(replace(HERE, network=replace(network, name="other")), classes=written).chosen_classes == {}
    hostile = f"thin coins.9999 coins. .7 coins.-1 coins coins.{'9' * 40} coins.2"
    assert chosen_classes(replace(Fields(), classes=hostile), network) == {"coins": 2}
    assert chosen_classes(replace(Fields(), classes="thin coins.9999 coins.-1"), network) == {}


def test_a_photo_keeps_its_style_while_others_come_and_go() -> None:
    styles = Styles()
    assert styles.of(Fields, ["a", "b", "c"]) == (0, 1, 2)
    assert styles.of(Fields, ["b", "c", "d"]) == (1, 2, 0)


@pytest.fixture(scope="module")
def measured() -> tuple:
    question = asked(photos="this coffee", kind="scale", border="edge", distance="cosine", at=2)
    *_, curves = invariance_curves(question.network, question.images, question.settings)
    return question, curves


def test_the_scene_is_the_cores_numbers(measured: tuple) -> None:
    question, curves = measured
    drawn = scene(question, curves, (4, 1))
    assert (drawn["kind"], drawn["at"], drawn["border"]) == ("scale", 2, "edge")
    assert drawn["amounts"] == list(question.settings.amounts) and drawn["texts"][1] == "×1.05"
    for place, values in enumerate((curves.distance("conv1", "cosine"), curves.distance("fc7", "cosine"))):
        assert np.abs(np.array(drawn["panels"][place]["values"], float) - values).max() < 1e-5
    answers = curves.reference_answers
    probabilities = curves.probabilities[[0, 1], :, answers]
    assert np.abs(np.array(drawn["panels"][2]["values"], float) - probabilities).max() < 1e-5
    first, second = drawn["photos"]
    assert [first["colour"], second["colour"]] == [COLOURS[4], COLOURS[1]]
    assert (first["title"], second["title"]) == ("Rocket at launch", "Cup of coffee")
    labels = question.network.labels
    assert first["answers"] == [labels[answer] for answer in curves.answers[0]]
    assert first["followed"] == first["untouched"] == labels[answers[0]]
    followed = replace(question, chosen_classes={"coffee": 5})
    assert scene(followed, curves, (4, 1))["photos"][1]["followed"] == labels[5]


def test_a_scene_of_unknown_values_has_nulls(measured: tuple) -> None:
    question, curves = measured
    partly = replace(curves, moved=np.full_like(curves.moved, np.nan), probabilities=curves.probabilities * np.nan)
    drawn = scene(question, partly, (0, 1))
    assert drawn["panels"][0]["values"][0] == [None] * len(question.settings.amounts)
    assert drawn["photos"][0]["answers"][0] is None


def test_the_files_are_the_figure_the_numbers_and_the_script(measured: tuple) -> None:
    question, curves = measured
    made = {name: make() for _, name, make in files(question, curves, (0, 1))}
    endings = sorted(name.rsplit(".", 1)[1] for name in made)
    assert {"png", "csv", "py"} <= set(endings) and all(name.startswith("thin-scale") for name in made)
    assert b"Cup of coffee" in made["thin-scale.csv"] and b"'edge'" in made["thin-scale.py"]
    assert Image.open(io.BytesIO(made["thin-scale.png"])).size[0] >= 1320


def test_the_table_and_the_headline_name_the_same_share(measured: tuple) -> None:
    question = asked(photos="this coffee", kind="rotation")
    *_, curves = invariance_curves(question.network, question.images, question.settings)
    found = finding(curves, "conv1", "fc7", curves.reference_answers.tolist())
    assert found
    ours = {"rows": {"rotation": {"share": found.share - 0.1, "low": 5.0, "high": 31.0}}}
    table = rows(question, curves, found, ours)
    assert table[2][0] == f"conv1 has moved {100 * found.share:.0f} % of its way after"
    assert f"{100 * found.share:.0f} %" in headline(found)
    other = f"{100 * (found.share - 0.1):.0f} %"
    assert [row[2] for row in table[2:4]] == [f"{text} (for {other})" for text in ("5°", "31°")]
    assert [row[2] for row in rows(question, curves, found, {})] == ["–"] * 5
    other = replace(question, settings=replace(question.settings, border="edge"))
    assert [row[2] for row in rows(other, curves, found, ours)] == ["–"] * 5, "ours is of another border"


def complete(app):  # type: ignore[no-untyped-def]
    return until(app, lambda app: said(app, "On average the answer "))


def titles(app) -> list[str]:  # type: ignore[no-untyped-def]
    return [photo["title"] for photo in scenes(app, "amounts")[0]["photos"]]


def test_the_page_says_what_the_core_computes() -> None:
    app = complete(opened("invariance_page", invariance_photos="coffee", invariance_kind="scale"))
    network = zoo.load(zoo.DEFAULT)
    image = prepare(samples.load("coffee"), network.preprocessing)
    *_, found = invariance_curves(network, image, InvarianceSettings.of_figure_5("scale"))
    expected = finding(found, "conv1", "fc7", found.reference_answers.tolist())
    assert expected and said(app, headline(expected))
    key = "class-zfnet-classroom-coffee"
    answer = network.labels[found.reference_answers[0]]
    assert app.selectbox(key=key).value == OWN_ANSWER, "the menu shows the most probable class, not a placeholder"
    assert app.selectbox(key=key).options[0] == f"{answer} (most probable)"
    other = network.labels[-1]
    app.selectbox(key=key).set_value(len(network.labels) - 1).run()
    assert chosen_fields(app, Fields).classes == f"zfnet-classroom coffee.{len(network.labels) - 1}"
    assert scenes(app, "amounts")[0]["photos"][0]["followed"] == other
    app.selectbox(key=key).set_value(OWN_ANSWER).run()
    assert chosen_fields(app, Fields).classes == "" and not app.exception and not app.error


def test_the_photo_of_the_other_pages_is_the_first_here() -> None:
    app = opened("invariance_page", photo="coins", crop="0-1", invariance_kind="scale", invariance_fine="1")
    until(app, lambda app: scenes(app, "amounts"))
    assert titles(app)[0] == "Greek coins (grey)"
    assert app.multiselect(key="set-invariance_photos").value[0] == THIS
    assert chosen_fields(app, Chosen).photo == "coins"
    assert app.multiselect(key="set-invariance_photos").options[0] == "Greek coins (grey) (the chosen photo)"


@pytest.mark.parametrize("query", [{"invariance_kind": "melt"}, {"invariance_distance": "miles"}])
def test_links_that_make_no_sense_fall_back_with_a_sentence(query: dict[str, str]) -> None:
    app = opened("invariance_page", invariance_photos="coins", **query)
    assert any("could not be used" in toast.value for toast in app.toast)


def a_photo(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((40, 50, 3), shade, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def test_photos_of_ones_own_come_first_and_broken_ones_are_named() -> None:
    app = opened("invariance_page", invariance_photos="coffee chelsea", invariance_fine="1")
    upload = "set-invariance_photos-upload"
    own = [("dark.png", a_photo(20), "image/png"), ("bright.png", a_photo(220), "image/png")]
    app.file_uploader(key=upload).set_value(own).run()
    assert not app.exception and not app.error
    chosen = chosen_fields(app, Fields).photos.split()
    assert [name.startswith("own-") for name in chosen] == [True, True, False, False]
    until(app, lambda app: scenes(app, "amounts"))
    assert titles(app) == ["dark.png", "bright.png", "Cup of coffee", "Chelsea the cat"]
    app.file_uploader(key=upload).set_value([("text.png", b"hello", "image/png")]).run()
    assert any("text.png" in error.value for error in app.error)
    assert chosen_fields(app, Fields).photos.split()[:2] == chosen[:2]


def test_a_failed_computation_is_a_sentence_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def breaks_once(*arguments):  # type: ignore[no-untyped-def]
        # Work that another test left in the queue may still begin; it is not what is to break here.
        if any(getattr(argument, "border", "") == "reflect" for argument in arguments):
            calls.append(1)
            if len(calls) == 1:
                raise ExplorerError("The device has no room for this.")
        yield from invariance_curves(*arguments)

    monkeypatch.setattr(questions, "invariance_curves", breaks_once)
    app = visited("invariance_page", invariance_photos="coins", invariance_fine="1", invariance_border="reflect")
    until(app, lambda app: app.error, may_fail=True)
    assert [error.value for error in app.error] == ["The device has no room for this."] and not app.exception
    app.run()
    assert len(calls) == 1
    press(app, "Try again")
    until(app, lambda app: len(calls) == 2 and not any(button.label == "Try again" for button in app.button))
    assert scenes(app, "amounts")
