"""What is said under a training film."""

from __future__ import annotations

import math
from itertools import groupby

from ui.evolution.question import Question, layer_names
from zfnet_core.exhibits.evolution import Evolution
from zfnet_core.exhibits.evolution.summary import change_per_epoch, settled_epoch
from zfnet_core.language import later, t

ABOUT = (
    later(
        "ZFNet on 52,543 photos, 134 epochs at 128 to 224 px (batch norm folded in as measured in training); the "
        "strongest units over 2,000 of these photos. Validation: 1,283 photos of Imagenette, all 1,000 classes to "
        "choose from."
    ),
    later(
        "AlexNet on 52,543 photos, 134 epochs at 128 to 224 px (batch norm folded in as measured in training); the "
        "strongest units over 2,000 of these photos. Validation: 1,283 photos of Imagenette, all 1,000 classes to "
        "choose from."
    ),
)
"""What the bundled films say of themselves, so that it has a translation; a film of one's own says it in English."""


def about(film: Evolution) -> str:
    """What was trained on what."""
    told = t(film.about)
    return told if told.endswith("。") else f"{told.rstrip('.')}."


def settled_sentence(film: Evolution) -> str:
    """“Lower layers converge first”, in this run's own numbers."""
    words = []
    for epoch, same in groupby(layer_names(film), lambda name: settled_epoch(film, name)):
        first, *rest = same
        names = first
        if rest:
            names = t("{first} to {last}" if len(rest) > 1 else "{first} and {last}", first=first, last=rest[-1])
        words.append(
            t("{layers} not yet" if epoch is None else "{layers} from epoch {epoch}", layers=names, epoch=epoch)
        )
    return t("Change below 0.1 per epoch from then on (our measure): {layers}.", layers=t(", ").join(words))


def diverged_sentence(film: Evolution) -> str:
    """From which epoch on the loss was no number any more; empty where it always was one."""
    lost = [one["epoch"] for one in film.curve if "loss" in one and finite(one["loss"]) is None]
    return t("This run has diverged: from epoch {epoch} its loss is not a number.", epoch=lost[0]) if lost else ""


def validation_sentence(film: Evolution) -> str:
    """Why validation can lie above training; empty where it does not."""
    last = film.curve[-1] if film.curve else {}
    train, val = finite(last.get("train_top1")), finite(last.get("val_top1"))
    if train is None or val is None or val <= train:
        return ""
    return t(
        "Validation lies above training because random crops and dropout make the training pictures harder, "
        "while validation looks at the middle of whole pictures with every unit at work."
    )


def finished_sentence(question: Question) -> str:
    """Why the curve ends at another accuracy than the card of the finished network; empty where it does not."""
    logged = [one for one in question.film.curve if finite(one.get("val_top1")) is not None]
    card = question.finished.card.get("accuracy", {}).get("val") if question.finished else None
    if not logged or not card:
        return ""
    last, ends, card_says = logged[-1], f"{100 * logged[-1]['val_top1']:.1f}", f"{100 * card['top1']:.1f}"
    if ends == card_says:
        return ""
    measured = t("{n:,} photos", n=last["val_photos"]) if "val_photos" in last else t("fewer photos")
    if "val_px" in last:
        measured = t("{photos} at {px} px", photos=measured, px=last["val_px"])
    return t(
        "The curve ends at {ends}\u202f%, measured on {photos} while training; the finished network, as its card says, "
        "is right for {share}\u202f% of {all:,}.",
        ends=ends,
        photos=measured,
        share=card_says,
        all=card["photos"],
    )


