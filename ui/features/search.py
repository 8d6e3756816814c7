"""The search behind a wall of features: one for everybody who waits for it, and its answer, kept."""

from __future__ import annotations

from pathlib import Path

from ui.features.kept import kept
from ui.shell import shared_task
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.handed_over import MemoryStore
from zfnet_core.top_activations.mining import settings_of
from zfnet_core.top_activations.progress import Progress
from zfnet_core.top_activations.search import search, search_in_memory
from zfnet_core.top_activations.search_folder import SearchFolder, cache_folder
from zfnet_core.top_activations.strongest import Settings, TopActivations

SLOT = "features:search"
PHOTOS_A_STEP = 8  # so that a search gives way to somebody's click within a fraction of a second


def settings_for(network: Network, corpus: Corpus) -> Settings:
    """The settings of a search that a page starts."""
    return settings_of(network, corpus, batch_size=PHOTOS_A_STEP)


def answer_of(network: Network, corpus: Corpus) -> TopActivations | None:
    """A finished search's result, read from disk once; None if there is none."""
    settings = settings_for(network, corpus)
    key = _key(settings)
    answer: TopActivations | None = kept.get(key)
    if answer is None and not in_memory(corpus):
        answer = SearchFolder(settings, cache_folder()).answer()
        if answer is not None:
            kept.put(key, answer)
    return answer


def in_memory(corpus: Corpus) -> bool:
    """Whether nothing of a search through these photos may be written down: they were handed over in a visit."""
    return isinstance(corpus.store, MemoryStore)


def searching(network: Network, corpus: Corpus) -> Progress | None:
    """How far the search is, which is begun or gone on with where nobody is at it; raises what it raised.

    When it is over, `answer_of` has its result.
    """
    key = _key(settings_for(network, corpus))
    begin = search_in_memory if in_memory(corpus) else search
    look = shared_task.look(SLOT, key, lambda: begin(network, corpus, batch_size=PHOTOS_A_STEP))
    look.raise_failure()
    if look.result is not None and look.result.result is not None:
        kept.put(key, look.result.result)
    return look.result


def begin_again() -> None:
    """Let a search that failed be started anew."""
    shared_task.retry(SLOT)


def progress_sentence(progress: Progress | None, total: int) -> tuple[float, str]:
    """How far a search is (0–1), and the same in words."""
    if progress is None:
        return 0.0, t("Looking through {total:,} photos once; the answer is kept.", total=total)
    words = [t("{done:,} of {total:,} photos", done=progress.photos, total=progress.total)]
    if progress.seconds_left is not None:
        rate, left = progress.photos_per_s, progress.seconds_left
        words.append(t("{rate:.0f} a second · about {seconds:.0f} s left", rate=rate, seconds=left))
    if progress.broken:
        words.append(t("{n} cannot be read and are skipped", n=progress.broken))
    return progress.photos / max(1, progress.total), " · ".join(words)


def _key(settings: Settings) -> tuple[str, str, Path]:
    return "search", settings.key, cache_folder()
