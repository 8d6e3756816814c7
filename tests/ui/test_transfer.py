"""The page of one's own classes: album, question, scenes and plots, as functions of their arguments."""

from __future__ import annotations

import base64
import io
import threading
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.core.thin_networks import thin_zfnet
from ui.shell.current import Current
from ui.transfer.album import MOST_WAITING, Album
from ui.transfer.collector import MOST_LETTERS, decoded
from ui.transfer.fields import Fields
from ui.transfer.found import Named, Taught
from ui.transfer.plots import confusion, confusion_alt, few, photo_points
from ui.transfer.question import resolve
from ui.transfer.scene import (
    board_scene,
    curve_words,
    how_good,
    new_photo_words,
    other_photos,
    our_curves,
    paper_curve,
    table_rows,
    without_photos,
)
from zfnet_core.exhibits import transfer
from zfnet_core.exhibits.transfer import CurveSettings, Training
from zfnet_core.exhibits.transfer.neighbours import Nearest
from zfnet_core.language import speaking, spoken
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE

NETWORK = thin_zfnet()


def picture(number: int, kind: str = "PNG") -> bytes:
    """A small picture of its own."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def filled(each: int = 3, classes: int = 2) -> Album:
    """An album whose photos are all looked at."""
    album = Album()
    for place in range(classes):
        number = album.class_called(f"kind {place}")
        album.hand_over(number, [(f"{place}-{one}.png", picture(100 * place + one)) for one in range(each)])
    assert list(album.work(NETWORK, "fc7", transfer.at_once(NETWORK, "fc7")))[-1].done == each * classes
    return album


def question_of(album: Album, **fields):
    return resolve(Fields(**fields), Current(NETWORK, "chelsea", samples.load("chelsea"), CENTRE), album)


def taught_of(question, each: int = 3) -> Taught:
    features, labels = question.album.features(NETWORK, question.layer), question.collection.labels
    return Taught(
        features,
        labels,
        transfer.fit(features, labels, question.training),
        transfer.validate(features, labels, question.training),
        transfer.reach(features, labels),
    )


def test_photos_are_opened_and_looked_at_step_by_step() -> None:
    album = Album()
    number = album.class_called("a")
    album.hand_over(number, [(f"{one}.png", picture(one)) for one in range(5)])
    steps = list(album.work(NETWORK, "conv2", ("conv2", "fc7")))
    assert [step.done for step in steps] == sorted(step.done for step in steps) and steps[-1].done == 5
    assert len(album.collection) == 5 and not album.waiting and not album.missing(NETWORK, "fc7")
    assert album.missing(NETWORK, "conv1") and len(album.tiles) == 5
    direct = transfer.features_of(NETWORK, _input(album.collection.photos[3]), ["fc7"])["fc7"]
    assert np.allclose(album.features(NETWORK, "fc7")[3], direct[0], atol=1e-4)
    album.change(lambda before: before.without_photo(before.photos[0].sha))
    assert len(album.tiles) == 4 and len(album.rows) == 4, "nothing is kept of a photo that was removed"


def _input(photo):
    from zfnet_core.photos.images import prepare

    return prepare(photo, NETWORK.preprocessing)


def test_bad_photos_are_named_and_left_out() -> None:
    album = Album()
    number = album.class_called("a")
    files = [("good.png", picture(1)), ("text.png", b"hello"), ("empty.jpg", b""), ("cut.png", picture(2)[:200])]
    album.hand_over(number, [*files, ("again.png", picture(1)), ("<b>notes.txt", b"x")])
    list(album.work(NETWORK, "fc7", ("fc7",)))
    assert [photo.name for photo in album.collection.photos] == ["good.png"]
    told = " ".join(album.left_out)
    for part in ("“text.png” is not a picture", "“empty.jpg” is empty", "“cut.png” is damaged", "counts once"):
        assert part in told
    assert "“bnotes.txt” is no photo" in told and "<" not in told


def test_a_photo_in_two_classes_stays_in_the_first() -> None:
    album = Album()
    first, second = album.class_called("a"), album.class_called("b")
    album.hand_over(first, [("x.png", picture(1))])
    album.hand_over(second, [("x.png", picture(1)), ("y.png", picture(2))])
    list(album.work(NETWORK, "fc7", ("fc7",)))
    assert [len(one.photos) for one in album.collection.classes] == [1, 1]
    assert "a photo belongs to one class" in album.left_out[0]


def test_a_zip_with_a_folder_for_each_class() -> None:
    album = Album()
    album.class_called("cats")
    files = {"all/Cats/1.png": picture(1), "all/dogs/2.png": picture(2), "all/dogs/3.png": picture(3)}
    album.hand_over(-1, [("my.zip", zipped(files | {"all/readme.txt": b"x", "__MACOSX/._1.png": b"x"}))])
    list(album.work(NETWORK, "fc7", ("fc7",)))
    assert {one.name: len(one.photos) for one in album.collection.classes} == {"cats": 1, "dogs": 2}
    assert album.left_out == []


def test_hostile_and_useless_zips_change_nothing_but_a_sentence() -> None:
    album = filled()
    before = album.collection
    album.hand_over(-1, [("noise.zip", bytes(np.random.default_rng(0).integers(0, 256, 2**20, dtype=np.uint8)))])
    album.hand_over(-1, [("texts.zip", zipped({"a/b.txt": b"no photo"}))])
    album.hand_over(-1, [("bomb.zip", zipped({f"a/{number}.png": b"" for number in range(6000)}))])
    deep = io.BytesIO()
    with zipfile.ZipFile(deep, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/large.png", bytes(80 * 2**20))
    album.hand_over(-1, [("large.zip", deep.getvalue())])
    told = " ".join(album.left_out)
    for part in ("not a readable zip", "no photo among", "more than 5,000 files", "more than 64 MB"):
        assert part in told
    assert album.collection is before and not album.waiting


def test_far_too_many_photos_are_cut_off_with_a_sentence() -> None:
    album = Album()
    number = album.class_called("a")
    data = picture(1)
    album.hand_over(number, [(f"{one}.png", data) for one in range(MOST_WAITING + 100)])
    assert len(album.waiting) == MOST_WAITING and "100 photos were left out" in album.left_out[0]


def test_so_many_bad_photos_are_counted_not_listed() -> None:
    album = filled()
    before = album.collection
    noise = np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8).tobytes()
    album.hand_over(-1, [("nonsense.zip", zipped({f"a/{one}.jpg": noise for one in range(50)}))])
    list(album.work(NETWORK, "fc7", ("fc7",)))
    assert len(album.left_out) == 6 and album.further == 44 and album.collection.photos == before.photos
    assert all("It was left out." in sentence for sentence in album.left_out)
    album.understood()
    assert (album.left_out, album.further) == ([], 0)


def test_five_hundred_photos_at_once_are_taken_up_to_the_most() -> None:
    album = Album()
    number = album.class_called("a")
    album.hand_over(number, [(f"{one}.png", picture(one)) for one in range(500)])
    assert album.left_out == ["100 photos were left out: at most 400 photos and 256 MB are taken at once."]
    album.hand_over(-1, [("all.zip", zipped({f"a/{one}.png": picture(1) for one in range(500)}))])
    assert album.left_out[1] == "These are more than 300 photos; choose fewer of them."
    assert len(album.waiting) == 400


def test_forty_megabytes_of_nonsense_are_one_sentence() -> None:
    album = filled()
    before = album.collection
    album.hand_over(-1, [("noise.zip", np.random.default_rng(0).bytes(40 * 2**20))])
    assert album.left_out == ["“noise.zip” is not a readable zip file; make it again or leave it out."]
    assert album.collection is before and not album.waiting


def test_no_two_pictures_of_the_camera_have_one_name() -> None:
    album = Album()
    number = album.class_called("a")
    names = []
    for _ in range(3):
        new = album.picture_names(2)
        album.hand_over(number, [(name, picture(len(names))) for name in new])  # they wait: nothing opens them
        names += new
    assert names == [f"camera {one}.jpg" for one in range(1, 7)]


def test_what_is_left_out_is_said_in_the_language_of_whoever_handed_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"de": "{file} ist leer; wähle {kinds}."}
    monkeypatch.setattr(
        "zfnet_core.language._catalogue",
        lambda language: SimpleNamespace(
            gettext=lambda text: told[language] if language in told and "is empty" in text else text,
            ngettext=lambda one, many, n: one if n == 1 else many,
        ),
    )
    album = Album()
    number = album.class_called("a")
    with speaking("de"):
        album.hand_over(number, [("nothing.png", b"")])
    steps = album.work(NETWORK, "fc7", ("fc7",))
    worker = threading.Thread(target=list, args=(steps,))
    worker.start()
    worker.join()
    assert album.left_out[0].startswith("“nothing.png” ist leer") and spoken() == "en"


def test_classes_without_photos_are_named() -> None:
    album = filled()
    assert without_photos(question_of(album)) == ""
    album.class_called("new_one")
    assert without_photos(question_of(album)) == "“new\\_one” has no photos yet and does not count."
    album.class_called("other")
    assert "“other” have no photos yet" in without_photos(question_of(album)) and question_of(album).ready


def test_two_hundred_photos_fit_in_300_megabytes() -> None:
    network, album = zoo.load("zfnet-classroom"), Album()
    stream = io.BytesIO()
    Image.new("RGB", (4000, 3000), (90, 120, 60)).save(stream, "JPEG")
    album.hand_over(album.class_called("a"), [("twelve megapixels.jpg", stream.getvalue())])
    list(album.work(network, "fc7", transfer.at_once(network, "fc7")))
    (photo,), (rows,) = album.collection.photos, album.rows.values()
    assert len(rows.of) == 7, "all layers are kept, so that another one is there at once"
    mine = photo.pixels.nbytes + sum(row.nbytes for row in rows.of.values()) + len(album.tiles[photo.sha])
    assert 200_000 < mine < 300e6 / 200


def test_a_class_more_than_there_may_be_loses_nothing() -> None:
    album = Album()
    files = {f"kind {one}/1.png": picture(one) for one in range(25)}
    album.hand_over(-1, [("many.zip", zipped(files))])
    assert len(album.collection.classes) == 20 and "20 classes, which is the most" in album.left_out[0]
    assert len(album.waiting) == 20


def test_the_question_follows_the_album() -> None:
    album = filled()
    question = question_of(album)
    assert question.ready and question.layer == "fc7" and question.names == ("kind 0", "kind 1")
    assert question_of(album, layer="conv3").ready, "all layers are looked at together"
    odd = question_of(album, layer="inception4a")
    assert odd.layer == "fc7" and "no layer “inception4a”" in odd.notes[0]
    assert "Photos are never part of a link" in question_of(Album(), own=True).notes[0]
    assert not question_of(Album()).ready and not question_of(filled(classes=1)).ready
    album.hand_over(0, [("more.png", picture(999))])
    assert not question_of(album).ready
    assert question.table_layers == ("conv1", "conv2", "conv3", "conv4", "conv5", "fc7")
    assert question_of(album, classifier="svm").training == Training("svm")


def test_how_good_is_said_with_how_it_was_found_out() -> None:
    question = question_of(filled(each=3))
    found = taught_of(question)
    assert f"{found.validation.right} of 6 photos right" in how_good(question, found)
    assert "dealt into 3 parts" in how_good(question, found)
    few_photos = question_of(filled(each=2))
    assert "No honest figure" in how_good(few_photos, taught_of(few_photos, 2))
    named = Named(np.array([0.2, 0.8]), Nearest(np.array([0]), np.array([0.1])), False)
    assert new_photo_words(question, named) == "**kind 1**"
    far = Named(np.array([0.2, 0.8]), Nearest(np.array([0]), np.array([0.9])), True)
    assert "None of these" in new_photo_words(question, far) and "kind 1" in new_photo_words(question, far)


def test_the_board_names_every_photo() -> None:
    album = filled()
    wrong = (album.collection.photos[1].sha,)
    scene = board_scene(album, wrong)
    tiles = [tile for one in scene["classes"] for tile in one["tiles"]]
    assert [one["note"] for one in scene["classes"]] == ["3 photos", "3 photos"] and len(tiles) == 6
    assert [tile["wrong"] for tile in tiles] == [False, True, False, False, False, False]
    assert tiles[1]["title"] == "0-1.png, in kind 0, taken for another class"
    assert all(tile["image"].startswith("data:image/webp") and len(tile["id"]) == 16 for tile in tiles)


def test_charts_have_words_from_their_numbers() -> None:
    table = np.array([[3, 1], [0, 4]])
    assert confusion_alt(table, ["a", "b"]) == "7 of 8 photos right. 1 of “a” taken for “b”"
    figure = confusion(table, ["<b>", "b"])
    assert figure.layout.xaxis.ticktext[0] == "&lt;b>", "a name is never markup"
    features = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    points = photo_points(transfer.photo_map(features, "pca"), np.array([0, 0, 0, 1, 1, 1]), ["a", "b"], list("uvwxyz"))
    assert [len(trace.x) for trace in points.data] == [3, 3]
    labels = np.repeat([0, 1], 6)
    curve = list(transfer.curve(np.random.default_rng(1).normal(size=(12, 8)), labels, CurveSettings(repeats=2)))[-1]
    drawn = few(curve, None, paper_curve(), 50)
    assert len(drawn.data) == 2 and list(drawn.data[0].x) == [1, 2, 3, 5]
    assert curve_words(curve, None).startswith("Share right against photos a class. These classes: 1 a class: ")
    assert paper_curve() == [(15, 65.7), (30, 70.6), (45, 72.7), (60, 74.2)]


def test_table_7_has_the_papers_values_beside() -> None:
    rows = {row[0]: row[1:] for row in table_rows(question_of(filled()), None, {("svm", "conv1"): "30.0 ± 1.0"})}
    assert rows["SVM · conv1"] == ("44.8 ± 0.7", "30.0 ± 1.0", "–") and rows["Softmax · fc7"][0] == "85.4 ± 0.4"
    assert rows["Softmax · conv1"][0] == "–" and len(rows) == 12


@pytest.mark.parametrize(
    "sent", [None, 7, "data:text/html;base64,AAAA", "data:image/jpeg;base64,not base64!", "x" * (MOST_LETTERS + 1)]
)
def test_what_a_camera_reports_is_checked(sent) -> None:
    assert decoded(sent) is None


def test_a_picture_of_the_camera_is_read() -> None:
    data = picture(1, "JPEG")
    assert decoded("data:image/jpeg;base64," + base64.b64encode(data).decode()) == data


def test_our_other_photos_are_told_with_whether_they_were_new() -> None:
    from zfnet_core.photos.images import CENTRE as centre

    here = Current(zoo.load("zfnet-classroom"), "chelsea", samples.load("chelsea"), centre)
    told = other_photos(resolve(Fields(), here, Album()))
    assert any("Handwritten digits, which are new to it" in sentence and "fc7 " in sentence for sentence in told)
    assert other_photos(question_of(filled())) == [], "nothing of ours belongs to other weights"
    curves = our_curves(resolve(Fields(), here, Album()))
    assert "ours: Handwritten digits, new" in curves and "ours: Caltech-101, seen before" in curves
