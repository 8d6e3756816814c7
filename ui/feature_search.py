"""The search behind a wall of features: one for everybody who waits for it, and its answer, kept."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakKeyDictionary

from ui import engine
from ui.growing import growing
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.corpus import Corpus
from zfnet_core.experiments.mining import settings_of
from zfnet_core.experiments.search_folder import SearchFolder, cache_folder
from zfnet_core.experiments.strongest import Settings, TopActivations
from zfnet_core.experiments.top_activations import Progress, search
from zfnet_core.models.network import Network
from zfnet_core.shared_results import SharedResults

SLOT = "features:search"
PHOTOS_A_STEP = 8  # so that a search gives way to somebody's click within a fraction of a second

# Weak, so that nobody's own network is kept after its visitor has left.
_settings: WeakKeyDictionary[Network, dict[str, Settings]] = WeakKeyDictionary()


def _bytes(found: TopActivations) -> int:
    return sum(array.nbytes for layer in found.layers.values() for array in vars(layer).values())


_answers: BoundedCache[TopActivations] = BoundedCache(64 * MEGABYTE, _bytes)
_searches: SharedResults[Progress] = SharedResults(MEGABYTE, lambda _: 1024)


def settings_for(network: Network, corpus: Corpus) -> Settings:
    """The settings of a search that a page starts."""
    known = _settings.setdefault(network, {})
    if corpus.key not in known:
        known[corpus.key] = settings_of(network, corpus, batch_size=PHOTOS_A_STEP)
    return known[corpus.key]


def answer_of(network: Network, corpus: Corpus) -> TopActivations | None:
    """A finished search's result, read from disk once; None if there is none."""
    settings = settings_for(network, corpus)
    key = _key(settings)
    answer = _answers.get(key)
    if answer is None and (answer := SearchFolder(settings, cache_folder()).answer()) is not None:
        _answers.put(key, answer)
    return answer


def searching(network: Network, corpus: Corpus) -> Progress | None:
    """How far the search is, which is begun or gone on with where nobody is at it; raises what it raised.

    When it is over, `answer_of` has its result.
    """
    key = _key(settings_for(network, corpus))
    progress, _ = growing(_searches, SLOT, key, lambda: search(network, corpus, batch_size=PHOTOS_A_STEP))
    if progress is not None and progress.result is not None:
        _answers.put(key, progress.result)
    return progress


def begin_again() -> None:
    """Let a search that failed be started anew."""
    engine.forget_job(SLOT)


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


def _key(settings: Settings) -> tuple[str, Path]:
    return settings.key, cache_folder()
