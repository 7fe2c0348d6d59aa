"""Text of users in Markdown."""

from __future__ import annotations

import html

LONGEST_LINE = 160


def plain_line(text: str) -> str:
    """Returns a user's text as one short line of Markdown that cannot end a table or become markup."""
    line = " ".join(text.split())
    short = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
    return html.escape(short, quote=False).replace("|", "\\|").replace("`", "'").replace("[", "\\[")
