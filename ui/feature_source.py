"""Where a wall of features comes from: the bundled gallery, or a search through photos that are at hand."""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import streamlit as st

from ui import feature_search, state
from zfnet_core.corpus import Corpus, open_corpus
from zfnet_core.errors import CorpusError
from zfnet_core.experiments.gallery import Gallery, bundled
from zfnet_core.experiments.strongest import TopActivations
from zfnet_core.models.network import Network
from zfnet_core.projection_scaling import DESCRIPTIONS, Scaling

log = logging.getLogger(__name__)

KINDS = {"bundled": "Bundled gallery", "samples": "Sample photos", "folder": "Photos of yours"}
PHOTOS = "ZFNET_EXPLORER_PHOTOS"


@dataclass(frozen=True, eq=False)
class Source:
    """What was found, and the photos it was found in as far as they are at hand; `trouble` says why they are not."""

    network: Network
    found: TopActivations
    corpus: Corpus | None
    gallery: Gallery | None
    about: str
    trouble: str = ""

    @property
    def key(self) -> str:
        """Tells its pictures from those of other sources."""
        return f"{self.found.settings.key}-{self.gallery is not None}-{self.corpus.key if self.corpus else ''}"

    def place(self, photo: int) -> int | None:
        """The index in `corpus` of photo number `photo` of the search; None if that photo is not at hand."""
        if self.corpus is None:
            return None
        return photo if self.gallery is None else self.gallery.find(self.corpus, photo)


# Weak, so that nobody's own network is kept after its visitor has left.
_galleries: WeakKeyDictionary[Network, Gallery | None] = WeakKeyDictionary()


def gallery_of(network: Network) -> Gallery | None:
    """The bundled gallery of a network."""
    if network not in _galleries:
        _galleries[network] = bundled(network)
    return _galleries[network]


def kinds(network: Network) -> list[str]:
    """The kinds of sources there are for a network, the best to start with first."""
    here = ["samples", *(["folder"] if on_this_machine() else [])]
    return ["bundled", *here] if gallery_of(network) else here


def bundled_source(network: Network) -> Source:
    """The gallery, with its photos where the person has them; a place that cannot be opened does not hide the wall."""
    gallery, corpus, trouble = gallery_of(network), None, ""
    if place := photos_folder():
        try:
            corpus = corpus_at(place)
        except CorpusError as error:
            trouble = _trouble(error)
    about = f"The nine strongest units of every map over {gallery.about['source']}."
    return Source(network, gallery.found, corpus, gallery, about, trouble)


def _trouble(error: CorpusError) -> str:
    """Visitors from elsewhere are not told the names of this machine's folders."""
    if named_folder():
        return str(error)
    log.warning("$%s cannot be opened: %s", PHOTOS, error)
    why = f": {error}" if on_this_machine() else "; the server’s log says why."
    return f"The photos this server was started with (${PHOTOS}) cannot be opened{why}"


def searched_source(network: Network, corpus: Corpus) -> Source | None:
    """The finished search through `corpus`, or None if there is none."""
    answer = feature_search.answer_of(network, corpus)
    about = f"The nine strongest units of every map over {len(corpus):,} photos: {corpus.title}."
    return Source(network, answer, corpus, None, about) if answer else None


def missing_photos(source: Source) -> str:
    """What to say where patches are missing, and which photos were skipped."""
    words = []
    if source.corpus is None:
        words.append("The photos themselves are not part of this app, so there are no patches beside the projections.")
    if broken := source.found.broken:
        names = ", ".join(source.found.ids[photo] for photo in list(broken)[:5])
        words.append(
            f"{len(broken)} {'photo' if len(broken) == 1 else 'photos'} could not be read: "
            f"{names}{' …' if len(broken) > 5 else '.'}"
        )
    return " ".join(words)


def scaling_sentence(source: Source, scaling: Scaling) -> str:
    """How the projections are drawn, and where that is only nearly so."""
    if source.gallery is None or scaling == source.gallery.about["scaling"]:
        return DESCRIPTIONS[scaling]
    return (
        f"{DESCRIPTIONS[scaling]} The gallery was drawn with the other scaling; this one is worked out from its "
        "pictures and is therefore an approximation."
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
        raise CorpusError(f"{place[:200]} is not a place that can be opened; give a folder or a zip file.") from error


@functools.lru_cache(maxsize=4)
def _corpus_as_of(path: Path, _changed: float) -> Corpus:
    return open_corpus([path])


def look_again() -> None:
    """Open folders anew, also where something changed deep inside, and start a search that failed once more."""
    _corpus_as_of.cache_clear()
    feature_search.begin_again()


def named_folder() -> str:
    """The folder the visitor has named."""
    return st.session_state.get("photos folder", "").strip() if on_this_machine() else ""


def photos_folder() -> str:
    """The folder the visitor has named, or the one the server was started with ($ZFNET_EXPLORER_PHOTOS)."""
    return named_folder() or os.environ.get(PHOTOS, "")


def ask_for_folder(label: str) -> None:
    """Let the visitor name a folder; only where the server serves nobody but this machine."""
    if not on_this_machine():
        st.caption("Folders can be opened when the app runs on your own machine.")
        return
    st.text_input(
        label,
        value=st.session_state.get("photos folder", ""),
        key="photos folder asked",
        placeholder="/home/me/photos or photos.zip",
        on_change=lambda: st.session_state.update({"photos folder": st.session_state["photos folder asked"]}),
    )


def on_this_machine() -> bool:
    """Whether the server serves nobody but this machine, so that its folders may be opened by name."""
    return st.get_option("server.address") in ("127.0.0.1", "localhost", "::1")


def current(network: Network) -> tuple[Source | None, Corpus | None]:
    """The source that is chosen; or None and the corpus that has to be searched first (None: nothing is chosen yet)."""
    kind = state.view().features_from
    kind = kind if kind in kinds(network) else kinds(network)[0]
    if kind == "bundled":
        return bundled_source(network), None
    place = photos_folder()
    corpus = samples() if kind == "samples" else corpus_at(place) if place else None
    return (searched_source(network, corpus), corpus) if corpus else (None, None)
