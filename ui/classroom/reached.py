"""The address under which the pupils' devices reach this server."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlencode, urlsplit, urlunsplit


def is_only_here(address: str) -> bool:
    """Whether an address is one that only this machine understands."""
    name = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def address_for(seen: str, settings: dict[str, str]) -> str:
    """The address `seen` in the teacher's browser, at its root, with `settings`.

    A name that only this machine understands becomes the machine's address in its network, if it has one.
    """
    parts = urlsplit(seen)
    place = parts.netloc
    if is_only_here(seen) and (own := _in_the_network()):
        place = f"{own}:{parts.port}" if parts.port else own
    base = parts.path.rsplit("/", 1)[0].rstrip("/") + "/"
    return urlunsplit((parts.scheme, place, base, urlencode(settings), ""))


def _in_the_network() -> str:
    """The machine's own address towards others; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            found = probe.getsockname()[0]
        except OSError:
            return ""
    return "" if ipaddress.ip_address(found).is_loopback else found
