"""Looking at one unit: crops against whole projections, what is saved, and a script that repeats it."""

from __future__ import annotations

import os
import subprocess
import sys
from csv import DictReader
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.deconvnet.projection import Unit, project
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.errors import CheckpointError, UnknownName
from zfnet_core.exhibits.look_inside import RULES, Look, Settings, compute, csv, difference, figure, look_at, script
from zfnet_core.exhibits.look_inside.export import classes_csv, maps_csv, units_csv
from zfnet_core.forward.map_summary import summarise
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop, prepare, shown

ROOT = Path(__file__).parents[2]
SCALINGS = ("sigmoid", "symmetric")
UNITS = (  # corners, edges and the middle, and a unit that sees everything
    *(("conv1", Unit(2, 0, 0)), ("conv2", Unit(3, 25, 0)), ("conv3", Unit(4, 12, 3)), ("conv5", Unit(1, 5, 5))),
    ("fc8", Unit(3)),
)


@pytest.fixture(scope="module")
def traced() -> Trace:
    torch.set_num_threads(1)
    network = thin_zfnet()
    return trace(network, smooth_photos(2))


def at(traced: Trace, layer: str, unit: Unit, scaling: str = "sigmoid") -> Look:
    return look_at(traced, Settings(layer, unit, scaling=scaling))


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize(("layer", "unit"), UNITS)
def test_the_crops_are_what_whole_projections_show(traced: Trace, layer: str, unit: Unit, scaling: str) -> None:
    look = at(traced, layer, unit, scaling)
    field = traced.network.layer(layer).receptive_field
    top, left, bottom, right = look.box
    assert look.box == field.box(unit.row, unit.column, 224) and look.input_px == 224
    assert [one.rule for one in look.projections] == list(RULES)
    for one in look.projections:
        whole = project(traced, layer, [unit], one.rule)
        largest = float(whole.pixels.abs().max())
        assert look.activation == whole.values[0] and one.strongest == pytest.approx(largest, rel=1e-4)
        # Three rules at once round a little differently than one alone.
        assert np.abs(one.signed - whole.pixels[0, :, top:bottom, left:right].numpy()).max() <= 1e-4 * largest
        assert np.abs(look.whole(one).astype(int) - as_picture(whole.pixels[0], scaling)).max() <= 1


def test_without_a_unit_it_is_the_strongest_of_each_image(traced: Trace) -> None:
    looks = list(compute(traced.network, traced.images, Settings("conv4")))
    assert len(looks) == 2
    for number, look in enumerate(looks):
        maps = traced.activation("conv4")[number].numpy()
        assert (look.unit.map, look.unit.row, look.unit.column) == np.unravel_index(maps.argmax(), maps.shape)
        assert look.activation == pytest.approx(float(maps.max()))
    alone = next(compute(traced.network, traced.images[1:], Settings("conv4")))
    assert alone.unit == looks[1].unit
    assert np.allclose(alone.projections[0].signed, looks[1].projections[0].signed, atol=1e-6)


def test_what_does_not_exist_or_runs_over_is_a_sentence(traced: Trace) -> None:
    with pytest.raises(UnknownName, match="conv3 has no unit"):
        at(traced, "conv3", Unit(999))
    with pytest.raises(UnknownName, match="no layer"):
        at(traced, "conv9", Unit(0))
    network = thin_zfnet()
    with torch.no_grad():
        for parameter in network.module.parameters():
            parameter.mul_(1e9)
    with pytest.raises(CheckpointError, match="no longer numbers"):
        look_at(trace(network, smooth_photos(1)), Settings("conv4"))


