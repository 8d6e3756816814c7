"""Predict first: what do most of a map's nine photos show, or do they show nothing in common?"""

from __future__ import annotations

from random import Random

from ui.maps.question import Question
from ui.shell.asked import Asked, key_of
from ui.shell.nine_patches import nine_patches
from zfnet_core.exhibits.maps import named
from zfnet_core.exhibits.maps.names import LEAST
from zfnet_core.language import t
from zfnet_core.photos.folder_names import spoken

OTHERS = 3


def asked(question: Question) -> Asked | None:
    """What to ask of the map; nothing where it has no patches, or its layer too few names."""
    layer, name, gallery = question.layer.name, question.name, question.gallery
    picture = nine_patches(gallery, layer, question.map)
    if gallery is None or name is None or not name.of or picture is None:
        return None
    key = key_of("maps", question.network.fingerprint, layer, question.map)
    random = Random(key)
    here = {word for word, count in name.shows}
    others = sorted({one.word for one in named(gallery, layer) if one.word} - here)
    if len(others) < OTHERS:
        return None
    words = random.sample(others, OTHERS) if not name.word else [name.word, *random.sample(others, OTHERS - 1)]
    random.shuffle(words)
    nothing = t("nothing in common")
    right = words.index(name.word) if name.word else OTHERS
    shows = ", ".join(f"{spoken(word)} {count}" for word, count in name.shows)
    return Asked(
        key,
        t("What do most of the photos show that these nine places are from?"),
        (*map(spoken, words), nothing),
        frozenset({right}),
        t("what {least} or more of the nine photos show, by the names of their folders; else nothing in common.",
          least=LEAST),
        (t("They show: {what}", what=shows),),
        (),
        picture,
        t("The nine places that map {map} of {layer} likes best.", map=question.map, layer=layer),
    )  # fmt: skip
