"""The pages of Fig. 5, Fig. 6 and Table 1 without a browser: what they say is what the core computes."""

from __future__ import annotations

import csv
import gc
import io
import json
import subprocess
import sys
import time
import weakref
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest

from ui import faces_work, invariance_table, invariance_work, versus_guess, versus_pictures, versus_work
from ui.components import photo_strip
from ui.components.markers import _valid
from ui.faces_files import pairs_csv
from ui.faces_files import script as faces_script
from ui.figures_correspondence import bars_alt, pairs_alt
from ui.figures_versus import plot
from ui.invariance_files import curves_csv
from ui.invariance_files import script as invariance_script
from ui.tiles import GAP_PX, tiled
from ui.versus_files import comparison_csv
from ui.versus_files import script as versus_script
from ui.versus_opponent import opponents
from ui.versus_table import table_note
from ui.versus_work import MeasuredPhoto
from zfnet_core import marked_faces, our_results, sample_photos
from zfnet_core.errors import ExplorerError
from zfnet_core.experiments.comparison import MEASURES, compare
from zfnet_core.experiments.correspondence import PARTS, RANDOM, CorrespondenceSettings, correspondence
from zfnet_core.experiments.correspondence_figure import figure as figure_8
from zfnet_core.experiments.invariance import InvarianceSettings, invariance_curves
from zfnet_core.experiments.invariance_figure import COLOURS, Panel, amount_ticks, words
from zfnet_core.experiments.invariance_figure import figure as figure_5
from zfnet_core.experiments.invariance_findings import finding, sentence
from zfnet_core.experiments.transforms import TRANSFORMATIONS
from zfnet_core.images import Crop, open_image, prepare, shown
from zfnet_core.models import checkpoints, zoo
from zfnet_core.shared_results import SharedResults

ROOT = Path(__file__).parents[2]
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def network():
    return zoo.load(zoo.DEFAULT)


def images(network, *names: str) -> torch.Tensor:
    return torch.cat([prepare(sample_photos.load(name), network.preprocessing) for name in names])


@pytest.fixture(scope="module")
def curves(network):
    settings = InvarianceSettings("down", (-10.0, 0.0, 10.0), "edge")
    *_, found = invariance_curves(network, images(network, "chelsea", "coffee"), settings)
    return found


COFFEE_AT = Crop(0.0, 1.0)


@pytest.fixture(scope="module")
def comparison(network):
    coffee = prepare(sample_photos.load("coffee"), network.preprocessing, COFFEE_AT)
    others = images(network, "chelsea", "motorcycle")
    *_, found = compare(network, zoo.load("alexnet-classroom"), torch.cat([coffee, others]))
    return found


def measured_photos() -> list[MeasuredPhoto]:
    first = MeasuredPhoto(sample_photos.load("coffee"), COFFEE_AT)
    return [first, *(MeasuredPhoto(sample_photos.load(name)) for name in ("chelsea", "motorcycle"))]


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.query_params.update(query)
    app.switch_page(f"pages/{page}.py").run()
    return app


def until(app: AppTest, ready, seconds: float = 90) -> AppTest:
    """Look again, as the page's own timer would, until the long work is done."""
    end = time.monotonic() + seconds
    while not ready(app):
        assert time.monotonic() < end, "the page never finished"
        assert not app.exception and not app.error
        time.sleep(0.3)
        app.run()
    return app


def test_the_invariance_page_says_what_the_core_computes(network) -> None:
    app = opened("invariance_page", invariance_photos="coffee", invariance_kind="scale", invariance_border="edge")
    until(app, lambda app: any("of its way" in text.value for text in app.markdown))
    settings = InvarianceSettings.of_figure_5("scale", "edge")
    *_, found = invariance_curves(network, images(network, "coffee"), settings)
    expected = sentence(finding(found, "conv1", "fc7", found.reference_answers.tolist()))
    assert any(expected in text.value for text in app.markdown)
    assert not app.exception and not app.error
    payload = next(p for p in payloads(app) if "amounts" in p)
    assert payload["kind"] == "scale" and payload["amounts"] == list(settings.amounts)
    shown = np.array(payload["panels"][1]["values"][0], float)
    assert np.abs(shown - found.distance("fc7")[0]).max() < 1e-3


