"""The search for the strongest units against a loop that a beginner would write, and against its own pieces."""

from __future__ import annotations

import gc
import time
import zipfile
from dataclasses import replace
from functools import partial, reduce
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.tiny_searches import BATCH, K, assert_same, run, tiny_zfnet, write_photos
from zfnet_core.errors import CorpusError, UnknownName
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.photos.reading_ahead import BATCHES_AHEAD, read_ahead
from zfnet_core.top_activations import mining
from zfnet_core.top_activations.command import main
from zfnet_core.top_activations.mining import Batch, Miner, layer_maxima, read_batch, settings_of
from zfnet_core.top_activations.progress import Progress
from zfnet_core.top_activations.search import search
from zfnet_core.top_activations.strongest import NOBODY, Strongest, TopActivations


@pytest.fixture(scope="module")
def whole(network, corpus, tmp_path_factory) -> TopActivations:
    return run(network, corpus, tmp_path_factory.mktemp("whole"))


def naive(network: Network, corpus: Corpus) -> tuple[dict[str, list[list[tuple]]], list[int]]:
    """One photo after the other through the module with a hook on every layer; plain Python decides."""
    lists = {layer.name: [[] for _ in range(layer.maps)] for layer in network.layers if layer.spatial}
    seen: dict[str, torch.Tensor] = {}
    hooks = [
        getattr(network.module, name.replace("conv", "relu")).register_forward_hook(
            lambda module, inputs, output, name=name: seen.__setitem__(name, output[0].clone())
        )
        for name in lists
    ]
    broken = []
    for photo in range(len(corpus)):
        try:
            pixels = torch.from_numpy(corpus.shown(photo, network.preprocessing).copy()).permute(2, 0, 1) / 255
        except Exception:
            broken.append(photo)
            continue
        # Neighbours in a batch must not matter, so here there are none; the shape may, so it is the same.
        batch = torch.zeros(BATCH, 3, 64, 64)
        batch[0] = network.preprocessing.normalise(pixels)
        with torch.inference_mode():
            network.module(batch.contiguous(memory_format=torch.channels_last))
        for name, maps in lists.items():
            rows, columns = seen[name].shape[1:]
            for number, units in enumerate(seen[name].tolist()):
                best = min((-units[r][c], photo, r, c) for r in range(rows) for c in range(columns))
                maps[number] = sorted([*maps[number], best])[:K]
    for hook in hooks:
        hook.remove()
    return lists, broken


def test_equal_to_a_naive_loop_to_the_last_index(network, corpus, whole):
    lists, broken = naive(network, corpus)
    assert list(whole.broken) == broken and len(broken) > 10
    for name, maps in lists.items():
        layer = whole.layers[name]
        expected = np.array(maps, dtype=np.float64)
        np.testing.assert_array_equal(layer.values, -expected[..., 0].astype(np.float32), err_msg=name)
        np.testing.assert_array_equal(layer.photos, expected[..., 1], err_msg=name)
        np.testing.assert_array_equal(layer.rows, expected[..., 2], err_msg=name)
        np.testing.assert_array_equal(layer.columns, expected[..., 3], err_msg=name)


def test_the_test_photos_have_ties_to_decide(whole):
    values = np.concatenate([layer.values for layer in whole.layers.values()])
    tied = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] > 0)
    assert tied.any(axis=1).mean() > 0.5
    silent = whole.layers["conv2"]
    np.testing.assert_array_equal(silent.values[3], 0)
    assert (np.diff(silent.photos[3]) > 0).all()


