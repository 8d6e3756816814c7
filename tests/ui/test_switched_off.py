"""The page that switches maps off: question and scene as functions of their arguments."""

from __future__ import annotations

import weakref

import numpy as np

from tests.core.thin_networks import thin_zfnet
from ui.shell.current import Current
from ui.shell.own_classes import OwnClasses
from ui.switched_off import found as found_on_page
from ui.switched_off.fields import Fields
from ui.switched_off.question import resolve
from ui.switched_off.scene import (
    class_words,
    compared,
    confusion_bars,
    confusion_words,
    cycled,
    points,
    ranking_words,
    scene,
    score,
    verdict,
)
from zfnet_core.exhibits.switched_off import DOUBLE, OFF, Confused, answer, class_maps, ranking
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import photo_of
from zfnet_core.photos.images import CENTRE, prepare

NETWORK = thin_zfnet()
HERE = Current(NETWORK, "chelsea", samples.load("chelsea"), CENTRE)


def traced(network, photo, crop):
    return trace(network, prepare(photo, network.preprocessing, crop))


def question_of(**fields):
    return resolve(Fields(**fields), HERE, traced)


def test_a_link_asks_for_layer_maps_and_class() -> None:
    question = question_of(layer="conv3", off=(1, 4), doubled=(2,), class_index=3)
    assert question.settings.factors == {1: OFF, 4: OFF, 2: DOUBLE} and question.class_index == 3
    usual = question_of()
    assert usual.settings.layer == "conv5" and usual.class_index == int(usual.trace.probabilities.argmax())
    odd = question_of(layer="inception", off=(3, 900), class_index=99)
    assert odd.settings.factors == {3: OFF} and len(odd.notes) == 3 and odd.class_index == usual.class_index
    assert question.answer_key != question_of(layer="conv3").answer_key


def test_the_maps_are_shown_with_what_they_are_worth() -> None:
    question = question_of(layer="conv3", off=(0,))
    found = list(ranking(question.trace, "conv3", question.class_index))[-1]
    shown = scene(question, found, lambda number: b"webp" if number else None)
    assert {one["map"] for one in shown["maps"]} == set(range(10))
    assert [one["map"] for one in shown["maps"]] == found.order.tolist()
    off = next(one for one in shown["maps"] if one["map"] == 0)
    assert off["state"] == "off" and off["image"] == "" and "switched off" in off["alt"]
    assert all(one["note"].endswith("points") for one in shown["maps"])
    assert ranking_words(question, found).endswith(("is another one.", "rests on many."))


def test_what_the_change_did_is_said() -> None:
    question = question_of(layer="fc7", off=tuple(range(8)))
    found = answer(question.trace, question.settings)
    text = verdict(question, found)
    assert f"{100 * found.before[question.class_index]:.1f} % before" in text and "The answer is" in text
    untouched = question_of(layer="fc7")
    assert verdict(untouched, answer(untouched.trace, untouched.settings)).startswith("Nothing is changed")
    assert compared(found, 3)[0] in (int(found.before.argmax()), int(found.after.argmax()))


def test_the_page_of_a_class_of_ones_own_asks_its_photos_and_its_validation() -> None:
    photos = [samples.load(name) for name in ("coffee", "chelsea", "rocket")]
    refs = tuple((weakref.ref(photo),) for photo in photos)
    truth, answers = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 1, 1, 0])
    own = OwnClasses(NETWORK.name, NETWORK, truth, answers, refs)
    question = resolve(Fields(view="class", class_index=0, layer="conv3"), HERE, traced, own)
    assert question.class_photos == (photos[0],) and question.gallery_of is NETWORK
    found = found_on_page.confusion(question)
    labels = NETWORK.labels
    assert confusion_bars(question, found) == ([labels[0], labels[1]], [1 / 3, 2 / 3])
    words = confusion_words(question, found)
    assert words.startswith("Photos of it that were asked: 3; right: 1.")
    assert f"taken for it: “{labels[1]}” 1." in words and "had not seen it" in words
    maps = list(class_maps(NETWORK, [prepare(photos[0], NETWORK.preprocessing)], "conv3", 0))[-1]
    assert class_words(question, maps) == f"By its score on 1 photo of “{labels[0]}”."
    shown = scene(question, maps, lambda number: None)["maps"]
    assert [one["map"] for one in shown] == maps.order.tolist() and shown[0]["note"][0] in "+−"
    other = resolve(Fields(view="class", class_index=2, layer="conv3"), HERE, traced, own)
    assert "is not known" in confusion_words(other, found_on_page.confusion(other))
    assert question.class_key != other.class_key
    unasked = OwnClasses(NETWORK.name, NETWORK, truth, np.full(5, -1), refs)
    assert found_on_page.confusion(resolve(Fields(view="class"), HERE, traced, unasked)) is None


def test_of_a_class_that_nobody_asked_about_nothing_is_claimed() -> None:
    question = question_of(view="class", class_index=3)
    assert found_on_page.confusion(question) is None and question.class_photos == ()
    assert confusion_words(question, None) == "What it is confused with is not known: no photos of it were asked."
    maps = list(class_maps(NETWORK, [prepare(HERE.photo, NETWORK.preprocessing)], "conv5", 3))[-1]
    assert "not at hand" in class_words(question, maps)
    assert (score(-1.239), score(0.0123)) == ("−1.24", "+0.012")


def test_what_a_bundled_network_confuses_is_what_its_card_says() -> None:
    network = zoo.load("zfnet-classroom")
    here = Current(network, "chelsea", HERE.photo, CENTRE)
    for label, told in network.card["accuracy"]["per_class"].items():
        question = resolve(Fields(view="class", class_index=network.labels.index(label)), here, traced)
        found = found_on_page.confusion(question)
        assert found.photos >= told["photos"] and abs(found.right / found.photos - told["top1"]) < 0.01
        assert "1,000 words" in confusion_words(question, found)
    nobody = network.labels.index("goldfish")
    assert "is not known" in confusion_words(
        resolve(Fields(view="class", class_index=nobody), here, traced), Confused(0, 0, (), ())
    )


def test_a_photo_that_is_removed_is_gone_from_the_class_too() -> None:
    photo = photo_of(np.zeros((8, 8, 3), np.uint8), "one")
    own = OwnClasses("x", NETWORK, np.array([0]), np.array([0]), ((weakref.ref(photo),),))
    assert own.photos_of(0) == (photo,) and own.photos_of(1) == ()
    del photo
    assert own.photos_of(0) == ()


def test_a_press_goes_round_and_points_have_a_sign() -> None:
    assert [cycled(1.0), cycled(OFF), cycled(DOUBLE)] == [OFF, DOUBLE, 1.0]
    assert (points(-0.032), points(0.0004)) == ("−3.2", "+0.040") and np.isfinite(1)
