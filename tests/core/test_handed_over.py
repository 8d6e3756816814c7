"""Photos handed over as files: read like any corpus, bounded, and never written down."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.tiny_searches import tiny_zfnet
from zfnet_core.errors import CorpusError
from zfnet_core.photos import handed_over
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.handed_over import corpus_of
from zfnet_core.photos.stores import list_zips
from zfnet_core.top_activations.search import search, search_in_memory


def photo(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 22, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((90, 80), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_photos_and_zip_files_are_one_corpus() -> None:
    archive = zipped(
        {"a/b/cats/1.png": photo(1), "notes.txt": b"no", "__MACOSX/cats/._1.png": b"no", "up.png": photo(2)}
    )
    corpus = corpus_of([("1.png", photo(3)), ("all.ZIP", archive), ("1.png", photo(4))])
    assert corpus.ids == ("1-2.png", "1.png", "cats/1.png", "up.png") and corpus.labels == ("", "", "cats", "")
    assert corpus.title == "4 photos of yours"
    assert corpus.photo(2).pixels.shape[2] == 3 and corpus.photo(2).sha != corpus.photo(3).sha
    again = corpus_of([("1.png", photo(3)), ("all.ZIP", archive), ("1.png", photo(4))])
    other = corpus_of([("1.png", photo(5)), ("all.ZIP", archive), ("1.png", photo(4))])
    assert corpus.key == again.key != other.key


def test_a_search_in_memory_finds_the_same_and_writes_nothing(tmp_path: Path, monkeypatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path / "cache"))
    network, files = tiny_zfnet(), {f"{number:02d}.png": photo(number) for number in range(11)}
    files["05.png"] = b"torn"
    (tmp_path / "photos").mkdir()
    for name, content in files.items():
        (tmp_path / "photos" / name).write_bytes(content)
    *steps, last = search_in_memory(network, corpus_of(files.items()), batch_size=4)
    assert [step.photos for step in steps] == [4, 8, 11] and steps[-1].broken == 1
    assert not (tmp_path / "cache").exists()
    *_, kept = search(network, open_corpus([tmp_path / "photos"]), batch_size=4, folder=tmp_path / "found")
    assert last.result is not None and kept.result is not None
    for name, layer in kept.result.layers.items():
        for part, array in vars(layer).items():
            np.testing.assert_array_equal(array, getattr(last.result.layers[name], part))
    assert last.result.ids == kept.result.ids


def test_too_many_and_too_large_are_refused_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setattr(handed_over, "MOST_PHOTOS", 3)
    with pytest.raises(CorpusError, match="more than 3 photos"):
        corpus_of([(f"{number}.png", photo(number)) for number in range(4)])
    monkeypatch.setattr(handed_over, "MOST_BYTES", 2**20)
    bomb = zipped({"zeros.png": bytes(2**28)})
    assert len(bomb) < 2**20
    with pytest.raises(CorpusError, match="more than 1 MB"):
        corpus_of([("bomb.zip", bomb)])
    with pytest.raises(CorpusError, match="more than 1 MB together"):
        corpus_of([("half.png", bytes(700_000)), ("other.png", bytes(700_000))])
    with pytest.raises(CorpusError, match="more than 5,000 files"):
        corpus_of([("many.zip", zipped({f"{number}.txt": b"" for number in range(5001)}))])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip", zipped({"a.png": photo(1)})[:-30]])
def test_what_is_no_zip_file_is_said(content: bytes) -> None:
    with pytest.raises(CorpusError, match="not a readable zip file"):
        corpus_of([("photos.zip", content)])


def test_nothing_to_look_at_is_said() -> None:
    with pytest.raises(CorpusError, match="no photo among"):
        corpus_of([("empty.zip", zipped({"notes.txt": b""}))])


def changed(archive: bytes, flags: int = 0, method: int | None = None) -> bytes:
    """The same zip file with other words about its members, in both places where they stand."""
    data = bytearray(archive)
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= flags
            if method is not None:
                data[place + at + 2 : place + at + 4] = method.to_bytes(2, "little")
            place = data.find(mark, place + 4)
    return bytes(data)


@pytest.mark.parametrize(
    ("flags", "method", "words"),
    [(1, None, "locked with a password"), (0, 9, "Deflate64.*Unzip it"), (0, 97, "method 97.*Unzip it")],
)
def test_zip_files_that_need_another_program_say_what_to_do(
    flags: int, method: int | None, words: str, tmp_path: Path
) -> None:
    archive = changed(zipped({"a.png": photo(1)}), flags, method)
    with pytest.raises(CorpusError, match=words):
        corpus_of([("mine.zip", archive)])
    (tmp_path / "mine.zip").write_bytes(archive)
    with pytest.raises(CorpusError, match=words):
        list_zips([tmp_path / "mine.zip"])