def payloads(app: AppTest) -> list[dict]:
    return [json.loads(item.proto.json) for item in app.get("bidi_component") if item.proto.json]


@pytest.mark.parametrize(
    "query",
    [
        {
            "invariance_photos": "nobody",
            "invariance_kind": "melt",
            "invariance_distance": "miles",
            "invariance_at": "99",
        },
        {
            "invariance_low": "conv99",
            "invariance_high": "",
            "invariance_classes": "zfnet-classroom coins.9999 coins. .7 coins.-1 coins",
            "invariance_photos": "coins",
        },
    ],
)
def test_links_that_make_no_sense_fall_back(query: dict[str, str]) -> None:
    app = opened("invariance_page", **query)
    assert not app.exception and not app.error


def test_the_correspondence_page_measures_the_marked_faces(network) -> None:
    app = opened("correspondence_page", faces_repeats="5", faces_side="40")
    until(app, lambda app: any("random placements, whose mean" in text.value for text in app.caption))
    found = faces_work.Faces(*marks(network), "")
    settings = CorrespondenceSettings(found.points, ("conv5 pooled", "fc7"), side_px=40, repeats=5)
    pictures = torch.cat([prepare(photo, network.preprocessing) for photo in found.photos])
    *_, expected = correspondence(network, pictures, settings)
    for layer in settings.layers:
        assert any(f"nose {expected.mean('nose', layer):.3f}" in text.value for text in app.caption)
    assert not app.exception and not app.error


def marks(network):
    faces = marked_faces.load("people")
    points = (marked_faces.input_points(face, network.preprocessing) for face in faces)
    return tuple(face.photo for face in faces), tuple(tuple((round(x), round(y)) for x, y in one) for one in points)


def test_marks_in_the_link_are_used_and_nonsense_is_not(network) -> None:
    flat = [10 + value for value in range(30)]
    app = opened("correspondence_page", faces_points="-".join(map(str, flat)), faces_repeats="5")
    payload = next(p for p in payloads(app) if "points" in p)
    assert np.ravel(payload["points"]).tolist() == flat
    app = opened("correspondence_page", faces_points="1-2-3", faces_repeats="5", faces="nobody", faces_side="7000")
    assert not app.exception and not app.error


def test_only_points_inside_the_photo_are_taken_from_the_browser() -> None:
    good = {"points": [[[1, 2], [3, 4]]]}
    assert _valid(good, 1, 2, 224) == (((1, 2), (3, 4)),)
    hostile = (None, 7, {}, {"points": 3}, {"points": [[[1, 2]]]}, {"points": [[[1, 2], [3, 999]]]})
    more = ({"points": [[[1, 2], ["x", 4]]]}, {"points": [[[1, 2], [float("nan"), 4]]]}, {"points": [[[1], [2]]]})
    for value in (*hostile, *more, {"points": [[[float("inf"), 2], [3, 4]]]}):
        assert _valid(value, 1, 2, 224) is None


def test_the_guess_comes_before_the_numbers_and_after_the_filters() -> None:
    app = opened("alexnet_vs_zfnet_page")
    assert not app.metric and not app.exception and not app.error
    questions = [item.label for item in app.get("button_group")]
    assert [question.strip("… ?").lower() for question in questions] == [one.question.lower() for one in MEASURES]
    captions = [text.value for text in app.caption]
    assert any("96 filters of 7 × 7 pixels" in text for text in captions)
    assert any("96 filters of 11 × 11 pixels" in text for text in captions)
    assert not any("dead" in text for text in captions if "filters of" in text)


