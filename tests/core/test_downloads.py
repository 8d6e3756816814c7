"""Downloads against a real server on this machine: whole, cut, resumed, tampered with, absent."""

from __future__ import annotations

import hashlib
import io
import os
import urllib.request
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torchvision
from weights_server import Behaviour, serving

from zfnet_core import files
from zfnet_core.errors import DownloadError
from zfnet_core.models import downloads, zoo
from zfnet_core.models.downloads import Progress, Source, cached, download, downloading
from zfnet_core.top_activations import search_folder

WEIGHTS = np.random.default_rng(0).bytes(1_500_000)
SHA1, SHA256 = hashlib.sha1(WEIGHTS).hexdigest(), hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture(autouse=True)
def _quick_and_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(downloads, "PAUSE_S", 0.01)
    monkeypatch.setattr(downloads, "REPORT_EVERY_S", 0.0)


def zipped(data: bytes, name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def plain(server: Behaviour, digest: str = SHA256[:8]) -> Source:
    return Source(f"{server.address}/net-1.pth", "net-1.pth", "sha256", digest)


def packed(server: Behaviour, digest: str = SHA1) -> Source:
    return Source(f"{server.address}/net.pth.zip", "net.pth", "sha1", digest, zipped=True)


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_download_reports_its_progress_and_is_there_afterwards(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS})) as server:
        seen: list[Progress] = []
        path = download(plain(server), tmp_path, seen.append)
        assert path.read_bytes() == WEIGHTS and only(tmp_path) == ["net-1.pth", "net-1.pth.sha256"]
        done = [progress.done for progress in seen]
        assert len(done) >= 4 and done == sorted(done)
        assert seen[-1] == Progress(len(WEIGHTS), len(WEIGHTS)) and seen[-1].share == 1
        assert cached(plain(server), tmp_path) == path
        assert download(plain(server), tmp_path) == path and len(server.asked) == 1


def test_the_unzipped_weights_are_what_is_hashed(tmp_path: Path) -> None:
    with serving(Behaviour({"/net.pth.zip": zipped(WEIGHTS, "net.pth")})) as server:
        assert download(packed(server), tmp_path).read_bytes() == WEIGHTS
        assert only(tmp_path) == ["net.pth"]


def test_a_cut_download_goes_on_where_it_was(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS}, cuts=[300_000, 500_000])) as server:
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS
        assert [wanted for _, wanted in server.asked] == [None, "bytes=300000-", "bytes=800000-"]


def test_a_server_that_cannot_resume_is_asked_for_everything(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS}, ranges=False, cuts=[400_000])) as server:
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS
        assert [wanted for _, wanted in server.asked] == [None, "bytes=400000-"]


def test_a_server_that_tells_no_length_is_believed_and_checked_by_hash(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS}, says_length=False)) as server:
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS


def test_closing_the_generator_keeps_what_came(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS})) as server:
        steps = downloading(plain(server), tmp_path)
        first = next(steps)
        steps.close()
        assert only(tmp_path) == ["net-1.pth.part"] and 0 < first.done < len(WEIGHTS)
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS
        assert server.asked[-1][1] == f"bytes={first.done}-"


def test_redirections_are_followed_with_the_range(tmp_path: Path) -> None:
    behaviour = Behaviour({"/there": WEIGHTS}, cuts=[100_000], redirects={"/net-1.pth": "/there"})
    with serving(behaviour) as server:
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS
        assert server.asked[-1] == ("/there", "bytes=100000-")


def test_an_old_beginning_of_another_file_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "net-1.pth.part").write_bytes(b"of last year" * 1000)
    with serving(Behaviour({"/net-1.pth": WEIGHTS})) as server:
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS
        assert [wanted for _, wanted in server.asked] == ["bytes=12000-", None]


@pytest.mark.parametrize("extra", [0, 5])
def test_a_part_that_is_already_whole_or_too_long(tmp_path: Path, extra: int) -> None:
    (tmp_path / "net-1.pth.part").write_bytes(WEIGHTS + bytes(extra))
    with serving(Behaviour({"/net-1.pth": WEIGHTS})) as server:
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS
        assert len(server.asked) == (1 if extra == 0 else 2)


@pytest.mark.parametrize(
    "contents", [WEIGHTS[:-1] + b"!", zipped(WEIGHTS, "other.pth"), zipped(WEIGHTS, "net.pth")[:-400], b""]
)
def test_what_was_not_published_is_thrown_away(tmp_path: Path, contents: bytes) -> None:
    with serving(Behaviour({"/net-1.pth": contents, "/net.pth.zip": contents})) as server:
        for source in (plain(server), packed(server)):
            with pytest.raises(DownloadError, match=r"127\.0\.0\.1 sent as net.*is not what was published.*try again"):
                download(source, tmp_path)
            assert only(tmp_path) == []


def test_without_a_connection_one_sentence_says_so(tmp_path: Path) -> None:
    with serving(Behaviour({})) as server:
        gone = plain(server)
    with pytest.raises(DownloadError, match=r"cannot be reached from here.*connect to the internet"):
        download(gone, tmp_path)
    assert only(tmp_path) == []


def test_a_name_that_does_not_resolve_is_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError, match=r"github\.com cannot be reached"):
        download(downloads.pytorchcv_source("zfnet"), tmp_path)


def test_a_connection_that_dies_for_good_keeps_the_part(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS}, cuts=[200_000, 0, 0, 0, 0, 0])) as server:
        with pytest.raises(DownloadError, match="cut again and again at 0 MB"):
            download(plain(server), tmp_path)
        assert (tmp_path / "net-1.pth.part").stat().st_size == 200_000


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_refusals_are_quoted(tmp_path: Path, status: int) -> None:
    with (
        serving(Behaviour({"/net-1.pth": WEIGHTS}, status=status)) as server,
        pytest.raises(DownloadError, match=f"answered “{status} "),
    ):
        download(plain(server), tmp_path)


