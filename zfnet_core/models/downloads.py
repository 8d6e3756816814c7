"""Fetching published ImageNet weights once, into a cache folder, and only if they are what was published.

A download goes on where an earlier one was cut, is checked against the hash its publisher gives, and appears under its
final name in one step, so that a file that is there is always whole.
"""

from __future__ import annotations

import hashlib
import http.client
import os
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

CHUNK = 2**18
REPORT_EVERY_S = 0.2
TIMEOUT_S = 20
ATTEMPTS = 4  # in a row that bring not one new byte
PAUSE_S = 0.5
SPARE_BYTES = 50 * 2**20
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
    digest = re.search(r"-([0-9a-f]{8,})\.pth$", file).group(1)
    return Source(weights.url, file, "sha256", digest, about_bytes=4 * weights.meta["num_params"])


def cache_folder() -> Path:
    """$ZFNET_EXPLORER_CACHE, or ~/.cache/zfnet-explorer."""
    return Path(os.environ.get("ZFNET_EXPLORER_CACHE") or Path.home() / ".cache" / "zfnet-explorer").expanduser()


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
                f"{source.file} cannot be written to {folder} ({error.strerror or error}); "
                "set ZFNET_EXPLORER_CACHE to a folder that you may write to."
            ) from error
        if not accepted:
            raise DownloadError(
                f"What {source.host} sent as {source.file} is not what was published ({source.algorithm.upper()} "
                f"{source.digest[:8]}… expected) and was thrown away; try again later."
            )


_under_way: set[str] = set()
_under_way_lock = threading.Lock()


@contextmanager
def _only_one(file: str) -> Iterator[None]:
    with _under_way_lock:
        if file in _under_way:
            raise DownloadError(f"{file} is being downloaded already; wait until it is there.")
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
                f"{source.host} answered “{answer.code} {answer.reason}” when asked for {source.file}; "
                "try again later or choose another network."
            ) from answer
        except CONNECTION_ERRORS as error:
            failures += 1
            if not have or failures == ATTEMPTS:
                raise DownloadError(
                    f"{source.host} cannot be reached from here, so {source.file} was not downloaded; "
                    "connect to the internet and try again, or choose a network that is there already."
                ) from error
            time.sleep(PAUSE_S * failures)
            continue
        _check_room(source, part.parent, total, have)
        start, reported = have, 0.0
        with reply, part.open("ab" if have else "wb") as file:
            while chunk := _read(reply):
                file.write(chunk)
                have += len(chunk)
                if time.monotonic() - reported >= REPORT_EVERY_S:
                    yield Progress(have, total)
                    reported = time.monotonic()
        yield Progress(have, total)
        if chunk is not None and have >= total:
            return
        failures = 0 if have > start else failures + 1
        if failures == ATTEMPTS:
            raise DownloadError(
                f"The connection to {source.host} was cut again and again at {have / 1e6:.0f} MB of {source.file}; "
                "try again later, the download goes on from there."
            )


def _connect(source: Source, have: int) -> tuple[http.client.HTTPResponse, int, int]:
    """(the answer, from which byte on it is, how long the whole file is or 0)."""
    headers = {"User-Agent": "zfnet-explorer", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    reply = urllib.request.urlopen(urllib.request.Request(source.url, headers=headers), timeout=TIMEOUT_S)
    if reply.status == 206 and (found := re.match(rf"bytes {have}-\d+/(\d+)", reply.headers["Content-Range"] or "")):
        return reply, have, int(found.group(1))
    return reply, 0, int(reply.headers["Content-Length"] or 0)


def _read(reply: http.client.HTTPResponse) -> bytes | None:
    """The next bytes, none at the end, None where the connection was cut."""
    try:
        return reply.read(CHUNK)
    except CONNECTION_ERRORS:
        return None


def _check_room(source: Source, folder: Path, total: int, have: int) -> None:
    needed = total - have + (total * 5 // 4 if source.zipped else 0) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DownloadError(
            f"{source.file} needs {needed / 1e6:.0f} MB in {folder}, but only {free / 1e6:.0f} MB are free; "
            "make room or set ZFNET_EXPLORER_CACHE to another folder."
        )


def _accept(source: Source, part: Path, folder: Path) -> bool:
    """Give the finished download its final name if its hash is right; throw it away otherwise."""
    whole = folder / f"{source.file}.unzipped" if source.zipped else part
    try:
        if source.zipped and not _unzip(part, source.file, whole):
            return False
        with whole.open("rb") as file:
            right = hashlib.file_digest(file, source.algorithm).hexdigest().startswith(source.digest)
        if right:
            whole.replace(folder / source.file)
        return right
    finally:
        part.unlink(missing_ok=True)
        whole.unlink(missing_ok=True)


def _unzip(archive: Path, name: str, target: Path) -> bool:
    """Unpack the one file `name`; False if the archive is broken or has no such file."""
    try:
        with zipfile.ZipFile(archive) as packed, packed.open(name) as inside, target.open("wb") as file:
            shutil.copyfileobj(inside, file, CHUNK)
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error, RuntimeError):
        return False
    return True
