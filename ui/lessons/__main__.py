"""`python -m ui.lessons check FILE…`: what is wrong with a lesson, in plain sentences."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ui.lessons.check import check


def main() -> int:
    """Check the files; 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("check",))
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    found = check(parser.parse_args().files)
    print("\n".join(found) or "Nothing is wrong.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
