"""Which address a teacher may have, and which key may be sent to it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from backend.errors import InputError

MOST_CHARACTERS = 500
_KEY = re.compile(r"[!-~]{1,500}")


def check_address(address: str, *, public_only: bool) -> str:
    """Returns the base of an OpenAI-compatible address, such as http://127.0.0.1:11434/v1, without a slash at its end.

    `public_only` is for an installation with visitors: it allows https only. Raises InputError if the address cannot be
    used or contains a password, a query or a fragment.
    """
    try:
        parts = urlsplit(address.strip())
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"The address of the teacher cannot be read: {error}. {_FORM}") from error
    if len(address) > MOST_CHARACTERS or parts.scheme not in ("http", "https") or not host:
        raise InputError(f"The address of the teacher is not an http or https address. {_FORM}")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InputError(
            f"The address of the teacher contains a user, a password, a query or a fragment. Give the key apart. "
            f"{_FORM}"
        )
    if public_only and parts.scheme != "https":
        raise InputError("This installation has visitors, so the address of a teacher must begin with https://.")
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


_FORM = "Write it as http://127.0.0.1:11434/v1."


def check_key(key: str | None) -> str | None:
    """Returns a key without spaces around it, or None if it is empty. Raises InputError if no header can hold it."""
    stripped = (key or "").strip()
    if stripped and not _KEY.fullmatch(stripped):
        raise InputError("The key has spaces, letters outside ASCII, or over 500 characters. Copy it again.")
    return stripped or None


def trace_public_only(event: str, info: Mapping[str, Any]) -> None:
    """Raises InputError when a connection leads to a private address, before anything is sent.

    The client calls it for every step of a request (its extension `trace`). The address is checked after it was
    resolved, because a name may lead to another address each time.
    """
    if event != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    host = stream.get_extra_info("server_addr")[0]
    if not ipaddress.ip_address(host.partition("%")[0]).is_global:
        stream.close()
        raise InputError("The address of the teacher leads into a private network, which visitors may not reach.")
