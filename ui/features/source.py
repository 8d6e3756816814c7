"""Where a wall of features comes from: the bundled gallery, or a search through photos that are at hand."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from pathlib import Path

from ui.features.fields import KINDS
from ui.features.search import answer_of
from ui.shell import local_folders
from ui.shell.apology import sentence
from zfnet_core.errors import CorpusError
from zfnet_core.exhibits.features import Source
from zfnet_core.language import phrase, t, tn
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.top_activations.gallery import bundled

log = logging.getLogger(__name__)

PHOTOS = "ZFNET_EXPLORER_PHOTOS"


@dataclass(frozen=True)
class Folder:
    """A place with photos: what the visitor has `named`, else what the server was started with."""

    named: str = ""
    servers: str = ""

    @property
    def place(self) -> str:
        """The place that counts; "" if there is none."""
        return self.named or self.servers


@dataclass(frozen=True, eq=False)
class Found:
    """The source that was asked for; or None and the photos `to_search` first (None: there are none yet).

    `trouble` says why photos that should be at hand are not.
    """

    source: Source | None = None
    to_search: Corpus | None = None
    trouble: str = ""


def kinds(network: Network) -> list[str]:
    """The kinds of sources there are for a network, the best to start with first."""
    there = {"bundled": bundled(network) is not None, "samples": True, "yours": True, "folder": local_folders.allowed()}
    return [kind for kind in KINDS if there[kind]]


def find(kind: str, network: Network, folder: Folder, own: Corpus | None) -> Found:
    """The source of that kind, or the usual one where the network has none of it; `own` are photos handed over.

    Raises CorpusError.
    """
    usual = kinds(network)
    kind = kind if kind in usual else usual[0]
    if kind == "bundled":
        return _shipped(network, folder)
    if kind == "yours":
        corpus = own
    else:
        corpus = samples() if kind == "samples" else corpus_at(folder.place) if folder.place else None
    if corpus is None:
        return Found()
    answer = answer_of(network, corpus)
    about = t(
        "The nine strongest units of every map over {n:,} photos: {photos}.",
        n=len(corpus),
        photos=_title(kind, corpus),
    )
    return Found(to_search=corpus) if answer is None else Found(Source(network, answer, corpus, None, about))


def _title(kind: str, corpus: Corpus) -> str:
    """What the photos are called; a folder has a name of its own."""
    if kind == "yours":
        return tn("a photo of yours", "{n} photos of yours", len(corpus))
    return t(corpus.title) if kind == "samples" else corpus.title


def _shipped(network: Network, folder: Folder) -> Found:
    """The gallery, with its photos where the person has them; a place that cannot be opened does not hide the wall."""
    gallery, corpus, trouble = bundled(network), None, ""
    assert gallery is not None
    if folder.place:
        try:
            corpus = corpus_at(folder.place)
        except CorpusError as error:
            trouble = _trouble(error, folder)
    about = t("The nine strongest units of every map over {source}.", source=t(gallery.about["source"]))
    return Found(Source(network, gallery.found, corpus, gallery, about), trouble=trouble)


def _trouble(error: CorpusError, folder: Folder) -> str:
    """Visitors from elsewhere are not told the names of this machine's folders."""
    if folder.named:
        return sentence(error)
    log.warning("$%s cannot be opened: %s", PHOTOS, error)
    if local_folders.allowed():
        return t(
            "The photos this server was started with (${name}) cannot be opened: {why}",
            name=PHOTOS,
            why=sentence(error),
        )
    return t(
        "The photos this server was started with (${name}) cannot be opened; the server’s log says why.", name=PHOTOS
    )


@functools.lru_cache(maxsize=1)
def samples() -> Corpus:
    """Crops of the sample photos."""
    return open_corpus(["samples"])


def corpus_at(place: str) -> Corpus:
    """The photos in a folder or zip file of this machine. Raises CorpusError."""
    try:
        path = Path(place).expanduser()
        return _corpus_as_of(path, path.stat().st_mtime if path.exists() else 0.0)
    except (OSError, RuntimeError, ValueError) as error:
        raise CorpusError(
            phrase("{place} is not a place that can be opened; give a folder or a zip file.", place=place[:200])
        ) from error


@functools.lru_cache(maxsize=4)
def _corpus_as_of(path: Path, _changed: float) -> Corpus:
    return open_corpus([path])


def open_anew() -> None:
    """Look into folders again, also where something has changed deep inside."""
    _corpus_as_of.cache_clear()
