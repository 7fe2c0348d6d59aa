"""The network address that a request comes from, also behind the proxies of a hosting service."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import Scope

FORWARDED = "x-forwarded-for"


def address_of(scope: Scope, headers: Headers, *, shared: bool) -> str:
    """The sender's address: on a shared app the last public one that the proxies before it noted.

    Every proxy adds the address that it was called from at the end, so what a sender wrote there stands before.
    """
    client = scope.get("client")
    direct = str(client[0]) if client else ""
    if not shared:
        return direct
    noted = [part.strip() for part in headers.get(FORWARDED, "").split(",")]
    return next((address for address in reversed(noted) if _is_public(address)), direct)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
