"""Table 3 on our photos: what the rows that were run tell beyond chance, and how to run the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import mean, stdev

from zfnet_core.language import t
from zfnet_core.paper import values
from zfnet_core.paper.ablation import PAPER_ROWS, AblationRow
from zfnet_core.paper.chance import CHANCE_PERCENT, critical

WHOLE = "alexnet"
FEWEST_STARTS = 3
RUNS = "python -m zfnet_core.training"


def verdict(rows: Sequence[AblationRow]) -> str:
    """What leaving out layers costs in our runs, row by row against the whole network; "" where nothing can be said.

    A row says something only if both it and the whole network were run from three random starts or more at one size, if
    chance would seldom make so large a difference of their means (Student's t: few runs ask for a larger one), and if
    no run of one is among those of the other.
    """
    found = []
    for name in PAPER_ROWS:
        for whole, part in _alike(rows, name):
            found.append(_told(name, whole, part))
    if not found:
        return ""
    rule = t(
        "A difference counts only if, going by the spread over random starts, chance makes one as large in fewer than "
        "{n} of 100 cases (Student’s t), and no run of the one row lies among those of the other; with fewer than "
        "{starts} random starts of each row nothing is said. The learning rate was chosen in short trials of the rows "
        "without layers 6 and 7 and is the same for all, which may favour those rows.",
        n=CHANCE_PERCENT,
        starts=FEWEST_STARTS,
    )
    return "\n\n".join(["", *(f"- {line}" for line in found), rule])


def _alike(rows: Sequence[AblationRow], name: str) -> list[tuple[list[AblationRow], list[AblationRow]]]:
    """The runs of the whole network and of row `name`, for each size in which both were run more than once."""
    if name == WHOLE or not name.startswith(f"{WHOLE}-without"):
        return []
    found = []
    for size in dict.fromkeys(row.size for row in rows):
        whole, part = ([row for row in rows if row.size == size and row.row == one] for one in (WHOLE, name))
        if len(whole) > 1 and len(part) > 1:
            found.append((whole, part))
    return found


def _told(name: str, whole: Sequence[AblationRow], part: Sequence[AblationRow]) -> str:
    before, after = ([100 * row.val_top1_error for row in runs] for runs in (whole, part))
    more, spread = mean(after) - mean(before), sqrt(stdev(before) ** 2 + stdev(after) ** 2)
    error = sqrt(stdev(before) ** 2 / len(before) + stdev(after) ** 2 / len(after))
    apart = min(after) > max(before) or max(after) < min(before)
    printed = values.exhibit("table-3")
    theirs = [printed.value(PAPER_ROWS[one], "val top-1") for one in (WHOLE, name)]
    paper = theirs[1].value - theirs[0].value if theirs[0] and theirs[1] else 0.0
    numbers: Mapping[str, object] = {
        "row": PAPER_ROWS[name],
        "points": f"{more:+.1f}".replace("-", "−"),
        "spread": f"{spread:.1f}",
        "paper": f"{paper:+.1f}".replace("-", "−"),
    }
    if min(len(before), len(after)) < FEWEST_STARTS:
        return t(
            "{row}: {points} ± {spread} points of top-1 error, in the paper {paper}. Too few random starts to tell.",
            **numbers,
        )
    if not apart or abs(more) < critical(len(before) + len(after) - 2) * error:
        return t(
            "{row}: {points} ± {spread} points of top-1 error, in the paper {paper}. The spread is too large to tell.",
            **numbers,
        )
    if (more > 0) == (paper > 0):
        return t("{row}: {points} ± {spread} points of top-1 error, in the paper {paper}. The same way.", **numbers)
    return t("{row}: {points} ± {spread} points of top-1 error, in the paper {paper}. The other way.", **numbers)


def missing(rows: Sequence[AblationRow]) -> str:
    """Which rows were not run here and why, and the very commands that run them."""
    trained = {row.row for row in rows}
    left = [name for name in PAPER_ROWS if name not in trained]
    if not left:
        return ""
    lines = [f"{RUNS} train RUNS/0/{name} --preset {name}{_alike_runs(rows)} --seed 0 --data FOLDER" for name in left]
    told = t(
        "{n} of the twelve rows were not run for this program: each is a network of up to 240 million weights to be "
        "taught from scratch, several times, which is work for a GPU. They are: {rows}.",
        n=len(left),
        rows="; ".join(PAPER_ROWS[name] for name in left),
    )
    how = t(
        "These commands run them; FOLDER holds train/CLASS/PHOTO and val/CLASS/PHOTO. Other seeds, in RUNS/1 and so "
        "on, give the spread."
    )
    then = t("Then collect them and open the file below:")
    commands = "\n".join(lines)
    return f"{told}\n\n{how}\n\n```\n{commands}\n```\n\n{then}\n\n```\n{RUNS} table RUNS/*/* --out ablation.json\n```"


def _alike_runs(rows: Sequence[AblationRow]) -> str:
    """What makes another run one of the size that all `rows` have; "" where they differ or do not say."""
    sizes = {(row.epochs, row.px, row.peak_rate) for row in rows}
    if len(sizes) != 1:
        return ""
    epochs, px, peak_rate = sizes.pop()
    if len(px) != 1 or not peak_rate:
        return ""
    return f" --stages {epochs}@{px[0]} --peak-rate {peak_rate:g}"