def test_after_the_guess_the_measures_come_with_verdicts(comparison) -> None:
    app = opened("alexnet_vs_zfnet_page", photo="coffee", crop="0-1")
    right, wrong = MEASURES[2], MEASURES[3]
    assert comparison.outcome(right) == "as the paper says" and comparison.outcome(wrong) == "against the paper"
    for measure in (right, wrong):
        group = next(item for item in app.get("button_group") if item.key == f"guess-{measure.key}")
        group.set_value("second")
    next(button for button in app.button if button.label == "Measure and compare").click().run()
    until(app, lambda app: len(app.metric) == 12 and all(metric.value not in ("…",) for metric in app.metric))
    values = [metric.value for metric in app.metric]
    for number, measure in enumerate(MEASURES):
        for side, portrait in enumerate((comparison.first, comparison.second)):
            value = portrait.value(measure.key)
            assert values[2 * number + side] == ("–" if value is None else f"{value:.1%}"), measure.key
    assert not app.exception and not app.error
    badges = [text.value for text in app.markdown if "-badge[" in text.value]
    for badge, measure in zip(badges, MEASURES, strict=True):
        assert f"[{comparison.outcome(measure)}]" in badge
    assert "red-badge[against the paper] You guessed “AlexNet · classroom”: **not so**" in badges[3]
    assert "You guessed “AlexNet · classroom”: **right**" in badges[2] and "guessed" not in badges[0]
    assert any("1 of your 2 guesses were right" in text.value for text in app.markdown)
    whole_page = "\n".join(text.value for text in (*app.caption, *app.get("html")) if hasattr(text, "value"))
    for key, title in [pair for measure in MEASURES for pair in measure.further]:
        first, second = comparison.values(key)
        assert f"{title}: {first:.1%} | {second:.1%}" in whole_page
    names = [one.name for one in measured_photos()]
    for measure in MEASURES:
        drawn = plot(measure.key, comparison, names)
        claims = sum(f"The paper: {measure.claim}" in caption.value for caption in app.caption)
        assert claims == comparison.of_the_papers_networks
        if comparison.outcome(measure) == "not measured":  # untrained networks have no accuracy
            assert drawn is None
            continue
        assert drawn and comparison.first.title in drawn.alt and drawn.figure.data
        if measure.key == "folded":
            assert f"Cup of coffee {comparison.first.folded.share[0]:.1%}" in drawn.alt
            assert list(drawn.figure.layout.xaxis.ticktext) == names


def test_a_pair_that_is_not_the_papers_has_no_claim() -> None:
    app = opened("alexnet_vs_zfnet_page", versus="zfnet-random")
    assert any("a control" in warning.value for warning in app.warning)
    next(button for button in app.button if button.label == "Measure and compare").click().run()
    until(app, lambda app: any("no claim" in text.value for text in app.markdown))
    assert not any("The paper:" in text.value for text in (*app.caption, *app.markdown) if "**(" not in text.value)


def test_measuring_that_failed_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_):
        raise RuntimeError("a stray bit")
        yield

    app = opened("alexnet_vs_zfnet_page", photo="rocket")
    monkeypatch.setattr(versus_work, "compare", broken)
    next(button for button in app.button if button.label == "Measure and compare").click().run()
    end = time.monotonic() + 60
    while not app.error and time.monotonic() < end:
        time.sleep(0.2)
        app.run()
    assert [error.value for error in app.error if "went wrong" in error.value] and not app.exception
    assert any("96 filters of 7 × 7 pixels" in text.value for text in app.caption), "the pictures stay"
    monkeypatch.undo()
    next(button for button in app.button if button.label == "Try again").click().run()
    until(app, lambda app: any("-badge[" in text.value for text in app.markdown))
    assert not any(button.label == "Try again" for button in app.button)


def test_the_view_of_layer_2_is_in_the_link() -> None:
    app = opened("alexnet_vs_zfnet_page", versus_patches="1")
    next(button for button in app.button if button.label == "Measure and compare").click().run()
    assert next(item for item in app.get("button_group") if item.key == "choice-versus_patches").value is True


def test_gallery_sheets_keep_no_network_alive() -> None:
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    gone = weakref.ref(network)
    assert versus_pictures._gallery_sheet(network) is None  # the gallery is of other weights
    del network
    gc.collect()
    assert gone() is None


def test_guesses_are_judged_by_clear_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = {"dead": "neither", "mid": "first", "folded": "second", "accuracy": None}
    known = SimpleNamespace(
        first=SimpleNamespace(title="One"),
        second=SimpleNamespace(title="Two"),
        larger=lambda measure: truth.get(measure.key),
    )
    monkeypatch.setattr(versus_guess, "guesses", lambda: guessed)
    guessed = {"dead": "neither", "mid": "second", "folded": "second", "accuracy": "first"}
    assert versus_guess.total(known) == "2 of your 3 guesses were right."
    said = {measure.key: versus_guess.answer(known, measure) for measure in MEASURES}
    assert said["dead"] == "You guessed “about the same”: **right**."
    assert said["mid"] == "You guessed “Two”: **not so**."
    assert said["accuracy"].endswith("**which cannot be judged**.") and said["grid"] == ""
    guessed = {"mid": "first"}
    assert versus_guess.total(known) == "Your guess was right."
    guessed = {}
    assert versus_guess.total(known) == ""