def alts(film: Evolution, layer: str) -> dict[str, str]:
    """The parts of the film in words."""
    part = film.layer(layer)
    jumps, steps = int(part.changed_photo.sum()), part.changed_photo[:, 1:].size
    curve = film.curve
    ends = t("not logged")
    if curve:
        ends = t("from epoch {first} to {last}", first=curve[0]["epoch"], last=curve[-1]["epoch"])

    def from_to(key: str, factor: float, unit: str) -> str:
        values = [value for one in curve if (value := finite(one.get(key))) is not None]
        if not values:
            return t("not logged")
        first, last = (f"{factor * value:.3g}{unit}" for value in (values[0], values[-1]))
        return t("{first} to {last}", first=first, last=last)

    rest = (f"{name} {change_per_epoch(film, name)[-1]:.2f}" for name in layer_names(film))
    return {
        "table": t(
            "{layer}: projections of {n} maps at epochs {epochs}; the strongest photo changed in {jumps} of {steps} "
            "steps. Arrow keys go from picture to picture.",
            layer=layer,
            n=len(part.maps),
            epochs=", ".join(map(str, film.epochs)),
            jumps=jumps,
            steps=steps,
        ),
        "screen": t("{layer}: the same maps at the chosen epoch, large.", layer=layer),
        "accuracy": t(
            "Accuracy {epochs}: training {training}, validation {validation}.",
            epochs=ends,
            training=from_to("train_top1", 100, " %"),
            validation=from_to("val_top1", 100, " %"),
        ),
        "loss": t(
            "Loss {epochs}: training {training}, validation {validation}.",
            epochs=ends,
            training=from_to("loss", 1, ""),
            validation=from_to("val_loss", 1, ""),
        ),
        "changing": t("How much projections changed per epoch at the end: {layers}.", layers=", ".join(rest)),
    }


def film_words() -> dict[str, str]:
    """What the component `film` writes itself; it puts the numbers in."""
    return {
        "play": t("Play the film"),
        "pause": t("Pause the film"),
        "slider": t("Epoch"),
        "epoch": t("epoch {epoch}"),
        "epochOf": t("epoch {epoch} of {last}"),
        "legend": t(
            "{layer}: rows are maps, columns are epochs. A red corner marks where the photo that excites the map most "
            "is another one than in the column before."
        ),
        "hint": t("Point at a picture, or go to it with the arrow keys, to read its activation and photo."),
        "control": t("before training: random weights, the control"),
        "loss": t("loss {loss}"),
        "accuracy": t("validation accuracy {share}"),
        "lossAndAccuracy": t("loss {loss}, validation accuracy {share}"),
        "silent": t("neither loss nor accuracy was logged as a number"),
        "first": t("Epoch {epoch}: {learnt}."),
        "jumps": t("Epoch {epoch}: {learnt}. In {jumps} of {maps} maps the strongest photo is a new one."),
        "jumped": t(
            "Epoch {epoch}: {learnt}. In {jumps} of {maps} maps the strongest photo is a new one; the pictures changed "
            "by {jumped} (1 − cosine)."
        ),
        "stayed": t(
            "Epoch {epoch}: {learnt}. In {jumps} of {maps} maps the strongest photo is a new one; the other pictures "
            "changed by {stayed} (1 − cosine)."
        ),
        "jumpedAndStayed": t(
            "Epoch {epoch}: {learnt}. In {jumps} of {maps} maps the strongest photo is a new one; their pictures "
            "changed by {jumped} (1 − cosine), the other pictures changed by {stayed}."
        ),
        "cell": t("Map {map}, epoch {epoch}: {excited}, photo {photo}."),
        "newCell": t("Map {map}, epoch {epoch}: {excited}, photo {photo} (a new one)."),
        "excited": t("activation {value} at row {row}, column {column}"),
        "notExcited": t("not excited"),
        "noNumber": t("its activation is not a number"),
        "accuracyTitle": t("Accuracy (%)"),
        "lossTitle": t("Loss"),
        "changingTitle": t("How much the projections still change (1 − cosine, per epoch)"),
        "training": t("training"),
        "validation": t("validation"),
    }


def finite(value: float | None) -> float | None:
    """A number that JSON can hold; None for anything else, such as the loss of a run that diverged."""
    return float(value) if value is not None and math.isfinite(value) else None
