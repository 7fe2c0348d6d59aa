"""Records the answers that a session's page was sent, so that a lost or late answer never leaves an old value."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from gradio.blocks import Block

from ui.page.updates import Seen, Updates, changes

MOST_ANSWERS, UNKNOWN = 3, ""
Answers = list[tuple[str, Seen]]
"""Token and digests of the answers that a page may show, oldest first. An answer reaches the page whole or not at all.
"""


def record(answers: Answers, token: str, wanted: Mapping[Block, Any]) -> tuple[Updates, str]:
    """The updates that a page with this token lacks, and their token; they are added to `answers`.

    Call it under a lock: of two calls, the second has to know what the first sent.
    """
    changed, now = changes(wanted, certain(answers, token))
    newest = not answers or answers[-1][0] == token
    if changed:
        fresh = secrets.token_hex(8)
        answers[:] = [*(answers[-1:] if newest else answers[1 - MOST_ANSWERS :]), (fresh, now)]
        return changed, fresh
    if newest:
        answers[-1:] = [(token, now)]
    return {}, token


def certain(answers: Answers, token: str) -> Seen | None:
    """The digests that the page shows; UNKNOWN for a doubtful one; None if nothing is known.

    If the page holds the newest token, it shows that answer. If it holds an earlier one, a later answer was lost or is
    on its way: the digests that differ between the answers are unknown.
    """
    if not answers and not token:
        return {}
    if token not in [name for name, _ in answers]:
        return None
    name, newest = answers[-1]
    if name == token:
        return newest
    agreed = {key for key, value in newest.items() if all(seen.get(key) == value for _, seen in answers)}
    return {key: value if key in agreed else UNKNOWN for key, value in newest.items()}
