"""Find the system's Chromium, installing it with apt when that is possible: `python -m tests.browser.chromium`."""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Install Chromium from the system's packages when there is none and this is root on a Debian-like system."""
    if find() is not None:
        return
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        raise SystemExit("The tests drive a real browser: install Chromium (package “chromium”), then run them again.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    patient = ("-o", "DPkg::Lock::Timeout=300")  # somebody else may be installing something
    packages = ("chromium", "fonts-dejavu-core")
    subprocess.run(["apt-get", "install", "-y", "-qq", *patient, *packages], check=True, env=environment)


if __name__ == "__main__":
    main()
