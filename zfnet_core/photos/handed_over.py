"""Photos that somebody hands over as files, also zipped: a corpus in memory, of which nothing is written down."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from zfnet_core.errors import CorpusError
from zfnet_core.language import t
from zfnet_core.photos.apart import open_image
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.decoding import Photo, printable
from zfnet_core.photos.stores import SHORT_SIDE, is_photo
from zfnet_core.photos.zips import check_members

MOST_PHOTOS = 300
MOST_BYTES = 64 * 2**20
MOST_MEMBERS = 5000


@dataclass(frozen=True, eq=False)
class MemoryStore:
    """The files themselves, by id."""

    files: Mapping[str, bytes]

    def photo(self, id: str) -> Photo:
        """Decode one photo. Raises ImageError with one sentence."""
        return open_image(self.files[id], id, short_side=SHORT_SIDE)

    def here(self) -> bool:
        """They always are."""
        return True


def corpus_of(given: Iterable[tuple[str, bytes]]) -> Corpus:
    """A corpus of files (name, content); of zip files those photos in them that are not hidden.

    Raises CorpusError where there are more than MOST_PHOTOS of them or more than MOST_BYTES in all, before anything is
    unpacked that would go beyond, where a zip file cannot be read, or where there is no photo.
    """
    files: dict[str, bytes] = {}
    total = 0
    for name, content in _unpacked(given, MOST_BYTES):
        total += len(content)
        if total > MOST_BYTES:
            raise CorpusError(
                t("These photos take more than {n} MB together; choose fewer of them.", n=MOST_BYTES >> 20)
            )
        if len(files) == MOST_PHOTOS:
            raise CorpusError(t("These are more than {n} photos; choose fewer of them.", n=MOST_PHOTOS))
        files[_free(name, files)] = content
    if not files:
        raise CorpusError(t("There is no photo among these files; choose photos, or zip files with photos."))
    ids = tuple(sorted(files))
    return Corpus(
        f"{len(ids)} photos of yours" if len(ids) > 1 else "a photo of yours",
        ids,
        tuple(PurePosixPath(id).parent.name for id in ids),
        tuple(hashlib.blake2b(files[id], digest_size=16).hexdigest() for id in ids),
        MemoryStore(files),
    )


def _unpacked(given: Iterable[tuple[str, bytes]], most: int) -> Iterator[tuple[str, bytes]]:
    for name, content in given:
        if name.lower().endswith(".zip"):
            yield from _members(name, content, most)
        else:
            yield _plain(name), content


def _members(name: str, content: bytes, most: int) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > MOST_MEMBERS:
                raise CorpusError(
                    t("“{name}” holds more than {n:,} files; give a smaller one.", name=printable(name), n=MOST_MEMBERS)
                )
            check_members(printable(name), (info for info in infos if is_photo(info.filename)))
            for info in infos:
                if info.is_dir() or not is_photo(info.filename):
                    continue
                if info.file_size > most:
                    raise CorpusError(
                        t(
                            "A photo in “{name}” takes more than {n} MB; leave it out.",
                            name=printable(name),
                            n=most >> 20,
                        )
                    )
                with archive.open(info) as member:
                    yield _plain(info.filename), member.read(most + 1)
    except (OSError, RuntimeError, NotImplementedError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise CorpusError(
            t("“{name}” is not a readable zip file; make it again or leave it out.", name=printable(name))
        ) from error


def _plain(name: str) -> str:
    """The last folder and the file name: what people call a photo."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    return "/".join(filter(None, map(printable, parts[-2:]))) or "photo"


def _free(name: str, taken: Mapping[str, bytes]) -> str:
    number, path, free = 1, PurePosixPath(name), name
    while free in taken:
        number += 1
        free = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
    return free
