"""Photos that lie in folders and zip files: which ones there are, what tells them apart, and how one is read.

A photo's digest is the checksum that zip files hold anyway, CRC-32 and size, so that a folder and a zip file of it have
the same address.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol, runtime_checkable

from zfnet_core.errors import CorpusError, ImageError
from zfnet_core.language import phrase
from zfnet_core.photos import decoding
from zfnet_core.photos.decoding import SUFFIXES, Photo
from zfnet_core.photos.zips import check_members

MAX_BYTES = 100 * 2**20  # a camera's own files may be larger than what may be uploaded
SHORT_SIDE = 512  # twice what networks look at (our choice): large JPEGs are decoded several times faster
CHUNK_BYTES = 2**20
OPEN_ARCHIVES = 256
CHECKSUMS_KEPT = 200_000

Tell = Callable[[int, int], None]  # files done, files in all


class Store(Protocol):
    """Where photos lie. Small, and it can be pickled: files are opened on first use."""

    def photo(self, id: str) -> Photo:
        """Decode one photo. Raises ImageError with one sentence."""
        ...

    def here(self) -> bool:
        """Whether this machine sees the place at all, so that a missing disk is not taken for broken photos."""
        ...


@runtime_checkable
class Files(Protocol):
    """A store whose photos are files that can be had as they are."""

    def data(self, id: str) -> bytes:
        """The bytes of one photo's file. Raises ImageError with one sentence."""
        ...


@dataclass(frozen=True, eq=False)
class Listing:
    """The photos of one place: `found` are pairs of id and digest, in any order.

    `others` are the names of files that are no photos, as far as a person would see them there.
    """

    title: str
    found: Sequence[tuple[str, str]]
    store: Store
    others: Sequence[str] = ()


@dataclass(frozen=True)
class FolderStore:
    """Files below one folder."""

    folder: Path

    def photo(self, id: str) -> Photo:
        return _decoded(self.data(id), id)

    def data(self, id: str) -> bytes:
        path = self.folder / id
        try:
            decoding.check_bytes(path.stat().st_size, id, MAX_BYTES)
            return path.read_bytes()
        except OSError as error:
            raise ImageError(
                phrase("{id} cannot be read ({strerror}); put it back or leave it out.", id=id, strerror=error.strerror)
            ) from error

    def here(self) -> bool:
        return self.folder.is_dir()


def list_folder(folder: Path, without: Collection[str] = (), tell: Tell | None = None) -> Listing:
    """All photos below `folder`, except in its sub-folders `without`. Every file is read once for its checksum."""
    files = sorted(
        name
        for path in folder.rglob("*")
        if not is_hidden(name := path.relative_to(folder).as_posix())
        and name.split("/")[0] not in without
        and path.is_file()
    )
    names = [name for name in files if is_photo(name)]
    found = []
    with ThreadPoolExecutor(4) as pool:
        for name, digest in zip(names, pool.map(lambda name: _file_digest(folder / name), names), strict=True):
            found.append((name, digest))
            if tell:
                tell(len(found), len(names))
    others = [name for name in files if not is_photo(name)]
    return Listing(folder.name or str(folder), found, FolderStore(folder.absolute()), others)


@dataclass(frozen=True)
class ZipStore:
    """Members of zip files: `places[id]` is (number of the zip file, member)."""

    paths: tuple[Path, ...]
    places: dict[str, tuple[int, str]]

    def photo(self, id: str) -> Photo:
        return _decoded(self.data(id), id)

    def data(self, id: str) -> bytes:
        number, member = self.places[id]
        try:
            archive = _archive(self.paths[number])
            decoding.check_bytes(archive.getinfo(member).file_size, id, MAX_BYTES)
            return archive.read(member)
        except ImageError:
            raise
        except Exception as error:  # zipfile fails in many ways on damaged members: all of them mean the same here
            raise ImageError(
                phrase("{id} is damaged in {name}; make the zip file again.", id=id, name=self.paths[number].name)
            ) from error

    def here(self) -> bool:
        return all(path.is_file() for path in self.paths)


