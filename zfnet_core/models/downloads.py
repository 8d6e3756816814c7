"""Fetching published ImageNet weights once, into a cache folder, and only if they are what was published.

A download goes on where an earlier one was cut, is checked against the hash its publisher gives, and appears under its
final name in one step, so that a file that is there is always whole.

torchvision publishes eight digits of each SHA-256, which somebody with a good computer can imitate. The whole hash
stands in `FULL_SHA256` where it is known; of other files the hash of the first download is remembered beside them
(`FILE.sha256`), and a later download has to be the same: the first use is trusted.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import torchvision

from zfnet_core.errors import DownloadError
from zfnet_core.files import cache_folder, replaced
from zfnet_core.language import phrase

CHUNK = 2**18
REPORT_EVERY_S = 0.2
TIMEOUT_S = 20
ATTEMPTS = 4  # in a row that bring not one new byte
PAUSE_S = 0.5
SPARE_BYTES = 50 * 2**20
LARGEST_BYTES = 2**30  # of a file whose size nobody has told; VGG-19 has half of it
FULL_SHA256 = {
    "alexnet-owt-7be5be79.pth": "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    "resnet18-f37072fd.pth": "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    "resnet50-0676ba61.pth": "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
    "vgg16-397923af.pth": "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
}
CONNECTION_ERRORS = (urllib.error.URLError, http.client.HTTPException, OSError)


@dataclass(frozen=True)
class Source:
    """One published file of weights.

    `digest` is the hash of the weights (the first digits are enough), of the unzipped file if `zipped`.
    `file` is its name in the cache; `about_bytes` its size, told by the number of parameters (0: unknown).
    """

    url: str
    file: str
    algorithm: Literal["sha1", "sha256"]
    digest: str
    zipped: bool = False
    about_bytes: int = 0

    @property
    def host(self) -> str:
        """The server's name."""
        return urlsplit(self.url).hostname or self.url

    @property
    def most_bytes(self) -> int:
        """More than this cannot be what was published: a tenth and a megabyte are left for what is not weights."""
        return self.about_bytes * 11 // 10 + 2**20 if self.about_bytes else LARGEST_BYTES


@dataclass(frozen=True)
class Progress:
    """Bytes fetched so far, and of how many (0: the server does not say)."""

    done: int
    total: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


@cache
def pytorchcv_source(name: str) -> Source:
    """Where pytorchcv publishes the weights of its model `name`, from the list inside the installed package."""
    from pytorchcv.models.common.model_store import get_model_metainfo, imgclsmob_repo_url

    parameters, error, sha1, release = get_model_metainfo(name)
    file = f"{name}-{error}-{sha1[:8]}.pth"
    url = f"{imgclsmob_repo_url}/releases/download/{release}/{file}.zip"
    return Source(url, file, "sha1", sha1, zipped=True, about_bytes=4 * parameters)


def torchvision_weights(name: str) -> Any:
    """torchvision's published ImageNet weights of its model `name` (the first version: resized to 256 px)."""
    return torchvision.models.get_model_weights(name).IMAGENET1K_V1


@cache
def torchvision_source(name: str) -> Source:
    """Where torchvision publishes them; the file's name ends with the first digits of its SHA-256."""
    weights = torchvision_weights(name)
    file = weights.url.rsplit("/", 1)[-1]
    digest = FULL_SHA256.get(file) or file.removesuffix(".pth").rsplit("-", 1)[-1]
    return Source(weights.url, file, "sha256", digest, about_bytes=4 * weights.meta["num_params"])


def cached(source: Source, folder: Path | None = None) -> Path | None:
    """The file if it has been downloaded, else None."""
    path = (folder or cache_folder()) / source.file
    return path if path.is_file() else None


def download(source: Source, folder: Path | None = None, progress: Callable[[Progress], None] | None = None) -> Path:
    """Fetch `source` unless it is there; returns its path. Raises DownloadError with one sentence."""
    for state in downloading(source, folder):
        if progress:
            progress(state)
    return (folder or cache_folder()) / source.file