def test_a_full_disk_is_noticed_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS})) as server:
        monkeypatch.setattr(downloads, "SPARE_BYTES", 10**18)
        with pytest.raises(DownloadError, match=r"only .* MB are free; make room"):
            download(plain(server), tmp_path)


def test_a_cache_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with (
        serving(Behaviour({"/net-1.pth": WEIGHTS})) as server,
        pytest.raises(DownloadError, match=r"cannot be written.*ZFNET_EXPLORER_CACHE"),
    ):
        download(plain(server), tmp_path / "file" / "cache")


def test_two_people_do_not_write_the_same_file(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS})) as server:
        first = downloading(plain(server), tmp_path)
        next(first)
        with pytest.raises(DownloadError, match="already; wait"):
            download(plain(server), tmp_path)
        for _ in first:
            pass
        assert download(plain(server), tmp_path).read_bytes() == WEIGHTS


def test_the_cache_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", str(tmp_path / "here"))
    assert files.cache_folder() == tmp_path / "here"
    monkeypatch.setenv("ZFNET_EXPLORER_CACHE", "~/x")
    assert files.cache_folder() == Path.home() / "x"
    assert search_folder.cache_folder() == Path.home() / "x" / "top-activations"
    monkeypatch.delenv("ZFNET_EXPLORER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache_folder() == tmp_path / "zfnet-explorer"


@pytest.mark.parametrize("name", ["zfnet", "zfnetb", "alexnet"])
def test_pytorchcv_addresses_are_those_that_pytorchcv_itself_would_ask(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytorchcv.models.common import model_store

    asked = []

    def note(url: str, path: str, **_: object) -> None:
        asked.append((url, Path(path).name))
        raise InterruptedError

    monkeypatch.setattr(model_store, "_download", note)
    with pytest.raises(InterruptedError):
        model_store.get_model_file(name, str(tmp_path))
    source = downloads.pytorchcv_source(name)
    assert asked == [(source.url, source.file + ".zip")]
    assert len(source.digest) == 40 and source.digest[:8] in source.file


@pytest.mark.parametrize("name", [entry.published for entry in zoo.ENTRIES if entry.origin == "torchvision"])
def test_torchvision_addresses_carry_their_hash(name: str) -> None:
    source = downloads.torchvision_source(name)
    weights = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    assert source.url == weights.url and source.url.endswith(f"-{source.digest[:8]}.pth")


def test_a_short_hash_is_trusted_once_and_the_whole_one_remembered(tmp_path: Path) -> None:
    with serving(Behaviour({"/net-1.pth": WEIGHTS, "/net.pth.zip": zipped(WEIGHTS, "net.pth")})) as server:
        path = download(plain(server), tmp_path)
        assert (tmp_path / "net-1.pth.sha256").read_text().strip() == SHA256
        path.unlink()
        assert download(plain(server), tmp_path) == path, "the same once more"
        path.unlink()
        (tmp_path / "net-1.pth.sha256").write_text("0" * 64)  # as if the first had been another of the same short hash
        with pytest.raises(DownloadError, match="not what was published"):
            download(plain(server), tmp_path)
        assert only(tmp_path) == ["net-1.pth.sha256"]
        download(packed(server), tmp_path)
        assert not (tmp_path / "net.pth.sha256").exists(), "its whole hash is published"


def test_known_hashes_begin_as_published() -> None:
    for file, digest in downloads.FULL_SHA256.items():
        assert len(digest) == 64 and digest.startswith(file.removesuffix(".pth").rsplit("-", 1)[-1])
    assert downloads.torchvision_source("vgg16").digest == downloads.FULL_SHA256["vgg16-397923af.pth"]
    assert len(downloads.torchvision_source("googlenet").digest) == 8


@pytest.mark.parametrize(
    "new", ["http://elsewhere.example/net", "HTTP://elsewhere.example/net", "ftp://elsewhere.example/net"]
)
def test_the_way_from_encrypted_to_open_is_not_followed(new: str) -> None:
    handler = downloads._NeverLessSafe()
    asked = urllib.request.Request("https://there.example/net")
    with pytest.raises(DownloadError, match=r"there.example sends on to elsewhere.example without encryption"):
        handler.redirect_request(asked, None, 302, "Found", {}, new)
    assert handler.redirect_request(asked, None, 302, "Found", {}, "https://elsewhere.example/net") is not None


@pytest.mark.parametrize("says_length", [True, False])
def test_more_than_was_published_is_not_even_fetched(tmp_path: Path, says_length: bool) -> None:
    small = {"about_bytes": 100_000}
    bomb = zipped(bytes(5_000_000), "net.pth")
    with serving(Behaviour({"/net-1.pth": WEIGHTS, "/net.pth.zip": bomb}, says_length=says_length)) as server:
        with pytest.raises(DownloadError, match="more than was published"):
            download(replace(plain(server), **small), tmp_path)
        with pytest.raises(DownloadError, match="not what was published"):  # five megabytes in five kilobytes
            download(replace(packed(server), digest="", **small), tmp_path)
    assert only(tmp_path) == []


def test_a_folder_forgets_what_was_used_least_recently(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / f"{number}.npz"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 + number, 1000 + number))
    (tmp_path / "other.txt").write_bytes(bytes(1000))
    files.used(tmp_path / "0.npz")
    files.keep_within(tmp_path, "*.npz", 300, but=tmp_path / "1.npz")
    assert only(tmp_path) == ["0.npz", "1.npz", "5.npz", "other.txt"]
