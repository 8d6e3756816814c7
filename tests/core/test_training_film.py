"""The material of Fig. 4 equals a search and a projection done one photo and one unit at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from zfnet_core.deconvnet.projection import Unit, project
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.errors import CorpusError
from zfnet_core.exhibits.evolution import film as evolution
from zfnet_core.forward.trace import trace
from zfnet_core.models.network import present
from zfnet_core.models.zfnet import zfnet
from zfnet_core.models.zoo import tower_layers

PHOTOS = torch.randn(5, 3, 224, 224, generator=torch.Generator().manual_seed(0))
IDS = [f"train/a/{number}.png" for number in range(5)]
CURVE = ({"epoch": 1, "px": 80, "loss": 2.0, "train_top1": 0.2, "val_top1": 0.1},)


def network(seed):
    torch.manual_seed(seed)
    module = zfnet(4, (4, 4), norm="none")
    return present("z", "Z", module, tower_layers(module), [*"abcd"], source="random numbers", trained=False)


@pytest.fixture(scope="module")
def film():
    *_, made = evolution.compute(
        "z", {0: lambda: network(0), 1: lambda: network(1)}, lambda: PHOTOS.split(2), IDS, CURVE, evolution.Settings(3)
    )
    return made


@pytest.mark.parametrize("column", [0, 1])
def test_units_and_pictures_are_those_of_a_literal_search(film, column):
    one = network(film.epochs[column])
    traces = [trace(one, photo[None]) for photo in PHOTOS]
    for layer in film.layers:
        for row, number in enumerate(layer.maps):
            maps = np.stack([t.activation(layer.layer)[0, number].numpy() for t in traces])
            photo, down, right = np.unravel_index(maps.argmax(), maps.shape)
            assert layer.photo_ids[row, column] == IDS[photo]
            assert (layer.rows[row, column], layer.columns[row, column]) == (down, right)
            assert layer.values[row, column] == pytest.approx(maps.max(), rel=1e-4)
            projection = project(traces[photo], layer.layer, [Unit(number, int(down), int(right))])
            top, left, bottom, right_end = projection.boxes[0]
            if bottom - top == right_end - left == layer.tile_px:
                whole = as_picture(projection.pixels[0, :, top:bottom, left:right_end], "sigmoid")
                assert np.abs(whole.astype(int) - layer.pictures[row, column]).max() <= 1


def waves(shape):
    """Coloured waves of a period of 24 px or more, as smooth as projections of trained networks are."""
    maps, epochs, side = shape[:3]
    place = np.arange(side) / 24
    tiles = [
        128 + 100 * np.sin(2 * np.pi * (place[:, None, None] * a + place[None, :, None] * b) + np.arange(3))
        for a, b in np.linspace(0, 1, 2 * maps * epochs).reshape(-1, 2)
    ]
    return np.rint(tiles).astype(np.uint8).reshape(shape)


def test_a_film_survives_its_files(film, tmp_path):
    film = replace(film, layers=tuple(replace(layer, pictures=waves(layer.pictures.shape)) for layer in film.layers))
    again = evolution.load(evolution.save(film, tmp_path))
    assert (again.epochs, again.photos, again.curve) == (film.epochs, film.photos, film.curve)
    for before, after in zip(film.layers, again.layers, strict=True):
        assert before.maps == after.maps and (before.photo_ids == after.photo_ids).all()
        assert (before.rows == after.rows).all() and np.allclose(before.values, after.values, atol=1e-4)
        difference = np.abs(before.pictures.astype(int) - after.pictures)
        if before.tile_px < 40:
            assert difference.max() == 0
        else:
            assert difference.mean() < 4


def test_changes_are_marked_and_measured():
    pictures = np.full((1, 3, 2, 2, 3), 128, np.uint8)
    pictures[0, 0, 0, 0] = pictures[0, 1, 0, 0] = 200
    pictures[0, 2, 1, 1] = 200
    numbers = np.zeros((1, 3), int)
    layer = evolution.LayerEvolution("conv1", (7,), np.array([["p", "p", "q"]]), numbers, numbers, numbers, pictures)
    assert layer.changed_photo.tolist() == [[False, False, True]]
    assert layer.difference[0, 1:] == pytest.approx([0, 1])


def test_files_that_do_not_fit_are_refused(film, tmp_path):
    path = evolution.save(film, tmp_path)
    evolution.save(
        replace(film, layers=tuple(replace(x, pictures=x.pictures[:, :1]) for x in film.layers)), tmp_path / "b"
    )
    (tmp_path / "z-conv3.webp").write_bytes((tmp_path / "b" / "z-conv3.webp").read_bytes())
    with pytest.raises(CorpusError, match=r"z\.json"):
        evolution.load(path)
