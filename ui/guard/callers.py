"""The network address that a request comes from, also behind the proxies of a hosting service."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import Scope

FORWARDED = "x-forwarded-for"


def address_of(scope: Scope, headers: Headers, *, shared: bool) -> str:
    """The sender's address: on a shared app the last public one that the proxies before it noted.

    Every proxy adds the address that it was called from at the end, so what a sender wrote there stands before. Of an
    IPv6 address the network counts (/64): one household or one server has all addresses in it.
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