def test_the_comparison_follows_the_crop(network, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(versus_work, "growing", lambda results, slot, key, make: asked.append(key))
    monkeypatch.setattr(versus_work.engine, "photo", lambda: sample_photos.load("coffee"))
    for crop in (COFFEE_AT, Crop(), COFFEE_AT):
        monkeypatch.setattr(versus_work.engine, "crop", lambda crop=crop: crop)
        versus_work.current(network, network)
        seen = versus_work.inputs(network, versus_work.photos())
        assert torch.equal(seen[:1], prepare(sample_photos.load("coffee"), network.preprocessing, crop))
        assert torch.equal(seen[1:], images(network, "chelsea", "motorcycle"))
    assert asked[0] == asked[2] != asked[1]


def test_the_comparisons_table_names_the_photos_on_both_sides(network) -> None:
    note = table_note([network, zoo.load("alexnet-classroom")], measured_photos())
    assert "Your run: on Cup of coffee (your crop), Chelsea the cat, Motorcycle." in note
    ours = our_results.figure_6(network)
    assert ("sample photos chelsea, astronaut, coffee" in note) == bool(ours) == ("not the same" in note)


def test_the_invariance_table_and_the_sentence_name_the_same_share(network, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, ...]] = []
    monkeypatch.setattr(invariance_table, "three_values", lambda rows, note: shown.extend(rows))
    settings = InvarianceSettings.of_figure_5("rotation")
    monkeypatch.setattr(invariance_table.our_results, "figure_5", lambda *_: {"share": 0.5, "low": 5.0, "high": 31.0})
    *_, found = invariance_curves(network, images(network, "coffee"), settings)
    said = finding(found, "conv1", "fc7", found.reference_answers.tolist())
    asked = invariance_work.Asked(settings, "conv1", "fc7", "relative", 0)
    invariance_table.invariance_table(network, asked, found, said)
    assert f"conv1 has moved {said.share:.0%} of its way after" in [row[0] for row in shown]
    assert shown[2][0] in sentence(said) and said.share > 0.505
    assert [row[2] for row in shown[2:4]] == ["5° (for 50%)", "31° (for 50%)"]


def test_opponents_begin_with_the_partner_on_the_same_photos(network) -> None:
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
        names = opponents(replace(network, name=name))
        assert names[0] == partner and name not in names


def test_the_other_network_follows_the_chosen_one() -> None:
    app = opened("alexnet_vs_zfnet_page", network="alexnet-classroom")
    assert app.selectbox(key="opponent shown").value == "zfnet-classroom"
    app = opened("alexnet_vs_zfnet_page", network="alexnet-classroom", versus="nobody")
    assert app.selectbox(key="opponent shown").value == "zfnet-classroom" and not app.exception
    app = opened("alexnet_vs_zfnet_page", versus="zfnet-random")
    assert app.selectbox(key="opponent shown").value == "zfnet-random"


def test_panels_are_put_in_words(curves) -> None:
    values, names = curves.distance("conv1"), ["Cat", "Cup"]
    said = words(Panel("conv1", "conv1, relative distance", values), curves, names)
    assert f"Cup: {values[1, 0]:.3g} at −10 px" in said and said.startswith("Line chart, conv1, relative distance over")
    partly = values.copy()
    partly[1] = np.nan
    assert "Cup is not computed yet" in words(Panel("conv1", "conv1", partly), curves, names)


