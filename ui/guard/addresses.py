"""The names under which the app may be reached, and the web pages that may call it: only its own."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?")
LOCAL_NAMES = frozenset({"localhost"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """The names of an app that listens at `bound`.

    At a loopback address, only this machine's own names are accepted, because only this machine can connect to it. A
    web site could otherwise let its name resolve to 127.0.0.1 (DNS rebinding), and a browser would treat the app as a
    part of that site. At any other address, every IP address is accepted too, because a site cannot rebind an IP
    address. `checked` is False behind a proxy that routes by name, such as a Space's. `allowed` are names that the
    owner adds.
    """

    bound: str
    allowed: Collection[str] = ()
    checked: bool = True

    def is_own_host(self, host: str | None) -> bool:
        """Whether the Host header names this app."""
        if not self.checked:
            return True
        name = _name(host or "")
        if not name:
            return False
        if name in LOCAL_NAMES or name in self._added():
            return True
        address = _ip(name)
        if is_loopback(self.bound):
            return address is not None and address.is_loopback
        return address is not None or name in machine_names()

    def is_own_origin(self, origin: str, host: str | None) -> bool:
        """Whether the Origin header names the app's own page; False for `null`, which every sandboxed page sends."""
        try:
            found = urlsplit(origin)
            found.port  # noqa: B018 - raises ValueError if it is not a port
        except ValueError:
            return False
        if found.scheme not in ("http", "https") or not found.hostname:
            return False
        own = (host or "").lower()
        if found.netloc.lower() == own:
            return True
        return _name(found.netloc) in self._added() and (found.port is None or own.endswith(f":{found.port}"))

    def _added(self) -> set[str]:
        return {_name(name) for name in self.allowed} - {""}


def is_loopback(bound: str) -> bool:
    """Whether only this machine can connect to an app that listens at this address."""
    address = _ip(_name(bound) or bound)
    return bound in LOCAL_NAMES or (address is not None and address.is_loopback)


def machine_names() -> set[str]:
    """The names of this machine in its network."""
    name = socket.gethostname().lower()
    return {name, f"{name}.local", socket.getfqdn().lower()} - {""}


def space_names(environment: str | None) -> Sequence[str]:
    """The names in SPACE_HOST, which lists a Space's own and its custom domains, separated by commas."""
    return [name.strip() for name in (environment or "").split(",") if name.strip()]


def _name(host: str) -> str:
    """The name in `name:port` in lower case, without brackets and final dot; empty if the text is not valid."""
    found = _HOST.fullmatch(host.strip().lower())
    return (found[1] or found[2]).rstrip(".") if found else ""


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


FORWARDED = "x-forwarded-for"


def address_of(scope: Scope, headers: Headers, *, shared: bool) -> str:
    """The sender's address; on a shared app, the last public address in the X-Forwarded-For headers.

    Every proxy appends the address of its caller, so entries that the sender made up come first. An IPv6 address is
    replaced by its /64 network, because one household or one server has all the addresses in it.
    """
    client = scope.get("client")
    direct = str(client[0]) if client else ""
    if not shared:
        return direct
    noted = [part.strip() for part in ",".join(headers.getlist(FORWARDED)).split(",")]
    return _network(next((address for address in reversed(noted) if _is_public(address)), direct))


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
