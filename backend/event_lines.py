"""Reads the lines of a stream of server-sent events, with a limit on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LONGEST_LINE = 256 * 1024
"""Bytes of one line."""


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """Yields the lines of a stream when they are complete; a line over LONGEST_LINE bytes becomes an empty string."""
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
