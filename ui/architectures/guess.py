"""Predict first: which network has the most trained numbers?"""

from __future__ import annotations

from ui.shell.asked import Asked, key_of, largest
from zfnet_core.exhibits.architectures import blueprint
from zfnet_core.language import t

NETWORKS = ("lenet5-1998", "alexnet", "zfnet", "vgg16", "googlenet", "resnet50")
"""One of each family, in the order of their years."""


def asked() -> Asked:
    """The question: counted, not looked up."""
    networks = [blueprint(name) for name in NETWORKS]
    names = tuple(one.plan.title for one in networks)
    return Asked(
        key_of("architectures", NETWORKS),
        t("Which of these networks has the most trained numbers?"),
        names,
        largest([one.parameters for one in networks]),
        t("weights and biases, counted layer by layer."),
        tuple(
            t("{network}: {millions} million in {layers} layers", network=one.plan.title,
              millions=f"{one.parameters / 1e6:.2f}", layers=one.depth)
            for one in networks
        ),
    )  # fmt: skip
