"""Where the nine of every map come from: what a search has found, and its photos as far as they are at hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.folder_names import folder_in_words
from zfnet_core.top_activations.gallery import Gallery
from zfnet_core.top_activations.strongest import NOBODY, Strongest, TopActivations


@dataclass(frozen=True, eq=False)
class Source:
    """The answer of a search through photos for a network.

    `corpus` holds the photos where they are at hand; `gallery` is the shipped one that the answer was read from.
    `about` says in a sentence what was searched.
    """

    network: Network
    found: TopActivations
    corpus: Corpus | None = None
    gallery: Gallery | None = None
    about: str = ""

    @cached_property
    def key(self) -> str:
        """Tells its pictures from those of other sources."""
        photos = self.corpus.key if self.corpus is not None else ""
        return f"{self.found.settings.key}-{self.gallery is not None}-{photos}"

    @property
    def layers(self) -> list[str]:
        """The layers that were searched, in network order."""
        return [layer.name for layer in self.network.layers if layer.name in self.found.layers]

    def kept(self, layer: str) -> Strongest:
        """The strongest units of a layer's maps."""
        return self.found.layers[layer]

    def place(self, photo: int) -> int | None:
        """The index in `corpus` of photo number `photo` of the search; None if that photo is not at hand."""
        if self.corpus is None:
            return None
        return photo if self.gallery is None else self.gallery.find(self.corpus, photo)

    def id(self, photo: int) -> str:
        """What photo number `photo` of the search is called in its collection."""
        return self.found.ids.get(photo, f"photo {photo}")

    def name(self, photo: int) -> str:
        """What that photo shows, as far as the folder it lies in says."""
        parts = self.id(photo).split("/")
        return folder_in_words(parts[-2] if len(parts) > 1 else parts[-1])

    def names(self, layer: str, map: int) -> list[tuple[str, int]]:
        """What the photos of a map's nine show, and how many of them show it; the most frequent first.

        Only photos that excite the map at all count.
        """
        kept = self.kept(layer)
        excited = zip(kept.values[map].tolist(), kept.photos[map].tolist(), strict=True)
        return Counter(self.name(photo) for value, photo in excited if value > 0 and photo != NOBODY).most_common()
