"""What the comparison page says: the verdict, the guesses' score, and each of the paper's claims as one card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ui.comparison.guess import answer, total
from zfnet_core.exhibits.comparison.comparison import MEASURES, ONLY_CHANCE, Comparison, Larger, Measure
from zfnet_core.exhibits.comparison.findings import verdict
from zfnet_core.language import later, t
from zfnet_core.paper.chance import CHANCE_PERCENT

BADGES = {
    "as the paper says": later(":green-badge[as the paper says]"),
    "against the paper": later(":red-badge[against the paper]"),
    "no clear difference": later(":orange-badge[no clear difference]"),
    "no claim": later(":gray-badge[no claim in the paper]"),
    "not comparable": later(":gray-badge[other photos and classes: not comparable]"),
    "not measured": later(":gray-badge[not known]"),
}


@dataclass(frozen=True)
class Card:
    """One claim in words: both numbers, what they say (empty while they come), what was guessed, what the paper claims
    and why it may be otherwise here (empty where it claims nothing), and the definition."""

    key: str
    title: str
    numbers: str
    badge: str
    guess: str
    paper: str
    definition: str


@dataclass(frozen=True)
class Scene:
    """The page in words; verdict and score are empty until all is measured."""

    verdict: str
    score: str
    cards: tuple[Card, ...]


def scene(comparison: Comparison, guesses: Mapping[str, Larger]) -> Scene:
    """The page as far as it is measured; `guesses` by the measures' keys."""
    complete = comparison.done == 1
    return Scene(
        verdict(comparison),
        total(comparison, guesses) if complete else "",
        tuple(_card(measure, comparison, guesses) for measure in MEASURES),
    )


def shown(value: float | None, missing: str = "–") -> str:
    """A share as it stands on the page."""
    return missing if value is None else f"{100 * value:.1f} %"


def _card(measure: Measure, comparison: Comparison, guesses: Mapping[str, Larger]) -> Card:
    waiting, sides = "…" if comparison.done < 1 else "–", (comparison.first, comparison.second)
    outcome = comparison.outcome(measure)
    judged = outcome != "not measured" or comparison.done == 1
    claim = t("The paper: {claim}.", claim=t(measure.claim)) if comparison.of_the_papers_networks else ""
    otherwise = t(measure.why_not) if outcome in ("against the paper", "no clear difference") else ""
    if comparison.within_chance(measure):
        otherwise = t("Here {reason}.", reason=t(ONLY_CHANCE))
    further = []
    for key, title in measure.further:
        first, second = (shown(value, waiting) for value in comparison.values(key))
        further.append(t("{measure}: {first} against {second}.", measure=t(title), first=first, second=second))
    parts = [
        t("**{measure}.** {definition}", measure=t(measure.title), definition=measure.explained()),
        t(
            "A difference counts as clear if {condition}. How it is measured and what counts is our choice.",
            condition=t(measure.clear_if),
        ),
        *_by_chance(measure, comparison),
        *further,
    ]
    return Card(
        measure.key,
        t(measure.plain),
        " · ".join(f"{side.title} **{shown(side.value(measure.key), waiting)}**" for side in sides),
        t(BADGES[outcome]) if judged else "",
        answer(comparison, measure, guesses) if judged else "",
        f"{claim} {otherwise}".strip() if claim else "",
        "\n\n".join(parts),
    )


def _by_chance(measure: Measure, comparison: Comparison) -> list[str]:
    """What the same network gives from several random starts, and what that means for a difference; one or none."""
    starts, found, least = comparison.starts, comparison.values_by_start(measure), comparison.chance(measure)
    if starts is None or not found:
        return []
    told = {
        "epochs": starts.epochs,
        "photos": starts.train_photos,
        "classes": starts.classes,
        "px": t(", ").join(map(str, starts.px)),
        "values": " · ".join(f"{name} {t(', ').join(map(shown, values))}" for name, values in found.items()),
    }
    if not least:
        return [
            t(
                "Short runs from different random starts ({epochs} epochs over {photos:,} photos of {classes} classes "
                "at {px} px) gave {values}: no spread to judge by, so that chance may be behind a difference here.",
                **told,
            )
        ]
    return [
        t(
            "By chance alone: short runs from different random starts ({epochs} epochs over {photos:,} photos of "
            "{classes} classes at {px} px) gave {values}. So a clear difference has to be more than {least:.1f} points "
            "too, which chance makes in fewer than {percent} of 100 cases (Student’s t), if longer runs by another "
            "recipe scatter alike.",
            least=100 * least,
            percent=CHANCE_PERCENT,
            **told,
        )
    ]
