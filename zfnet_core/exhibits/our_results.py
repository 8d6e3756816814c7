"""Results of the exhibits on the bundled networks, made once, to stand between the paper's and the visitor's.

`python -m zfnet_core.exhibits.our_results` makes `assets/our_results.json` anew, in a few minutes. Each result says how
it was made and with which weights; with other weights it is not shown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from zfnet_core.assets import ASSETS
from zfnet_core.exhibits import comparison, correspondence, invariance
from zfnet_core.models import zoo
from zfnet_core.models.network import Network

FILE = ASSETS / "our_results.json"
EXHIBITS: dict[str, Callable[[Network], dict[str, Any]]] = {
    "figure-5": invariance.bundled_result,
    "figure-6": comparison.bundled_result,
    "table-1": correspondence.bundled_result,
}
"""Every exhibit with a bundled result, and what makes it: `how` in one sentence, and its own numbers."""


def of(network: Network, exhibit: str) -> Mapping[str, Any]:
    """What is kept of an exhibit for a network, if it was made with these very weights; else empty."""
    found = _kept().get("networks", {}).get(network.name, {})
    return found.get(exhibit, {}) if found and found["fingerprint"] == network.fingerprint else {}


def shipped(name: str, exhibit: str) -> Mapping[str, Any]:
    """What is kept of an exhibit for a bundled network with the weights that are shipped (a test holds that)."""
    return _kept().get("networks", {}).get(name, {}).get(exhibit, {})


def fingerprint(name: str) -> str:
    """The fingerprint of the weights that are shipped under that name; "" for other networks."""
    return _kept().get("networks", {}).get(name, {}).get("fingerprint", "")


def how(network: Network, exhibit: str) -> str:
    """One sentence on how our result was made."""
    return of(network, exhibit).get("how", f"none for {network.title} with these weights.")


def names() -> tuple[str, ...]:
    """The bundled networks that were trained."""
    return tuple(name for name in zoo.names() if zoo.entry(name).origin == "bundled")


def make(say: Callable[[str], None] = print) -> dict[str, Any]:
    """Make every exhibit's result for the bundled networks."""
    made: dict[str, dict[str, Any]] = {}
    for name in names():
        network = zoo.load(name)
        made[name] = {"fingerprint": network.fingerprint}
        for exhibit, result in EXHIBITS.items():
            say(f"{network.title}: {exhibit}")
            made[name][exhibit] = result(network)
    return {"networks": made}


@cache
def _kept() -> Mapping[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def main() -> None:
    """Make the file."""
    argparse.ArgumentParser(
        prog="python -m zfnet_core.exhibits.our_results", description="Make assets/our_results.json anew."
    ).parse_args()
    torch.set_num_threads(1)
    text = json.dumps(make(lambda line: print(line, file=sys.stderr)), indent=1, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")
    print(f"{FILE.name}: {len(text):,} bytes")


if __name__ == "__main__":
    main()
