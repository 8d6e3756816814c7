"""Projections from photos that were decoded before, with photos missing, and scores kept on disk."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.tiny_searches import tiny_zfnet
from zfnet_core.errors import ImageError
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.top_activations.order import load_scores, save_scores, unlike_maps
from zfnet_core.top_activations.patches import Decoded, places, projections
from zfnet_core.top_activations.search import search


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """(network, corpus, answer) of a search through twelve photos."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("photos")
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 22, 3), np.uint8)
        Image.fromarray(pixels).resize((90, 80), Image.Resampling.BICUBIC).save(folder / f"{number:02d}.png")
    network, corpus = tiny_zfnet(), open_corpus([folder])
    *_, last = search(network, corpus, batch_size=4, folder=tmp_path_factory.mktemp("found"))
    return network, corpus, last.result


def test_decoded_photos_are_prepared_as_the_corpus_does(searched):
    network, corpus, _ = searched
    decoded = Decoded({photo: corpus.shown(photo, network.preprocessing) for photo in (0, 7)})
    for photo in (0, 7):
        theirs = corpus.prepare(photo, network.preprocessing)
        torch.testing.assert_close(decoded.prepare(photo, network.preprocessing), theirs, rtol=0, atol=0)
    with pytest.raises(ImageError, match="Photo 3"):
        decoded.prepare(3, network.preprocessing)


def test_missing_photos_cost_their_own_units_only(searched):
    network, corpus, found = searched
    wanted = places(found, "conv3", [0, 1, 2])
    gone = wanted[4].photo
    shown = {one.photo: corpus.shown(one.photo, network.preprocessing) for one in wanted if one.photo != gone}
    with pytest.raises(ImageError):
        list(projections(network, Decoded(shown), wanted))
    whole = dict(projections(network, corpus, wanted, photos_at_once=1))
    part = dict(projections(network, Decoded(shown), wanted, photos_at_once=1, skip_unreadable=True))
    assert set(part) == {index for index, one in enumerate(wanted) if one.photo != gone} and len(part) < len(whole)
    for index, pixels in part.items():
        torch.testing.assert_close(pixels, whole[index], rtol=1e-4, atol=1e-6)
    assert list(projections(network, Decoded({}), wanted, skip_unreadable=True)) == []


def test_a_comparison_goes_on_without_a_missing_photo(searched):
    network, corpus, found = searched

    class OneGone:
        def prepare(self, index, preprocessing):
            if index == 5:
                raise ImageError("gone")
            return corpus.prepare(index, preprocessing)

    *_, (done, total, scores) = unlike_maps(network, OneGone(), found, "conv2")
    assert done == total - sum(one.photo == 5 for one in places(found, "conv2", range(len(scores))))


def test_scores_come_back_and_other_files_do_not(tmp_path):
    path, scores = tmp_path / "a.npy", np.array([0.25, 1.5, 0], np.float32)
    assert load_scores(path, 3) is None
    save_scores(scores, path)
    np.testing.assert_array_equal(load_scores(path, 3), scores)
    assert load_scores(path, 4) is None
    assert [place.name for place in tmp_path.iterdir()] == ["a.npy"]
    path.write_bytes(b"\x93NUMPY")
    assert load_scores(path, 3) is None
    path.write_bytes(b"")
    assert load_scores(path, 3) is None
