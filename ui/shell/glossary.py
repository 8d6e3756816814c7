"""The words a visitor may not know, explained where they stand: on hover, on tap and on focus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from types import MappingProxyType

from zfnet_core.language import later, spoken, t

# What is looked for in a text, separated by |, the longest first; and what it means, for somebody of fourteen.
GLOSSARY: Mapping[str, str] = MappingProxyType(
    {
        later("convolutional network|convolutional networks"): later(
            "A program that looks at a picture through many small filters, layer by layer, and was taught by examples."
        ),
        later("feature maps|feature map"): later(
            "A picture of where in the photo one filter found what it looks for: bright where it found it."
        ),
        later("receptive fields|receptive field"): later(
            "The part of the photo that a unit can see. The deeper the layer, the larger it is."
        ),
        later("units|unit"): later(
            "One place in one feature map: a number that says how well this spot fits the filter. Maps, rows "
            "and columns count from 0."
        ),
        later("projections|projection"): later(
            "A unit’s number led back, layer by layer, to the pixels it came from (a deconvnet picture)."
        ),
        later("deconvnet"): later(
            "The network run backwards with the same filters, so that one number becomes a picture again."
        ),
        later("guided backprop"): later(
            "A later way to lead a unit’s number back to pixels: only what speaks for it is kept, up and down."
        ),
        later("activations|activation"): later("How strongly a unit answers to this photo. Zero means: nothing found."),
        later("switches|switch positions"): later(
            "A note of where in each little field the largest number stood, so that the way back finds the place again."
        ),
        later("occluders|occluder"): later("The grey square (or other patch) that covers a part of the photo."),
        later("layers|layer"): later(
            "One step of the network: all its filters look at what the step before handed on. conv1 sees edges, "
            "conv5 parts of things."
        ),
        later("filters|filter"): later("A small pattern of numbers that is compared with every spot of a picture."),
        later("strides|stride"): later("How far a filter jumps between two looks. A large stride skips places."),
        later("pooling|pools|pool"): later("Of each little field only the largest number is handed on."),
        later("ReLU"): later("Negative numbers become zero; the others stay as they are."),
        later("random weights"): later(
            "Numbers thrown by dice: a network that has learnt nothing. Good for comparison."
        ),
        later("weights"): later("The numbers in the filters. They are what a network learns."),
        later("aliasing"): later("Patterns that are not there, made by looking at too few places."),
        later("epochs|epoch"): later("One round of training in which every training photo is looked at once."),
        later("training photos|training photo"): later("The photos with names from which the network has learnt."),
        later("probability|probabilities"): later(
            "How much of its belief the network gives to a word, from 0 to 100 %. It is not how often it is right."
        ),
        later("crop"): later("The square part of the photo that the network gets to see."),
        later("occlusion"): later("Covering a part of the photo."),
        later("fine-tuning|fine-tuned"): later(
            "Training a network that has already learnt something a little further."
        ),
        later("top-5"): later("Right if the true name is among the network’s first five guesses."),
        later("top-1"): later("Right if the network’s first guess is the true name."),
        later("ablation|ablations"): later("Taking a part away to see what it was good for."),
    }
)
LATIN = re.compile(r"[A-Za-zÀ-ÿ]")


def explained(text: str, known: Iterable[str] = (), *, block: str = "w") -> str:
    """`text` as HTML, escaped, in which the first mention of each word of the glossary explains itself.

    Words in `known` (as they stand in the glossary's keys) are left alone. `block` names the text among those of a
    page: ids begin with it.
    """
    pattern, meanings = _patterns(spoken())
    used, last = set(known), 0
    parts: list[str] = []
    notes: list[str] = []
    for found in pattern.finditer(text):
        key, meaning = meanings[found[0].lower()]
        if key in used:
            continue
        used.add(key)
        name = f"{block}-{len(notes)}"
        parts.append(escape(text[last : found.start()], quote=True))
        parts.append(
            f'<span class="zf-word" tabindex="0" role="button" aria-describedby="{name}" '
            f'data-meaning="{escape(meaning, quote=True)}">{escape(found[0], quote=True)}</span>'
        )
        notes.append(f'<span hidden id="{name}">{escape(meaning, quote=True)}</span>')
        last = found.end()
    parts.append(escape(text[last:], quote=True))
    return "".join(parts + notes)


def mentioned(text: str) -> set[str]:
    """The keys of the glossary's entries that occur in a text."""
    pattern, meanings = _patterns(spoken())
    return {meanings[found[0].lower()][0] for found in pattern.finditer(text)}


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """What finds any word of the glossary in a language, and for each word in lower case (key, meaning)."""
    meanings: dict[str, tuple[str, str]] = {}
    for key, meaning in GLOSSARY.items():
        for word in t(key).split("|"):
            meanings.setdefault(word.strip().lower(), (key, t(meaning)))
    words = sorted(meanings, key=len, reverse=True)
    bounded = (rf"(?<!\w){re.escape(word)}(?!\w)" if LATIN.search(word) else re.escape(word) for word in words)
    return re.compile("|".join(bounded), re.IGNORECASE), meanings
