"""What the comparison says of the paper's claims, as one sentence computed from the verdicts."""

from __future__ import annotations

from zfnet_core.exhibits.comparison.comparison import MEASURES, ONLY_CHANCE, Comparison, Outcome
from zfnet_core.language import later, t, tn

NUMBERS = (
    later("none"),
    later("one"),
    later("two"),
    later("three"),
    later("four"),
    later("five"),
    later("six"),
    later("seven"),
    later("eight"),
    later("nine"),
)
ONE_RUN = later("One training run of each network on other photos than the paper's stands behind this.")
CHANCE = later("How much two runs differ by chance was taken from short runs, several of each network.")


def verdict(comparison: Comparison) -> str:
    """How many of the paper's claims hold for this pair, and why the others may not; one or two sentences.

    Of a pair that is not the paper's it counts the clear differences; empty until all is measured.
    """
    if comparison.done < 1:
        return ""
    outcomes = {measure.key: comparison.outcome(measure) for measure in MEASURES}
    if not comparison.of_the_papers_networks:
        return _of_others(comparison)

    def keys(outcome: Outcome) -> list[str]:
        return [key for key, found in outcomes.items() if found == outcome]

    hold, against, unclear = (
        keys("as the paper says"),
        keys("against the paper"),
        keys("no clear difference"),
    )
    unknown = len(outcomes) - len(hold) - len(against) - len(unclear)
    parts = [tn("{count} holds here", "{count} hold here", len(hold), count=_count(len(hold)))]
    if against:
        parts.append(tn("{count} does not", "{count} do not", len(against), count=_count(len(against))))
    if unclear:
        parts.append(
            tn(
                "{count} shows no clear difference",
                "{count} show no clear difference",
                len(unclear),
                count=_count(len(unclear)),
            )
        )
    if unknown:
        parts.append(t("{count} cannot be judged", count=_count(unknown)))
    measured = any(comparison.chance(measure) for measure in MEASURES)
    source = f"{t(ONE_RUN)} {t(CHANCE)}" if measured else t(ONE_RUN)
    said = {"all": _count(len(MEASURES)), "found": _joined(parts), "source": source}
    reasons = [
        t(ONLY_CHANCE if comparison.within_chance(measure) else measure.because)
        for measure in MEASURES
        if measure.key in (against or unclear)
    ]
    reasons = list(dict.fromkeys(reasons))
    if not reasons:
        return t("Of the paper’s {all} claims, {found}. {source}", **said)
    return t(
        "Of the paper’s {all} claims, {found}, perhaps because {reasons}. {source}",
        **said,
        reasons=_joined(reasons[:2]),
    )


def _of_others(comparison: Comparison) -> str:
    larger = [comparison.larger(measure) for measure in MEASURES]
    clear, known = sum(found in ("first", "second") for found in larger), sum(found is not None for found in larger)
    return tn(
        "The paper claims nothing about this pair; {count} of {all} measures shows a clear difference.",
        "The paper claims nothing about this pair; {count} of {all} measures show a clear difference.",
        clear,
        count=_count(clear),
        all=_count(known),
    )


def _count(number: int) -> str:
    return t(NUMBERS[number])


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else t("{most} and {last}", most=t(", ").join(parts[:-1]), last=parts[-1])
