"""What a session's page was sent, so that a lost or a late answer never leaves an old value on it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from gradio.blocks import Block

from ui.page.updates import Seen, Wanted, changes

MOST_ANSWERS = 3
Answers = list[tuple[str, Seen]]
"""Token and digests of the answers that a page may show, oldest first. An answer reaches the page whole or not at all.
"""


def record(answers: Answers, token: str, wanted: Mapping[Block, Any]) -> tuple[Wanted, str]:
    """The updates that a page with this token lacks, and their token; they are added to `answers`.

    Call it under a lock: of two calls, the second has to know what the first sent.
    """
    changed, now = changes(wanted, certain(answers, token))
    fresh = secrets.token_hex(8)
    if changed:
        newest = answers[-1:] if answers and answers[-1][0] == token else answers[1 - MOST_ANSWERS :]
        answers[:] = [*newest, (fresh, now)]
    return changed, fresh


def certain(answers: Answers, token: str) -> Seen:
    """The digests that the page shows without doubt.

    If the page holds the newest token, it shows that answer. If it holds an earlier one, a later answer was lost or is
    on its way: what the answers do not agree on is unknown. With a token that is not known here, everything is.
    """
    if token not in [name for name, _ in answers]:
        return {}
    name, newest = answers[-1]
    if name == token:
        return newest
    return {key: value for key, value in newest.items() if all(seen.get(key) == value for _, seen in answers)}
