"""What can be saved of the page of results."""

from __future__ import annotations

from ui.shell.saving import File
from zfnet_core.exhibits.results import table_csv
from zfnet_core.exhibits.results.evaluation import Evaluation, per_class_csv
from zfnet_core.exhibits.results.table import Table
from zfnet_core.language import t


def files(table: Table, evaluation: Evaluation | None) -> list[File]:
    """The table with every number and how it was made; of an evaluation that was opened, every class."""
    found: list[File] = [(t("This table (CSV)"), f"{table.name}.csv", lambda: table_csv(table).encode())]
    if evaluation is not None:
        found.append((t("Your run, class by class (CSV)"), "classes.csv", lambda: per_class_csv(evaluation).encode()))
    return found
