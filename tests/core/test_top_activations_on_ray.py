"""A search on a Ray cluster of two nodes. Skipped unless the optional extra is installed: `make test-ray`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.core.tiny_searches import BATCH, K, run, write_photos
from zfnet_core.errors import CorpusError
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.top_activations import mining, on_ray
from zfnet_core.top_activations.mining import settings_of
from zfnet_core.top_activations.on_ray import search_on_ray
from zfnet_core.top_activations.search_folder import SearchFolder

pytest.importorskip("ray.data", exc_type=ImportError)
import ray
from ray.cluster_utils import Cluster
from ray.data import DataContext


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Two nodes with one core each, so that two workers cannot be on the same one."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    DataContext.get_current().wait_for_min_actors_s = 300  # or the first one up does all the work, which is little
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


def test_two_nodes_share_a_search_and_leave_the_same_file(network, corpus, address, tmp_path, monkeypatch):
    machines = set()

    def watched(*given):
        for machine, piece in pieces(*given):
            machines.add(machine)
            yield machine, piece

    pieces = on_ray.pieces
    monkeypatch.setattr(on_ray, "pieces", watched)
    options = {"k": K, "batch_size": BATCH, "address": address, "batches_per_task": 3}
    steps = list(search_on_ray(network, corpus, folder=tmp_path / "ray", **options))
    assert [step.photos for step in steps] == sorted(step.photos for step in steps) and len(steps) > 5
    assert machines == {node["NodeID"] for node in ray.nodes() if node["Alive"]} and len(machines) == 2
    run(network, corpus, tmp_path / "here")
    (ours,), (theirs,) = ((tmp_path / folder).iterdir() for folder in ("here", "ray"))
    assert (theirs.name, theirs.read_bytes()) == (ours.name, ours.read_bytes())


def test_when_nothing_is_missing_ray_is_not_asked(network, corpus, tmp_path, monkeypatch):
    kept = SearchFolder(settings_of(network, corpus, k=K, batch_size=BATCH), tmp_path)
    for numbers in (range(20), range(15, kept.settings.batches)):
        *_, miner = mining.mine(network, corpus, kept.settings, numbers)
        miner.found.save(kept.new_part())
    monkeypatch.setattr(on_ray, "pieces", lambda *_: pytest.fail("asked"))
    (only,) = search_on_ray(network, corpus, k=K, batch_size=BATCH, folder=tmp_path, address="local")
    assert only.result.complete and np.isfinite(only.result.layers["conv5"].values).all()


def test_a_machine_that_does_not_see_the_photos_says_so(network, address, tmp_path):
    photos = write_photos(tmp_path / "elsewhere.zip", 20)
    corpus = open_corpus([photos])
    photos.rename(Path(tmp_path / "gone"))
    with pytest.raises(CorpusError, match="does not see elsewhere") as caught:
        list(search_on_ray(network, corpus, k=K, batch_size=BATCH, address=address, folder=tmp_path / "found"))
    assert "\n" not in str(caught.value)