def test_the_tables_hold_the_numbers(traced: Trace) -> None:
    look = at(traced, "conv3", Unit(4, 12, 3))
    rows = list(DictReader(csv(look).splitlines()))
    top, left, bottom, right = look.box
    assert len(rows) == (bottom - top) * (right - left)
    assert {int(row["row"]) for row in rows} == set(range(top, bottom))
    for row in rows[:: len(rows) // 7]:
        place = int(row["row"]) - top, int(row["column"]) - left
        for one in look.projections:
            for channel, colour in enumerate(("red", "green", "blue")):
                expected = one.signed[channel][place]
                assert float(row[f"{one.rule} {colour}"]) == pytest.approx(expected, rel=1e-5, abs=1e-12)
    maps = traced.activation("conv3")[0]
    rows = list(DictReader(maps_csv(summarise(maps)).splitlines()))
    assert [int(row["map"]) for row in rows] == list(range(len(maps)))
    assert np.allclose([float(row["maximum"]) for row in rows], maps.amax((1, 2)), rtol=1e-5)
    assert np.allclose([float(row["mean"]) for row in rows], maps.mean((1, 2)), rtol=1e-5)
    rows = list(DictReader(units_csv(np.array([1.5, -2.0]), ("cat", "dog")).splitlines()))
    assert [(row["label"], float(row["activation"])) for row in rows] == [("cat", 1.5), ("dog", -2.0)]
    assert units_csv(np.array([1.5])).splitlines() == ["unit,activation", "0,1.5"]
    rows = list(DictReader(classes_csv(traced).splitlines()))
    shares = [float(row["probability"]) for row in rows]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1, abs=1e-4)
    best = traced.network.labels[int(traced.probabilities[0].argmax())]
    assert rows[0]["class"] == best


def test_the_figure_is_the_same_for_the_same_look(traced: Trace) -> None:
    photo = np.full((224, 224, 3), 90, np.uint8)
    looks = [
        at(traced, "conv3", Unit(4, 12, 3)),
        at(traced, "conv3", Unit(4, 3, 3)),
        at(traced, "conv5", Unit(0, 0, 0)),
    ]
    first, again, other, edge = (
        figure(look, photo, "Thin, conv3").pixels() for look in (looks[0], looks[0], looks[1], looks[2])
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert edge.shape == first.shape and figure(looks[0], photo, "$").file("svg").startswith(b"<?xml")


def test_the_script_repeats_the_projections(tmp_path: Path) -> None:
    network, photo, crop = zoo.load(zoo.DEFAULT), samples.load("coffee"), Crop(0.25, 0.5)
    image = prepare(photo, network.preprocessing, crop)
    settings = Settings("conv2", Unit(5, 7, 11), scaling="symmetric")
    (look,) = compute(network, image, settings)
    (tmp_path / "look_inside.py").write_text(script(network, "coffee", crop, settings))
    done = subprocess.run(
        [sys.executable, "look_inside.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"activation {look.activation:.3f}"[:-1] in done.stdout and photo.name in done.stdout
    for one in look.projections:
        made = np.asarray(Image.open(tmp_path / f"{one.rule}.png")).astype(int)
        assert np.abs(made - look.whole(one)).max() <= 1
    assert shown(photo, network.preprocessing, crop).shape == made.shape
    assert "put your own file here" in script(network, None, crop, settings)


def test_how_much_two_rules_differ_is_counted_pixel_by_pixel() -> None:
    random = np.random.default_rng(0)
    one, other = (random.normal(size=(3, 4, 5)).astype(np.float32) for _ in range(2))
    apart = together = 0.0
    for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
        apart, together = apart + abs(a - b), together + abs(a) + abs(b)
    found = difference(one, other)
    assert found.share == pytest.approx(apart / together, rel=1e-5) and np.array_equal(found.signed, one - other)
    assert difference(one, one).share == 0 and (difference(one, one).pixels == 128).all()
    assert difference(one, -one).share == pytest.approx(1) and difference(one * 0, one * 0).share == 0
    only = one * (np.arange(5) < 2)
    assert difference(only, one - only).share == pytest.approx(1), "nothing in common"
    # On the scale of the first: a difference as large as the first itself is drawn exactly like it.
    assert np.array_equal(difference(one, one * 0).pixels, as_picture(torch.from_numpy(one)))


def test_every_network_has_a_control_of_its_family() -> None:
    for name, control in (
        ("zfnet-classroom", "zfnet-random"), ("alexnet-classroom", "alexnet-random"), ("zfnet-random", "zfnet-random"),
        ("resnet18", "zfnet-random"),
    ):  # fmt: skip
        assert zoo.control_of(name, "").name == control
    assert zoo.control_of("own-0123456789ab", "alexnet").name == "alexnet-random"