def test_axes_have_round_ticks_that_reach_the_data() -> None:
    panel = Panel("probability", "", np.array([[0.1, 0.93, np.nan]]), share=True)
    assert [text for _, text in panel.ticks] == ["0%", "20%", "40%", "60%", "80%", "100%"]
    assert panel.top == pytest.approx(1.02)
    assert [text for _, text in Panel("", "", np.array([[0.0, 7.0]])).ticks] == ["0", "2", "4", "6"]
    assert Panel("", "", np.array([[np.nan]])).top == Panel("", "", np.zeros((1, 1))).top == 1
    kinds = TRANSFORMATIONS
    assert [text for _, text in amount_ticks(kinds["rotation"], kinds["rotation"].amounts)] == ["0", "90", "180", "270"]
    assert [text for _, text in amount_ticks(kinds["down"], kinds["down"].fine)] == ["−10", "−5", "0", "5", "10"]
    assert [text for _, text in amount_ticks(kinds["scale"], kinds["scale"].amounts)] == [
        "1",
        "1.2",
        "1.4",
        "1.6",
        "1.8",
    ]


def test_words_for_bars_and_pairs() -> None:
    series = {"Paper": {"nose": (0.079, 0.017)}, "Your run": {"nose": (0.2, None), RANDOM: (float("nan"), None)}}
    assert bars_alt(series, (*PARTS, RANDOM), "fc7") == (
        "Bar chart of the mean sign change Δ at fc7. Paper: nose 0.079; Your run: nose 0.200."
    )
    table = np.array([[0, 0.1, 0.3], [0.1, 0, 0.2], [0.3, 0.2, 0]])
    assert "0.100 (photos 1 and 2) to 0.300" in pairs_alt(table, (0, 1), "nose", "fc7")


def test_tiles_keep_every_pixel_and_mark_what_is_dead() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 7, 7, 3), np.uint8)
    sheet = tiled(pictures, columns=3, times=4, marked=[4])
    step = 7 * 4 + 2 * GAP_PX
    assert sheet.shape == (2 * step, 3 * step, 4)
    assert np.array_equal(sheet[step + GAP_PX + 4 * 6, GAP_PX + 4 * 2, :3], pictures[3, 6, 2])
    assert sheet[0, 0, 3] == 0 and sheet[step, step, 3] == 255
    assert sheet[-1, -1, 3] == 0


def test_the_csv_holds_every_number(network, curves) -> None:
    lines = curves_csv(curves, ["Cat", "Cup"], network.labels, [3, 4], "relative")().decode().splitlines()
    assert len(lines) == 1 + 2 * 3
    cells = lines[4].split(",")
    assert cells[:3] == ["Cup", "-10.0", network.labels[4]]
    assert float(cells[5 + curves.layers.index("fc7")]) == pytest.approx(curves.distance("fc7")[1, 0], rel=1e-4)


def asked_for(curves, step: int = 0) -> invariance_work.Asked:
    return invariance_work.Asked(curves.settings, "conv1", "fc7", "relative", step)


def run_script(text: bytes, folder: Path) -> str:
    """What the script prints, run as a visitor would run it, in `folder`."""
    (folder / "repeat.py").write_bytes(text)
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "repeat.py"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("exhibit", ["invariance", "comparison", "correspondence"])
def test_the_scripts_repeat_what_is_on_the_page(network, curves, comparison, tmp_path: Path, exhibit: str) -> None:
    if exhibit == "invariance":
        photos = [sample_photos.load(name) for name in ("chelsea", "coffee")]
        text = invariance_script(network, photos, curves, [3, 4], asked_for(curves), [1, 0])()
        expected = [
            f"{low:.5f} {high:.5f} {probability:.5f}"
            for low, high, probability in zip(
                curves.distance("conv1")[1], curves.distance("fc7")[1], curves.probabilities[1, :, 4], strict=True
            )
        ]
    elif exhibit == "comparison":
        text = versus_script(comparison, measured_photos())()
        expected = [comparison.sentence(measure) for measure in MEASURES]
        further = [pair for measure in MEASURES for pair in measure.further]
        lines = list(csv.reader(io.StringIO(comparison_csv(comparison)().decode())))
        assert [line[0] for line in lines if line[0] in dict(map(reversed, further))] == [title for _, title in further]
        assert len(lines) == 1 + len(MEASURES) + len(further)
        for key, title in further:
            first, second = comparison.values(key)
            expected.append(f"{title}: {first:.1%} | {second:.1%}")
            line = next(line for line in lines if line[0] == title)
            assert [float(cell) for cell in line[1:3]] == pytest.approx([first, second], rel=1e-4)
    else:
        photos, points = marks(network)
        settings = CorrespondenceSettings(points, ("fc7",), repeats=2)
        pictures = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
        *_, found = correspondence(network, pictures, settings)
        text = faces_script(network, faces_work.Faces(photos, points, "", "people"), found)()
        expected = [f"{found.mean(part, 'fc7'):.4f} ± {found.spread(part, 'fc7'):.4f}" for part in (*PARTS, RANDOM)]
        assert pairs_csv(found)().decode().count("\n") == 1 + 10 * (3 + 2)
    printed = run_script(text, tmp_path)
    for value in expected:
        assert value in printed
    if exhibit == "invariance":
        drawn = np.asarray(Image.open(tmp_path / "invariance.png"))
        again = figure_5(
            network, images(network, "chelsea", "coffee"), curves, "conv1", "fc7", "relative",
            [photo.name for photo in photos], [3, 4], 0, [1, 0],
        )  # fmt: skip
        assert np.array_equal(drawn, again)
    elif exhibit == "correspondence":
        drawn = np.asarray(Image.open(tmp_path / "correspondence.png"))
        assert np.array_equal(drawn, figure_8(network, pictures, found, [photo.name for photo in photos]))


