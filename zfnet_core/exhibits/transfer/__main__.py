"""Repeat Tables 4, 5 and 7 on folders of photos, and Table 6 on PASCAL VOC 2012.

    python -m zfnet_core.exhibits.transfer --data 101_ObjectCategories --name Caltech-101 --per-class 15 30
    python -m zfnet_core.exhibits.transfer --data VOCdevkit/VOC2012

It goes on where it was when it is started again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.transfer import voc
from zfnet_core.exhibits.transfer.classifier import KINDS
from zfnet_core.exhibits.transfer.run import read, rows_of, run
from zfnet_core.files import cache_folder, replaced
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import open_corpus

BUNDLED = ("zfnet-classroom", "alexnet-classroom")


def main(arguments: list[str] | None = None) -> int:
    """Run the protocol; returns what to exit with."""
    asked = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    say = _sayer()
    try:
        networks = [zoo.load(name) for name in asked.networks]
        rows = _voc(asked, networks, say) if voc.is_voc(Path(asked.data[0])) else _folders(asked, networks, say)
    except ExplorerError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.", file=sys.stderr)
        return 130
    for network in networks:
        print(network.title)
        for row in rows[network.name]:
            spread = "" if row["spread"] is None else f" ± {row['spread']:.1f}"
            print(f"  {row['table']}, {row['row']}, {row['column']}: {row['value']:.1f}{spread} %")
    if asked.out:
        _write(Path(asked.out), networks, rows, asked.name)
    return 0


def _folders(asked: argparse.Namespace, networks: list[Network], say: Any) -> dict[str, list[dict[str, Any]]]:
    corpus = open_corpus(asked.data, under=asked.under)
    names = (set(asked.only) or set(corpus.labels)) - set(asked.without)
    corpus = corpus.subset([index for index, label in enumerate(corpus.labels) if label in names])
    kept = Path(asked.kept) if asked.kept else cache_folder() / "transfer" / f"{corpus.key}.json"
    print(f"{len(corpus):,} photos of {len(names)} classes; what is done is kept in {kept}", file=sys.stderr)
    if not asked.tell_only:
        run(networks, corpus, asked.per_class, asked.test, asked.splits, kept, say, asked.layers, asked.classifiers)
    done = read(kept)
    about = {"classes": len(names), "test_at_most": asked.test}
    return {
        network.name: rows_of(
            [one for key, one in done.items() if key.startswith(f"{network.fingerprint} {corpus.key} ")],
            asked.name,
            about,
        )
        for network in networks
    }


def _voc(asked: argparse.Namespace, networks: list[Network], say: Any) -> dict[str, list[dict[str, Any]]]:
    return {network.name: voc.rows(network, Path(asked.data[0]), say) for network in networks}


def _write(path: Path, networks: list[Network], rows: dict[str, list[dict[str, Any]]], name: str) -> None:
    """Put the rows into the file, in the place of those of the same tables and data."""
    whole = json.loads(path.read_text("utf-8")) if path.is_file() else {"networks": {}}
    for network in networks:
        before = whole["networks"].get(network.name, {})
        kept = before.get("rows", []) if before.get("fingerprint") == network.fingerprint else []
        kept = [row for row in kept if row["settings"]["data"] != name]
        whole["networks"][network.name] = {
            "fingerprint": network.fingerprint,
            "rows": kept + rows[network.name],
        }
    with replaced(path) as place:
        place.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _sayer() -> Any:
    live = sys.stderr.isatty()

    def say(text: str) -> None:
        print(f"\r{text:<78}" if live else text, end="" if live else "\n", file=sys.stderr, flush=True)

    return say


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zfnet_core.exhibits.transfer",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--data", nargs="+", required=True, help="a folder of folders, zip files, or a folder VOC2012")
    parser.add_argument("--name", default="your photos", help="Caltech-101, Caltech-256: rows of the paper's tables")
    parser.add_argument("--per-class", nargs="+", type=int, default=[15, 30], help="training photos a class")
    parser.add_argument("--test", type=int, default=50, help="test photos a class at most")
    parser.add_argument("--splits", type=int, default=5, help="random choices of photos")
    parser.add_argument("--networks", nargs="+", default=list(BUNDLED), choices=zoo.names(), metavar="NETWORK")
    parser.add_argument("--layers", nargs="*", default=[], help="only these layers")
    parser.add_argument("--classifiers", nargs="+", default=list(KINDS), choices=KINDS, help="only these classifiers")
    parser.add_argument("--without", nargs="*", default=["BACKGROUND_Google"], help="classes to leave out")
    parser.add_argument("--only", nargs="*", default=[], help="only these classes")
    parser.add_argument("--under", default="", help="only photos below this folder, such as val")
    parser.add_argument("--kept", help="the file in which finished fits are kept")
    parser.add_argument("--tell-only", action="store_true", help="only tell what is finished")
    parser.add_argument("--out", help="also write the rows to this file, such as assets/transfer.json")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
