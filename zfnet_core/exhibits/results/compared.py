"""Tables 1–7 and Figs. 5–9 as the paper prints them, with ours and the visitor's beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import mean, stdev
from typing import Any

from zfnet_core.assets import ASSETS
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.results import ablated, transferred
from zfnet_core.exhibits.results.evaluation import Evaluation, Judged, read
from zfnet_core.exhibits.results.table import OTHERS, Cell, Row, Table, Value
from zfnet_core.language import later, phrase, t
from zfnet_core.models import zoo
from zfnet_core.paper import ablation, random_starts, values
from zfnet_core.paper.ablation import PAPER_ROWS, AblationRow

NAMES = (*(f"table-{n}" for n in range(1, 8)), *(f"figure-{n}" for n in range(5, 10)))
EVALUATIONS = ASSETS / "evaluations"
PAIR = ("zfnet-classroom", "alexnet-classroom")
ONE, FIVE, WIDE, SIX = (
    "1 convnet as per Fig. 3",
    "5 convnets as per Fig. 3 (a)",
    "1 convnet, layers 3, 4, 5: 512, 1024, 512 (b)",
    "6 convnets, (a) + (b)",
)
REPLICA, FIVE_REPLICAS = "Our replication of Krizhevsky, 1 convnet", "Krizhevsky 2012, 5 convnets"

WHY: Mapping[str, str] = {
    "table-1": later(
        "Ours are five faces of people instead of dogs, and networks with 1024 units in layers 6 and 7; the paper "
        "does not tell the square’s size, ours is 48 px."
    ),
    "table-2": later(
        "Our pair was taught on 52,543 photos, not 1.3 million, and is judged on 500 photos of as many classes; the "
        "published ImageNet weights are judged on all 50,000 and come close to the paper."
    ),
    "table-3": later(
        "The paper’s rows are twelve networks taught for days on 1.3 million photos of 1000 classes. Ours learned ten "
        "classes (Imagenette’s) and saw each photo once, at 64 px, where layer 5 leaves one number of each map and "
        "layers 6 and 7 have no places to combine: they tell how fast a network learns, not how good it gets."
    ),
    "table-4": later(
        "Ours reads its features from a network that has seen 52,543 photos, not 1.3 million; Caltech-101’s were "
        "among them, though without their names."
    ),
    "table-5": later("Ours reads its features from a network that has seen 52,543 photos, not 1.3 million."),
    "table-6": later(
        "PASCAL’s photos are not shipped, and its test answers are not public; nothing of ours stands here."
    ),
    "table-7": later(
        "Ours reads its features from a network that has seen 52,543 photos, not 1.3 million; Caltech-101’s were "
        "among them, though without their names."
    ),
    "figure-5": later(
        "The paper does not say how its “canonical distance” is scaled; ours is a share of the feature’s own length: "
        "compare our two layers with each other, not with the paper’s."
    ),
    "figure-6": later("The paper judges by eye; ours are measures that we chose for what it says, on five photos."),
    "figure-7": later("The paper prints pictures, not numbers; with your own photo you can see whether it holds."),
    "figure-8": later("The paper shows the dogs and the places that it hides; the numbers are in Table 1."),
    "figure-9": later("Ours reads its features from a network that has seen 52,543 photos, not 1.3 million."),
}
ABOUT: Mapping[str, str] = {
    "table-1": later(
        "How differently a layer reacts when the same part of five faces is hidden: the smaller the number, the more "
        "alike it reacts to all five, as if it knew what an eye is."
    ),
    "table-2": later(
        "How often a network is wrong about photos that it has never seen. Top-1: its first guess is wrong; top-5: the "
        "right word is not even among its first five. Lower is better."
    ),
    "table-3": later(
        "What is each part of the network worth? Each row was taught anew with a part left out or made larger; “train” "
        "is its error on photos it was taught with, “val” on others."
    ),
    "table-4": later("What the network has learnt helps with other photos: 102 kinds of things, few photos of each."),
    "table-5": later("The same with 257 kinds of things, from 15 to 60 photos of each."),
    "table-6": later("Photos with several things in them: how well each of twenty kinds is found. Higher is better."),
    "table-7": later("Which layer helps most? A simple classifier on what each layer says of a photo."),
    "figure-5": later("How far a layer’s answer moves when the photo is shifted, enlarged or turned."),
    "figure-6": later("Whether the smaller filters of ZFNet saw more than those of AlexNet."),
    "figure-7": later("A grey square is moved over the photo: where does it take away the right answer?"),
    "figure-8": later("Five dogs, and the places that are hidden in each."),
    "figure-9": later("How many photos of each kind a network needs that has learnt from others before."),
}
LIVE: Mapping[str, tuple[str, ...]] = {
    "table-1": ("correspondence",),
    "table-2": ("comparison",),
    "table-3": ("architectures",),
    **dict.fromkeys(("table-4", "table-5", "table-6", "table-7", "figure-9"), ("transfer",)),
    "figure-5": ("invariance",),
    "figure-6": ("comparison",),
    "figure-7": ("occlusion",),
    "figure-8": ("correspondence",),
}
TITLES: Mapping[str, str] = {
    "figure-6": later("Fig. 6: what smaller filters and strides changed"),
    "figure-7": later("Fig. 7: hiding parts of the photo"),
    "figure-8": later("Fig. 8: the places that are hidden for Table 1"),
    "figure-9": later("Fig. 9: accuracy on Caltech-256 with few photos of each class"),
}
# What the paper claims of ZFNet → what is measured, as a share of what, and whether more of it is what is claimed.
MEASURES: Mapping[str, tuple[str, str, str, bool]] = {
    "dead filters": ("dead", later("dead filters of layer 1"), later("share of the filters"), False),
    "mid frequencies": ("mid", later("mid frequencies in layer 1"), later("share of the filters’ energy"), True),
    "folding": ("folded", later("what layer 1 folds into other frequencies"), later("share of the response"), False),
    "shifts": ("shift", later("change of layer 2 as the photo moves"), later("relative distance"), False),
    "grid": ("grid", later("checkerboard in the projections of layer 2"), later("share of their energy"), False),
}
MOVES: Mapping[str, str] = {
    "vertical shift, −60 to 60 px": "down",
    "scale, 1 to 1.8": "scale",
    "rotation, 0 to 350°": "rotation",
}
CURVE_ROWS = ("Bo et al. 2013", "ImageNet-pretrained convnet")


@dataclass(frozen=True, eq=False)
class Settings:
    """Which exhibit of the paper, and what the visitor has brought: an evaluation (Table 2), rows of Table 3."""

    name: str = "table-2"
    evaluation: Evaluation | None = None
    ablation: tuple[AblationRow, ...] = ()


def compute(settings: Settings) -> Iterator[Table]:
    """The table; there is nothing to wait for. Raises UnknownName."""
    if settings.name not in NAMES:
        raise UnknownName(
            phrase("There is no exhibit “{name}”; choose one of {names}.", name=settings.name, names=", ".join(NAMES))
        )
    yield _MADE[settings.name](settings)


def table_of(settings: Settings) -> Table:
    """The same in one call."""
    return next(compute(settings))


@cache
def our_evaluations() -> tuple[Evaluation, ...]:
    """The bundled pair on one photo of each of 500 classes, with one crop and with ten."""
    return tuple(read(path.read_bytes(), path.name) for path in sorted(EVALUATIONS.glob("*.json")))


def printed_row(evaluation: Evaluation, judged: Judged) -> str:
    """The row of Table 2 that such networks have; "" where the paper has none."""
    alike = [values.printed_as(evaluation.networks[place].architecture) for place in judged.networks]
    if len(alike) == 1:
        return alike[0]
    many = {(ONE,) * 5: FIVE, (ONE,) * 5 + (WIDE,): SIX, (REPLICA,) * 5: FIVE_REPLICAS}
    return many.get(tuple(sorted(alike)), "")


def _how(evaluation: Evaluation) -> str:
    crops = t("the average of ten crops") if evaluation.crops == "ten" else t("one centre crop")
    return t(
        "{photos} photos of {classes} classes ({data}), {all} classes to choose from, {crops}",
        photos=f"{evaluation.total:,}",
        classes=f"{evaluation.classes:,}",
        data=evaluation.data,
        all=f"{len(evaluation.labels):,}",
        crops=crops,
    )


def _table_2(settings: Settings) -> Table:
    made = _Made("table-2")
    for source, evaluations in (("ours", our_evaluations()), ("yours", (settings.evaluation,))):
        for evaluation in evaluations:
            if evaluation is None:
                continue
            for judged in evaluation.judged:
                title = evaluation.title(judged)
                averaged = t("{networks} (averaged)", networks=title) if len(judged.networks) > 1 else title
                row = printed_row(evaluation, judged) or averaged
                how = f"{title}: {_how(evaluation)}"
                for column, share in (
                    ("val top-1", evaluation.top1_error(judged)),
                    ("val top-5", evaluation.top5_error(judged)),
                ):
                    made.add(row, column, source, Value(f"{100 * share:.1f}", how))
    for name, told in values.public_weights().items():
        row = values.printed_as(name)
        if row:
            how = t(
                "{title}, as published by {by} with the weights: {photos} photos, one centre crop",
                title=zoo.entry(name).title,
                by=told["published_by"],
                photos=f"{values.public_photos():,}",
            )
            made.add(row, "val top-1", "public", Value(f"{told['top1_error']:.1f}", how))
            made.add(row, "val top-5", "public", Value(f"{told['top5_error']:.1f}", how))
    missing = (
        ""
        if settings.evaluation
        else t(
            "Your own: run `python -m zfnet_core.evaluate --data IMAGENET_VAL zfnet alexnet` and open its file below."
        )
    )
    return made.table(missing=missing, verdict=_better())


def _better() -> str:
    """Whether ZFNet is better than AlexNet on the 500 photos, and whether that is more than chance."""
    evaluation = next(one for one in our_evaluations() if one.crops == "one")
    at = {
        evaluation.networks[judged.networks[0]].name: judged
        for judged in evaluation.judged
        if len(judged.networks) == 1
    }
    right = [1 - evaluation.top1_error(at[name]) for name in PAIR]
    points = 100 * (right[0] - right[1])
    chance = 100 * sqrt(sum(share * (1 - share) / evaluation.total for share in right))
    numbers = {"n": evaluation.total, "points": f"{points:.1f}", "chance": f"{chance:.1f}"}
    if abs(points) < 2 * chance:
        return t(
            "On these {n} photos our ZFNet’s top-1 error is {points} points below our AlexNet’s, but chance alone "
            "makes ± {chance}: this does not tell which is better.",
            **numbers,
        )
    return t(
        "On these {n} photos our ZFNet’s top-1 error is {points} points below our AlexNet’s, and chance alone makes "
        "± {chance}.",
        **numbers,
    )


def _table_3(settings: Settings) -> Table:
    made = _Made("table-3")
    for source, rows in (("ours", ablation.rows()), ("yours", settings.ablation)):
        for name, printed in PAPER_ROWS.items():
            alike = [row for row in rows if row.row == name]
            for size in dict.fromkeys(row.size for row in alike):
                same = [row for row in alike if row.size == size]
                how = (
                    size if len(same) == 1 else t("{size}; mean ± spread of {n} random starts", size=size, n=len(same))
                )
                for column, key in (
                    ("train top-1", "train_top1_error"),
                    ("val top-1", "val_top1_error"),
                    ("val top-5", "val_top5_error"),
                ):
                    made.add(printed, column, source, Value(_spread([getattr(row, key) for row in same]), how))
    shipped = ablation.rows()
    every = tuple(dict.fromkeys((*shipped, *settings.ablation)))  # a file of ours, opened, is no second measurement
    return made.table(missing=ablated.missing(shipped), verdict=ablated.verdict(every))


def _spread(shares: Sequence[float]) -> str:
    percent = [100 * share for share in shares]
    return f"{mean(percent):.1f}" + (f" ± {stdev(percent):.1f}" if len(percent) > 1 else "")


def _table_1(settings: Settings) -> Table:
    made = _Made("table-1")
    for name in PAIR:
        kept = our_results.shipped(name, "table-1")
        for column, layer in (("layer 5", "conv5 pooled"), ("layer 7", "fc7")):
            for part, (value, spread) in kept.get("layers", {}).get(layer, {}).items():
                made.add(part, column, "ours", Value(f"{value:.3f} ± {spread:.3f}", kept["how"]))
    return made.table()


def _figure_5(settings: Settings) -> Table:
    made = _Made("figure-5")
    for name in PAIR:
        kept = our_results.shipped(name, "figure-5")
        for row, move in MOVES.items():
            for column, layer in (("layer 1", "conv1"), ("layer 7", "fc7")):
                if value := kept.get("rows", {}).get(move, {}).get(f"largest {layer}"):
                    made.add(row, column, "ours", Value(f"{value:.2f}", kept["how"]))
    return made.table()


def _figure_6(settings: Settings) -> Table:
    rows, columns, starts = [], ("AlexNet", "ZFNet"), random_starts.load()
    kept = [our_results.shipped(name, "figure-6") for name in reversed(PAIR)]
    against, unclear = [], []
    for about, (key, title, unit, more) in MEASURES.items():
        alexnet, zfnet = (found.get("measures", {}).get(key, 0.0) for found in kept)
        least = starts.least_difference(key) if starts else 0.0
        if not least or abs(zfnet - alexnet) <= least:
            unclear.append(t(title))
        elif (zfnet > alexnet) != more:
            against.append(t(title))
        cells = tuple(
            Cell(ours=(Value(f"{found['measures'][key]:.3f}", found["how"]),) if found else ()) for found in kept
        )
        rows.append(Row(f"{t(title)} ({t(unit)})", cells, False, str(values.claim("figure-6", about))))
    others = tuple(one for one in values.claims("figure-6") if one.about not in MEASURES)
    verdict = t(
        "{n} of {all} measures of our pair differ as the paper says, by more than random starts alone do.",
        n=len(MEASURES) - len(against) - len(unclear),
        all=len(MEASURES),
    )
    if against:
        verdict += " " + t("Against it: {what}.", what=t(", ").join(against))
    if unclear:
        verdict += " " + t(
            "No more than chance may make, or its spread is not known: {what}.", what=t(", ").join(unclear)
        )
    return Table(
        "figure-6",
        t(TITLES["figure-6"]),
        "",
        columns,
        tuple(rows),
        t(ABOUT["figure-6"]),
        t(WHY["figure-6"]),
        claims=others,
        live=LIVE["figure-6"],
        confidence="",
        verdict=verdict,
    )


def _figure_without_numbers(settings: Settings) -> Table:
    name = settings.name
    claims = values.claims("table-1" if name == "figure-8" else name)
    return Table(
        name, t(TITLES[name]), "", (), (), t(ABOUT[name]), t(WHY[name]), claims=claims, live=LIVE[name], confidence=""
    )  # fmt: skip


def _transferred(settings: Settings) -> Table:
    made = _Made(settings.name)
    kept = transferred.rows(settings.name)
    for row in kept:
        made.add(row.row, row.column, "ours", Value(str(row), row.how))
    missing = "" if kept or settings.name == "table-6" else t("Not run here yet: the paper’s values stand alone.")
    return made.table(missing=missing)


def _figure_9(settings: Settings) -> Table:
    printed = values.exhibit("table-5")
    made = _Made("figure-9", printed, CURVE_ROWS)
    kept = transferred.rows("figure-9")
    for row in kept:
        made.add(row.row, row.column, "ours", Value(str(row), row.how))
    missing = "" if kept else t("Not run here yet: the paper’s values stand alone.")
    return made.table(title=t(TITLES["figure-9"]), missing=missing)


def _printed(value: values.PaperValue | None, unit: str) -> str:
    """As the paper prints it: percentages with at least one digit behind the point."""
    if value is None:
        return ""
    text = f"{value.value:.1f}" if unit == "%" else f"{value.value:g}"
    return text if value.spread is None else f"{text} ± {value.spread:g}"


class _Made:
    """A printed table that gets our values one by one; rows and columns that the paper does not have come last."""

    def __init__(self, name: str, printed: values.Exhibit | None = None, only: Sequence[str] = ()) -> None:
        self._name, self._printed = name, printed or values.exhibit(name)
        self._rows = [row for row in self._printed.rows if not only or row in only]
        self._columns = list(self._printed.columns)
        self._values: dict[tuple[str, str, str], list[Value]] = {}

    def add(self, row: str, column: str, source: str, value: Value) -> None:
        for name, known in ((row, self._rows), (column, self._columns)):
            if name not in known:
                known.append(name)
        self._values.setdefault((row, column, source), []).append(value)

    def table(self, **more: Any) -> Table:
        printed, rows = self._printed, []
        for row in self._rows:
            cells = []
            for column in self._columns:
                there = row in printed.rows and column in printed.columns
                paper = printed.value(row, column) if there else None
                others = (tuple(self._values.get((row, column, source), ())) for source in OTHERS)
                cells.append(Cell(_printed(paper, printed.unit), *others))
            rows.append(Row(row, tuple(cells), row in printed.rows))
        title = more.pop("title", printed.title)
        return Table(
            self._name,
            title,
            printed.unit,
            tuple(self._columns),
            tuple(rows),
            t(ABOUT[self._name]),
            t(WHY[self._name]),
            printed.note,
            claims=values.claims(self._name),
            live=LIVE.get(self._name, ()),
            confidence=printed.confidence,
            **more,
        )


_MADE: Mapping[str, Callable[[Settings], Table]] = {
    "table-1": _table_1,
    "table-2": _table_2,
    "table-3": _table_3,
    **dict.fromkeys(("table-4", "table-5", "table-6", "table-7"), _transferred),
    "figure-5": _figure_5,
    "figure-6": _figure_6,
    "figure-7": _figure_without_numbers,
    "figure-8": _figure_without_numbers,
    "figure-9": _figure_9,
}