def test_scripts_read_photos_and_weights_of_ones_own_from_files(network, tmp_path: Path) -> None:
    """The names to be filled in are put there; the digits that come out are those of the same photo and weights."""
    (tmp_path / "my-photo.jpg").write_bytes(stripes())
    save_file(
        {key: value.contiguous() for key, value in network.module.state_dict().items()}, tmp_path / "my.safetensors"
    )
    own = checkpoints.load_checkpoint(tmp_path / "my.safetensors", zoo.entry("zfnet-classroom"))
    photo = open_image(stripes(), "my-photo.jpg")
    settings = InvarianceSettings("right", (0.0, 30.0))
    *_, found = invariance_curves(own, prepare(photo, own.preprocessing), settings)
    text = invariance_script(own, [photo], found, [5], asked_for(found), [0])().decode()
    assert "zoo.entry('zfnet-classroom')" in text and text.count("# put your own file here") == 2
    printed = run_script(text.replace("my-weights.pth", "my.safetensors").encode(), tmp_path)
    assert f"{found.distance('conv1')[0, 1]:.5f} {found.distance('fc7')[0, 1]:.5f}" in printed
    assert Image.open(tmp_path / "invariance.png").size[0] > 1000

    faces = faces_work.Faces((photo, sample_photos.load("coffee")), ((((50, 50),) * 3),) * 2, "")
    *_, measured = correspondence(
        own, faces_work.inputs(own, faces), CorrespondenceSettings(faces.points, ("fc7",), repeats=1)
    )
    text = faces_script(own, faces, measured)().decode().replace("my-weights.pth", "my.safetensors")
    assert f"{measured.mean('nose', 'fc7'):.4f}" in run_script(text.encode(), tmp_path)


def stripes() -> bytes:
    stream = io.BytesIO()
    pixels = np.tile(np.uint8([40, 200]).repeat(9), (256, 15))[:, :256]
    Image.fromarray(np.stack([pixels, pixels.T, pixels], axis=2)).save(stream, "PNG")
    return stream.getvalue()


def test_figure_5_shows_the_photos_as_they_are_moved_and_the_curves_in_their_colours(network, curves) -> None:
    names = ["Cat", "Cup"]
    drawn = figure_5(
        network, images(network, "chelsea", "coffee"), curves, "conv1", "fc7", "relative", names, [3, 4], 2, [4, 1]
    )
    found = {tuple(pixel) for pixel in drawn.reshape(-1, 3)}
    colours = [tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5)) for colour in COLOURS]
    assert [colour in found for colour in colours] == [False, True, False, False, True]
    photo_px = (1320 - 6 * 20) // 5
    picture = drawn[62 : 62 + photo_px, 20 : 20 + photo_px].astype(float)
    expected = np.asarray(
        Image.fromarray(shown(sample_photos.load("chelsea"), network.preprocessing)).resize((photo_px, photo_px)), float
    )
    shift = round(10 * photo_px / 224)  # the last of the three amounts: 10 px down
    assert np.abs(picture[shift:] - expected[:-shift]).mean() < 6 < np.abs(picture - expected).mean()


