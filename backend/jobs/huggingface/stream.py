"""A job's log over server-sent events, one connection at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import httpx2
from huggingface_hub import constants
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status

KEEP_ALIVE_SECONDS = 30.0
"""The Hub sends a sign of life this often where there is nothing to say (huggingface_hub 2.4.0, fetch_job_logs)."""
LONGEST_LINE = 256 * 1024


def log_lines(namespace: str, job_id: str, token: str, silence_seconds: float) -> Iterator[tuple[str, str] | None]:
    """Time and text of each line from the job's first, then as they come; None for a sign of life.

    Ends when the server ends it, or after so many seconds of silence. The client's own errors come through: one 502
    ends its own follower, so whoever reads here asks again.
    """
    url = f"{constants.ENDPOINT}/api/jobs/{quote(namespace)}/{quote(job_id)}/logs"
    headers = {**build_hf_headers(token=token), "Accept-Encoding": "identity"}
    timeout = httpx2.Timeout(silence_seconds, connect=10.0)
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        if response.status_code != 200:
            response.read()
        hf_raise_for_status(response)
        try:
            for line in lines_of(response.iter_bytes()):
                yield _parsed(line)
        except httpx2.ReadTimeout:
            return


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream as they come; of one that is too long nothing is kept but that it was there, as ""."""
    begun, dropping = bytearray(), False
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            line = b"" if dropping or len(begun) + len(part) > LONGEST_LINE else bytes(begun) + part
            begun.clear()
            dropping = False
            yield line.decode("utf-8", errors="replace").removesuffix("\r")
        dropping = dropping or len(begun) + len(rest) > LONGEST_LINE
        begun = bytearray() if dropping else begun + rest


def _parsed(line: str) -> tuple[str, str] | None:
    if not line.startswith("data: {") or len(line) > LONGEST_LINE:
        return None
    try:
        event = json.loads(line.removeprefix("data: "))
    except ValueError:
        return None
    text, timestamp = event.get("data"), event.get("timestamp")
    return (timestamp, text) if isinstance(text, str) and isinstance(timestamp, str) else None
