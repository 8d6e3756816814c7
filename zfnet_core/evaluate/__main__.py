"""How right networks are: on anybody's labelled photos, or the figures of a bundled network's card.

python -m zfnet_core.evaluate --data IMAGENET_VAL zfnet alexnet --crops ten
python -m zfnet_core.evaluate zfnet-classroom --imagenette classroom-*.zip --even thousand-even.zip
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from zfnet_core.errors import CheckpointError, ExplorerError, ResultError
from zfnet_core.evaluate.answers import SETS, answering, answers_path, figures, shares, write_answers
from zfnet_core.evaluate.journal import unwritable
from zfnet_core.evaluate.labelled import Labelled, open_labelled
from zfnet_core.evaluate.run import Progress, Settings, evaluating
from zfnet_core.exhibits.results.evaluation import CROPS, MOST_JUDGED, MOST_NETWORKS, Evaluation, per_class_csv, written
from zfnet_core.files import replaced
from zfnet_core.language import phrase, t
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.card import write_card
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.reading_ahead import READERS

JOURNAL = ".part"
TOLD_EVERY_S = 2.0
CHANCE = 3  # an accuracy below so many times that of a guess is no answer


def parser() -> argparse.ArgumentParser:
    """The command's settings."""
    made = argparse.ArgumentParser(
        prog="python -m zfnet_core.evaluate",
        description="Measure how right networks are on labelled photos (Table 2), or the figures of a bundled card.",
    )
    made.add_argument("network", nargs="*", help="networks of the zoo, or files of weights of your own")
    made.add_argument(
        "--data", action="append", help="folder with a folder of photos for each class, or a zip file of it; repeatable"
    )
    made.add_argument("--crops", choices=CROPS, default="one", help="the centre, or the paper's ten")
    made.add_argument(
        "--together",
        action="append",
        help="places of networks, 1,2,…, whose probabilities are averaged; repeatable (default: all of them)",
    )
    made.add_argument("--out", type=Path, default=Path("evaluation.json"), help="the result; its classes go to a CSV")
    made.add_argument("--anew", action="store_true", help="forget an interrupted run of the same name")
    made.add_argument("--download", action="store_true", help="fetch published weights that are not here yet")
    made.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    made.add_argument("--threads", type=int, help="threads for the arithmetic on a CPU")
    made.add_argument("--readers", type=int, default=READERS, help="threads that decode photos")
    card = made.add_argument_group("the figures of a bundled network's card")
    card.add_argument("--imagenette", nargs="+", help="zip files or a folder; their part val is used")
    card.add_argument("--even", nargs="+", help="the same with one photo of each even class")
    return made


def opened_network(name: str, device: str, download: bool = False) -> Network:
    """A network of the zoo or a file of weights. Raises UnknownName or CheckpointError."""
    path = Path(name)
    if name not in zoo.names() and path.is_file():
        entries = [zoo.entry(one) for one in zoo.names() if zoo.entry(one).origin != "none"]
        architecture = checkpoints.recognised(checkpoints.read_weights(path, path.name).state, entries, path.name)
        return checkpoints.load_checkpoint(path, architecture, device=device)
    entry = zoo.entry(name)
    if not zoo.is_ready(name):
        if not download:
            raise CheckpointError(
                phrase("The weights of {title} are not here; add --download to fetch them.", title=entry.title)
            )
        zoo.download(name)
    return zoo.load(name, device)


def together(told: Sequence[str] | None, networks: int) -> tuple[tuple[int, ...], ...]:
    """Which networks are averaged: what was told, counted from 1, else all of them. Raises ResultError."""
    if told is None:
        return (tuple(range(networks)),) if networks > 1 else ()
    found = []
    for text in told:
        places = text.split(",")
        if not all(place.isdecimal() and 1 <= int(place) <= networks for place in places) or len(set(places)) < 2:
            raise ResultError(
                phrase("--together {text} does not name two or more of the {n} networks.", text=text, n=networks)
            )
        found.append(tuple(int(place) - 1 for place in places))
    return tuple(dict.fromkeys(found))


