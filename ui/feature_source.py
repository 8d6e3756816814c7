"""Where a wall of features comes from: the bundled gallery, or a search through photos that are at hand."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import streamlit as st

from ui import engine, state
from zfnet_core.corpus import Corpus, open_corpus
from zfnet_core.experiments.gallery import Gallery, bundled
from zfnet_core.experiments.mining import settings_of
from zfnet_core.experiments.search_folder import SearchFolder, cache_folder
from zfnet_core.experiments.strongest import Settings, TopActivations
from zfnet_core.experiments.top_activations import Progress, search
from zfnet_core.jobs import Job
from zfnet_core.models.network import Network

PHOTOS_A_STEP = 8  # so that a search gives way to somebody's click within a fraction of a second
KINDS = {"bundled": "Bundled gallery", "samples": "Sample photos", "folder": "Photos of yours"}


@dataclass(frozen=True, eq=False)
class Source:
    """What was found, and the photos it was found in as far as they are at hand."""

    network: Network
    found: TopActivations
    corpus: Corpus | None
    gallery: Gallery | None
    about: str

    @property
    def key(self) -> str:
        """Tells its pictures from those of other sources."""
        return f"{self.found.settings.key}-{self.gallery is not None}-{self.corpus.key if self.corpus else ''}"

    def place(self, photo: int) -> int | None:
        """The index in `corpus` of photo number `photo` of the search; None if that photo is not at hand."""
        if self.corpus is None:
            return None
        return photo if self.gallery is None else self.corpus.find(self.found.ids[photo])


# Weak, so that nobody's own network is kept after its visitor has left.
_galleries: WeakKeyDictionary[Network, Gallery | None] = WeakKeyDictionary()
_settings: WeakKeyDictionary[Network, dict[str, Settings]] = WeakKeyDictionary()


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
    """The gallery, with its photos where the person has them."""
    gallery = gallery_of(network)
    place = photos_folder()
    corpus = corpus_at(place) if place else None
    about = f"The nine strongest units of every map over {gallery.about['source']}."
    return Source(network, gallery.found, corpus, gallery, about)


def searched_source(network: Network, corpus: Corpus) -> Source | None:
    """The finished search through `corpus`, or None if there is none."""
    answer = answer_of(network, corpus)
    about = f"The nine strongest units of every map over {len(corpus):,} photos: {corpus.title}."
    return Source(network, answer, corpus, None, about) if answer else None


def settings_for(network: Network, corpus: Corpus) -> Settings:
    """The settings of a search that a page starts."""
    known = _settings.setdefault(network, {})
    if corpus.key not in known:
        known[corpus.key] = settings_of(network, corpus, batch_size=PHOTOS_A_STEP)
    return known[corpus.key]


def answer_of(network: Network, corpus: Corpus) -> TopActivations | None:
    """A search's result, read from disk once."""
    settings = settings_for(network, corpus)
    kept = st.session_state.get("features found")
    if kept is None or kept.settings != settings:
        kept = SearchFolder(settings, cache_folder()).answer()
        st.session_state["features found"] = kept
    return kept


def adopt(answer: TopActivations) -> None:
    """Take over the result of a search that has just finished."""
    st.session_state["features found"] = answer


def search_job(network: Network, corpus: Corpus) -> Job:
    """This session's search, started when it is not running yet."""
    key = settings_for(network, corpus).key
    return engine.job("features:search", key, lambda: search(network, corpus, batch_size=PHOTOS_A_STEP))


def progress_sentence(progress: Progress | None, total: int) -> tuple[float, str]:
    """How far a search is (0–1), and the same in words."""
    if progress is None:
        return 0.0, f"Looking through {total:,} photos once; the answer is kept."
    text = f"{progress.photos:,} of {progress.total:,} photos"
    if progress.seconds_left is not None:
        text += f" · {progress.photos_per_s:.0f} a second · about {progress.seconds_left:.0f} s left"
    if progress.broken:
        text += f" · {progress.broken} cannot be read and are skipped"
    return progress.photos / max(1, progress.total), text


def missing_photos(source: Source) -> str:
    """What to say where patches are missing, and which photos were skipped."""
    words = []
    if source.corpus is None:
        words.append("The photos themselves are not part of this app, so there are no patches beside the projections.")
    if broken := source.found.broken:
        names = ", ".join(source.found.ids[photo] for photo in list(broken)[:5])
        words.append(f"{len(broken)} photos could not be read: {names}{' …' if len(broken) > 5 else '.'}")
    return " ".join(words)


@functools.lru_cache(maxsize=1)
def samples() -> Corpus:
    """Crops of the sample photos."""
    return open_corpus(["samples"])


def corpus_at(place: str) -> Corpus:
    """The photos in a folder or zip file of this machine. Raises CorpusError."""
    path = Path(place).expanduser()
    return _corpus_as_of(path, path.stat().st_mtime if path.exists() else 0.0)


@functools.lru_cache(maxsize=4)
def _corpus_as_of(path: Path, _changed: float) -> Corpus:
    return open_corpus([path])


def photos_folder() -> str:
    """The folder the visitor has named, or the one the server was started with ($ZFNET_EXPLORER_PHOTOS)."""
    named = st.session_state.get("photos folder", "") if on_this_machine() else ""
    return named.strip() or os.environ.get("ZFNET_EXPLORER_PHOTOS", "")


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
