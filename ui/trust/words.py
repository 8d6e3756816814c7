"""What the figures mean, each in one sentence with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zfnet_core.exhibits.trust import Check, Picture, Trust
from zfnet_core.language import later, t

RULES: Mapping[str, str] = {
    "deconvnet": "Deconvnet",
    "gradient": later("Gradient"),
    "guided": "Guided backprop",
    "desalinet": "DeSaliNet",
}
CHECKS: Mapping[str, tuple[str, str]] = {
    "field": (
        later("Zero outside the receptive field"),
        later("And the field is the real one: noise everywhere else does not move the unit (measured here)."),
    ),
    "biases": (
        later("No bias on the way down"),
        later("From nothing comes nothing, and twice the value gives twice the picture (§2.1 names no bias)."),
    ),
    "rule": (
        later("It rectifies as its name says"),
        later(
            "Deconvnet keeps what is positive on the way down, the gradient what was active on the way up "
            "(Springenberg et al. 2015, Fig. 1)."
        ),
    ),
    "adjoint": (
        later("Filters and pools go down as they went up"),
        later(
            "⟨A·x, y⟩ = ⟨x, Aᵀ·y⟩ for each of them (the dot-product test, Claerbout 1992); where values meet at one "
            "switch, both must arrive."
        ),
    ),
    "second": (
        later("A second program makes the same picture"),
        later(
            "PyTorch’s own backward pass, with only the rule put in (Simonyan et al. 2013, §4: they differ "
            "in the ReLU alone)."
        ),
    ),
}
METHODS: Mapping[str, tuple[str, str]] = {
    "occlusion": (later("Occlusion"), "Zeiler & Fergus 2014"),
    "gradient": (later("Gradient"), "Simonyan et al. 2013"),
    "gradcam": ("Grad-CAM", "Selvaraju et al. 2017"),
    "random": (later("Random order"), later("the control")),
}


def check_line(check: Check) -> tuple[str, str, str]:
    """(passed or failed, what was checked, what it means with its measure)."""
    name, meaning = CHECKS[check.name]
    verdict = t("passed") if check.passed else t("FAILED")
    return verdict, t(name), f"{t(meaning)} {t('Deviation: {value}.', value=f'{check.deviation:.1e}')}"


def verdict(found: Trust) -> str:
    """The panel's first line."""
    failed = [t(CHECKS[check.name][0]) for check in found.checks if not check.passed]
    if failed:
        return t("Do not trust this picture: {checks} – failed.", checks="; ".join(failed))
    if found.sound is None:
        return t("{n} of 5 checks passed so far …", n=len(found.checks))
    return t("The machinery is sound: 5 of 5 checks passed. What the picture means is another question; read on.")


def collisions(found: Trust) -> str:
    """How many switches share their place."""
    if not found.collisions:
        return t("No pool lies on the way: no switches are used.")
    each = ", ".join(f"{pool} {100 * share:.0f} %" for pool, share in found.collisions.items())
    return t(
        "Switches that share their place with another one: {each}. Windows that overlap pick the same unit; their "
        "values are added there (our choice: the paper does not say).",
        each=each,
    )


def selectivity(others: Sequence[Picture]) -> str:
    """What the pictures of other units say about this one."""
    cosine = sum(one.alike.cosine for one in others) / len(others)
    return t(
        "Units of random other maps at the same place give pictures as alike as {cosine} on average (1: the same). The "
        "nearer to 1, the more the picture shows the photo and the less this unit (neuron selectivity: Mahendran & "
        "Vedaldi 2016).",
        cosine=f"{cosine:.2f}",
    )


def survival(survivors: Sequence[Picture]) -> str:
    """What survives the loss of the weights."""
    first, last = survivors[0], survivors[-1]
    return t(
        "With {first} lost the picture is still alike by {one}, with everything down to {last} lost by {other}. What "
        "survives was not knowledge of the upper layers (Adebayo et al. 2018); first-layer filters and switches can "
        "recover much of a photo by themselves (Nie et al. 2018).",
        first=first.name,
        one=f"{first.alike.cosine:.2f}",
        last=last.name,
        other=f"{last.alike.cosine:.2f}",
    )


def areas_note() -> str:
    """What the areas are, and what they hide."""
    return t(
        "Area under each curve (Petsiuk et al. 2018), pixels replaced by the mean colour (our choice). Single "
        "scattered pixels destroy a photo quickly in any order: that is why the random order stands beside. "
        "Grad-CAM is ten lines of our own, held against captum in the tests."
    )


def figures(picture: Picture) -> str:
    """The two similarity figures."""
    return t("cosine {cosine}, rank {rank}", cosine=_signed(picture.alike.cosine), rank=_signed(picture.alike.rank))


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
