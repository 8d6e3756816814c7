"""What can be saved of a drawing."""

from __future__ import annotations

from functools import partial

from ui.shell.saving import File, figure_files
from zfnet_core.exhibits import architectures
from zfnet_core.exhibits.architectures import Blueprint
from zfnet_core.language import t


def files(network: Blueprint) -> list[File]:
    """(label, file name, function that makes its bytes) of each."""
    name = f"{network.plan.name}-layers"
    return [
        *figure_files(t("The drawing"), name, partial(architectures.figure, network)),
        (t("The layers (CSV)"), f"{name}.csv", lambda: architectures.csv(network).encode()),
        (t("Script that counts again (Python)"), f"{name}.py", lambda: architectures.script(network).encode()),
    ]
