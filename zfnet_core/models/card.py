"""The model card beside bundled weights: what they are, what they were taught with, and how right they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zfnet_core.errors import CheckpointError
from zfnet_core.language import phrase
from zfnet_core.models.network import Network

SURE_FROM = 0.5  # for networks without a measured bound: as if their probabilities meant what they say


def read_card(path: Path) -> dict[str, Any]:
    """A card, with what the app reads of it checked. Raises CheckpointError, naming the first part that is wrong."""
    try:
        card = json.loads(path.read_text("utf-8"))
        _check(card, path.name)
    except (OSError, ValueError) as error:
        raise CheckpointError(phrase("The model card {name} cannot be read; make it again.", name=path.name)) from error
    return card


def write_card(path: Path, card: Mapping[str, Any]) -> None:
    """A card as it is kept beside the weights."""
    _check(card, path.name)
    path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")


def sure_from(network: Network) -> float:
    """The probability from which on the network's best answers are right at least half of the time.

    Measured on photos of things of all kinds (`sure_from` in `zfnet_core.evaluate.answers`); where that was not done,
    one half.
    """
    return float(network.card.get("accuracy", {}).get("sure_from", SURE_FROM))


def is_sure(network: Network, probability: float) -> bool:
    """Whether an answer of this probability (0…1) is given as one; below, it is the best of many guesses."""
    return probability >= sure_from(network)


def _check(card: Any, name: str) -> None:
    def wrong(part: str, expected: str) -> CheckpointError:
        return CheckpointError(
            phrase(
                "“{part}” in the model card {name} is not {expected}; make the card again.",
                part=part,
                name=name,
                expected=expected,
            )
        )

    if not isinstance(card, dict):
        raise wrong(phrase("The whole"), phrase("a group of named parts"))
    labels = card.get("labels")
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise wrong("labels", phrase("a list of names"))
    for part in ("architecture", "preprocessing", "data", "accuracy", "parameters"):
        if not isinstance(card.get(part, {}), dict):
            raise wrong(part, phrase("a group of named parts"))
    accuracy = card.get("accuracy", {})
    for name_of_set in ("val", "even", "train_sample"):
        _check_shares(accuracy.get(name_of_set, {}), f"accuracy.{name_of_set}", wrong)
    for among in ("val_among", "per_class"):
        for group, counted in accuracy.get(among, {}).items():
            _check_shares(counted, f"accuracy.{among}.{group}", wrong)
    if not _is_share(accuracy.get("sure_from", SURE_FROM)):
        raise wrong("accuracy.sure_from", phrase("a share from 0 to 1"))


def _check_shares(counted: Any, part: str, wrong: Any) -> None:
    if not isinstance(counted, dict):
        raise wrong(part, phrase("a group of named figures"))
    for key, value in counted.items():
        if key in ("photos", "classes") and isinstance(value, (int, Sequence)):
            continue
        if not _is_share(value):
            raise wrong(f"{part}.{key}", phrase("a share from 0 to 1"))


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