def list_zips(paths: Sequence[Path]) -> Listing:
    """All photos in zip files, which may be shards of one folder.

    Where two files hold a member of the same name, the name of the zip file is put before the ids. Of members of the
    same name in one file the last one counts, as when it is unpacked. Raises CorpusError for what is no zip file.
    """
    paths = tuple(sorted({path.absolute() for path in paths}))
    members: list[tuple[int, zipfile.ZipInfo]] = []
    others: list[str] = []
    for number, path in enumerate(paths):
        try:
            infos = _archive(path).infolist()
        except (OSError, zipfile.BadZipFile) as error:
            raise CorpusError(
                phrase("{name} is not a readable zip file; make it again or leave it out.", name=path.name)
            ) from error
        last = {info.filename: info for info in infos if not info.is_dir() and not is_hidden(info.filename)}
        check_members(decoding.printable(path.name), (info for name, info in last.items() if is_photo(name)))
        members += [(number, info) for name, info in last.items() if is_photo(name)]
        others += [name for name in last if not is_photo(name)]
    unique = len({info.filename for _, info in members}) == len(members)
    prefixes = ["" if unique else f"{name}/" for name in _names_apart(paths)]
    places = {f"{prefixes[number]}{info.filename}": (number, info.filename) for number, info in members}
    found = [(f"{prefixes[number]}{info.filename}", _digest(info.CRC, info.file_size)) for number, info in members]
    title = paths[0].stem if len(paths) == 1 else f"{paths[0].stem} and {len(paths) - 1} more"
    return Listing(title, found, ZipStore(paths, places), others)


@dataclass(frozen=True)
class JointStore:
    """Several stores: `places[id]` is (number of the store, id in that store)."""

    stores: tuple[Store, ...]
    places: dict[str, tuple[int, str]]

    def photo(self, id: str) -> Photo:
        number, own = self.places[id]
        return self.stores[number].photo(own)

    def data(self, id: str) -> bytes:
        number, own = self.places[id]
        store = self.stores[number]
        if not isinstance(store, Files):
            raise ImageError(phrase("{id} is not kept as a file of its own; give a folder or a zip file.", id=id))
        return store.data(own)

    def here(self) -> bool:
        return all(store.here() for store in self.stores)


def joined(title: str, listings: Sequence[Listing]) -> Listing:
    """Several places as one. The same photo under the same id counts once; other photos of that id are renamed."""
    places: dict[str, tuple[int, str]] = {}
    digests: dict[str, str] = {}
    for number, listing in enumerate(listings):
        for own, digest in listing.found:
            id = own
            while digests.get(id, digest) != digest:
                id = f"{listing.title}/{id}"
            if id not in places:
                places[id], digests[id] = (number, own), digest
    others = [name for listing in listings for name in listing.others]
    return Listing(
        title, list(digests.items()), JointStore(tuple(listing.store for listing in listings), places), others
    )


def is_photo(name: str) -> bool:
    """Files that look like photos, without the hidden ones that file managers leave behind."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Whether a file is one of those that file managers leave behind, or lies in such a folder."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _decoded(data: bytes, id: str) -> Photo:
    return decoding.open_image(data, id, max_bytes=MAX_BYTES, short_side=SHORT_SIDE)


def _names_apart(paths: Sequence[Path]) -> list[str]:
    """The files' names without suffix; with the folders in which they differ, if two are called the same."""
    stems = [path.stem for path in paths]
    if max(Counter(stems).values(), default=0) == 1:
        return stems
    above = os.path.commonpath([path.parent for path in paths])
    return [path.relative_to(above).with_suffix("").as_posix() for path in paths]


def _archive(path: Path) -> zipfile.ZipFile:
    file = path.stat()
    return _archive_as_of(path, file.st_mtime_ns, file.st_size)


@lru_cache(maxsize=OPEN_ARCHIVES)
def _archive_as_of(path: Path, _changed: int, _size: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _file_digest(path: Path) -> str:
    try:
        file = path.stat()
        return _digest(_checksum_as_of(path, file.st_mtime_ns, file.st_size), file.st_size)
    except OSError:
        return "unreadable"


@lru_cache(maxsize=CHECKSUMS_KEPT)
def _checksum_as_of(path: Path, _changed: int, _size: int) -> int:
    """Remembered for as long as the process runs, so that a folder opened again is only listed."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def _digest(checksum: int, size: int) -> str:
    return f"{checksum:08x}-{size}"