def test_real_zfnet_agrees_with_its_trace_photo_by_photo(tmp_path):
    network = zoo.untrained(zoo.entry("zfnet-classroom"))
    corpus = open_corpus(["samples"]).sample(20)
    *_, last = search(network, corpus, k=3, batch_size=16, folder=tmp_path)
    inputs = [read_batch(network, corpus, 1, photo).images for photo in range(len(corpus))]
    traces = [trace(network, image, until="conv5") for image in inputs]
    for name, layer in last.result.layers.items():
        maxima = np.stack([t.activation(name)[0].flatten(1).amax(1).numpy() for t in traces], axis=1)
        np.testing.assert_allclose(layer.values, -np.sort(-maxima, axis=1)[:, :3], rtol=1e-4, atol=1e-5)
        maps = np.arange(len(maxima))[:, None]
        np.testing.assert_allclose(maxima[maps, layer.photos], layer.values, rtol=1e-4, atol=1e-5)
        stacked = np.stack([t.activation(name)[0].numpy() for t in traces])
        np.testing.assert_allclose(
            stacked[layer.photos, maps, layer.rows, layer.columns], layer.values, rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("name", ["zfnet", "alexnet-torchvision", "googlenet", "resnet18"])
def test_maxima_of_every_kind_of_network(name):
    network = zoo.untrained(zoo.entry(name))
    images = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    layers = [layer.name for layer in network.layers if layer.spatial]
    full = trace(network, images, until=layers[-1])
    found = {layer: (maps.clone(), maxima.clone()) for layer, maps, maxima in layer_maxima(network, images, layers)}
    assert list(found) == layers
    for layer, (maps, maxima) in found.items():
        torch.testing.assert_close(maps, full.activation(layer), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(maxima, maps.amax(dim=(2, 3)), rtol=0, atol=0)


def test_two_halves_merge_to_the_whole_in_any_order_and_grouping(network, corpus, whole):
    settings = whole.settings
    pieces = []
    for piece in range(3):
        *_, miner = mining.mine(network, corpus, settings, list(range(piece, settings.batches, 3)))
        pieces.append(miner.found)
    a, b, c = pieces
    for merged in (a.merge(b).merge(c), a.merge(b.merge(c)), c.merge(a).merge(b)):
        assert merged.complete
        assert_same(merged.named(corpus.ids), whole)


def test_parts_that_overlap_merge_to_the_whole_too(network, corpus, whole):
    batches = whole.settings.batches
    pieces = []
    for numbers in (range(0, 20), range(8, batches), range(15, 25)):
        *_, miner = mining.mine(network, corpus, whole.settings, numbers)
        pieces.append(miner.found)
    for order in permutations(pieces):
        assert_same(reduce(TopActivations.merge, order).named(corpus.ids), whole)
    assert_same(whole.merge(pieces[1]).named(corpus.ids), whole)


def test_searches_that_differ_do_not_merge(network, corpus, whole):
    other = TopActivations.none(settings_of(network, corpus, ["conv1"], K, BATCH))
    with pytest.raises(CorpusError, match="settings"):
        whole.merge(other)


def test_fewer_photos_than_places(network, corpus, whole, tmp_path):
    few = corpus.subset([photo for photo in range(len(corpus)) if photo not in whole.broken][:4])
    found = run(network, few, tmp_path)
    for layer in found.layers.values():
        assert (layer.photos[:, 4:] == NOBODY).all() and (layer.values[:, 4:] == -np.inf).all()
        assert (np.sort(layer.photos[:, :4], axis=1) == [0, 1, 2, 3]).all()


def test_a_stopped_search_goes_on_and_two_processes_finish_it(network, corpus, whole, tmp_path):
    begun = search(network, corpus, k=K, batch_size=BATCH, folder=tmp_path)
    for _ in range(7):
        progress = next(begun)
    assert 0 < progress.photos == 7 * BATCH and progress.seconds_left > 0
    begun.close()
    steps = list(search(network, corpus, k=K, batch_size=BATCH, folder=tmp_path, workers=2))
    assert steps[0].photos == 8 * BATCH
    assert [step.photos for step in steps] == sorted(step.photos for step in steps)
    assert steps[-1].broken == len(whole.broken)
    assert_same(steps[-1].result, whole)


def test_a_finished_search_is_not_repeated(network, corpus, whole, tmp_path, monkeypatch):
    run(network, corpus, tmp_path)
    monkeypatch.setattr(Miner, "add", lambda *_: pytest.fail("searched again"))
    assert_same(run(network, corpus, tmp_path), whole)
    renamed = replace(tiny_zfnet(), name="the same by another name")
    *_, last = search(renamed, corpus, k=K, batch_size=3 * BATCH, folder=tmp_path)
    assert_same(last.result, whole)


def test_a_finished_search_answers_smaller_questions(network, corpus, whole, tmp_path, monkeypatch):
    question = {"layers": ["conv2", "conv1"], "k": 2, "batch_size": BATCH}
    *_, asked = search(network, corpus, folder=tmp_path / "alone", **question)
    run(network, corpus, tmp_path)
    monkeypatch.setattr(Miner, "add", lambda *_: pytest.fail("searched again"))
    *_, last = search(network, corpus, folder=tmp_path, **question)
    assert_same(last.result, asked.result)
    name = f"{last.result.settings.key}.npz"
    assert (tmp_path / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    with pytest.raises(pytest.fail.Exception, match="searched again"):
        list(search(network, corpus, k=K + 1, folder=tmp_path))


def test_another_network_or_corpus_is_another_search(network, corpus):
    changed, pooled = tiny_zfnet(), tiny_zfnet()
    with torch.no_grad():
        changed.module.conv1.weight[0] += 1
    steps = tuple(replace(step, ceil_mode=False) if step.name == "pool1" else step for step in pooled.steps)
    pooled = replace(pooled, steps=steps)
    others = [settings_of(other, corpus, k=K) for other in (changed, pooled)]
    others += [settings_of(network, corpus.subset(range(100)), k=K), settings_of(network, corpus, ["conv1"], K)]
    others += [settings_of(network, corpus, k=K + 1), settings_of(network, corpus, k=K)]
    assert len({settings.key for settings in others}) == len(others)
    assert settings_of(network, corpus, k=K, batch_size=5).key == others[-1].key


def test_a_folder_and_a_zip_file_of_it_share_their_searches(network, corpus, whole, tmp_path, monkeypatch):
    with zipfile.ZipFile(corpus.store.paths[0]) as archive:
        archive.extractall(tmp_path / "photos")
    run(network, corpus, tmp_path)
    monkeypatch.setattr(Miner, "add", lambda *_: pytest.fail("searched again"))
    assert_same(run(network, open_corpus([tmp_path / "photos"]), tmp_path), whole)


def test_the_size_of_batches_changes_no_unit(network, corpus, whole, tmp_path):
    *_, last = search(network, corpus, k=K, batch_size=32, folder=tmp_path)
    for name, layer in last.result.layers.items():
        np.testing.assert_allclose(layer.values, whole.layers[name].values, rtol=1e-5, atol=1e-6)


def test_reading_stays_a_bounded_number_of_batches_ahead(network, corpus, monkeypatch):
    started = []
    read = mining.read_batch
    monkeypatch.setattr(mining, "read_batch", lambda *given: started.append(given[-1]) or read(*given))
    for seen, _ in enumerate(
        read_ahead(partial(mining.read_batch, network, corpus, BATCH), range(20), readers=2), start=1
    ):
        time.sleep(0.005)
        assert len(started) <= seen + BATCHES_AHEAD + 2 - 1


def test_a_long_search_holds_no_more_than_a_short_one(network, corpus, whole):
    """Batches are what is large; what is kept of them is as large in the end as after a few."""
    held, kept = [], []
    for miner in mining.mine(network, corpus, whole.settings, range(whole.settings.batches), readers=2):
        held.append(sum(type(thing) is Batch for thing in gc.get_objects()))
        kept.append(sum(array.nbytes for layer in miner.found.layers.values() for array in vars(layer).values()))
    assert len(held) > 25 and max(held) <= BATCHES_AHEAD + 2 + 2  # read ahead, the newest, one on its way
    assert set(kept) == {kept[0]}


def test_the_file_is_small_and_complete(whole, corpus, tmp_path):
    path = tmp_path / "found.npz"
    whole.save(path)
    assert_same(TopActivations.load(path), whole)
    mentioned = set(np.unique(np.concatenate([layer.photos.ravel() for layer in whole.layers.values()])).tolist())
    assert set(whole.ids) == mentioned | set(whole.broken)
    assert all(corpus.ids[photo] == id for photo, id in whole.ids.items())
    assert path.stat().st_size < 20_000
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CorpusError, match=r"found\.npz"):
        TopActivations.load(path)


def test_merging_a_layer_by_hand():
    one = Strongest(*(np.array([row]) for row in ([3.0, 1.0, 1.0], [4, 0, 7], [1, 2, 3], [0, 0, 0])))
    two = Strongest(*(np.array([row]) for row in ([3.0, 1.0, -np.inf], [2, 5, NOBODY], [9, 8, 0], [0, 0, 0])))
    merged = one.merge(two)
    assert merged.values.tolist() == [[3, 3, 1]]
    assert merged.photos.tolist() == [[2, 4, 0]]
    assert merged.rows.tolist() == [[9, 1, 2]]


def test_a_photo_on_both_sides_counts_once():
    one = Strongest(*(np.array([row]) for row in ([3.0, 2.0, -np.inf], [4, 0, NOBODY], [1, 2, 0], [0, 0, 0])))
    two = Strongest(*(np.array([row]) for row in ([3.0, 1.0, -np.inf], [4, 5, NOBODY], [1, 8, 0], [0, 0, 0])))
    assert one.merge(two).photos.tolist() == [[4, 0, 5]]
    assert one.merge(two).values.tolist() == [[3, 2, 1]]
    assert one.merge(one).photos.tolist() == [[4, 0, NOBODY]]


def test_an_unknown_layer_is_refused(network, corpus):
    with pytest.raises(UnknownName, match="conv9"):
        settings_of(network, corpus, ["conv9"])


def test_the_command(tmp_path, capsys):
    photos = write_photos(tmp_path / "photos.zip", 12)
    options = ["--network", "zfnet-classroom", "--corpus", str(photos), "--layers", "conv1", "-k", "2"]
    assert main([*options, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "skipped" in told.err and "12 of 12 photos" in told.err
    assert TopActivations.load(Path(told.out.strip())).layers["conv1"].values.shape == (96, 2)
    assert main(["--corpus", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--workers", "-k", "--batch-size", "--readers", "--threads"])
def test_the_command_refuses_zero(option, capsys):
    with pytest.raises(SystemExit):
        main([option, "0"])
    assert "whole number from 1" in capsys.readouterr().err


def test_ctrl_c_is_one_sentence(monkeypatch, capsys):
    def interrupted(*_, **__):
        yield Progress(0, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr("zfnet_core.top_activations.command.search", interrupted)
    assert main([]) == 130
    assert capsys.readouterr().err.endswith("Stopped; the same command goes on from here.\n")