def downloading(source: Source, folder: Path | None = None) -> Iterator[Progress]:
    """The same as a generator that reports a few times a second; closing it keeps what has come for the next time.

    Raises DownloadError: no connection, an unexpected answer, no room on the disk, or contents with another hash.
    """
    folder = folder or cache_folder()
    if cached(source, folder):
        return
    with _only_one(source.file):
        part = folder / f"{source.file}{'.zip' if source.zipped else ''}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            resumed = part.exists()
            yield from _fetch(source, part)
            if not (accepted := _accept(source, part, folder)) and resumed:
                # The old beginning may have belonged to another version of the file: once more from the start.
                yield from _fetch(source, part)
                accepted = _accept(source, part, folder)
        except OSError as error:
            raise DownloadError(
                phrase(
                    "{file} cannot be written to {folder} ({strerror}); set ZFNET_EXPLORER_CACHE to a folder "
                    "that you may write to.",
                    file=source.file,
                    folder=folder,
                    strerror=error.strerror or error,
                )
            ) from error
        if not accepted:
            raise DownloadError(
                phrase(
                    "What {host} sent as {file} is not what was published ({upper} {digest}… expected) and "
                    "was thrown away; try again later.",
                    host=source.host,
                    file=source.file,
                    upper=source.algorithm.upper(),
                    digest=source.digest[:8],
                )
            )


class _NeverLessSafe(urllib.request.HTTPRedirectHandler):
    """Follows from http to https, never the other way: on the open way anybody could put in what he likes."""

    def redirect_request(self, request: Any, *arguments: Any) -> urllib.request.Request | None:
        new_url = arguments[-1]
        if request.type == "https" and urlsplit(new_url).scheme != "https":
            raise DownloadError(
                phrase(
                    "{host} sends on to {hostname} without encryption, which is not followed; try again "
                    "later or choose another network.",
                    host=request.host,
                    hostname=urlsplit(new_url).hostname,
                )
            )
        return super().redirect_request(request, *arguments)


def _opened(request: urllib.request.Request) -> http.client.HTTPResponse:
    reply: http.client.HTTPResponse = urllib.request.build_opener(_NeverLessSafe).open(request, timeout=TIMEOUT_S)
    return reply


_under_way: set[str] = set()
_under_way_lock = threading.Lock()


@contextmanager
def _only_one(file: str) -> Iterator[None]:
    with _under_way_lock:
        if file in _under_way:
            raise DownloadError(phrase("{file} is being downloaded already; wait until it is there.", file=file))
        _under_way.add(file)
    try:
        yield
    finally:
        with _under_way_lock:
            _under_way.discard(file)


def _fetch(source: Source, part: Path) -> Iterator[Progress]:
    """Fill `part`, going on from its present length; after a cut, connect again and go on."""
    failures = 0
    while True:
        have = part.stat().st_size if part.exists() else 0
        try:
            reply, have, total = _connect(source, have)
        except urllib.error.HTTPError as answer:
            if answer.code == 416 and have:  # nothing follows what we have: it is whole, or it is too long
                if answer.headers.get("Content-Range", "").endswith(f"/{have}"):
                    return
                part.unlink()
                continue
            raise DownloadError(
                phrase(
                    "{host} answered “{code} {reason}” when asked for {file}; try again later or choose "
                    "another network.",
                    host=source.host,
                    code=answer.code,
                    reason=answer.reason,
                    file=source.file,
                )
            ) from answer
        except CONNECTION_ERRORS as error:
            failures += 1
            if not have or failures == ATTEMPTS:
                raise DownloadError(
                    phrase(
                        "{host} cannot be reached from here, so {file} was not downloaded; connect to the "
                        "internet and try again, or choose a network that is there already.",
                        host=source.host,
                        file=source.file,
                    )
                ) from error
            time.sleep(PAUSE_S * failures)
            continue
        _check_size(source, part, total)
        _check_room(source, part.parent, total, have)
        start, reported = have, 0.0
        with reply, part.open("ab" if have else "wb") as file:
            while chunk := _read(reply):
                file.write(chunk)
                have += len(chunk)
                _check_size(source, part, have)
                if time.monotonic() - reported >= REPORT_EVERY_S:
                    yield Progress(have, total)
                    reported = time.monotonic()
        yield Progress(have, total)
        if chunk is not None and have >= total:
            return
        failures = 0 if have > start else failures + 1
        if failures == ATTEMPTS:
            raise DownloadError(
                phrase(
                    "The connection to {host} was cut again and again at {have:.0f} MB of {file}; try again "
                    "later, the download goes on from there.",
                    host=source.host,
                    have=have / 1000000.0,
                    file=source.file,
                )
            )


