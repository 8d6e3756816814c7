"""AlexNet against ZFNet: question, words, plots and table as functions of their arguments; then the page itself."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import ROOT, opened, press, said, until
from tests.core.thin_networks import thin_zfnet
from ui.comparison import pictures, table
from ui.comparison import question as questions
from ui.comparison.fields import Fields
from ui.comparison.files import files
from ui.comparison.guess import answer, total
from ui.comparison.opponent import about_weights, opponents
from ui.comparison.plots import plot
from ui.comparison.question import Question, resolve
from ui.comparison.scene import BADGES, scene, shown
from ui.shell.current import Current, scheduler
from zfnet_core.exhibits.comparison.comparison import MEASURES, ONLY_CHANCE, Comparison, compare
from zfnet_core.exhibits.comparison.findings import verdict
from zfnet_core.exhibits.comparison.layer_pictures import LayerPictures
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.paper.random_starts import RandomStarts
from zfnet_core.photos import samples
from zfnet_core.photos.framed import inputs
from zfnet_core.photos.images import Crop, prepare

torch.set_num_threads(1)
COFFEE = samples.load("coffee")
PHOTOS = ("Cup of coffee", "Chelsea the cat", "Motorcycle")


@pytest.fixture(scope="module")
def pair() -> dict[str, Network]:
    return {name: zoo.load(name) for name in ("zfnet-classroom", "alexnet-classroom")}


@pytest.fixture(scope="module")
def question(pair: dict[str, Network]) -> Question:
    now = Current(pair["zfnet-classroom"], "coffee", COFFEE, Crop(0.0, 1.0))
    return resolve(Fields(), now, lambda name: pair[name])


@pytest.fixture(scope="module")
def comparison(question: Question) -> Comparison:
    *_, found = compare(*question.networks, question.images)
    return found


def test_the_partner_is_the_opponent_until_another_is_asked_for(pair: dict[str, Network]) -> None:
    now = Current(pair["alexnet-classroom"], "coffee", COFFEE, Crop())
    assert resolve(Fields(), now, lambda name: pair[name]).pair == ("alexnet-classroom", "zfnet-classroom")
    asked = replace(Fields(), versus="vgg16")
    assert resolve(asked, now, lambda name: replace(pair["zfnet-classroom"], name=name)).pair[1] == "vgg16"
    unknown = resolve(replace(Fields(), versus="nobody"), now, lambda name: pair[name])
    assert unknown.pair[1] == "zfnet-classroom" and "“nobody”" in unknown.notes[0]


def test_opponents_begin_with_the_partner_on_the_same_photos() -> None:
    partners = {
        "zfnet-classroom": "alexnet-classroom",
        "alexnet-classroom": "zfnet-classroom",
        "zfnet": "alexnet",
        "zfnetb": "alexnet",
        "alexnet": "zfnet",
        "alexnet-torchvision": "zfnet",
        "vgg16": "zfnet",
        "zfnet-random": "zfnet-classroom",
        "mine.pth": "alexnet-classroom",
    }
    for name, partner in partners.items():
        names = opponents(replace(thin_zfnet(), name=name))
        assert names[0] == partner and name not in names


def test_the_photos_are_the_chosen_one_with_its_crop_and_samples(question: Question) -> None:
    assert tuple(photo.title for photo in question.photos) == PHOTOS
    network = question.networks[0]
    assert torch.equal(question.images[:1], prepare(COFFEE, network.preprocessing, Crop(0.0, 1.0)))
    assert torch.equal(question.images[1:], inputs(question.photos[1:], network.preprocessing))
    moved = replace(question, photos=(replace(question.photos[0], crop=Crop()), *question.photos[1:]))
    assert moved.key != question.key == replace(question, patches=True).key


def test_every_claim_is_a_card_with_its_numbers_and_verdict(comparison: Comparison) -> None:
    found = scene(comparison, {"folded": "second"})
    assert found.verdict == verdict(comparison)
    right = comparison.larger(next(measure for measure in MEASURES if measure.key == "folded")) == "second"
    assert found.score == ("Your guess was right." if right else "Your guess was not right.")
    assert [card.key for card in found.cards] == [measure.key for measure in MEASURES]
    for card, measure in zip(found.cards, MEASURES, strict=True):
        assert card.title == measure.plain and card.badge == BADGES[comparison.outcome(measure)]
        for side in (comparison.first, comparison.second):
            assert f"{side.title} **{shown(side.value(measure.key))}**" in card.numbers
        assert measure.definition in card.definition and measure.clear_if in card.definition
        for key, title in measure.further:
            first, second = (shown(value) for value in comparison.values(key))
            assert f"{title}: {first} against {second}." in card.definition
        assert card.paper.startswith(f"The paper: {measure.claim}.")
        explained = comparison.outcome(measure) in ("against the paper", "no clear difference")
        by_chance = comparison.within_chance(measure)
        assert (measure.why_not in card.paper) == (explained and not by_chance)
        assert (f"Here {ONLY_CHANCE}." in card.paper) == by_chance
        assert bool(card.guess) == (card.key == "folded")


def test_a_card_tells_what_random_starts_gave(comparison: Comparison) -> None:
    starts = RandomStarts({"ZFNet": {"mid": (0.30, 0.31), "dead": (0.0, 0.0)}}, 8, (64, 96), 12_000, 11)
    cards = {card.key: card for card in scene(replace(comparison, starts=starts), {}).cards}
    least = 100 * 12.706 * 0.01  # one degree of freedom: √2 times the deviation of two values is their difference
    runs = "8 epochs over 12,000 photos of 11 classes at 64, 96 px) gave ZFNet 30.0 %, 31.0 %."
    assert f"{runs} So a clear difference has to be more than {least:.1f} points" in cards["mid"].definition
    assert "gave ZFNet 0.0 %, 0.0 %: no spread to judge by" in cards["dead"].definition
    silent = [card for key, card in cards.items() if key not in ("mid", "dead")]
    silent += scene(replace(comparison, starts=None), {}).cards
    control = replace(comparison.second, trained=False)
    silent += scene(replace(comparison, second=control, starts=starts), {}).cards
    assert not any("random starts" in card.definition for card in silent), "not known, or another pair"


def test_a_card_that_waits_says_nothing_yet(comparison: Comparison) -> None:
    begun = replace(comparison, first=replace(comparison.first, shifts=None), done=0.5)
    found = scene(begun, {"shift": "first"})
    card = next(card for card in found.cards if card.key == "shift")
    assert "**…**" in card.numbers and card.badge == card.guess == "" and found.verdict == found.score == ""
    assert next(card for card in found.cards if card.key == "dead").badge


def test_a_pair_that_is_not_the_papers_has_no_claim(comparison: Comparison) -> None:
    control = replace(comparison, second=replace(comparison.second, trained=False))
    found = scene(control, {})
    assert all("no claim" in card.badge and not card.paper for card in found.cards if card.key != "accuracy")
    assert found.verdict.startswith("The paper claims nothing about this pair")


def test_guesses_are_judged_by_clear_differences() -> None:
    truth = {"dead": "neither", "mid": "first", "folded": "second", "accuracy": None}
    known = SimpleNamespace(
        first=SimpleNamespace(title="One"),
        second=SimpleNamespace(title="Two"),
        larger=lambda measure: truth.get(measure.key),
    )
    guessed = {"dead": "neither", "mid": "second", "folded": "second", "accuracy": "first"}
    assert total(known, guessed) == "2 of your 3 guesses were right."
    answers = {measure.key: answer(known, measure, guessed) for measure in MEASURES}
    assert answers["dead"] == "You guessed “about the same”: **right**."
    assert answers["mid"] == "You guessed “Two”: **not so**."
    assert answers["accuracy"].endswith("**which cannot be judged**.") and answers["grid"] == ""
    assert total(known, {"dead": "neither", "mid": "second"}) == "1 of your 2 guesses was right."
    assert total(known, {"mid": "first"}) == "Your guess was right." and total(known, {}) == ""


def test_every_claim_has_one_picture(question: Question, comparison: Comparison) -> None:
    for measure in MEASURES:
        drawn = plot(measure.key, comparison, PHOTOS)
        known = None not in comparison.values(measure.key)
        if measure.key in ("dead", "grid"):  # pictures of the networks themselves
            assert drawn is None
        elif known:
            assert drawn and comparison.first.title in drawn.alt and drawn.figure.data
        if measure.key == "folded":
            assert drawn and comparison.first.folded and list(drawn.figure.layout.xaxis.ticktext) == list(PHOTOS)
            assert f"Cup of coffee {100 * comparison.first.folded.share[0]:.1f} %" in drawn.alt
    sheet, words = pictures.filters(question.networks, comparison)
    assert sheet.shape[1] > 1000 and "Left ZFNet · classroom: 96 filters of 7 × 7 pixels" in words
    assert "dead" in words and "dead" not in pictures.filters(question.networks, None)[1]


def test_projections_keep_their_relative_sizes(question: Question) -> None:
    second = [
        LayerPictures("conv2", (None,) * 12, (), *np.zeros((2, 12, size, size, 3), np.uint8))  # type: ignore[arg-type]
        for size in (27, 51)
    ]
    sheet, words = pictures.projections(question, second)
    assert sheet.shape[:2] == (3 * (51 * 3 + 6), 4 * (27 * 3 + 6) + 24 + 4 * (51 * 3 + 6))
    assert "projections in “Cup of coffee”" in words and "see 27 × 27 pixels" in words
    assert "patches of" in pictures.projections(replace(question, patches=True), second)[1]


def test_the_table_has_every_measure_and_names_the_photos_on_both_sides(
    question: Question, comparison: Comparison
) -> None:
    ours = {"measures": {"dead": 0.25, "low": 0.5}}
    rows = table.rows(comparison, [ours, {}])
    titles = [title for measure in MEASURES for title in (measure.title, *dict(measure.further).values())]
    assert [row[0] for row in rows] == titles
    assert rows[0][1] == MEASURES[0].claim and rows[0][2] == "25.0 %\u00a0|\u00a0–" and rows[2][1] == "–"
    assert rows[0][3] == "\u00a0|\u00a0".join(shown(value) for value in comparison.values("dead"))
    note = table.note(question, "made so.", True)
    assert "Your run: on Cup of coffee (your crop), Chelsea the cat, Motorcycle." in note
    assert "Ours: made so." in note and "not the same" in note and "not the same" not in table.note(question, "", False)


def test_the_files_are_the_figure_the_measures_and_the_script(question: Question, comparison: Comparison) -> None:
    found = {name: make for _, name, make in files(question, comparison)}
    stem = "zfnet-classroom-against-alexnet-classroom"
    assert {f"{stem}.{ending}" for ending in ("png", "csv", "py")} <= set(found)
    assert found[f"{stem}.csv"]().startswith(b"measure,ZFNet")
    assert b"Crop(left=0.0, top=1.0, zoom=1.0)" in found[f"{stem}.py"]()


def test_gallery_sheets_keep_no_network_alive() -> None:
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    gone = weakref.ref(network)
    assert pictures.gallery([network]) is None  # the gallery is of other weights
    del network
    gc.collect()
    assert gone() is None


def test_the_guess_comes_before_the_numbers_and_after_the_filters() -> None:
    app = opened("comparison_page")
    asked = [item.label for item in app.get("button_group")]
    assert [label.strip("… ?").lower() for label in asked] == [one.question.lower() for one in MEASURES]
    assert said(app, "96 filters of 7 × 7 pixels; right") and not said(app, "dead")
    assert not any("-badge[" in text.value for text in app.markdown)


def test_after_the_guess_the_verdict_comes_first_and_guessing_again_hides_it(comparison: Comparison) -> None:
    app = opened("comparison_page", photo="coffee", crop="0-1", versus_patches="1")
    next(item for item in app.get("button_group") if item.key == "guess-folded").set_value("second")
    press(app, "Measure and compare")
    until(app, lambda app: said(app, verdict(comparison)))
    texts = [text.value for text in app.markdown]
    expected = scene(comparison, {"folded": "second"})
    assert texts.index(f"### {expected.verdict}") < min(texts.index(card.numbers) for card in expected.cards)
    for card in expected.cards:
        assert f"{card.badge} {card.guess}".strip() in [text.strip() for text in texts] and said(app, card.paper)
    assert said(app, expected.score)
    assert next(item for item in app.get("button_group") if item.key == "choice-versus_patches").value is True
    assert said(app, "patches of “Cup of coffee”")
    press(app, "Guess again")
    assert any(button.label == "Measure and compare" for button in app.button) and not said(app, expected.verdict)


def test_measuring_that_failed_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_):  # type: ignore[no-untyped-def]
        raise RuntimeError("a stray bit")
        yield

    app = opened("comparison_page", photo="rocket", versus="zfnet-random")
    assert len(app.warning) == 1 and "a control" in app.warning[0].value
    monkeypatch.setattr(questions, "compare", broken)
    press(app, "Measure and compare")
    until(app, lambda app: app.error, may_fail=True)
    assert app.error and not app.exception
    monkeypatch.setattr(questions, "compare", lambda first, second, images: compare(first, first, images[:2]))
    press(app, "Try again")
    until(app, lambda app: said(app, "-badge["))
    assert not any(button.label == "Try again" for button in app.button)


def test_random_weights_are_warned_of_once() -> None:
    app = opened("comparison_page", network="zfnet-random", versus="alexnet-classroom")
    assert len(app.warning) == 1 and "a control" in app.warning[0].value
    random, trained = (scheduler().network(name) for name in ("zfnet-random", "alexnet-classroom"))
    assert about_weights(trained) == "" and random.title in about_weights(random)


def test_the_old_address_leads_here_with_what_it_asks_for() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["versus"] = "zfnet-random"
    app.query_params["photo"] = "coffee"
    app._page_hash = page_hash("alexnet-vs-zfnet")
    app.run()
    assert not app.exception and not app.error
    assert app.selectbox(key="choice-versus").value == "zfnet-random"
    assert any("random" in warning.value.lower() for warning in app.warning)
    assert dict(app.query_params) == {"versus": "zfnet-random", "photo": "coffee"}


def page_hash(path: str) -> str:
    """What Streamlit calls the page of that address; AppTest itself opens only pages that have a file."""
    from streamlit.util import calc_hash

    return calc_hash(path)
