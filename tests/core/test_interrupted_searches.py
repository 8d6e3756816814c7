"""Searches that are killed, closed, or run twice at once: the same file in the end, to the last byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.core.tiny_searches import BATCH, K, assert_same, run
from zfnet_core.errors import CorpusError
from zfnet_core.files import ABANDONED_S
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.top_activations import mining
from zfnet_core.top_activations.job import Job
from zfnet_core.top_activations.mining import settings_of
from zfnet_core.top_activations.processes import run_in_processes
from zfnet_core.top_activations.search import search
from zfnet_core.top_activations.search_folder import SearchFolder

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def whole(network, corpus, tmp_path_factory) -> SearchFolder:
    """A search that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole")
    return SearchFolder(run(network, corpus, folder).settings, folder)


def assert_finished(folder: Path, whole: SearchFolder) -> None:
    assert (folder / whole.final.name).read_bytes() == whole.final.read_bytes()
    assert [path.name for path in folder.iterdir()] == [whole.final.name]


def save_part(kept: SearchFolder, network: Network, corpus: Corpus, numbers: range, name: str) -> None:
    *_, miner = mining.mine(network, corpus, kept.settings, numbers)
    miner.found.save(kept.new_part().with_name(f"{kept.settings.key}.{BATCH}.{name}.part.npz"))


KILLED = """
import sys, torch
from pathlib import Path
from zfnet_core.photos.corpus import open_corpus
from tests.core.tiny_searches import BATCH, K, tiny_zfnet
from zfnet_core.top_activations.search import search
torch.set_num_threads(1)
options = {"k": K, "batch_size": BATCH, "folder": Path(sys.argv[2]), "save_every_s": 0, "workers": int(sys.argv[3])}
for step in search(tiny_zfnet(), open_corpus([sys.argv[1]]), **options):
    print(step.photos, flush=True)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_search_goes_on_to_the_same_file(workers, network, corpus, whole, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(corpus.store.paths[0]), str(tmp_path), str(workers)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if int(line) >= 10 * BATCH:
            break
    orphans = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGKILL)
    process.wait()
    steps = list(search(network, corpus, k=K, batch_size=BATCH, folder=tmp_path, workers=workers))
    assert steps[0].photos >= 9 * BATCH
    while any(Path(f"/proc/{pid}").exists() for pid in orphans):
        time.sleep(0.1)
    for path in tmp_path.glob("*.writing"):
        os.utime(path, (0, 0))
    run(network, corpus, tmp_path)
    assert_finished(tmp_path, whole)


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_a_part_that_overlaps_another_does_no_harm(names, network, corpus, whole, tmp_path):
    kept = SearchFolder(whole.settings, tmp_path)
    save_part(kept, network, corpus, range(kept.settings.batches), names[0])
    save_part(kept, network, corpus, range(3, 9), names[1])
    kept.new_part().write_bytes(b"half a file")
    assert kept.gather().complete
    assert_same(run(network, corpus, tmp_path), whole.answer())
    assert_finished(tmp_path, whole)


def test_two_searches_at_once_both_finish(network, corpus, whole, tmp_path):
    both = [search(network, corpus, k=K, batch_size=BATCH, folder=tmp_path, save_every_s=0) for _ in range(2)]
    results = []
    next(both[0])
    while both:
        for one in tuple(both):
            step = next(one)
            if step.result is not None:
                results.append(step.result)
                both.remove(one)
    for result in results:
        assert_same(result, whole.answer())
    assert_finished(tmp_path, whole)


def test_a_search_whose_parts_a_faster_one_cleared_up_takes_its_answer(network, corpus, whole, tmp_path):
    slow = search(network, corpus, k=K, batch_size=BATCH, folder=tmp_path, save_every_s=0)
    next(slow)
    run(network, corpus, tmp_path)
    *_, last = slow
    assert_same(last.result, whole.answer())
    assert_finished(tmp_path, whole)


def test_closing_a_search_in_processes_keeps_what_they_have_found(network, corpus, tmp_path):
    running = search(network, corpus, k=K, batch_size=BATCH, folder=tmp_path, workers=2, save_every_s=1e9)
    for _ in range(6):
        photos = next(running).photos
    running.close()
    kept = SearchFolder(settings_of(network, corpus, k=K, batch_size=BATCH), tmp_path)
    assert photos <= kept.gather().photos_done < len(corpus)


class UnwritableFolder(SearchFolder):
    """A folder on a full disk."""

    def new_part(self) -> Path:
        return Path("/proc/full/part.npz")


def test_a_workers_own_error_is_told(network, corpus, tmp_path):
    settings = settings_of(network, corpus, k=K, batch_size=BATCH)
    job = Job(network, corpus, UnwritableFolder(settings, tmp_path), save_every_s=0)
    with pytest.raises(CorpusError, match=r"worker of the search failed \(.*/proc/full"):
        list(run_in_processes(job, range(8), 2))


def test_what_killed_processes_were_writing_is_cleared_up(network, corpus, whole, tmp_path):
    for name, age in (("old", ABANDONED_S + 60), ("new", 0)):
        path = tmp_path / f"{name}.npz.1.writing"
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    run(network, corpus, tmp_path)
    assert [path.name for path in tmp_path.glob("*.writing")] == ["new.npz.1.writing"]