def _connect(source: Source, have: int) -> tuple[http.client.HTTPResponse, int, int]:
    """(the answer, from which byte on it is, how long the whole file is or 0)."""
    headers = {"User-Agent": "zfnet-explorer", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    reply = _opened(urllib.request.Request(source.url, headers=headers))
    if reply.status == 206 and (found := re.match(rf"bytes {have}-\d+/(\d+)", reply.headers["Content-Range"] or "")):
        return reply, have, int(found.group(1))
    return reply, 0, int(reply.headers["Content-Length"] or 0)


def _read(reply: http.client.HTTPResponse) -> bytes | None:
    """The next bytes, none at the end, None where the connection was cut."""
    try:
        return reply.read(CHUNK)
    except CONNECTION_ERRORS:
        return None


def _check_size(source: Source, part: Path, size: int) -> None:
    if size > source.most_bytes:
        part.unlink(missing_ok=True)
        raise DownloadError(
            phrase(
                "{host} sends more than {most_bytes:,.0f} MB as {file}, which is more than was "
                "published; nothing of it was kept.",
                host=source.host,
                most_bytes=source.most_bytes / 1000000.0,
                file=source.file,
            )
        )


def _check_room(source: Source, folder: Path, total: int, have: int) -> None:
    needed = total - have + (total * 5 // 4 if source.zipped else 0) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DownloadError(
            phrase(
                "{file} needs {needed:.0f} MB in {folder}, but only {free:.0f} MB are free; make room or "
                "set ZFNET_EXPLORER_CACHE to another folder.",
                file=source.file,
                needed=needed / 1000000.0,
                folder=folder,
                free=free / 1000000.0,
            )
        )


def _accept(source: Source, part: Path, folder: Path) -> bool:
    """Give the finished download its final name if its hash is right; throw it away otherwise."""
    whole = folder / f"{source.file}.unzipped" if source.zipped else part
    try:
        if source.zipped and not _unzip(part, source.file, whole, source.most_bytes):
            return False
        right = _digest(whole, source.algorithm).startswith(source.digest) and _as_before(source, whole, folder)
        if right:
            with replaced(folder / source.file) as place:
                whole.replace(place)
        return right
    finally:
        part.unlink(missing_ok=True)
        whole.unlink(missing_ok=True)


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _as_before(source: Source, whole: Path, folder: Path) -> bool:
    """Whether a file of which a short hash is published is the one that came first under its name; remembers it."""
    if len(source.digest) >= 40:
        return True
    remembered, found = folder / f"{source.file}.sha256", _digest(whole, "sha256")
    if remembered.is_file():
        return remembered.read_text(encoding="ascii", errors="replace").strip() == found
    with replaced(remembered) as place:
        place.write_text(f"{found}\n", encoding="ascii")
    return True


def _unzip(archive: Path, name: str, target: Path, most_bytes: int) -> bool:
    """Unpack the one file `name`; False if the archive is broken, or there is none of at most `most_bytes`."""
    try:
        with zipfile.ZipFile(archive) as packed, packed.open(name) as inside, target.open("wb") as file:
            while chunk := inside.read(CHUNK):
                if file.tell() + len(chunk) > most_bytes:
                    return False
                file.write(chunk)
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error, RuntimeError):
        return False
    return True