def test_figure_8_hides_what_was_hidden(network) -> None:
    photos, points = marks(network)
    one = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
    found = next(correspondence(network, one, CorrespondenceSettings(points, ("fc7",), repeats=2)))
    drawn = figure_8(network, one, found, ["a"] * 5)
    side, step = 180, 192
    first = drawn[33 : 33 + side, 12 : 12 + side].astype(int)
    mean = np.array([round(255 * value) for value in network.preprocessing.mean])
    for column, part in enumerate((*PARTS, RANDOM), start=1):
        hidden = drawn[33 : 33 + side, 12 + column * step : 12 + column * step + side].astype(int)
        top, left, bottom, right = found.boxes[part][0][0] * side // 224
        inside = hidden[top + 3 : bottom - 2, left + 3 : right - 2]
        assert np.abs(inside - mean).max() <= 1
        changed = np.abs(hidden - first).max(axis=2) > 4
        changed[max(0, top - 3) : bottom + 3, max(0, left - 3) : right + 3] = False
        assert not changed.any()


def test_finished_curves_are_kept_for_the_whole_class(network) -> None:
    asked = InvarianceSettings("right", (0.0, 4.0))
    photos = [sample_photos.load("coins")]
    key = invariance_work.key_of(network, photos, asked)
    *_, found = invariance_work._results.steps(key, lambda: invariance_curves(network, images(network, "coins"), asked))
    assert invariance_work.current(network, photos, asked) == (found, None)


