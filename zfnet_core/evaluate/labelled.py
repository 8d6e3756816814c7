"""Photos whose class is known by the folder they lie in, as torchvision's data sets are laid out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from zfnet_core.errors import CorpusError
from zfnet_core.exhibits.results.evaluation import MOST_NAMED
from zfnet_core.language import phrase, t
from zfnet_core.models.imagenet_classes import imagenet_classes
from zfnet_core.photos.corpus import VALIDATION, Corpus, open_corpus
from zfnet_core.photos.stores import Files, Tell

NUMBERED = re.compile(r"\d{3}")
EXAMPLES = 5


@dataclass(frozen=True, eq=False)
class Labelled:
    """Photos with their classes: `truth` int64 [N] are places in `labels`, in the order of the corpus.

    `unknown` counts the photos of every folder that is named after none of the classes; they are not in the corpus.
    """

    corpus: Corpus
    truth: np.ndarray
    labels: tuple[str, ...]
    unknown: Counter[str]

    def __len__(self) -> int:
        return len(self.truth)

    def about_unknown(self) -> str:
        """One sentence on the folders that were left out; "" if none was."""
        if not self.unknown:
            return ""
        named = [repr(name) for name in sorted(self.unknown)[:EXAMPLES]]
        more = len(self.unknown) - len(named)
        return t(
            "{photos} photos lie in {folders} folders named after no class that is asked for ({names}); they are left "
            "out.",
            photos=f"{self.unknown.total():,}",
            folders=f"{len(self.unknown):,}",
            names=", ".join(named) + (f" … {more:,} more" if more else ""),
        )


def places_of(labels: Sequence[str]) -> dict[str, int]:
    """What a folder may be called → the class's place in `labels`, in whatever order these are.

    The label itself; for a class of ImageNet also its WordNet id (n01440764), its number there (000) and its other
    names. Capitals and “_” for a space do not matter. A name that two classes share is the one's whose label it is.
    """
    at = {label: place for place, label in enumerate(labels)}
    found = {spelt(label): place for label, place in at.items()}
    shared = Counter(spelt(name) for one in imagenet_classes() if one.label in at for name in set(one.others))
    for number, one in enumerate(imagenet_classes()):
        if one.label in at:
            names = (one.wordnet_id, f"{number:03d}", *(name for name in one.others if shared[spelt(name)] == 1))
            for name in map(spelt, names):
                found.setdefault(name, at[one.label])
    return found


def spelt(name: str) -> str:
    """A name as it is compared: “Tabby_cat” is “tabby cat”."""
    return name.replace("_", " ").casefold()


def open_labelled(sources: Sequence[str | Path], labels: Sequence[str], tell: Tell | None = None) -> Labelled:
    """The photos of folders or zip files whose folder is named after one of `labels`.

    Where there is a part `val` beside others, only that one is taken. Raises CorpusError if a place is neither a folder
    nor a zip file, or no folder in it is named after a class.
    """
    corpus = open_corpus([_place(source) for source in sources], tell=tell)
    if not isinstance(corpus.store, Files):
        raise CorpusError(phrase("{title} is neither a folder nor a zip file; give one of them.", title=corpus.title))
    above = [PurePosixPath(id).parent.parent.name.lower() for id in corpus.ids]
    part = next((name for name in VALIDATION if name in above), None)
    inside = [index for index, name in enumerate(above) if part is None or name == part]
    known, names = places_of(labels), [PurePosixPath(id).parent.name for id in corpus.ids]
    truth = {index: known.get(spelt(names[index])) for index in inside}
    chosen = [index for index in inside if truth[index] is not None]
    unknown = Counter(names[index] for index in inside if truth[index] is None)
    if not chosen:
        raise CorpusError(
            phrase(
                "No folder of {title} is named after a class that is asked for (there are {names}); a folder is named "
                "by WordNet id (n01440764), ImageNet’s number (000) or the class’s own name (tench).",
                title=corpus.title,
                names=", ".join(repr(name) for name in sorted(unknown)[:EXAMPLES]),
            )
        )
    some = corpus.subset(chosen)
    return Labelled(some, np.array([truth[index] for index in chosen], np.int64), tuple(labels), unknown)


def named(unknown: Counter[str]) -> tuple[str, ...]:
    """The first folders that were left out, as a result names them."""
    return tuple(sorted(unknown)[:MOST_NAMED])


def _place(source: str | Path) -> Path:
    path = Path(source)
    if not path.is_dir() and path.suffix.lower() != ".zip":
        raise CorpusError(phrase("{source} is neither a folder nor a zip file; give one of them.", source=str(source)))
    inner = path / "val"
    return inner if inner.is_dir() else path  # so that a million training photos beside it are not looked at