def evaluate(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Evaluate on `--data`; write the result and its CSV."""
    names = given.network or [zoo.DEFAULT]
    chosen = together(given.together, len(names))
    if len(names) > MOST_NETWORKS or len(names) + len(chosen) > MOST_JUDGED:
        raise ResultError(phrase("At most {most} networks can be evaluated in one run.", most=MOST_NETWORKS))
    networks = [opened_network(name, given.device, given.download) for name in names]
    photos = open_labelled(given.data, networks[0].labels)
    if sentence := photos.about_unknown():
        say(sentence)
    settings, journal = Settings(given.crops, chosen), given.out.with_name(given.out.name + JOURNAL)
    if given.anew:
        journal.unlink(missing_ok=True)
    told, last = time.monotonic(), None
    for last in evaluating(networks, photos, settings, journal, given.readers):
        if last.photos_per_s is None and last.photos:
            say(t("{n} photos were answered before; it goes on there.", n=f"{last.photos:,}"))
        elif time.monotonic() - told > TOLD_EVERY_S:
            say(line(last))
            told = time.monotonic()
    assert last is not None and last.evaluation is not None
    try:
        write(last.evaluation, given.out)
    except OSError as error:
        raise unwritable(given.out, error) from error
    journal.unlink(missing_ok=True)
    for sentence in report(last.evaluation, networks, photos):
        say(sentence)


def write(evaluation: Evaluation, path: Path) -> None:
    """The result, and its classes as a CSV beside it."""
    with replaced(path) as place:
        place.write_bytes(written(evaluation))
    with replaced(path.with_suffix(".csv")) as place:
        place.write_text(per_class_csv(evaluation), encoding="utf-8")


def line(progress: Progress) -> str:
    """How far it is, in one line."""
    text = t("{done} of {all} photos", done=f"{progress.photos:,}", all=f"{progress.total:,}")
    if progress.photos_per_s and progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        left = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        text += t(", {rate} a second, {left} left", rate=f"{progress.photos_per_s:.1f}", left=left)
    if progress.evaluation:
        judged = progress.evaluation.judged[-1]
        text += t(
            "; top-1 error so far {first} %, top-5 {five} %",
            first=f"{100 * progress.evaluation.top1_error(judged):.1f}",
            five=f"{100 * progress.evaluation.top5_error(judged):.1f}",
        )
    return text


def report(evaluation: Evaluation, networks: Sequence[Network], photos: Labelled) -> list[str]:
    """What came out, a sentence each, also of what is odd about it."""
    said = []
    for judged in evaluation.judged:
        said.append(
            t(
                "{title}: top-1 error {first} %, top-5 error {five} % ({photos} photos, {crops})",
                title=evaluation.title(judged),
                first=f"{100 * evaluation.top1_error(judged):.2f}",
                five=f"{100 * evaluation.top5_error(judged):.2f}",
                photos=f"{evaluation.total:,}",
                crops=t("ten crops") if evaluation.crops == "ten" else t("centre crop"),
            )
        )
        right = 1 - evaluation.top1_error(judged)
        trained = all(networks[place].trained for place in judged.networks)
        if trained and evaluation.total >= 100 and right * len(photos.labels) < CHANCE:
            said.append(
                t(
                    "{title} is right about as often as by chance: its classes may stand in another order than its "
                    "labels say; give their names in the weights’ metadata (`labels`).",
                    title=evaluation.title(judged),
                )
            )
    out = evaluation.left_out
    if out.unread_photos:
        said.append(
            t(
                "{n} photos could not be read and are not counted: {names} …",
                n=f"{out.unread_photos:,}",
                names=", ".join(out.unread[:3]),
            )
        )
    return said


def measure_cards(given: argparse.Namespace, say: Callable[[str], None]) -> None:
    """The figures of bundled networks' cards, and every photo's answer."""
    if not given.imagenette or not given.even:
        raise ResultError(phrase("A card is measured on both sets; give --imagenette and --even."))
    for name in given.network or [zoo.DEFAULT]:
        network, card = zoo.load(name), zoo.bundled_card(name)
        if card is None:
            raise CheckpointError(
                phrase("{name} has no card to write into; choose one of the bundled networks.", name=name)
            )
        sets = {}
        for kind in SETS:
            *_, sets[kind] = answering(network, open_corpus(getattr(given, kind), under="val"))
            say(f"{name}, {kind}: {json.dumps(shares(sets[kind]))}")
        write_answers(answers_path(name), sets)
        write_card(zoo.WEIGHTS / f"{name}.json", {**card, "accuracy": figures(network, sets)})


def main(words: Sequence[str] | None = None) -> int:
    """The command; errors are one sentence."""
    made = parser()
    given = made.parse_intermixed_args(words)
    if bool(given.data) == bool(given.imagenette or given.even):
        made.error(t("give --data, or --imagenette and --even"))
    if given.threads:
        torch.set_num_threads(given.threads)

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    try:
        (evaluate if given.data else measure_cards)(given, say)
    except ExplorerError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("\n" + t("stopped; the same command goes on where it was"))
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