def a_photo(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((40, 50, 3), shade, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def test_photos_of_ones_own_come_first_and_broken_ones_are_named() -> None:
    app = opened("invariance_page", invariance_photos="coffee chelsea")
    files = [("dark.png", a_photo(20), "image/png"), ("bright.png", a_photo(220), "image/png")]
    app.file_uploader(key="set-invariance_photos-upload").set_value(files).run()
    assert not app.exception and not app.error
    chosen = app.session_state["view"].invariance_photos.split()
    assert [name.startswith("own-") for name in chosen] == [True, True, False, False]
    until(app, lambda app: any("amounts" in p for p in payloads(app)))
    (shown_,) = (p["photos"] for p in payloads(app) if "amounts" in p)
    assert [photo["title"] for photo in shown_] == ["dark.png", "bright.png", "Cup of coffee", "Chelsea the cat"]
    app.file_uploader(key="set-invariance_photos-upload").set_value([("text.png", b"hello", "image/png")]).run()
    assert any("text.png" in error.value for error in app.error)
    assert app.session_state["view"].invariance_photos.split()[:2] == chosen[:2]


def photos_of(app: AppTest) -> dict[str, dict]:
    """What the page shows of each photo, by its title."""
    (found,) = (p["photos"] for p in payloads(app) if "amounts" in p)
    return {photo["title"]: photo for photo in found}


def complete(app: AppTest) -> AppTest:
    return until(app, lambda app: any("of its way" in text.value for text in app.markdown))


def test_a_photo_keeps_its_colour_while_others_come_and_go() -> None:
    app = opened("invariance_page", invariance_photos="coffee chelsea rocket")
    until(app, lambda app: any("amounts" in p for p in payloads(app)))
    before = photos_of(app)
    assert [photo["colour"] for photo in before.values()] == list(COLOURS[:3])
    choice = app.multiselect(key="set-invariance_photos")
    choice.set_value(["chelsea", "rocket", "coins"]).run()
    until(app, lambda app: any("amounts" in p for p in payloads(app)))
    after = photos_of(app)
    for name in ("Chelsea the cat", "Rocket at launch"):
        assert (after[name]["colour"], after[name]["symbol"]) == (before[name]["colour"], before[name]["symbol"])
    assert after["Greek coins (grey)"]["colour"] == COLOURS[0]


def test_a_chosen_class_stays_with_its_photo_and_with_its_network(network) -> None:
    app = complete(opened("invariance_page", invariance_photos="coffee chelsea", invariance_kind="scale"))
    own = photos_of(app)["Chelsea the cat"]["followed"]
    label = network.labels.index("chandelier")
    app.selectbox(key="class-zfnet-classroom-coffee").set_value(label).run()
    assert app.session_state["view"].invariance_classes == f"zfnet-classroom coffee.{label}"
    assert photos_of(app)["Cup of coffee"]["followed"] == "chandelier"
    assert photos_of(app)["Chelsea the cat"]["followed"] == own
    app.multiselect(key="set-invariance_photos").set_value(["chelsea", "rocket", "coffee"]).run()
    complete(app)
    found = photos_of(app)
    assert found["Cup of coffee"]["followed"] == "chandelier" and found["Chelsea the cat"]["followed"] == own
    assert found["Rocket at launch"]["followed"] == found["Rocket at launch"]["untouched"]
    app.selectbox(key="choice-network").set_value("alexnet-classroom").run()
    complete(app)
    assert all(photo["followed"] == photo["untouched"] for photo in photos_of(app).values())
    app.selectbox(key="choice-network").set_value("zfnet-classroom").run()
    complete(app)
    app.selectbox(key="class-zfnet-classroom-coffee").set_value(None).run()
    assert app.session_state["view"].invariance_classes == ""
    assert not app.exception and not app.error


def test_a_link_with_photos_that_are_not_here_says_so() -> None:
    app = opened("invariance_page", invariance_photos="own-12345678 coffee yours")
    assert any("2 photos of somebody’s own" in info.value for info in app.info)


@pytest.mark.parametrize("page", ["invariance_page", "correspondence_page"])
def test_a_failed_computation_is_a_sentence_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    work, name = (invariance_work, "invariance_curves") if page == "invariance_page" else (faces_work, "correspondence")
    true, calls = getattr(work, name), []

    def breaks_once(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise ExplorerError("The device has no room for this.")
        yield from true(*arguments)

    monkeypatch.setattr(work, name, breaks_once)
    monkeypatch.setattr(work, "_results", SharedResults(2**20, lambda _: 1))
    app = opened(page, invariance_photos="coins", faces_repeats="5", faces_side="24")
    end = time.monotonic() + 60
    while not app.error and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert [error.value for error in app.error] == ["The device has no room for this."] and not app.exception
    app.run()
    assert len(calls) == 1
    next(button for button in app.button if button.label == "Try again").click().run()
    until(app, lambda app: len(calls) == 2 and payloads(app))
    assert not any(button.label == "Try again" for button in app.button)


def test_one_photo_alone_is_asked_for_company() -> None:
    app = opened("correspondence_page", faces="chosen", faces_photos="coffee")
    assert any("at least two photos" in info.value for info in app.info) and not app.error
    assert app.multiselect(key="set-faces_photos").value == ["coffee"]
    app.multiselect(key="set-faces_photos").set_value(["coffee", "rocket"]).run()
    assert not any("at least two" in info.value for info in app.info)
    assert any("points" in p for p in payloads(app))


def test_marks_go_with_other_faces_but_not_with_a_link() -> None:
    flat = "-".join(["100"] * 30)
    app = opened("correspondence_page", faces="cat", faces_points=flat, faces_repeats="5")
    assert app.session_state["view"].faces_points == (100,) * 30
    app.selectbox(key="faces-set").set_value("astronaut").run()
    assert app.session_state["view"].faces == "astronaut" and app.session_state["view"].faces_points == ()
    app.query_params.clear()
    app.query_params.update({"faces": "cat", "faces_points": flat, "faces_repeats": "5"})
    time.sleep(1)  # so that it does not pass for an address that the page has just written itself
    app.run()
    assert app.session_state["view"].faces == "cat" and app.session_state["view"].faces_points == (100,) * 30


@pytest.mark.parametrize("sent", [{"name": []}, {"name": {}}, {"name": None}, {"name": "nobody"}, 7, None])
def test_the_photo_strip_takes_nothing_but_its_names(monkeypatch: pytest.MonkeyPatch, sent: object) -> None:
    called, picked = {}, []
    monkeypatch.setattr(photo_strip, "_mount", lambda **given: called.update(given))
    monkeypatch.setattr(photo_strip.st, "session_state", {"strip": {"picked": sent}})
    photo_strip.photo_strip([("cat", "Cat", "")], "cat", "strip", picked.append)
    called["on_picked_change"]()
    assert picked == []
    photo_strip.st.session_state["strip"]["picked"] = {"name": "cat"}
    called["on_picked_change"]()
    assert picked == ["cat"]
